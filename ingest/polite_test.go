package ingest_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"marsad/ingest"
)

// What publishers ask for, in headers and in documents, holds for the next poll.
func TestPublishersWishes(t *testing.T) {
	t.Parallel()
	rss := func(head string) string {
		return `<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>x</title>` + head + goodItem(1) + `</channel></rss>`
	}
	// The fake clock begins on a Saturday at midnight.
	for _, tc := range []struct {
		name      string
		answer    func() *http.Response
		at        time.Duration // of the poll
		from, to  time.Duration // of the next
		fixed     time.Duration
		published int
	}{
		{name: "nothing", answer: func() *http.Response { return answer(200, rss("")) }, from: 27 * time.Minute, to: 33 * time.Minute},
		{name: "max-age", answer: func() *http.Response { return answer(200, rss(""), "Cache-Control", "public, max-age=7200") }, from: 2 * time.Hour, to: 132 * time.Minute},
		{name: "max-age less age", answer: func() *http.Response { return answer(200, rss(""), "Cache-Control", "max-age=7200", "Age", "3600") }, from: time.Hour, to: 66 * time.Minute},
		{name: "max-age beyond reason", answer: func() *http.Response { return answer(200, rss(""), "Cache-Control", "max-age=31536000") }, from: 24 * time.Hour, to: 27 * time.Hour},
		{name: "no-cache", answer: func() *http.Response {
			return answer(200, rss(""), "Cache-Control", "no-cache, max-age=7200", "Expires", "0")
		}, from: 27 * time.Minute, to: 33 * time.Minute},
		{name: "expires", answer: func() *http.Response {
			return answer(200, rss(""), "Expires", time.Now().Add(3*time.Hour).UTC().Format(http.TimeFormat))
		}, from: 3 * time.Hour, to: 200 * time.Minute},
		{name: "expires by the server's clock", answer: func() *http.Response {
			return answer(200, rss(""), "Date", "Thu, 19 Nov 2026 08:00:00 GMT", "Expires", "Thu, 19 Nov 2026 10:00:00 GMT")
		}, from: 2 * time.Hour, to: 132 * time.Minute},
		{name: "ttl", answer: func() *http.Response { return answer(200, rss("<ttl>90</ttl>")) }, from: 90 * time.Minute, to: 100 * time.Minute},
		{name: "ttl without sense", answer: func() *http.Response { return answer(200, rss("<ttl>soon</ttl>")) }, from: 27 * time.Minute, to: 33 * time.Minute},
		{name: "update period", answer: func() *http.Response {
			return answer(200, rss("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>"))
		}, from: 4 * time.Hour, to: 265 * time.Minute},
		{name: "update period of a month", answer: func() *http.Response { return answer(200, rss("<sy:updatePeriod>monthly</sy:updatePeriod>")) }, from: 24 * time.Hour, to: 27 * time.Hour},
		{name: "skip hours", answer: func() *http.Response {
			return answer(200, rss("<skipHours><hour>0</hour><hour>1</hour><hour>2</hour></skipHours>"))
		}, from: 3 * time.Hour, to: 190 * time.Minute},
		{name: "skip every hour", answer: func() *http.Response {
			var b strings.Builder
			for h := range 24 {
				fmt.Fprintf(&b, "<hour>%d</hour>", h)
			}
			return answer(200, rss("<skipHours>"+b.String()+"</skipHours>"))
		}, from: 24 * time.Hour, to: 25 * time.Hour},
		{name: "skip days", answer: func() *http.Response { return answer(200, rss("<skipDays><day>Saturday</day></skipDays>")) }, from: 24 * time.Hour, to: 25 * time.Hour},
		{name: "skip a weekend", answer: func() *http.Response {
			return answer(200, rss("<skipDays><day>Saturday</day><day>Sunday</day></skipDays>"))
		}, from: 24 * time.Hour, to: 25 * time.Hour},
		{name: "the operator's own interval", answer: func() *http.Response { return answer(200, rss("<ttl>90</ttl>"), "Cache-Control", "max-age=7200") }, fixed: 10 * time.Minute, from: 9 * time.Minute, to: 11 * time.Minute},
		{name: "retry after seconds", answer: func() *http.Response { return answer(429, "", "Retry-After", "7200") }, from: 2 * time.Hour, to: 3 * time.Hour},
		{name: "retry after a date", answer: func() *http.Response {
			return answer(503, "", "Retry-After", time.Now().Add(5*time.Hour).UTC().Format(http.TimeFormat))
		}, from: 5 * time.Hour, to: 6 * time.Hour},
		{name: "retry after 88 hours", answer: func() *http.Response { return answer(429, "", "Retry-After", "316800") }, from: 24 * time.Hour, to: 25 * time.Hour},
		{name: "too many, no word", answer: func() *http.Response { return answer(429, "") }, from: 30 * time.Minute, to: time.Hour},
		{name: "retry after, own interval", answer: func() *http.Response { return answer(429, "", "Retry-After", "7200") }, fixed: 10 * time.Minute, from: 2 * time.Hour, to: 3 * time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				w := newWeb(func(*http.Request) *http.Response { return tc.answer() })
				cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "f", URL: "https://f.example/rss", Interval: tc.fixed}}}
				p := run(t, cfg, newMemory(), ingest.NewKnown(), w, time.Second, nil)
				if d := p.Status()[0].NextPoll.Sub(start); d < tc.from-time.Second || d > tc.to+time.Second {
					t.Errorf("next poll after %s, want %s to %s", d, tc.from, tc.to)
				}
			})
		})
	}
}

// A host that refuses one feed is left alone by all of its feeds, other hosts
// are not; a restart does not forget it.
func TestRefusalHoldsForTheHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var until time.Time
		refuse := true
		w := newWeb(func(r *http.Request) *http.Response {
			if r.URL.Host == "other.example" {
				return answer(200, feedOf(goodItem(1)))
			}
			if time.Now().Before(until) {
				t.Errorf("asked %s inside Retry-After", time.Until(until))
			}
			if refuse {
				refuse, until = false, time.Now().Add(2*time.Hour)
				return answer(429, "", "Retry-After", "7200")
			}
			return answer(200, feedOf(goodItem(int(r.URL.Path[1]))))
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "other", URL: "https://other.example/rss"}}}
		for i := range 20 {
			host := []string{"busy.example", "www.busy.example"}[i%2]
			cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: strconv.Itoa(i), URL: fmt.Sprintf("https://%s/%c/rss", host, 'a'+i)})
		}
		m, known := newMemory(), ingest.NewKnown()
		run(t, cfg, m, known, w, time.Hour, nil)
		if n := len(w.requests("busy.example")) + len(w.requests("www.busy.example")); n != 1 {
			t.Errorf("%d requests to a host that refused the first", n)
		}
		if n := len(w.requests("other.example")); n < 2 {
			t.Errorf("%d requests to another host", n)
		}
		p := run(t, cfg, m, known, w, 4*time.Hour, nil)
		for _, st := range p.Status() {
			if st.State != ingest.StateOK {
				t.Errorf("%s at %s: %+v", st.Name, time.Since(start), st)
			}
		}
	})
}

// However many feeds a host has, it is asked by one request at a time with a
// rest between, also when other hosts redirect to it, and every feed has its
// turn.
func TestHostLimits(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) { hostLimits(t, connections) })
	}
}

func hostLimits(t *testing.T, connections int) {
	t.Helper()
	var mu sync.Mutex
	open, most, last := 0, 0, time.Time{}
	w := transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "large.example" {
			resp := answer(302, "", "Location", "https://large.example"+r.URL.Path)
			resp.Request = r
			return resp, nil
		}
		mu.Lock()
		open++
		most = max(most, open)
		if rest := time.Since(last); rest < 3*time.Second {
			t.Errorf("%s of rest", rest)
		}
		last = time.Now()
		mu.Unlock()
		ok := idle(r.Context(), time.Duration(len(r.URL.Path)%7)*time.Second)
		mu.Lock()
		defer mu.Unlock()
		open--
		if !ok {
			return nil, r.Context().Err()
		}
		if connections == 1 {
			last = time.Now()
		}
		resp := answer(200, feedOf(goodItem(len(r.URL.Path))), "ETag", `"x"`)
		if r.Header.Get("If-None-Match") != "" {
			resp = answer(304, "")
		}
		resp.Request = r
		return resp, nil
	})
	cfg := ingest.Config{HostGap: 3 * time.Second, HostConnections: connections}
	for i := range 300 {
		host := "large.example"
		if i%10 == 0 {
			host = fmt.Sprintf("small%d.example", i)
		}
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: strconv.Itoa(i), URL: fmt.Sprintf("https://%s/%s", host, strings.Repeat("x", i))})
	}
	m := newMemory()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
	defer cancel()
	p, err := ingest.New(ctx, cfg, ingest.Options{Publisher: m, States: m, Known: ingest.NewKnown(), Log: quiet(), Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	for _, st := range p.Status() {
		if st.State != ingest.StateOK || time.Since(st.LastOK) > 2*time.Hour {
			t.Errorf("%s: %s, last good poll %s ago", st.Name, st.State, time.Since(st.LastOK))
		}
	}
	if most > connections || most < min(connections, 2) {
		t.Errorf("%d requests at once, %d are allowed", most, connections)
	}
}

// A permanent redirect is believed after three polls over two days to the same
// address; the history stays, and a new address that fails is given up again.
func TestMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		closed := false
		w := newWeb(func(r *http.Request) *http.Response {
			switch {
			case r.URL.Host == "old.example" && !closed:
				return answer(301, "", "Location", "https://new.example/rss")
			case r.URL.Host == "new.example" && closed:
				return answer(404, "")
			case r.URL.Host == "loose.example":
				return answer(302, "", "Location", "https://elsewhere.example/rss")
			case r.URL.Host == "mixed.example":
				return answer(301, "", "Location", "https://loose.example/rss")
			case r.URL.Host == "sessions.example" && r.URL.RawQuery == "":
				return answer(301, "", "Location", "https://sessions.example/rss?s="+strconv.FormatInt(time.Now().Unix(), 10))
			case r.URL.Host == "login.example" && r.URL.Path == "/rss":
				return answer(301, "", "Location", "https://login.example/login")
			case r.URL.Host == "login.example":
				return answer(200, "<html>log in</html>")
			}
			return answer(200, feedOf(goodItem(len(r.URL.Host))))
		})
		cfg := ingest.Config{}
		for _, name := range []string{"old", "loose", "mixed", "sessions", "login"} {
			cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: name, URL: "https://" + name + ".example/rss"})
		}
		m, known := newMemory(), ingest.NewKnown()
		p := run(t, cfg, m, known, w, 47*time.Hour, nil)
		if st := p.Status()[0]; st.Address != "" {
			t.Errorf("moved to %s before two days were over", st.Address)
		}
		p = run(t, cfg, m, known, w, 4*24*time.Hour, nil)
		want := map[string]string{"old": "https://new.example/rss", "mixed": "https://loose.example/rss"}
		for _, st := range p.Status() {
			if st.Address != want[st.Name] || st.URL != "https://"+st.Name+".example/rss" {
				t.Errorf("%s: polled at %q, want %q", st.Name, st.Address, want[st.Name])
			}
		}
		if st := p.Status()[0]; st.Published != 1 {
			t.Errorf("history lost: %+v", st)
		}
		if n := len(m.published()); n != 3 {
			t.Errorf("%d items published, want 3", n)
		}
		asked := len(w.requests("old.example"))
		run(t, cfg, m, known, w, 24*time.Hour, nil)
		if n := len(w.requests("old.example")); n != asked {
			t.Errorf("the old address was asked %d times more", n-asked)
		}
		closed = true
		p = run(t, cfg, m, known, w, 48*time.Hour, nil)
		if st := p.Status()[0]; st.Address != "" || st.State != ingest.StateOK {
			t.Errorf("after the new address failed: %+v", st)
		}
	})
}

// Two 410 a day apart end the polling; a 410 between good answers does not.
func TestGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		w := newWeb(func(r *http.Request) *http.Response {
			if r.URL.Host == "wavering.example" {
				if n++; n%2 == 1 {
					return answer(200, feedOf(goodItem(1)))
				}
			}
			return answer(410, "")
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{
			{Name: "gone", URL: "https://gone.example/rss", Interval: 5 * time.Minute},
			{Name: "wavering", URL: "https://wavering.example/rss", Interval: 5 * time.Minute},
		}}
		p := run(t, cfg, newMemory(), ingest.NewKnown(), w, 30*24*time.Hour, nil)
		reqs := w.requests("gone.example")
		if len(reqs) != 2 || reqs[1].at.Sub(reqs[0].at) < 24*time.Hour {
			t.Errorf("gone feed asked %v", reqs)
		}
		if st := p.Status(); st[0].State != ingest.StateGone || st[0].Since.IsZero() || !strings.Contains(st[0].Error, "410") || st[1].State == ingest.StateGone {
			t.Errorf("states %+v", st)
		}
	})
}

// A feed is polled at the user's word, though not again and again, and not
// inside Retry-After; one that is gone gets another chance.
func TestPollNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		code := 410
		w := newWeb(func(r *http.Request) *http.Response {
			if r.URL.Host == "busy.example" {
				return answer(429, "", "Retry-After", "36000")
			}
			return answer(code, feedOf(goodItem(1)))
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "gone", URL: "https://gone.example/rss"}, {Name: "busy", URL: "https://busy.example/rss"}}}
		run(t, cfg, newMemory(), ingest.NewKnown(), w, 40*time.Hour, func(p *ingest.Poller) {
			pass(t, 30*time.Hour)
			if p.Status()[0].State != ingest.StateGone || p.PollNow("unknown") || p.PollNow("busy") {
				t.Errorf("before: %+v", p.Status())
			}
			code = 200
			if !p.PollNow("gone") {
				t.Error("a feed that is gone gets no other chance")
			}
			pass(t, time.Minute)
			if st := p.Status()[0]; st.State != ingest.StateOK || st.NextPoll.IsZero() {
				t.Errorf("after: %+v", st)
			}
			if p.PollNow("gone") {
				t.Error("polled again within five minutes")
			}
		})
		if n := len(w.requests("gone.example")); n < 10 {
			t.Errorf("%d requests, the feed is to be polled on", n)
		}
	})
}

// A feed that fails for a year is asked less and less often and never given up.
func TestNeverGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(func(*http.Request) *http.Response { return answer(404, "") })
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "f", URL: "https://f.example/rss"}}}
		m, known := newMemory(), ingest.NewKnown()
		start := time.Now()
		run(t, cfg, m, known, w, 365*24*time.Hour, nil)
		reqs := w.requests("f.example")
		day, year := 0, len(reqs)
		for i, r := range reqs {
			if r.at.Sub(start) < 24*time.Hour {
				day++
			}
			if i > 0 && r.at.Sub(reqs[i-1].at) > 33*24*time.Hour {
				t.Errorf("%s between two polls", r.at.Sub(reqs[i-1].at))
			}
		}
		if day < 5 || day > 20 || year < 45 || year > 120 {
			t.Errorf("%d polls on the first day, %d in the year", day, year)
		}
		// It comes back.
		w.answer = func(*http.Request) *http.Response { return answer(200, feedOf(goodItem(1))) }
		p := run(t, cfg, m, known, w, 35*24*time.Hour, nil)
		if st := p.Status()[0]; st.State != ingest.StateOK || time.Since(st.LastOK) > 2*time.Hour {
			t.Errorf("after it came back: %+v", st)
		}
	})
}

// A feed that brings news every hour or two is quiet after a day of silence, and
// its figures are those of before.
func TestQuietAndFigures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := newWeb(func(*http.Request) *http.Response {
			now := min(time.Since(start), 10*24*time.Hour)
			var items strings.Builder
			for i := range 20 {
				n := int(now/(90*time.Minute)) + 20 - i
				at := start.Add(time.Duration(n-20) * 90 * time.Minute)
				fmt.Fprintf(&items, `<item><title>Title %d</title><link>https://news.example/2026/article-number-%d</link><pubDate>%s</pubDate></item>`, n, n, at.UTC().Format(time.RFC1123Z))
			}
			return answer(200, feedOf(items.String()))
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "f", URL: "https://f.example/rss"}}}
		m, known := newMemory(), ingest.NewKnown()
		p := run(t, cfg, m, known, w, 10*24*time.Hour+23*time.Hour, nil)
		st := p.Status()[0]
		if st.State != ingest.StateOK || st.PerDay < 14 || st.PerDay > 18 || st.Known < 0.9 || st.Lag < 5*time.Minute || st.Lag > time.Hour || st.Gaps != 0 {
			t.Errorf("an item every 90 minutes: %+v", st)
		}
		p = run(t, cfg, m, known, w, 3*time.Hour, nil)
		if st := p.Status()[0]; st.State != ingest.StateQuiet || !st.Since.Equal(st.LastNew) {
			t.Errorf("silent for a day: %+v", st)
		}
		// Dormant after a month, asked once a day.
		run(t, cfg, m, known, w, 60*24*time.Hour, nil)
		reqs := w.requests("f.example")
		if last := reqs[len(reqs)-1].at.Sub(reqs[len(reqs)-2].at); last < 20*time.Hour || last > 27*time.Hour {
			t.Errorf("%s between two polls of a dormant feed", last)
		}
	})
}

// Polls that share nothing are counted, told and answered with a shorter
// interval.
func TestGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := newWeb(func(*http.Request) *http.Response {
			var items strings.Builder
			for i := range 20 {
				items.WriteString(goodItem(int(time.Since(start)/time.Minute) + 20 - i))
			}
			return answer(200, feedOf(items.String()))
		})
		cfg := ingest.Config{MinInterval: 5 * time.Minute, Feeds: []ingest.Feed{{Name: "f", URL: "https://f.example/rss"}}}
		p := run(t, cfg, newMemory(), ingest.NewKnown(), w, 6*time.Hour, nil)
		st := p.Status()[0]
		if st.Gaps != 1 || st.LastGap.IsZero() || st.Every > 14*time.Minute || st.Every < 8*time.Minute {
			t.Errorf("20 items, one a minute: %+v", st)
		}
	})
}

// Twenty restarts in ten minutes, with a server that takes longer to answer than
// we live, are one request to a feed that was good before.
func TestRestartsDuringAFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, slow := 0, false
		w := transport(func(r *http.Request) (*http.Response, error) {
			asked++
			if slow {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			resp := answer(200, feedOf(goodItem(1)))
			resp.Request = r
			return resp, nil
		})
		cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "f", URL: "https://f.example/rss"}}}
		m, known := newMemory(), ingest.NewKnown()
		live := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			p, err := ingest.New(ctx, cfg, ingest.Options{Publisher: m, States: m, Known: known, Log: quiet(), Transport: w})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(ctx); err != nil {
				t.Fatal(err)
			}
		}
		live(20 * time.Minute)
		slow, asked = true, 0
		pass(t, time.Hour)
		for range 20 {
			live(30 * time.Second / 2)
		}
		if asked != 1 {
			t.Errorf("%d requests in 20 restarts", asked)
		}
	})
}

// A clock that was a day ahead or behind when the states were saved leads
// neither to a storm nor to silence.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Duration{"saved a day ahead": 24 * time.Hour, "saved a day behind": -24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w := newWeb(func(*http.Request) *http.Response { return answer(200, feedOf(goodItem(1)), "ETag", `"x"`) })
			cfg := ingest.Config{}
			for i := range 1000 {
				cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: strconv.Itoa(i), URL: fmt.Sprintf("https://h%d.example/rss", i)})
			}
			m, known := newMemory(), ingest.NewKnown()
			run(t, cfg, m, known, w, 10*time.Minute, nil)
			m.edit(t, func(st *ingest.FeedState) {
				for _, at := range []*time.Time{&st.NextPoll, &st.LastCheck, &st.LastOK, &st.LastNew, &st.LastFull, &st.Since} {
					*at = at.Add(jump)
				}
			})
			start := time.Now()
			p := run(t, cfg, m, known, w, 70*time.Minute, nil)
			most, perMinute := 0, map[time.Duration]int{}
			for i := range 1000 {
				for _, r := range w.requests(fmt.Sprintf("h%d.example", i)) {
					if since := r.at.Sub(start); since >= 0 {
						perMinute[since.Truncate(time.Minute)]++
					}
				}
			}
			for _, n := range perMinute {
				most = max(most, n)
			}
			if most > 260 {
				t.Errorf("%s: %d polls in a minute", name, most)
			}
			for _, st := range p.Status() {
				if time.Since(st.LastOK) > 71*time.Minute || st.LastOK.After(time.Now()) {
					t.Errorf("%s: %s was not polled: %+v", name, st.Name, st)
				}
			}
		})
	}
}

// After the network was down for a while no feed is given up, no host is rushed,
// and all are back within their interval.
func TestNetworkDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		down := func() bool { d := time.Since(start); return d > 2*time.Hour && d < 3*time.Hour }
		var mu sync.Mutex
		asked := map[string][]time.Time{}
		w := transport(func(r *http.Request) (*http.Response, error) {
			if down() {
				return nil, &net.DNSError{Err: "server misbehaving", Name: r.URL.Host, IsTemporary: true}
			}
			mu.Lock()
			asked[r.URL.Host] = append(asked[r.URL.Host], time.Now())
			mu.Unlock()
			resp := answer(200, feedOf(goodItem(1)), "ETag", `"x"`)
			resp.Request = r
			return resp, nil
		})
		cfg := ingest.Config{}
		for i := range 300 {
			cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: strconv.Itoa(i), URL: fmt.Sprintf("https://h%d.example/%d", i%6, i)})
		}
		m := newMemory()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Hour)
		defer cancel()
		p, err := ingest.New(ctx, cfg, ingest.Options{Publisher: m, States: m, Known: ingest.NewKnown(), Log: quiet(), Transport: w})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		for host, times := range asked {
			for i := 1; i < len(times); i++ {
				if times[i].Sub(times[i-1]) < 500*time.Millisecond {
					t.Errorf("%s was asked twice within %s", host, times[i].Sub(times[i-1]))
				}
			}
		}
		for _, st := range p.Status() {
			if st.State != ingest.StateOK || st.LastOK.Before(start.Add(3*time.Hour)) {
				t.Errorf("%s: %+v", st.Name, st)
			}
		}
	})
}
