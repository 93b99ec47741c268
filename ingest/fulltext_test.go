package ingest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/ingest"
	"marsad/item"
)

// A site is hosts with documents by address; what it does not have is 404. It
// remembers who asked for what, and when.
type site struct {
	docs map[string]func() reply

	mu    sync.Mutex
	asked []visit
}

// A reply is what a site answers; nothing, until the asker gives up, when it is
// zero.
type reply struct {
	code   int
	body   string
	header []string
}

type visit struct {
	at             time.Time
	address, agent string
	cookie         string
}

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked = append(s.asked, visit{time.Now(), r.URL.String(), r.Header.Get("User-Agent"), r.Header.Get("Cookie")})
	doc := s.docs[r.URL.String()]
	s.mu.Unlock()
	out := reply{code: http.StatusNotFound}
	if doc != nil {
		out = doc()
	}
	if out.code == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	resp := answer(out.code, out.body, out.header...)
	resp.Request = r
	return resp, nil
}

// put sets a document.
func (s *site) put(address string, doc func() reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.docs == nil {
		s.docs = map[string]func() reply{}
	}
	s.docs[address] = doc
}

// visits returns the addresses of all requests that begin with prefix.
func (s *site) visits(prefix string) (out []visit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.asked {
		if strings.HasPrefix(v.address, prefix) {
			out = append(out, v)
		}
	}
	return out
}

func htmlPage(body string) func() reply {
	return document(200, "<!doctype html><html><head><title>x</title></head><body>"+body+"</body></html>", "Content-Type", "text/html; charset=utf-8")
}

func document(code int, body string, header ...string) func() reply {
	return func() reply { return reply{code, body, header} }
}

// never answers.
func never() reply { return reply{} }

// polls runs a poller for d of fake time.
func (s *site) polls(t *testing.T, m *memory, known *ingest.Known, d time.Duration, feeds ...ingest.Feed) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	p, err := ingest.New(ctx, ingest.Config{Contact: "https://operator.example/bot", Feeds: feeds}, ingest.Options{
		Publisher: m, States: m, Known: known, Log: quiet(), Transport: s, Previous: m.last,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

const (
	bridgeTitle  = "Bridge over the Euphrates opened"
	bridgeTeaser = "The bridge over the Euphrates was opened on Monday."
	bridgeFirst  = "The bridge over the Euphrates was opened on Monday, and trucks crossed it in both directions until the evening."
	bridgeSecond = "The governor said that the road to the border would follow, with lights, and with a station for the guards."
	bridgeFull   = bridgeFirst + "\n\n" + bridgeSecond
)

func bridgeItem(n int, body string) string {
	return fmt.Sprintf(`<item><title>%s</title><link>https://news.example/2026/bridge-%d</link><description>%s</description></item>`, bridgeTitle, n, body)
}

func bridgePage(more string) string {
	return "<nav><a href=/>Home</a></nav><article><h1>" + bridgeTitle + "</h1><p>" + bridgeFirst + "</p><p>" + bridgeSecond + "</p>" + more + "</article>"
}

// The text of the page is taken when it is longer and of the same article, else
// the feed's, with a flag; the revision is that of the feed's text either way.
func TestFullText(t *testing.T) {
	t.Parallel()
	const home, page = "https://news.example/rss", "https://news.example/2026/bridge-1"
	consent := strings.Repeat("We and our partners store cookies on your device, please accept all of them to go on. ", 20)
	for _, tc := range []struct {
		name, item, robots string
		page               func() reply
		want               string
		missing            bool
		unasked            bool
	}{
		{name: "a page", page: htmlPage(bridgePage("")), want: bridgeFull},
		{name: "the page lacks the feed's text", item: bridgeItem(1, "Traffic on the bridge: trucks crossed it."), page: htmlPage(bridgePage("")), want: "Traffic on the bridge: trucks crossed it.\n\n" + bridgeFull},
		{name: "the page begins with the feed's text", item: bridgeItem(1, bridgeFirst), page: htmlPage(bridgePage("")), want: bridgeFull},
		{name: "the feed has the whole", item: bridgeItem(1, bridgeFirst+" "+bridgeSecond+" "+bridgeTeaser), page: htmlPage(bridgePage("")), want: bridgeFirst + " " + bridgeSecond + " " + bridgeTeaser},
		{name: "no text in the feed", item: bridgeItem(1, ""), page: htmlPage(bridgePage("<p>" + strings.Repeat("The river is high this year. ", 10) + "</p>")), want: bridgeFull + "\n\n" + strings.TrimSpace(strings.Repeat("The river is high this year. ", 10))},
		{name: "no text in the feed, a notice on the page", item: bridgeItem(1, ""), page: htmlPage("<p>" + bridgeTitle + ": please log in to read on.</p>"), missing: true},
		{name: "another text", page: htmlPage("<p>" + consent + "</p>"), want: bridgeTeaser, missing: true},
		{name: "robots.txt forbids", robots: "User-agent: *\nDisallow: /2026/", page: htmlPage(bridgePage("")), want: bridgeTeaser, missing: true, unasked: true},
		{name: "robots.txt allows us", robots: "User-agent: *\nDisallow: /\n\nUser-agent: marsad\nAllow: /", page: htmlPage(bridgePage("")), want: bridgeFull},
		{name: "robots.txt too large", robots: strings.Repeat("# much\n", 100_000), page: htmlPage(bridgePage("")), want: bridgeTeaser, missing: true, unasked: true},
		{name: "not found", page: document(404, "gone"), want: bridgeTeaser, missing: true},
		{name: "refused", page: document(403, bridgePage("")), want: bridgeTeaser, missing: true},
		{name: "no HTML", page: document(200, bridgePage(""), "Content-Type", "application/pdf"), want: bridgeTeaser, missing: true},
		{name: "no type", page: document(200, bridgePage("")), want: bridgeTeaser, missing: true},
		{name: "page too large", page: htmlPage(bridgePage(strings.Repeat("<!-- much -->", 200_000))), want: bridgeTeaser, missing: true},
		{name: "page nested", page: htmlPage(strings.Repeat("<div>", 5000) + bridgePage("")), want: bridgeTeaser, missing: true},
		{name: "page of breaks", page: htmlPage(bridgePage(strings.Repeat("<br>", 200_000))), want: bridgeTeaser, missing: true},
		{name: "page endless in coming", page: never, want: bridgeTeaser, missing: true},
		{name: "page redirects for ever", page: document(302, "", "Location", page), want: bridgeTeaser, missing: true},
		{name: "page redirects to a file", page: document(302, "", "Location", "file:///etc/passwd"), want: bridgeTeaser, missing: true},
		{name: "no address", item: `<item><title>` + bridgeTitle + `</title><guid isPermaLink="false">b</guid><description>` + bridgeTeaser + `</description></item>`, want: bridgeTeaser, missing: true, unasked: true},
		{name: "an odd port", item: strings.ReplaceAll(bridgeItem(1, bridgeTeaser), "https://news.example/", "https://other.example:6379/"), want: bridgeTeaser, missing: true, unasked: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if tc.item == "" {
					tc.item = bridgeItem(1, bridgeTeaser)
				}
				published := map[bool][]item.Item{}
				for _, full := range []bool{false, true} {
					s, m := &site{}, newMemory()
					s.put(home, document(200, feedOf(tc.item)))
					if tc.page != nil {
						s.put(page, tc.page)
					}
					if tc.robots != "" {
						s.put("https://news.example/robots.txt", document(200, tc.robots))
					}
					s.polls(t, m, ingest.NewKnown(), time.Minute, ingest.Feed{Name: "f", URL: home, FullText: full})
					published[full] = m.published()
					if asked := len(s.visits(page)) > 0; asked != (full && !tc.unasked) {
						t.Errorf("page asked for: %t", asked)
					}
					for _, v := range s.visits("https://") {
						if v.agent != "marsad (+https://operator.example/bot)" {
							t.Errorf("%s is asked as %q", v.address, v.agent)
						}
					}
				}
				if len(published[true]) != 1 || len(published[false]) != 1 {
					t.Fatalf("published %d and %d", len(published[true]), len(published[false]))
				}
				got, plain := published[true][0], published[false][0]
				if diff := cmp.Diff(tc.want, got.Body); diff != "" {
					t.Errorf("body (-want +got):\n%s", diff)
				}
				if missing := slices.Contains(got.Flags, ingest.FlagFullTextMissing); missing != tc.missing {
					t.Errorf("flags %q", got.Flags)
				}
				if got.Revision != plain.Revision || got.ID != plain.ID {
					t.Errorf("revision %s with the page, %s without", got.Revision, plain.Revision)
				}
			})
		})
	}
}

// A page that changes, or cannot be had once, makes no revision; a feed's text
// that changes does, and says what is new against the full text before.
func TestFullTextDoesNotFlap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const home, page = "https://news.example/rss", "https://news.example/2026/bridge-1"
		s, m, known := &site{}, newMemory(), ingest.NewKnown()
		feed := ingest.Feed{Name: "f", URL: home, FullText: true}
		poll := func(body string, doc func() reply) {
			t.Helper()
			s.put(home, document(200, feedOf(bridgeItem(1, body))+"<!-- "+time.Now().String()+" -->"))
			s.put(page, doc)
			m.dueNow(t)
			s.polls(t, m, known, time.Minute, feed)
		}
		poll(bridgeTeaser, htmlPage(bridgePage("")))
		poll(bridgeTeaser, htmlPage(bridgePage("<p>Later it was closed again.</p>")))
		poll(bridgeTeaser, document(500, ""))
		if n, asked := len(m.published()), len(s.visits(page)); n != 1 || asked != 1 {
			t.Fatalf("%d items, %d requests for the page; want one each", n, asked)
		}
		poll(bridgeTeaser+" Later it was closed.", htmlPage(bridgePage("<p>Later it was closed again.</p>")))
		items := m.published()
		if len(items) != 2 {
			t.Fatalf("%d items, want a revision", len(items))
		}
		if diff := cmp.Diff([]string{"Later it was closed.", "Later it was closed again."}, texts(t, items[1], items[1].Added)); diff != "" {
			t.Errorf("added (-want +got):\n%s", diff)
		}
		poll(bridgeTeaser+" It is open.", document(404, ""))
		items = m.published()
		if got := items[len(items)-1]; len(items) != 3 || !slices.Contains(got.Flags, ingest.FlagFullTextMissing) {
			t.Fatalf("%d items, %+v", len(items), got)
		} else if diff := cmp.Diff([]string{"It is open."}, texts(t, got, got.Added)); diff != "" {
			t.Errorf("added (-want +got):\n%s", diff)
		}
	})
}

// One poll asks for a few pages only, the newest first, each in its host's turn,
// and its items wait no longer than the time for that.
func TestFullTextBudget(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		page        func() reply
		least, most int // pages asked for
		within      time.Duration
	}{
		{"quick pages", htmlPage(bridgePage("")), 8, 8, 21 * time.Second},
		{"pages that never come", never, 2, 2, 21 * time.Second},
		{"a host that has enough", document(429, "", "Retry-After", "3600"), 1, 1, 10 * time.Second},
		{"a host that refuses", document(403, ""), 1, 1, 10 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const home = "https://news.example/rss"
				s, m := &site{}, newMemory()
				var items strings.Builder
				for n := range 20 { // the newest first
					items.WriteString(bridgeItem(n, bridgeTeaser))
					s.put(fmt.Sprintf("https://news.example/2026/bridge-%d", n), tc.page)
				}
				s.put(home, document(200, feedOf(items.String())))
				start := time.Now()
				var done time.Duration
				m.before = func([]item.Item) { done = time.Since(start) }
				s.polls(t, m, ingest.NewKnown(), time.Minute, ingest.Feed{Name: "f", URL: home, FullText: true})
				pages := s.visits("https://news.example/2026/")
				if len(pages) < tc.least || len(pages) > tc.most {
					t.Errorf("%d pages asked for, want %d to %d", len(pages), tc.least, tc.most)
				}
				for i, v := range pages {
					if want := fmt.Sprintf("https://news.example/2026/bridge-%d", i); v.address != want {
						t.Errorf("request %d is for %s, want %s", i, v.address, want)
					}
				}
				all := s.visits("https://news.example/")
				for i, v := range all[1:] {
					if gap := v.at.Sub(all[i].at); gap < 2*time.Second {
						t.Errorf("%s asked for %s after %s", v.address, gap, all[i].address)
					}
				}
				if n := len(s.visits("https://news.example/robots.txt")); n != 1 {
					t.Errorf("robots.txt asked for %d times", n)
				}
				got, missing := m.published(), 0
				for _, it := range got {
					if slices.Contains(it.Flags, ingest.FlagFullTextMissing) {
						missing++
					}
				}
				want := 20
				if tc.name == "quick pages" {
					want = 12
				}
				if len(got) != 20 || missing != want {
					t.Errorf("%d items, %d without their full text; want 20 and %d", len(got), missing, want)
				}
				if done == 0 || done > tc.within {
					t.Errorf("published after %s", done)
				}
			})
		})
	}
}

// A robots.txt holds for a day; a host whose robots.txt fails is left alone for
// an hour.
func TestRobotsAreRemembered(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		robots func() reply
		want   int // requests for it on two days of new articles every half an hour
	}{
		"there":   {document(200, "User-agent: *\nDisallow: /private"), 2},
		"missing": {document(404, ""), 2},
		"failing": {document(500, ""), 48},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const home = "https://news.example/rss"
				s, m := &site{}, newMemory()
				n := 0
				s.put(home, func() reply {
					n++
					return reply{code: 200, body: feedOf(bridgeItem(n, bridgeTeaser) + bridgeItem(n+1, bridgeTeaser))}
				})
				s.put("https://news.example/robots.txt", tc.robots)
				s.polls(t, m, ingest.NewKnown(), 47*time.Hour, ingest.Feed{Name: "f", URL: home, FullText: true, Interval: 30 * time.Minute})
				if got := len(s.visits("https://news.example/robots.txt")); got < tc.want/2 || got > tc.want {
					t.Errorf("asked for %d times in %d polls, want at most %d", got, n, tc.want)
				}
				if got := len(s.visits("https://news.example/2026/")) > 0; got != (name != "failing") {
					t.Errorf("pages asked for: %t", got)
				}
			})
		})
	}
}

// Pages of other hosts get nothing of the feed's secrets and have no part in its
// leave to go into a private network.
func TestFullTextKeepsTheFeedsPrivileges(t *testing.T) {
	t.Parallel()
	cookies := secret(t, "session=s3cret", 0o600)
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		s.put("https://news.example/rss", document(200, feedOf(bridgeItem(1, bridgeTeaser)+strings.ReplaceAll(bridgeItem(2, bridgeTeaser), "news.example", "other.example"))))
		s.polls(t, newMemory(), ingest.NewKnown(), time.Minute, ingest.Feed{Name: "f", URL: "https://news.example/rss", FullText: true, CookiesFile: cookies})
		if len(s.visits("https://other.example/2026/")) != 1 || len(s.visits("https://news.example/2026/")) != 1 {
			t.Errorf("asked for %v", s.visits(""))
		}
		for _, v := range s.visits("") {
			if ours := strings.HasPrefix(v.address, "https://news.example/"); ours != (v.cookie != "") {
				t.Errorf("%s is sent the cookie %q", v.address, v.cookie)
			}
		}
	})

	hit := make(chan string, 10)
	private := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hit <- r.URL.Path }))
	defer private.Close()
	link := strings.ReplaceAll(private.URL, "127.0.0.1", "localhost") + "/admin/bridge-1"
	pages := make(chan string, 10)
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/rss":
			fmt.Fprintf(w, feedOf(`<item><title>%s</title><link>%s</link></item><item><title>b</title><link>/2026/bridge-2</link></item>`), bridgeTitle, link)
		default:
			pages <- r.URL.Path
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer public.Close()
	m := newMemory()
	pollOnce(t, ingest.Config{Feeds: []ingest.Feed{{Name: "f", URL: public.URL + "/rss", FullText: true, AllowPrivate: []string{"127.0.0.0/8", "::1/128"}}}}, m, ingest.NewKnown())
	if len(m.published()) != 2 {
		t.Errorf("%d items", len(m.published()))
	}
	if len(hit) != 0 {
		t.Errorf("the private host was asked for %s", <-hit)
	}
	if len(pages) != 2 { // robots.txt and the page
		t.Errorf("%d requests at the feed's own host", len(pages))
	}
}
