package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"marsad/ingest"
	"marsad/item"
)

// memory is a stream and a state store that forget nothing and can be told to
// fail.
type memory struct {
	mu     sync.Mutex
	items  []item.Item
	states map[string][]byte
	// refuse makes Publish fail; before is called first in every Publish.
	refuse error
	before func([]item.Item)
	// saves records what had been published when a state was saved.
	saves []int
}

func newMemory() *memory { return &memory{states: map[string][]byte{}} }

func (m *memory) Publish(ctx context.Context, items []item.Item) error {
	if m.before != nil {
		m.before(items)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return m.refuse
	}
	m.items = append(m.items, items...)
	return nil
}

func (m *memory) Load(_ context.Context, feed string) (ingest.FeedState, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var st ingest.FeedState
	b, ok := m.states[feed]
	if !ok {
		return st, false, nil
	}
	return st, true, json.Unmarshal(b, &st)
}

func (m *memory) Save(_ context.Context, feed string, st ingest.FeedState) error {
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[feed] = b
	m.saves = append(m.saves, len(m.items))
	return nil
}

func (m *memory) published() []item.Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]item.Item(nil), m.items...)
}

// dueNow makes every saved feed due at once.
func (m *memory) dueNow(tb testing.TB) {
	tb.Helper()
	m.edit(tb, func(st *ingest.FeedState) { st.NextPoll = time.Time{} })
}

func (m *memory) edit(tb testing.TB, change func(*ingest.FeedState)) {
	tb.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, b := range m.states {
		var st ingest.FeedState
		if err := json.Unmarshal(b, &st); err != nil {
			tb.Fatal(err)
		}
		change(&st)
		b, err := json.Marshal(st)
		if err != nil {
			tb.Fatal(err)
		}
		m.states[name] = b
	}
}

var errRefused = errors.New("disk full")

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// pollOnce runs a poller until every feed has been polled once and returns the
// results by feed, and the status after it.
func pollOnce(t *testing.T, cfg ingest.Config, m *memory, known *ingest.Known) (map[string]ingest.PollResult, []ingest.FeedStatus) {
	t.Helper()
	return pollWith(t, cfg, m, known, ingest.Options{})
}

// pollWith is pollOnce with further options.
func pollWith(t *testing.T, cfg ingest.Config, m *memory, known *ingest.Known, o ingest.Options) (map[string]ingest.PollResult, []ingest.FeedStatus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results := make(chan ingest.PollResult, 4*len(cfg.Feeds))
	o.Publisher, o.States, o.Known, o.Log = m, m, known, quiet()
	o.OnPoll = func(r ingest.PollResult) { results <- r }
	p, err := ingest.New(ctx, cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	got := map[string]ingest.PollResult{}
	for len(got) < len(cfg.Feeds) {
		select {
		case r := <-results:
			if _, again := got[r.Feed]; !again {
				got[r.Feed] = r
			}
		case <-ctx.Done():
			t.Fatalf("%d of %d feeds polled", len(got), len(cfg.Feeds))
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatalf("Run: %v", err)
	}
	return got, p.Status()
}

// last is the last published revision of an article.
func (m *memory) last(_ context.Context, id item.ID) (item.Item, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, it := range slices.Backward(m.items) {
		if it.ID == id {
			return it, true, nil
		}
	}
	return item.Item{}, false, nil
}

// pollPages polls feeds once in a web that holds pages by address and nothing
// else; o brings further options.
func pollPages(t *testing.T, pages map[string]string, m *memory, known *ingest.Known, o ingest.Options, feeds ...ingest.Feed) map[string]ingest.PollResult {
	t.Helper()
	o.Transport = pageWeb(pages)
	results, _ := pollWith(t, ingest.Config{Feeds: feeds}, m, known, o)
	return results
}

// pageWeb answers with the page at an address, 404 without one.
type pageWeb map[string]string

func (w pageWeb) RoundTrip(req *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	page, ok := w[req.URL.String()]
	if !ok {
		rec.WriteHeader(http.StatusNotFound)
	}
	_, _ = rec.WriteString(page)
	resp := rec.Result()
	resp.Request = req
	return resp, nil
}
