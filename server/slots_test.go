package server_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"marsad/server"
)

// TestSearchesAreBounded lets 2 searches run and 16 wait, sends the 19th away at
// once and all others after the timeout, and keeps the slots of searches that
// ignore it until they end.
func TestSearchesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate{make(chan struct{}, 100), make(chan struct{})}
		s := newServer(t, func(o *server.Options) { o.Search = g })
		codes := make(chan int, 18)
		for range 18 {
			go func() { codes <- ask(t, s, http.MethodGet, "/api/v1/search").Code }()
		}
		synctest.Wait()
		if n := len(g.running); n != 2 {
			t.Fatalf("%d searches run, want 2", n)
		}
		w := ask(t, s, http.MethodGet, "/api/v1/search")
		wantStatus(t, w, http.StatusServiceUnavailable)
		if w.Header().Get("Retry-After") == "" {
			t.Error("a 503 without Retry-After")
		}
		// Health is no search.
		wantStatus(t, ask(t, s, http.MethodGet, "/-/healthy"), http.StatusOK)

		got := map[int]int{}
		for range 18 {
			got[<-codes]++ // the bubble's clock goes to the timeout
		}
		if got[http.StatusGatewayTimeout] != 2 || got[http.StatusServiceUnavailable] != 16 {
			t.Errorf("replies by status: %v, want 2 of 504 and 16 of 503", got)
		}
		// The clients have gone, their searches have not.
		wantStatus(t, ask(t, s, http.MethodGet, "/api/v1/search"), http.StatusServiceUnavailable)
		if n := len(g.running); n != 2 {
			t.Fatalf("%d searches were begun, want 2", n)
		}
		close(g.release)
		synctest.Wait()
		wantStatus(t, ask(t, s, http.MethodGet, "/api/v1/search"), http.StatusOK)
	})
}
