package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"marsad/ingest"
	"marsad/item"
)

// A ledger counts what is published of a simWeb, and keeps the states.
type ledger struct {
	*memory
	web *simWeb

	mu        sync.Mutex
	published map[simKey]int
	fresh     map[simKey]int // by item, edition 0
	lag       []time.Duration
	unknown   int
}

func newLedger(w *simWeb) *ledger {
	return &ledger{memory: newMemory(), web: w, published: map[simKey]int{}, fresh: map[simKey]int{}}
}

// Publish implements ingest.Publisher.
func (l *ledger) Publish(_ context.Context, items []item.Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, it := range items {
		k, ok := l.web.key(it.URL, it.Body)
		if !ok {
			l.unknown++
			continue
		}
		l.published[k]++
		if it.Revised.IsZero() {
			k.edition = 0
			l.fresh[k]++
			if !it.Backfill {
				l.lag = append(l.lag, it.Seen.Sub(l.web.feeds[k.feed].times[k.item]))
			}
		}
	}
	return nil
}

func (l *ledger) Save(_ context.Context, feed string, st ingest.FeedState) error {
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	l.states[feed] = b
	return nil
}

// A day on a web of feeds that do everything that feeds do: no item is lost
// without a word or published twice, no host is asked more than it may be, and
// no feed more than its rhythm needs. MARSAD_SIMULATE=10000 makes it larger.
func TestSimulatedWeb(t *testing.T) {
	n := 300
	if s := os.Getenv("MARSAD_SIMULATE"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) { simulate(t, n, 24) })
}

func simulate(t *testing.T, n, hours int) {
	t.Helper()
	w := newSimWeb(n, hours)
	l := newLedger(w)
	cfg := ingest.Config{MaxBody: 1 << 20}
	for _, f := range w.feeds {
		cfg.Feeds = append(cfg.Feeds, f.config("https"))
	}
	known := ingest.NewKnown()
	var status []ingest.FeedStatus
	// Three restarts, one of them at once.
	for _, part := range []time.Duration{7 * time.Hour, time.Second, time.Duration(hours-7)*time.Hour - time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), part)
		p, err := ingest.New(ctx, cfg, ingest.Options{
			Publisher: l, States: l, Known: known, Log: quiet(), Transport: direct{w},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		status = p.Status()
	}
	synctest.Wait()
	w.check(t, l, status, time.Duration(hours)*time.Hour)
}

// check holds the books against each other.
func (w *simWeb) check(t *testing.T, l *ledger, status []ingest.FeedStatus, span time.Duration) {
	t.Helper()
	for _, s := range w.wrong[:min(len(w.wrong), 10)] {
		t.Error(s)
	}
	if len(w.wrong) > 10 {
		t.Errorf("%d violations of a host's limits in all", len(w.wrong))
	}
	if l.unknown > 0 {
		t.Errorf("%d items of no feed were published", l.unknown)
	}
	missing, doubled := 0, 0
	for k := range w.served {
		if l.published[k] == 0 {
			if missing++; missing < 10 {
				t.Errorf("%s feed %d: item %d, edition %d was handed out and not published", w.feeds[k.feed].kind, k.feed, k.item, k.edition)
			}
		}
	}
	for k, n := range l.published {
		if n > 1 || k.edition == 0 && l.fresh[k] > 1 {
			if doubled++; doubled < 10 {
				t.Errorf("%s feed %d: item %d, edition %d was published %d times", w.feeds[k.feed].kind, k.feed, k.item, k.edition, n)
			}
		}
	}
	byKind := map[simKind]*simTotal{}
	for i, f := range w.feeds {
		if byKind[f.kind] == nil {
			byKind[f.kind] = &simTotal{}
		}
		byKind[f.kind].add(t, f, l, status[i], span)
	}
	table := []string{fmt.Sprintf("%-14s %6s %9s %9s %6s %6s %6s", "kind", "feeds", "a day", "ideal", "304", "lost", "gaps")}
	var all simTotal
	for _, kind := range slices.Sorted(mapsKeys(byKind)) {
		x := byKind[kind]
		table = append(table, fmt.Sprintf("%-14s %6d %9.1f %9.1f %5.0f%% %6d %6d", kind, x.feeds, float64(x.requests)/float64(x.feeds), x.ideal/float64(x.feeds),
			100*float64(x.unchanged)/float64(max(x.requests, 1)), x.lost, x.gaps))
		all.requests += x.requests
		if simTimed(kind) {
			all.timed += x.requests
			all.ideal += x.ideal
		}
	}
	if r := float64(all.timed) / all.ideal; r < 0.85 || r > 1.3 {
		t.Errorf("the feeds that behave were asked %.2f times as often as ideal", r)
	} else {
		table = append(table, fmt.Sprintf("requests of feeds that behave: %.2f of the ideal", r))
	}
	slices.Sort(l.lag)
	if len(l.lag) > 0 {
		median := l.lag[len(l.lag)/2]
		table = append(table, fmt.Sprintf("%d requests to %d hosts, %d items, median lag %s", all.requests, len(w.hosts), len(l.fresh), median.Round(time.Second)))
		if median > 30*time.Minute {
			t.Errorf("median lag %s, want half of an interval at most", median)
		}
	}
	t.Log("\n" + strings.Join(table, "\n"))
}

func mapsKeys[V any](m map[simKind]V) func(func(simKind) bool) {
	return func(yield func(simKind) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// simTimed are the kinds whose polls are held against the ideal.
func simTimed(k simKind) bool {
	return slices.Contains([]simKind{simSteady, simEdited, simDates, simPacked, simCharset, simPlain}, k)
}

// A simTotal sums up the feeds of a kind.
type simTotal struct {
	feeds, requests, timed, unchanged, lost, gaps int
	ideal                                         float64
}

func (x *simTotal) add(t *testing.T, f *simFeed, l *ledger, st ingest.FeedStatus, span time.Duration) {
	t.Helper()
	x.feeds++
	x.requests += len(f.requests)
	x.unchanged += f.answers[http.StatusNotModified]
	x.gaps += st.Gaps
	// Half the time in which the document is replaced, between the bounds.
	every := min(max(time.Duration(float64(f.window)/f.perHour/2*float64(time.Hour)), 15*time.Minute), time.Hour)
	ideal := span.Hours() / every.Hours()
	x.ideal += ideal
	if simTimed(f.kind) && (float64(len(f.requests)) > 2*ideal+4 || float64(len(f.requests)) < ideal/2) {
		t.Errorf("%s feed %d: asked %d times, ideal %.0f (a document of %d, %.1f items an hour)", f.kind, f.index, len(f.requests), ideal, f.window, f.perHour)
	}
	if f.twin != nil {
		return
	}
	// What appeared in time to be read once more.
	lost := 0
	if !st.LastOK.IsZero() {
		from, _ := f.shown(f.first)
		for i, at := range f.times {
			if i >= from && at.Before(st.LastOK.Add(-time.Minute)) && l.fresh[simKey{f.index, i, 0}] == 0 {
				lost++
			}
		}
	}
	x.lost += lost
	switch {
	case f.kind == simLiar: // says that nothing changed; found out after a week
	case lost > 0 && simTimed(f.kind):
		t.Errorf("%s feed %d: %d items lost (a document of %d, %.1f items an hour, %d gaps)", f.kind, f.index, lost, f.window, f.perHour, st.Gaps)
	case lost > 0 && st.Gaps == 0:
		t.Errorf("%s feed %d: %d items lost without a word", f.kind, f.index, lost)
	}
	switch f.kind {
	case simGone:
		if f.answers[http.StatusGone] > 2 {
			t.Errorf("feed %d answered 410 and was asked %d times more", f.index, f.answers[http.StatusGone]-1)
		}
	case simHectic:
		if st.Every > 16*time.Minute {
			t.Errorf("hectic feed %d: interval %s", f.index, st.Every)
		}
	default:
	}
}

// The same web on a real socket: what the first polls bring, the limits of
// hosts, and bodies as a server sends them.
func TestSimulatedWebOverTCP(t *testing.T) {
	t.Parallel()
	w := newSimWeb(200, 1)
	w.gap, w.delay = 50*time.Millisecond, 4*time.Millisecond
	server := httptest.NewServer(w)
	defer server.Close()
	transport := &http.Transport{
		DisableCompression: true, MaxIdleConnsPerHost: 1,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	defer transport.CloseIdleConnections()
	cfg := ingest.Config{MaxBody: 1 << 20, HostGap: 300 * time.Millisecond, Timeout: 10 * time.Second}
	for _, f := range w.feeds {
		cfg.Feeds = append(cfg.Feeds, f.config("http"))
	}
	l := newLedger(w)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results := make(chan ingest.PollResult, len(cfg.Feeds))
	p, err := ingest.New(ctx, cfg, ingest.Options{
		Publisher: l, States: l, Known: ingest.NewKnown(), Log: quiet(), Transport: transport,
		OnPoll: func(r ingest.PollResult) { results <- r },
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	for i := range cfg.Feeds {
		select {
		case r := <-results:
			if r.Err != nil && r.Err.Problem != ingest.ProblemBusy {
				t.Errorf("%s: %v", r.URL, r.Err)
			}
		case <-ctx.Done():
			t.Fatalf("%d of %d feeds polled", i, len(cfg.Feeds))
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.wrong {
		t.Error(s)
	}
	if len(w.served) < 3000 {
		t.Errorf("%d items handed out, want more", len(w.served))
	}
	for k := range w.served {
		if l.published[k] != 1 {
			t.Errorf("feed %d, item %d was published %d times", k.feed, k.item, l.published[k])
		}
	}
}
