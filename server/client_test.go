package server_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"marsad/index"
	"marsad/item"
	"marsad/query"
	"marsad/server"
)

// TestClient asks everything of a running server.
func TestClient(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := server.Client{URL: s.URL() + "/"}
	ctx := t.Context()

	first, err := c.Search(ctx, server.SearchParams{Query: "lang:ar", Limit: 1, Sort: "date", Facets: true})
	if err != nil {
		t.Fatal(err)
	}
	if first.Total != 2 || len(first.Hits) != 1 || first.Next == "" || len(first.Facets["place"]) != 2 {
		t.Errorf("first page: %+v", first)
	}
	second, err := c.Search(ctx, server.SearchParams{Query: "lang:ar", Limit: 1, Cursor: first.Next})
	if err != nil {
		t.Fatal(err)
	}
	if len(second.Hits) != 1 || second.Hits[0].ID == first.Hits[0].ID || second.Next != "" {
		t.Errorf("second page: %+v", second)
	}
	article, err := c.Item(ctx, first.Hits[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(server.NewArticle(articles()[0]), article); diff != "" {
		t.Errorf("article differs (-want +got):\n%s", diff)
	}
	if got, err := c.Alerts(ctx, 5); err != nil || len(got.Alerts) != 1 {
		t.Errorf("alerts: %+v, %v", got, err)
	}
	if got, err := c.Feeds(ctx); err != nil || len(got.Feeds) != 2 {
		t.Errorf("feeds: %+v, %v", got, err)
	}
	if got, err := c.Status(ctx); err != nil || got.Index.Articles != 12345 || !got.Ready {
		t.Errorf("status: %+v, %v", got, err)
	}
}

func TestClientErrors(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := server.Client{URL: s.URL()}
	var p *server.Problem

	_, err := c.Search(t.Context(), server.SearchParams{Query: "border (wall"})
	if !errors.As(err, &p) || p.Status != http.StatusBadRequest || p.Start == nil || *p.Start != 7 || *p.End != 8 {
		t.Errorf("bad query: %v (%+v)", err, p)
	}
	if got, want := err.Error(), "the parenthesis is not closed; close it with )"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	_, err = c.Item(t.Context(), item.NewID("nosuch"))
	if !errors.As(err, &p) || p.Status != http.StatusNotFound {
		t.Errorf("no such article: %v", err)
	}
	if err := c.Reload(t.Context()); !errors.As(err, &p) {
		t.Errorf("reload: %v", err)
	}

	gone := newServer(t, nil)
	_ = gone.Close()
	if _, err := (server.Client{URL: gone.URL()}).Status(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("no daemon: %v, want ECONNREFUSED", err)
	}

	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>another program\x1b[31m", http.StatusTeapot)
	}))
	defer other.Close()
	_, err = server.Client{URL: other.URL}.Status(t.Context())
	if err == nil || !strings.Contains(err.Error(), "418") || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("another program on the port: %v", err)
	}
}

// TestOfflineHitsAreTheSame holds what the CLI prints without a daemon to what
// the API gives.
func TestOfflineHitsAreTheSame(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	const q = "place:al-qaem"
	n, err := query.Parse(q, query.Options{Names: names{}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := fakeIndex{articles()}.Search(t.Context(), index.Request{Query: n, Limit: 20, Facets: server.FacetNames()})
	if err != nil {
		t.Fatal(err)
	}
	want := ask(t, s, http.MethodGet, "/api/v1/search?facets=1&q="+q).Body.String()
	var got strings.Builder
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(server.NewResults(q, n, res, false)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("offline differs (-online +offline):\n%s", diff)
	}
}

// TestExportStreamsAll reads more lines than a page holds.
func TestExportStreamsAll(t *testing.T) {
	t.Parallel()
	var items []item.Tagged
	for i := range 450 {
		items = append(items, tagged("item "+string(rune('a'+i)), "en", "S", "title", "", ""))
	}
	s := newServer(t, func(o *server.Options) { o.Search = fakeIndex{items} })
	for path, want := range map[string]int{
		"/api/v1/search.jsonl": 450, "/api/v1/search.jsonl?limit=201": 201, "/api/v1/search.jsonl?limit=400": 400, "/api/v1/search.jsonl?cursor=440": 10,
	} {
		w := ask(t, s, http.MethodGet, path)
		wantStatus(t, w, http.StatusOK)
		seen := map[item.ID]bool{}
		for l := range strings.Lines(w.Body.String()) {
			var h server.Hit
			if err := json.Unmarshal([]byte(l), &h); err != nil {
				t.Fatal(err)
			}
			seen[h.ID] = true
		}
		if len(seen) != want || strings.Count(w.Body.String(), "\n") != want {
			t.Errorf("%s: %d articles in %d lines, want %d", path, len(seen), strings.Count(w.Body.String(), "\n"), want)
		}
		if got := w.Header().Get("Marsad-Total"); got != "450" {
			t.Errorf("%s: Marsad-Total is %s", path, got)
		}
	}
}

// TestStaticFiles fetches what the pages name: it is there, and kept for ever.
func TestStaticFiles(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	page := ask(t, s, http.MethodGet, "/", browser()...).Body.String()
	found := 0
	for part := range strings.SplitSeq(page, `"`) {
		if !strings.HasPrefix(part, "/static/") {
			continue
		}
		found++
		w := ask(t, s, http.MethodGet, part)
		wantStatus(t, w, http.StatusOK)
		if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Body.Len() == 0 {
			t.Errorf("%s: %d bytes, %v", part, w.Body.Len(), w.Header())
		}
		if strings.HasSuffix(part, ".css") && strings.Contains(w.Body.String(), "url(") {
			t.Errorf("%s loads something else", part)
		}
	}
	if found != 2 {
		t.Errorf("the page names %d static files, want 2", found)
	}
	wantStatus(t, ask(t, s, http.MethodGet, "/static/style.css"), http.StatusNotFound)
	wantStatus(t, ask(t, s, http.MethodGet, "/static/..%2fserver.go"), http.StatusNotFound)
}
