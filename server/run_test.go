package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"marsad/index"
	"marsad/item"
	"marsad/server"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// start runs a server until the test ends and holds Run to its promise.
func start(t *testing.T) *server.Server {
	t.Helper()
	s := newServer(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	first := newServer(t, nil)
	c := server.DefaultConfig()
	c.Listen = first.Addr().String()
	_, err := server.New(t.Context(), server.Options{Config: c, Search: fakeIndex{}, Log: quiet()})
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "server.listen") {
		t.Fatalf("error %v, want one that names the port and what to do", err)
	}
	second, err := server.New(t.Context(), server.Options{Config: c, Search: fakeIndex{}, Log: quiet(), TryNext: 50})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	a, b := first.Addr().(*net.TCPAddr).Port, second.Addr().(*net.TCPAddr).Port
	if b <= a || b > a+50 {
		t.Errorf("second server is at %d, want one of the 50 after %d", b, a)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	var full error
	s := newServer(t, func(o *server.Options) { o.Ready = func() error { return full } })
	check := func(status int, want string) {
		t.Helper()
		w := ask(t, s, http.MethodGet, "/-/ready")
		wantStatus(t, w, status)
		if got := w.Body.String(); got != want {
			t.Errorf("reply %q, want %q", got, want)
		}
		wantStatus(t, ask(t, s, http.MethodGet, "/-/healthy"), http.StatusOK)
	}
	check(http.StatusOK, "ready\n")
	s.SetReady("indexing 12,000 articles")
	check(http.StatusServiceUnavailable, "not ready: indexing 12,000 articles\n")
	s.SetReady("")
	full = errors.New("polling is paused: 0.4 GB of disk is free")
	check(http.StatusServiceUnavailable, "not ready: polling is paused: 0.4 GB of disk is free\n")
	full = nil
	check(http.StatusOK, "ready\n")
}

func TestNewIsNotReady(t *testing.T) {
	t.Parallel()
	c := server.DefaultConfig()
	c.Listen = "127.0.0.1:0"
	s, err := server.New(t.Context(), server.Options{Config: c, Search: fakeIndex{}, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if w := ask(t, s, http.MethodGet, "/-/ready"); w.Code != http.StatusServiceUnavailable || w.Body.String() != "not ready: starting\n" {
		t.Errorf("status %d, %q", w.Code, w.Body)
	}
	// With nothing but a search, every page still answers.
	for _, p := range []string{"/", "/alerts", "/status", "/api/v1/alerts", "/api/v1/feeds", "/api/v1/status"} {
		wantStatus(t, ask(t, s, http.MethodGet, p), http.StatusOK)
	}
	wantStatus(t, ask(t, s, http.MethodGet, "/metrics"), http.StatusNotFound)
	wantStatus(t, ask(t, s, http.MethodPost, "/-/reload"), http.StatusNotFound)
}

func TestReloadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *server.Options) {
		o.Reload = func(context.Context) error { return errors.New("pipeline.yaml:8:5: unknown key") }
	})
	w := ask(t, s, http.MethodPost, "/-/reload")
	wantStatus(t, w, http.StatusUnprocessableEntity)
	if !strings.Contains(w.Body.String(), "pipeline.yaml:8:5: unknown key") {
		t.Errorf("reply:\n%s", w.Body)
	}
}

// gate is a search that tells when it runs and waits to be let go, whatever
// becomes of its context.
type gate struct {
	running chan struct{}
	release chan struct{}
}

func (g gate) Search(context.Context, index.Request) (index.Result, error) {
	g.running <- struct{}{}
	<-g.release
	return index.Result{Total: 1}, nil
}

func (gate) Get(context.Context, item.ID) (item.Tagged, bool, error) {
	return item.Tagged{}, false, nil
}

// TestShutdownFinishesRequests stops the server while a search runs: it is
// still answered, and the server goes away.
func TestShutdownFinishesRequests(t *testing.T) {
	t.Parallel()
	g := gate{make(chan struct{}), make(chan struct{})}
	s := newServer(t, func(o *server.Options) { o.Search = g })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	reply := make(chan error, 1)
	go func() {
		res, err := server.Client{URL: s.URL()}.Search(t.Context(), server.SearchParams{})
		if err == nil && res.Total != 1 {
			err = errors.New("not the reply of the search")
		}
		reply <- err
	}()
	<-g.running
	stop()
	// Refused connections show that the shutdown has begun.
	var d net.Dialer
	for {
		c, err := d.DialContext(t.Context(), "tcp", s.Addr().String())
		if err != nil {
			break
		}
		c.Close()
	}
	close(g.release)
	if err := <-reply; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close after Run: %v", err)
	}
}

// TestShutdownIsBounded stops the server while a search hangs.
func TestShutdownIsBounded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for the 3 seconds of a real shutdown")
	}
	g := gate{make(chan struct{}), make(chan struct{})}
	defer close(g.release)
	s := newServer(t, func(o *server.Options) { o.Search = g })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	go func() { _, _ = server.Client{URL: s.URL()}.Search(t.Context(), server.SearchParams{}) }()
	<-g.running
	begun := time.Now()
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if d := time.Since(begun); d > 4*time.Second {
		t.Errorf("shutdown took %s, want 3 s at most", d)
	}
}
