package ingest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what old hubs sign with
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"marsad/ingest"
)

const (
	hubURL   = "https://hub.example/ask"
	topicURL = "https://f.example/rss"
	callback = "https://marsad.example"
)

// subscriptions is a store of subscriptions.
type subscriptions struct {
	mu  sync.Mutex
	all map[string]ingest.PushSubscription
}

func newSubscriptions() *subscriptions {
	return &subscriptions{all: map[string]ingest.PushSubscription{}}
}

func (s *subscriptions) All(context.Context) (map[string]ingest.PushSubscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.all), nil
}

func (s *subscriptions) Save(_ context.Context, feed string, sub ingest.PushSubscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[feed] = sub
	return nil
}

func (s *subscriptions) Delete(_ context.Context, feed string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, feed)
	return nil
}

// A pushed web has a feed, https://f.example/rss, whose hub is ours.
type pushedWeb struct {
	t *testing.T
	*ingest.Poller
	store  *subscriptions
	memory *memory
	known  *ingest.Known
	cfg    ingest.Config

	mu sync.Mutex
	// from and to are the items of the feed, offer what stands in its head,
	// header what is sent with it.
	from, to int
	offer    string
	header   []string
	polls    []time.Time
	// asked are the requests to hubs, at hosts and when; reply answers them, nil
	// is no answer.
	asked []url.Values
	hosts []string
	when  []time.Time
	reply func(form url.Values, r *http.Request) *http.Response
}

const offered = `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="` + hubURL + `"/>` +
	`<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="` + topicURL + `"/>`

func newPushedWeb(t *testing.T) *pushedWeb {
	t.Helper()
	return &pushedWeb{
		t: t, store: newSubscriptions(), memory: newMemory(), known: ingest.NewKnown(), from: 1, to: 3, offer: offered,
		cfg:   ingest.Config{CallbackURL: callback, UserAgent: "marsad/1", Feeds: []ingest.Feed{{Name: "f", URL: topicURL}}},
		reply: func(url.Values, *http.Request) *http.Response { return answer(202, "") },
	}
}

func (w *pushedWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var resp *http.Response
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		form, err := url.ParseQuery(string(body))
		if err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("User-Agent") != "marsad/1" {
			w.t.Errorf("request to the hub: %v %v", r.Header, err)
		}
		w.asked, w.hosts, w.when = append(w.asked, form), append(w.hosts, r.URL.String()), append(w.when, time.Now())
		if resp = w.reply(form, r); resp == nil {
			return nil, errors.New("connection refused")
		}
	} else {
		w.polls = append(w.polls, time.Now())
		var items strings.Builder
		for i := w.to; i >= w.from; i-- {
			items.WriteString(goodItem(i))
		}
		resp = answer(200, feedOf(w.offer+items.String()), append([]string{"ETag", strconv.Itoa(w.to)}, w.header...)...)
	}
	resp.Request, resp.Proto, resp.ProtoMajor = r, "HTTP/1.1", 1
	return resp, nil
}

// run polls for d of fake time.
func (w *pushedWeb) run(d time.Duration, during func()) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	var err error
	w.Poller, err = ingest.New(ctx, w.cfg, ingest.Options{
		Publisher: w.memory, States: w.memory, Known: w.known, Subscriptions: w.store, Log: quiet(), Transport: w,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	if during != nil {
		during()
	}
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
}

func (w *pushedWeb) publish(to int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = to
}

func (w *pushedWeb) requests() []url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked)
}

func (w *pushedWeb) pollCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.polls)
}

// token is that of the last request to the hub.
func (w *pushedWeb) token() string {
	w.t.Helper()
	all := w.requests()
	if len(all) == 0 {
		w.t.Fatal("the hub was not asked")
	}
	return path.Base(all[len(all)-1].Get("hub.callback"))
}

func intent(mode, topic, lease string) url.Values {
	v := url.Values{"hub.mode": {mode}, "hub.topic": {topic}, "hub.challenge": {"ch<a>llenge"}}
	if lease != "" {
		v.Set("hub.lease_seconds", lease)
	}
	return v
}

// confirm has the hub confirm its last request.
func (w *pushedWeb) confirm(lease time.Duration) {
	w.t.Helper()
	echo, ok := w.VerifyPush(w.token(), intent("subscribe", topicURL, strconv.Itoa(int(lease.Seconds()))))
	if !ok || echo != "ch<a>llenge" {
		w.t.Fatalf("the subscription is not confirmed: %q %v", echo, ok)
	}
}

func sign(method string, h func() hash.Hash, secret, body string) string {
	mac := hmac.New(h, []byte(secret))
	mac.Write([]byte(body))
	return method + "=" + hex.EncodeToString(mac.Sum(nil))
}

// push has the hub push, signed with its secret.
func (w *pushedWeb) push() {
	w.t.Helper()
	const body = "<rss>changed</rss>"
	all := w.requests()
	if !w.Push(w.token(), sign("sha256", sha256.New, all[len(all)-1].Get("hub.secret"), body), strings.NewReader(body)) {
		w.t.Error("a push to a subscription is unknown")
	}
}

func (w *pushedWeb) status() ingest.FeedStatus {
	w.t.Helper()
	return w.Status()[0]
}

// A feed that offers a hub is subscribed to, and what the hub announces is
// published within seconds; whatever else comes to the callback is ignored.
func TestPush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		w.run(25*time.Minute, func() {
			pass(t, 10*time.Second)
			if st := w.status().Push; st == nil || st.Hub != hubURL || !st.Until.IsZero() || st.Note == "" {
				t.Errorf("before it is confirmed: %+v", st)
			}
			form := w.requests()[0]
			if form.Get("hub.mode") != "subscribe" || form.Get("hub.topic") != topicURL || form.Get("hub.lease_seconds") != "864000" ||
				!strings.HasPrefix(form.Get("hub.callback"), callback+"/push/") || len(w.token()) != 32 || len(form.Get("hub.secret")) != 64 {
				t.Errorf("asked the hub %v", form)
			}
			for name, try := range map[string]struct {
				token  string
				params url.Values
			}{
				"another topic":     {w.token(), intent("subscribe", topicURL+"/", "600")},
				"another token":     {strings.Repeat("0", 32), intent("subscribe", topicURL, "600")},
				"no token":          {"", intent("subscribe", topicURL, "600")},
				"another mode":      {w.token(), intent("unsubscribe", topicURL, "")},
				"no mode":           {w.token(), intent("", topicURL, "")},
				"no challenge":      {w.token(), url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topicURL}}},
				"a long challenge":  {w.token(), url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topicURL}, "hub.challenge": {strings.Repeat("x", 1025)}}},
				"two topics":        {w.token(), url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topicURL, "x"}, "hub.challenge": {"x"}}},
				"nothing":           {w.token(), nil},
				"denied for others": {w.token(), url.Values{"hub.mode": {"denied"}, "hub.topic": {"https://other.example/"}}},
			} {
				if echo, ok := w.VerifyPush(try.token, try.params); ok || echo != "" {
					t.Errorf("%s: confirmed with %q", name, echo)
				}
			}
			if !w.status().Push.Until.IsZero() {
				t.Error("a wrong verification made it active")
			}
			w.confirm(10 * 24 * time.Hour)
			if st := w.status().Push; time.Until(st.Until) != 10*24*time.Hour || st.Note != "" {
				t.Errorf("confirmed: %+v", st)
			}

			w.publish(4)
			secret, body := form.Get("hub.secret"), "<rss/>"
			good := sign("sha256", sha256.New, secret, body)
			for name, try := range map[string]struct{ signature, body string }{
				"none":           {"", body},
				"another secret": {sign("sha256", sha256.New, secret+"0", body), body},
				"another body":   {good, body + " "},
				"no body":        {good, ""},
				"method":         {"sha512" + strings.TrimPrefix(good, "sha256"), body},
				"md5":            {"md5=d41d8cd98f00b204e9800998ecf8427e", body},
				"cut":            {good[:len(good)-2], body},
				"no digits":      {"sha256=" + strings.Repeat("z", 64), body},
				"empty mac":      {"sha256=", body},
				"too large":      {sign("sha256", sha256.New, secret, strings.Repeat("x", 11<<20)), strings.Repeat("x", 11<<20)},
			} {
				if !w.Push(w.token(), try.signature, strings.NewReader(try.body)) {
					t.Errorf("%s: the hub is not thanked", name)
				}
			}
			if w.Push(strings.Repeat("0", 32), good, strings.NewReader(body)) {
				t.Error("a push to nobody is known")
			}
			if !w.Push(w.token(), good, io.MultiReader(strings.NewReader(body), broken{})) {
				t.Error("cut off: the hub is not thanked")
			}
			pass(t, 5*time.Minute)
			if n := w.pollCount(); n != 1 {
				t.Fatalf("%d polls, one before the first good push", n)
			}
			for i, s := range []string{
				good, sign("sha1", sha1.New, secret, body), sign("SHA384", sha512.New384, secret, body), " " + sign("sha512", sha512.New, secret, body),
			} {
				w.publish(5 + i)
				before := len(w.memory.published())
				if !w.Push(w.token(), s, strings.NewReader(body)) {
					t.Errorf("%s: unknown", s)
				}
				pass(t, time.Minute+10*time.Second)
				if got := len(w.memory.published()); got == before {
					t.Errorf("%.8s: nothing published", s)
				}
			}
		})
		if n := w.pollCount(); n != 5 {
			t.Errorf("%d polls, want 5", n)
		}
		if n := len(w.requests()); n != 1 {
			t.Errorf("the hub was asked %d times", n)
		}
	})
}

// broken is a connection that is cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// A lease is renewed at about two thirds of it, also over a restart, under the
// same address and secret. One that is not confirmed again ends, and polling
// goes on.
func TestPushRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		const lease = 30 * time.Hour
		var begun time.Time
		w.run(time.Hour, func() {
			pass(t, time.Second)
			w.confirm(lease)
			begun = time.Now()
		})
		w.run(lease, func() {
			for len(w.requests()) < 2 && time.Since(begun) < lease {
				pass(t, time.Minute)
			}
			all := w.requests()
			if len(all) != 2 || all[1].Encode() != all[0].Encode() {
				t.Fatalf("renewed by %v", all[1:])
			}
			if at := w.when[1].Sub(begun); at < lease*6/10 || at > lease*7/10 {
				t.Errorf("renewed after %s", at)
			}
			if st := w.status().Push; !st.Until.Equal(begun.Add(lease)) {
				t.Errorf("the lease does not last while it is renewed: %+v", st)
			}
			w.confirm(1000 * time.Hour)
			if st := w.status().Push; time.Until(st.Until) != 14*24*time.Hour {
				t.Errorf("a long lease: %s", time.Until(st.Until))
			}
		})
		polls, asked := w.pollCount(), len(w.requests())
		w.run(30*24*time.Hour, nil)
		if n := len(w.requests()) - asked; n < 3 || n > 20 {
			t.Errorf("%d requests to a hub that does not confirm in 30 days", n)
		}
		if st := w.status().Push; !st.Until.IsZero() || !strings.Contains(st.Note, "did not confirm") {
			t.Errorf("ended: %+v", st)
		}
		if n := w.pollCount() - polls; n < 30*12 {
			t.Errorf("%d polls in 30 days", n)
		}
	})
}

// A hub that refuses, or cannot be reached, is asked again days or ever longer
// later; the feed is polled as if there were no hub.
func TestPushRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply    func(url.Values, *http.Request) *http.Response
		denied   bool
		note     string
		min, max int // requests in 10 days
	}{
		"denied": {denied: true, note: "the hub refuses to push: no pets", min: 3, max: 3},
		"bad request": {reply: func(url.Values, *http.Request) *http.Response {
			return answer(400, "no such\n\x1b[31mtopic", "Content-Type", "text/plain; charset=utf-8")
		}, note: "the hub answers 400 Bad Request: no such [31mtopic", min: 3, max: 4},
		"not found": {reply: func(url.Values, *http.Request) *http.Response {
			return answer(404, "<html>", "Content-Type", "text/html")
		}, note: "the hub answers 404 Not Found", min: 3, max: 4},
		"busy": {reply: func(url.Values, *http.Request) *http.Response {
			return answer(429, "", "Retry-After", "86400")
		}, note: "429", min: 7, max: 10},
		"broken":      {reply: func(url.Values, *http.Request) *http.Response { return answer(500, "") }, note: "500", min: 8, max: 12},
		"down":        {reply: func(url.Values, *http.Request) *http.Response { return nil }, note: "cannot be asked", min: 8, max: 12},
		"unconfirmed": {note: "did not confirm", min: 8, max: 12},
		"moved": {reply: func(url.Values, *http.Request) *http.Response {
			return answer(301, "", "Location", "https://hub.example/new")
		}, note: "301", min: 3, max: 4},
		"to http": {reply: func(url.Values, *http.Request) *http.Response {
			return answer(307, "", "Location", "http://hub.example/new")
		}, note: "307", min: 3, max: 4},
		"to another port": {reply: func(url.Values, *http.Request) *http.Response {
			return answer(308, "", "Location", "https://other.example:6379/")
		}, note: "308", min: 3, max: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newPushedWeb(t)
				if tc.reply != nil {
					w.reply = tc.reply
				}
				days := 10
				if tc.denied {
					days = 8 // a fourth request would be waiting for its answer
				}
				w.run(time.Duration(days)*24*time.Hour, func() {
					if tc.denied {
						for known := range 3 {
							for len(w.requests()) == known {
								pass(t, time.Minute)
							}
							if echo, ok := w.VerifyPush(w.token(), url.Values{"hub.mode": {"denied"}, "hub.topic": {topicURL}, "hub.reason": {"no\npets"}}); !ok || echo != "" {
								t.Errorf("denied: %q %v", echo, ok)
							}
						}
					}
				})
				if n := len(w.requests()); n < tc.min || n > tc.max {
					t.Errorf("%d requests in %d days, want %d to %d", n, days, tc.min, tc.max)
				}
				if st := w.status(); st.Push == nil || !st.Push.Until.IsZero() || !strings.Contains(st.Push.Note, tc.note) {
					t.Errorf("status %+v, want %q", st.Push, tc.note)
				} else if st.State != ingest.StateOK && st.State != ingest.StateQuiet {
					t.Errorf("the feed is %s", st.State)
				}
				if n := w.pollCount(); n < days*20 {
					t.Errorf("%d polls in %d days", n, days)
				}
			})
		})
	}
}

// A redirect that keeps the request is followed.
func TestPushRedirect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		w.reply = func(_ url.Values, r *http.Request) *http.Response {
			if r.URL.Path == "/ask" {
				return answer(307, "", "Location", "https://other.example/subscribe")
			}
			return answer(204, "")
		}
		w.run(time.Minute, func() {
			pass(t, 10*time.Second)
			all := w.requests()
			if len(all) != 2 || all[0].Encode() != all[1].Encode() || w.hosts[1] != "https://other.example/subscribe" {
				t.Fatalf("asked %q: %v", w.hosts, all)
			}
			w.confirm(time.Hour)
		})
	})
}

// Where the offer may stand, and what of it is used.
func TestPushOffer(t *testing.T) {
	t.Parallel()
	link := func(rel, href string) string {
		return `<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="` + rel + `" href="` + href + `"/>`
	}
	self := link("self", topicURL)
	for name, tc := range map[string]struct {
		feed   ingest.Feed
		header []string
		offer  string
		hub    string
		topic  string
	}{
		"document":             {offer: self + link("hub", hubURL), hub: hubURL, topic: topicURL},
		"another topic":        {offer: link("self", "https://f.example/RSS?a=1&amp;b=%2f") + link("hub", hubURL), hub: hubURL, topic: "https://f.example/RSS?a=1&b=%2f"},
		"relative":             {offer: link("self", "/feed") + link("hub", "//hub.example/ask"), hub: hubURL, topic: "https://f.example/feed"},
		"no self":              {offer: link("hub", hubURL)},
		"no hub":               {offer: self},
		"headers":              {header: []string{"Link", `<` + hubURL + `>; rel="hub", <` + topicURL + `>; rel=self`}, hub: hubURL, topic: topicURL},
		"headers first":        {header: []string{"Link", `<https://first.example/>; rel="alternate hub"`}, offer: self + link("hub", hubURL), hub: "https://first.example/", topic: topicURL},
		"headers about others": {header: []string{"Link", `<https://first.example/>; rel=hub; anchor="/comments"`}, offer: self + link("hub", hubURL), hub: hubURL, topic: topicURL},
		"http hub":             {offer: self + link("hub", "http://hub.example:80/ask"), hub: hubURL, topic: topicURL},
		"other port":           {offer: self + link("hub", "https://hub.example:6379/")},
		"other port, second":   {offer: self + link("hub", "https://hub.example:6379/") + link("hub", hubURL), hub: hubURL, topic: topicURL},
		"no web address":       {offer: self + link("hub", "gopher://hub.example/")},
		"own server": {
			feed:  ingest.Feed{Name: "f", URL: topicURL, AllowPrivate: []string{"127.0.0.0/8"}, Interval: time.Hour},
			offer: self + link("hub", "http://127.0.0.1:8000/hub"), hub: "http://127.0.0.1:8000/hub", topic: topicURL,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newPushedWeb(t)
				w.offer, w.header = tc.offer, tc.header
				if tc.feed.Name != "" {
					w.cfg.Feeds[0] = tc.feed
				}
				w.run(time.Minute, nil)
				hub, topic := "", ""
				if all := w.requests(); len(all) == 1 {
					hub, topic = w.hosts[0], all[0].Get("hub.topic")
				}
				if hub != tc.hub || topic != tc.topic {
					t.Errorf("asked %q for %q, want %q for %q", hub, topic, tc.hub, tc.topic)
				}
			})
		})
	}
}

// Atom and JSON Feed offer hubs in their own ways.
func TestOfferFormats(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"atom": `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><link rel="hub" href="` + hubURL + `"/><link rel="self" href="` + topicURL + `"/>` +
			`<entry><title>e</title><id>1</id><link rel="self" href="https://f.example/1"/></entry></feed>`,
		"rss 1.0": `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:at="http://www.w3.org/2005/Atom">` +
			`<channel><title>x</title><at:link rel="hub" href="` + hubURL + `"/><at:link rel="self" href="` + topicURL + `"/></channel><item><title>i</title></item></rdf:RDF>`,
		"json": `{"version":"https://jsonfeed.org/version/1.1","title":"x","feed_url":"` + topicURL + `","hubs":[{"type":"rssCloud","url":"https://cloud.example"},{"type":"WebSub","url":"` + hubURL + `"}],"items":[]}`,
	} {
		d, err := ingest.Decode([]byte(doc), "", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if d.Offer.Self != topicURL || len(d.Offer.Hubs) != 1 || d.Offer.Hubs[0] != hubURL {
			t.Errorf("%s: %+v", name, d.Offer)
		}
	}
}

// A push that outruns a cache is followed by one more poll; pushes that announce
// nothing lead to no more polls than there would be without.
func TestPushBeforeItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		w.run(30*time.Hour, func() {
			pass(t, time.Second)
			w.confirm(10 * 24 * time.Hour)
			pass(t, 10*time.Minute)
			w.push()
			pass(t, 30*time.Second)
			w.publish(4)
			pass(t, time.Minute)
			if n := len(w.memory.published()); n != 4 {
				t.Errorf("%d items after the second look, want 4", n)
			}
			before := w.pollCount()
			for range 24 * 60 * 2 {
				w.push()
				pass(t, 30*time.Second)
			}
			if n := w.pollCount() - before; n > 24*3 {
				t.Errorf("%d polls in a day of empty pushes", n)
			}
		})
	})
}

// While a hub tells of everything, the polls come later; a poll that finds news
// of which none had told ends that.
func TestPushStretchesPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		w.to = 60
		w.cfg.Interval, w.cfg.MinInterval, w.cfg.MaxInterval = 20*time.Minute, 20*time.Minute, 70*time.Minute
		wait := func() time.Duration { return time.Until(w.status().NextPoll) }
		w.run(6*time.Hour, func() {
			pass(t, time.Second)
			w.confirm(10 * 24 * time.Hour)
			if d := wait(); d > 22*time.Minute {
				t.Errorf("before any push: %s", d)
			}
			pass(t, 2*time.Minute)
			w.publish(61)
			w.push()
			pass(t, time.Second)
			if d := wait(); d < 60*time.Minute || d > 77*time.Minute {
				t.Errorf("after a push that told the truth: %s", d)
			}
			w.publish(62)
			pass(t, wait()+time.Second)
			if d := wait(); d > 40*time.Minute || len(w.memory.published()) != 62 {
				t.Errorf("after a poll found what no push told of: %s", d)
			}
			pass(t, 2*time.Minute)
			w.publish(63)
			w.push()
			pass(t, time.Second)
			if d := wait(); d < 60*time.Minute {
				t.Errorf("after the next push: %s", d)
			}
		})
	})
}

// A feed that is pushed all day keeps its rhythm in mind: when the hub falls
// silent without a word, nothing is lost.
func TestHubFallsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		w.to = 30
		w.cfg.MaxInterval = 12 * time.Hour
		w.run(60*time.Hour, func() {
			pass(t, time.Second)
			w.confirm(10 * 24 * time.Hour)
			for i := range 58 * 6 { // an item every ten minutes, thirty in the document
				pass(t, 10*time.Minute)
				w.mu.Lock()
				w.from, w.to = w.from+1, w.to+1
				w.mu.Unlock()
				if i < 48*6 {
					w.push()
				}
			}
		})
		if st := w.status(); st.Gaps != 0 || st.Every > 4*time.Hour {
			t.Errorf("gaps %d, every %s", st.Gaps, st.Every)
		}
		got := map[string]bool{}
		for _, it := range w.memory.published() {
			got[it.Title] = true
		}
		for i := 1; i < w.to-30; i++ {
			if !got[fmt.Sprintf("Title %d", i)] {
				t.Errorf("item %d is lost", i)
			}
		}
	})
}

// The subscription of a feed that is removed, or names another hub, is ended.
func TestPushEnds(t *testing.T) {
	t.Parallel()
	left := func(w *pushedWeb, token string) {
		w.t.Helper()
		all := w.requests()
		last := all[len(all)-1]
		if last.Get("hub.mode") != "unsubscribe" || last.Get("hub.topic") != topicURL || path.Base(last.Get("hub.callback")) != token || last.Has("hub.secret") {
			w.t.Errorf("left with %v", last)
		}
		if echo, ok := w.VerifyPush(token, intent("unsubscribe", topicURL, "")); !ok || echo != "ch<a>llenge" {
			w.t.Error("unsubscribing is not confirmed")
		}
		if _, ok := w.VerifyPush(token, intent("subscribe", topicURL, "600")); ok {
			w.t.Error("a subscription that was ended is confirmed")
		}
		if w.Push(token, "", strings.NewReader("")) {
			w.t.Error("a push to a subscription that was ended is known")
		}
	}
	begin := func(t *testing.T) (*pushedWeb, string) {
		t.Helper()
		w := newPushedWeb(t)
		var token string
		w.run(time.Minute, func() {
			pass(t, time.Second)
			w.confirm(10 * 24 * time.Hour)
			token = w.token()
		})
		return w, token
	}
	t.Run("removed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w, token := begin(t)
			w.run(3*time.Hour, func() {
				pass(t, time.Second)
				if err := w.SetFeeds(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				pass(t, 10*time.Second)
				left(w, token)
				pass(t, 2*time.Hour)
				if _, ok := w.VerifyPush(token, intent("unsubscribe", topicURL, "")); ok {
					t.Error("it is never forgotten")
				}
			})
			if len(w.store.all) != 0 {
				t.Errorf("kept: %v", w.store.all)
			}
		})
	})
	t.Run("removed while nothing ran", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w, token := begin(t)
			w.cfg.Feeds[0] = ingest.Feed{Name: "g", URL: "https://g.example/rss"}
			w.offer = ""
			w.run(time.Minute, func() {
				pass(t, 10*time.Second)
				left(w, token)
			})
			if len(w.store.all) != 0 {
				t.Errorf("kept: %v", w.store.all)
			}
		})
	})
	t.Run("another hub", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w, token := begin(t)
			w.offer = strings.ReplaceAll(offered, hubURL, "https://new.example/")
			w.run(30*time.Hour, func() {
				pass(t, 23*time.Hour)
				w.publish(5)
				if n := len(w.requests()); n != 1 {
					t.Errorf("%d requests within a day", n)
				}
				pass(t, 2*time.Hour)
				w.publish(6)
			})
			all := w.requests()
			if len(all) < 3 || all[1].Get("hub.mode") != "unsubscribe" || w.hosts[2] != "https://new.example/" || w.token() == token ||
				all[2].Get("hub.secret") == all[0].Get("hub.secret") {
				t.Errorf("asked %q %v", w.hosts, all)
			}
		})
	})
	t.Run("another callback", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w, token := begin(t)
			w.cfg.CallbackURL = "https://moved.example/marsad/"
			w.run(time.Minute, func() { pass(t, 10*time.Second) })
			if all := w.requests(); len(all) != 2 || all[1].Get("hub.callback") != "https://moved.example/marsad/push/"+token {
				t.Errorf("asked %v", all)
			}
		})
	})
	t.Run("paused", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w, _ := begin(t)
			w.cfg.Feeds[0].Paused = true
			n := w.pollCount()
			w.run(20*24*time.Hour, func() {
				pass(t, time.Hour)
				w.push()
			})
			if w.pollCount() != n || len(w.requests()) != 1 {
				t.Error("a paused feed is polled or its hub asked")
			}
		})
	})
}

// A hub that asks long after it was asked gets no answer: somebody else may know
// the address.
func TestPushConfirmedLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		w.run(48*time.Hour, func() {
			pass(t, time.Second)
			w.confirm(10 * 24 * time.Hour)
			pass(t, time.Hour)
			w.confirm(10 * 24 * time.Hour) // our answer may have been lost
			pass(t, 24*time.Hour)
			if _, ok := w.VerifyPush(w.token(), intent("subscribe", topicURL, "864000")); ok {
				t.Error("confirmed a day after it was asked for")
			}
		})
	})
}

// A push does not break the peace that a host asked for.
func TestPushAndRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPushedWeb(t)
		w.run(time.Minute, func() {
			pass(t, time.Second)
			w.confirm(10 * 24 * time.Hour)
		})
		w.memory.edit(t, func(st *ingest.FeedState) {
			st.LastProblem, st.NextPoll = ingest.ProblemRateLimited, time.Now().Add(5*time.Hour)
		})
		n := w.pollCount()
		w.run(4*time.Hour, func() {
			pass(t, time.Second)
			w.push()
		})
		if w.pollCount() != n {
			t.Error("polled inside Retry-After")
		}
	})
}

func TestCallbackURL(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"": true, "https://marsad.example.org": true, "https://marsad.example.org/news/": true, "https://marsad.example.org:8443": true,
		"http://marsad.example.org": false, "marsad.example.org": false, "https://": false, "https://user:word@marsad.example.org": false,
		"https://marsad.example.org/?a=b": false, "https://localhost": false, "https://127.0.0.1": false, "https://[::1]:8443": false, "https://192.168.1.5": false,
	} {
		errs := ingest.Config{CallbackURL: address}.Validate()
		if (len(errs) == 0) != ok || !ok && (errs[0].Path != "callback_url" || errs[0].Hint == "") {
			t.Errorf("%q: %v", address, errs)
		}
	}
}

func FuzzLinks(f *testing.F) {
	for _, s := range []string{
		`<https://hub.example/>; rel="hub"`, `<a>;rel=self,<b>; rel="hub \"x\\`, `<a;b>;title="x, <c>; rel=hub";rel=hub`, `<>`, `<a>;;;=,<`, `<a>; rel="a b hub"; REL=self`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := ingest.LinksOf(http.Header{"Link": {s}})
		if len(o.Hubs) > 5 || !strings.Contains(s, o.Self) {
			t.Fatalf("%q: %+v", s, o)
		}
		for _, hub := range o.Hubs {
			if hub == "" || len(hub) > 2048 || !strings.Contains(s, "<") {
				t.Fatalf("%q: hub %q", s, hub)
			}
		}
		base, err := url.Parse("https://f.example/rss")
		if err != nil {
			t.Fatal(err)
		}
		hubs, topic := o.HubsAt(base)
		for _, hub := range hubs {
			u, err := url.Parse(hub)
			if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Port() != "" && u.Port() != "443" || topic == "" {
				t.Fatalf("%q: may ask %q for %q", s, hub, topic)
			}
		}
	})
}

func FuzzSignature(f *testing.F) {
	f.Add("sha256="+strings.Repeat("0", 64), "secret", []byte("body"))
	f.Add("sha1=", "", []byte{})
	f.Add("SHA512=ABCDEF", "s", []byte("x"))
	f.Add("=", "s", []byte("x"))
	f.Fuzz(func(t *testing.T, header, secret string, body []byte) {
		want := false
		for method, h := range map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New} {
			want = want || strings.EqualFold(strings.TrimSpace(header), sign(method, h, secret, string(body)))
		}
		if got := ingest.CheckPush(secret, header, bytes.NewReader(body), 1<<20) == "accepted"; got != want {
			t.Fatalf("%q over %q with %q: %v", header, body, secret, got)
		}
	})
}
