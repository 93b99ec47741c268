package ingest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"marsad/ingest"
	"marsad/item"
)

// A web answers requests in no time and records them.
type web struct {
	mu     sync.Mutex
	answer func(r *http.Request) *http.Response
	asked  map[string][]request
}

type request struct {
	at              time.Time
	etag, modified  string
	agent, encoding string
}

func newWeb(answer func(r *http.Request) *http.Response) *web {
	return &web{answer: answer, asked: map[string][]request{}}
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[r.URL.Host] = append(w.asked[r.URL.Host], request{
		time.Now(), r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since"),
		r.Header.Get("User-Agent"), r.Header.Get("Accept-Encoding"),
	})
	resp := w.answer(r)
	resp.Request, resp.Proto, resp.ProtoMajor = r, "HTTP/1.1", 1
	return resp, nil
}

func (w *web) requests(host string) []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]request(nil), w.asked[host]...)
}

func answer(code int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// run runs a poller for d of fake time.
func run(t *testing.T, cfg ingest.Config, m *memory, known *ingest.Known, w *web, d time.Duration, during func(*ingest.Poller)) *ingest.Poller {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	p, err := ingest.New(ctx, cfg, ingest.Options{Publisher: m, States: m, Known: known, Log: quiet(), Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	if during != nil {
		during(p)
	}
	if err := <-done; err != nil {
		t.Fatalf("Run: %v", err)
	}
	return p
}

// pass lets d of fake time go by.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
	synctest.Wait()
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := newWeb(func(r *http.Request) *http.Response {
			switch r.URL.Host {
			case "same.example":
				if r.Header.Get("If-None-Match") == `W/"a b"` && r.Header.Get("If-Modified-Since") == "yesterday" {
					return answer(304, "")
				}
				return answer(200, feedOf(goodItem(1)), "ETag", `W/"a b"`, "Last-Modified", "yesterday")
			case "changing.example":
				return answer(200, feedOf(goodItem(int(time.Since(start)/time.Minute))))
			case "busy.example":
				return answer(503, "", "Retry-After", "10800")
			case "gone.example":
				return answer(410, "")
			case "failing.example":
				return answer(500, "")
			}
			return answer(404, "")
		})
		cfg := ingest.Config{
			Interval: 30 * time.Minute, MinInterval: 30 * time.Minute, MaxInterval: 30 * time.Minute,
			UserAgent: "marsad/1", Contact: "https://example.org/bot",
		}
		for _, name := range []string{"same", "changing", "busy", "gone", "failing"} {
			cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: name, URL: "https://" + name + ".example/rss"})
		}
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: "paused", URL: "https://paused.example/rss", Paused: true})
		m, known := newMemory(), ingest.NewKnown()
		p := run(t, cfg, m, known, w, 48*time.Hour, nil)

		// A poll every half hour, never two close together, never in step.
		for _, host := range []string{"same.example", "changing.example"} {
			reqs := w.requests(host)
			if len(reqs) < 90 || len(reqs) > 104 {
				t.Errorf("%s: %d polls in 48 h, want about 96", host, len(reqs))
			}
			for i := 1; i < len(reqs); i++ {
				if gap := reqs[i].at.Sub(reqs[i-1].at); gap < 27*time.Minute || gap > 33*time.Minute+time.Second {
					t.Errorf("%s: %s between two polls", host, gap)
				}
			}
		}
		// Validators as they were received, from the second poll on.
		for i, r := range w.requests("same.example") {
			if (i > 0) != (r.etag == `W/"a b"`) || (i > 0) != (r.modified == "yesterday") {
				t.Fatalf("poll %d: validators %q %q", i, r.etag, r.modified)
			}
			if r.agent != "marsad/1 (+https://example.org/bot)" || r.encoding != "gzip, br, zstd" {
				t.Fatalf("headers: %+v", r)
			}
		}
		for _, r := range w.requests("changing.example") {
			if r.etag != "" || r.modified != "" {
				t.Fatalf("validators invented: %+v", r)
			}
		}
		for i, r := range w.requests("busy.example")[1:] {
			if gap := r.at.Sub(w.requests("busy.example")[i].at); gap < 3*time.Hour {
				t.Errorf("asked again after %s, inside Retry-After", gap)
			}
		}
		if n := len(w.requests("failing.example")); n < 5 || n > 25 {
			t.Errorf("%d polls of a failing feed, want it backed off and not given up", n)
		}
		if n := len(w.requests("gone.example")); n != 2 {
			t.Errorf("%d polls of a gone feed, want one and one more a day later", n)
		}
		if n := len(w.requests("paused.example")); n != 0 {
			t.Errorf("%d polls of a paused feed", n)
		}
		states := map[string]ingest.State{}
		for _, st := range p.Status() {
			states[st.Name] = st.State
		}
		for name, want := range map[string]ingest.State{
			"same": ingest.StateOK, "changing": ingest.StateOK, "busy": ingest.StateFailing,
			"gone": ingest.StateGone, "failing": ingest.StateFailing, "paused": ingest.StatePaused,
		} {
			if states[name] != want {
				t.Errorf("state of %s = %q, want %q", name, states[name], want)
			}
		}
		// The first document is no news, what comes later is.
		fresh := 0
		for _, it := range m.published() {
			if first := it.Seen.Sub(start) < time.Minute; first != it.Backfill {
				t.Errorf("%s seen %s after the start: backfill = %t", it.URL, it.Seen.Sub(start), it.Backfill)
			}
			if it.Feed == "changing" {
				fresh++
			}
		}
		if fresh != len(w.requests("changing.example")) {
			t.Errorf("%d items of a feed with a new one at each of %d polls", fresh, len(w.requests("changing.example")))
		}

		// Restarts ask nobody twice.
		before := len(w.requests("same.example")) + len(w.requests("changing.example"))
		for range 20 {
			run(t, cfg, m, known, w, 30*time.Second, nil)
		}
		if n := len(w.requests("same.example")) + len(w.requests("changing.example")) - before; n > 2 {
			t.Errorf("20 restarts in 10 minutes polled %d times, want at most once per feed", n)
		}
		if n := len(w.requests("gone.example")); n != 2 {
			t.Error("a gone feed is polled after a restart")
		}
		// A week later the document is read without validators.
		run(t, cfg, m, known, w, 7*24*time.Hour, nil)
		unconditional := 0
		for _, r := range w.requests("same.example") {
			if r.etag == "" {
				unconditional++
			}
		}
		if unconditional != 2 {
			t.Errorf("%d requests without validators in 9 days, want the first and one a week later", unconditional)
		}
	})
}

// A server that keeps its ETag though the document changed is found out.
func TestLyingValidators(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := newWeb(func(r *http.Request) *http.Response {
			if r.Header.Get("If-None-Match") != "" {
				return answer(304, "")
			}
			return answer(200, feedOf(goodItem(int(time.Since(start)/time.Hour))), "ETag", `"always"`)
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "liar", URL: "https://liar.example/rss"}}}
		m := newMemory()
		run(t, cfg, m, ingest.NewKnown(), w, 9*24*time.Hour, nil)
		if n := len(m.published()); n < 24 {
			t.Errorf("%d items published, want the lie found after a week and every item after that", n)
		}
	})
}

// Nothing vouches for items that were not published: no state is saved before,
// and after a failure the document is asked for in full.
func TestStateAfterPublish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(func(r *http.Request) *http.Response {
			if r.Header.Get("If-None-Match") != "" {
				return answer(304, "")
			}
			return answer(200, feedOf(goodItem(1)+goodItem(2)), "ETag", `"x"`)
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "f", URL: "https://f.example/rss"}}}
		m, known := newMemory(), ingest.NewKnown()
		m.refuse = errRefused
		run(t, cfg, m, known, w, 10*time.Minute, func(p *ingest.Poller) {
			pass(t, 5*time.Minute)
			if st := p.Status()[0]; st.State != ingest.StateFailing || st.Problem != ingest.ProblemPublish || !strings.Contains(st.Error, "disk full") {
				t.Errorf("status: %+v", st)
			}
			if known.Len() != 0 {
				t.Error("articles are known that were not published")
			}
			m.mu.Lock()
			m.refuse = nil
			m.mu.Unlock()
		})
		for i, r := range w.requests("f.example") {
			if r.etag != "" {
				t.Errorf("request %d was conditional though nothing had been published", i)
			}
		}
		if n := len(m.published()); n != 2 {
			t.Errorf("%d items published, want 2", n)
		}
		if st := m.saves; len(st) < 2 || st[len(st)-1] != 2 {
			t.Errorf("published when states were saved: %v", st)
		}
	})
}

// One article in two feeds that are fetched at the same time: it is published
// once, and if that fails the other feed publishes it.
func TestSameArticleInTwoFeeds(t *testing.T) {
	t.Parallel()
	for _, failFirst := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWeb(func(*http.Request) *http.Response { return answer(200, feedOf(goodItem(1)), "ETag", `"x"`) })
			cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "a", URL: "https://a.example/rss"}, {Name: "b", URL: "https://b.example/rss"}}}
			m := newMemory()
			calls := 0
			m.before = func([]item.Item) {
				m.mu.Lock()
				calls++
				first := calls == 1
				m.mu.Unlock()
				if first {
					pass(t, 10*time.Second) // the other feed comes to the same article
					if failFirst {
						panic("the bus broke")
					}
				}
			}
			run(t, cfg, m, ingest.NewKnown(), w, time.Minute, nil)
			if n := len(m.published()); n != 1 {
				t.Errorf("fail first = %t: %d items published, want 1", failFirst, n)
			}
		})
	}
}

// A panic while one feed is handled is that feed's error.
func TestPanicIsOneFeedsError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(func(r *http.Request) *http.Response {
			resp := answer(200, feedOf(goodItem(1)))
			if r.URL.Host == "bad.example" {
				resp.Body, resp.ContentLength = panicking{}, -1
			}
			return resp
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "bad", URL: "https://bad.example/rss"}, {Name: "good", URL: "https://good.example/rss"}}}
		m := newMemory()
		p := run(t, cfg, m, ingest.NewKnown(), w, time.Minute, nil)
		status := p.Status()
		if status[0].Problem != ingest.ProblemPoison || status[1].State != ingest.StateOK || len(m.published()) != 1 {
			t.Errorf("status %+v, %d published", status, len(m.published()))
		}
	})
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("a bug") }
func (panicking) Close() error             { return nil }

func TestPauseResumeAndReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(func(r *http.Request) *http.Response { return answer(200, feedOf(goodItem(len(r.URL.Host)))) })
		feed := func(name string) ingest.Feed { return ingest.Feed{Name: name, URL: "https://" + name + ".example/rss"} }
		cfg := ingest.Config{Feeds: []ingest.Feed{feed("a"), feed("bb")}}
		run(t, cfg, newMemory(), ingest.NewKnown(), w, 24*time.Hour, func(p *ingest.Poller) {
			pass(t, time.Minute)
			p.Pause("the disk is full")
			if p.Paused() != "the disk is full" || p.Status()[0].State != ingest.StatePaused {
				t.Errorf("paused %q, status %+v", p.Paused(), p.Status()[0])
			}
			pass(t, 3*time.Hour)
			if n := len(w.requests("a.example")); n != 1 {
				t.Errorf("%d polls while paused, want none after the first", n)
			}
			p.Resume()
			pass(t, time.Minute)
			if n := len(w.requests("a.example")) + len(w.requests("bb.example")); n != 4 {
				t.Errorf("%d polls after resuming, want both feeds polled again", n)
			}

			moved := feed("bb")
			moved.URL = "https://moved.example/rss"
			if err := p.SetFeeds(t.Context(), []ingest.Feed{moved, feed("ccc")}); err != nil {
				t.Fatal(err)
			}
			pass(t, time.Minute)
			if len(w.requests("moved.example")) != 1 || len(w.requests("ccc.example")) != 1 {
				t.Error("a new and a moved feed are not polled at once")
			}
			asked := len(w.requests("a.example"))
			if err := p.SetFeeds(t.Context(), []ingest.Feed{moved, moved}); err == nil {
				t.Error("a doubled feed is accepted")
			}
			pass(t, 2*time.Hour)
			if n := len(w.requests("a.example")); n != asked {
				t.Error("a removed feed is polled")
			}
			if st := p.Status(); len(st) != 2 || st[0].Name != "bb" || st[1].Name != "ccc" {
				t.Errorf("status %+v", st)
			}
			if n := len(w.requests("ccc.example")); n < 3 {
				t.Errorf("%d polls of the added feed in two hours, a rejected list must change nothing", n)
			}
		})
	})
}

// Thousands of feeds start spread over the slots, and again spread after a
// night off.
func TestManyFeeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(func(*http.Request) *http.Response { return answer(200, feedOf("")) })
		cfg := ingest.Config{Concurrency: 8}
		for i := range 2000 {
			cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: fmt.Sprint("f", i), URL: fmt.Sprintf("https://f%d.example/rss", i)})
		}
		m, known := newMemory(), ingest.NewKnown()
		run(t, cfg, m, known, w, time.Minute, nil)
		for _, f := range cfg.Feeds {
			if n := len(w.requests(f.Name + ".example")); n != 1 {
				t.Fatalf("%s: %d polls in the first minute, want 1", f.Name, n)
			}
		}
		pass(t, 12*time.Hour)
		start := time.Now()
		run(t, cfg, m, known, w, time.Minute, nil)
		late := 0
		for _, f := range cfg.Feeds {
			for _, r := range w.requests(f.Name + ".example") {
				if r.at.After(start) {
					late++
				}
			}
		}
		if late < 200 || late > 300 {
			t.Errorf("%d polls in the first minute after a night off, want about four a second", late)
		}
	})
}
