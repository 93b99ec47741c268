package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"marsad/ingest"
)

// A simWeb is a web of invented feeds on virtual hosts. It answers as each
// feed's kind says, from a clock that may be fake, and keeps book of who was
// asked when and of which items were handed out whole.
type simWeb struct {
	start time.Time
	gap   time.Duration // least time between two requests to a host
	delay time.Duration // longest time of an ordinary answer

	mu     sync.Mutex
	feeds  []*simFeed
	byPath map[string]*simFeed
	hosts  map[string]*simHost
	served map[simKey]bool
	wrong  []string
}

// A simKey is one edition of one item of one feed.
type simKey struct{ feed, item, edition int }

type simHost struct {
	open  int
	last  time.Time
	until time.Time // it asked to be left alone
	asked []time.Time
}

// A simFeed publishes an item at each of times and shows the last window of
// them.
type simFeed struct {
	index        int
	kind         simKind
	host, target string
	window       int
	perHour      float64
	times        []time.Time
	requests     []time.Time
	first        time.Time // of the first whole answer
	answers      map[int]int
	twin         *simFeed // whose items it shows
}

type simKind string

// The kinds of feeds.
const (
	simSteady   simKind = "steady"        // validators that hold
	simPlain    simKind = "no validators" // none at all
	simDay      simKind = "by day"        // silent at night
	simEdited   simKind = "edited"        // items change after a while
	simDates    simKind = "moving dates"  // every date is now
	simPacked   simKind = "packed"        // gzip, br, zstd
	simCharset  simKind = "charset"       // UTF-16, windows-1256 undeclared
	simCached   simKind = "cached"        // max-age and ttl
	simTwin     simKind = "twin"          // another feed's items
	simSlow     simKind = "slow"          // up to 20 s
	simFlapping simKind = "flapping"      // errors every other hour
	simQuota    simKind = "429"           // few requests an hour for the whole host
	simBusy     simKind = "503"           // closed for two hours
	simMoved    simKind = "301"           // another host
	simFollowed simKind = "302"           // another host, not for good
	simGone     simKind = "410"           // from the third hour
	simPage     simKind = "web page"      // every third time
	simTorn     simKind = "torn"          // every third time
	simEndless  simKind = "endless"       // a body without end, every third time
	simDrip     simKind = "drip"          // a byte a second, every third time
	simBomb     simKind = "bomb"          // gzip, every third time
	simLiar     simKind = "liar"          // keeps its ETag
	simHectic   simKind = "hectic"        // faster than the default interval
)

// simKinds are the kinds of 200 feeds.
func simKinds() []simKind {
	var out []simKind
	for _, k := range []struct {
		kind simKind
		n    int
	}{
		{simSteady, 80},
		{simPlain, 16},
		{simDay, 16},
		{simEdited, 12},
		{simDates, 10},
		{simPacked, 12},
		{simCharset, 6},
		{simCached, 8},
		{simTwin, 2},
		{simSlow, 4},
		{simFlapping, 8},
		{simQuota, 5},
		{simBusy, 2},
		{simMoved, 4},
		{simFollowed, 2},
		{simGone, 2},
		{simPage, 2},
		{simTorn, 2},
		{simEndless, 1},
		{simDrip, 1},
		{simBomb, 1},
		{simLiar, 1},
		{simHectic, 3},
	} {
		for range k.n {
			out = append(out, k.kind)
		}
	}
	return out
}

// newSimWeb makes a web of n feeds that begins now and has items for the hours
// to come.
func newSimWeb(n, hours int) *simWeb {
	w := &simWeb{
		start: time.Now(), gap: 2 * time.Second, delay: 400 * time.Millisecond,
		byPath: map[string]*simFeed{}, hosts: map[string]*simHost{}, served: map[simKey]bool{},
	}
	kinds := simKinds()
	rng := rand.New(rand.NewPCG(4, 4)) //nolint:gosec // a repeatable world
	for i := range n {
		f := &simFeed{index: i, kind: kinds[i*37%len(kinds)], window: 10 + rng.IntN(21), answers: map[int]int{}}
		// From two items a day to a document in 75 minutes.
		slowest, fastest := 1.0/12, float64(f.window)/1.25
		f.perHour = slowest * pow(fastest/slowest, rng.Float64()*rng.Float64())
		f.host = fmt.Sprintf("h%d.example", i/4)
		switch f.kind {
		case simSteady:
			if i%10 == 0 { // one host with many feeds
				f.host = "large.example"
			}
		case simQuota:
			f.host, f.perHour = fmt.Sprintf("quota%d.example", i/2000), slowest
		case simBusy:
			f.host = fmt.Sprintf("busy%d.example", i/1000)
		case simMoved, simFollowed:
			f.host, f.target = fmt.Sprintf("old%d.example", i), fmt.Sprintf("new%d.example", i/1000)
		case simHectic:
			f.perHour = float64(f.window) / 0.42 // 25 minutes
		default:
		}
		if f.kind == simTwin {
			f.twin = w.feeds[i-1] // a steady neighbour, or what it is
		}
		f.publish(rng, w.start, hours)
		w.feeds = append(w.feeds, f)
		w.byPath[f.host+f.path()] = f
		if f.target != "" {
			w.byPath[f.target+f.path()] = f
		}
	}
	return w
}

func pow(x, y float64) float64 {
	out := 1.0
	for range 64 {
		out *= 1 + (y/64)*(x-1)/(1+(x-1)*0.5) // monotone is all that matters
	}
	return min(out, x)
}

// publish decides when the feed's items appear: one every so often, sooner or
// later by half of that; window of them before the start.
func (f *simFeed) publish(rng *rand.Rand, start time.Time, hours int) {
	mean := time.Duration(float64(time.Hour) / f.perHour)
	at := start.Add(-time.Duration(f.window) * mean)
	end := start.Add(time.Duration(hours) * time.Hour)
	for at.Before(end) {
		if f.kind != simDay || at.Hour() >= 6 || at.Before(start) {
			f.times = append(f.times, at)
		}
		at = at.Add(time.Duration((0.5 + rng.Float64()) * float64(mean)))
	}
}

func (f *simFeed) path() string { return fmt.Sprintf("/f/%d.xml", f.index) }

func (f *simFeed) config(scheme string) ingest.Feed {
	feed := ingest.Feed{Name: fmt.Sprintf("f%d", f.index), URL: scheme + "://" + f.host + f.path()}
	if f.kind == simCharset {
		feed.Lang = "ar"
	}
	return feed
}

// shown are the items in the document at now, from..to (exclusive), with their
// editions.
func (f *simFeed) shown(now time.Time) (from, to int) {
	for to = len(f.times); to > 0 && f.times[to-1].After(now); to-- {
	}
	return max(0, to-f.window), to
}

func (f *simFeed) edition(i int, now time.Time) int {
	if f.kind != simEdited || i%3 != 0 {
		return 0
	}
	age := now.Sub(f.times[i])
	return int(min(max(age/(5*time.Hour), 0), 2))
}

// document is the feed at now, and what it holds.
func (f *simFeed) document(now time.Time) (doc []byte, holds []simKey) {
	src := f
	if f.twin != nil {
		src = f.twin
	}
	from, to := src.shown(now)
	var b bytes.Buffer
	b.WriteString(`<rss version="2.0"><channel><title>Feed of the simulated web</title>`)
	if f.kind == simCached {
		b.WriteString(`<ttl>45</ttl>`)
	}
	for i := to - 1; i >= from; i-- {
		at, edition := src.times[i], src.edition(i, now)
		if f.kind == simDates {
			at = now
		}
		where := "the border"
		if f.kind == simCharset {
			where = "الحدود"
		}
		fmt.Fprintf(&b, `<item><title>Report %d of feed %d from %s</title><link>https://%s/a/%d/%d</link><description>Edition %d of what was seen there.</description><pubDate>%s</pubDate></item>`,
			i, src.index, where, src.host, src.index, i, edition, at.UTC().Format(time.RFC1123Z))
		holds = append(holds, simKey{src.index, i, edition})
	}
	b.WriteString(`</channel></rss>`)
	return b.Bytes(), holds
}

// ServeHTTP implements http.Handler.
func (w *simWeb) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	w.mu.Lock()
	f := w.byPath[host+r.URL.Path]
	n := w.enter(host, f)
	w.mu.Unlock()
	defer w.leave(host)
	if f == nil {
		rw.WriteHeader(http.StatusNotFound)
		return
	}
	rw = &counted{ResponseWriter: rw, f: f, w: w}
	h := fnv.New32a()
	fmt.Fprint(h, f.index, n)
	wait := time.Duration(h.Sum32()%100) * w.delay / 100
	if f.kind == simSlow {
		wait *= 50
	}
	if !idle(r.Context(), wait) {
		return
	}
	w.answer(rw, r, f, host, n)
}

// enter counts a request to host and checks the limits.
func (w *simWeb) enter(host string, f *simFeed) (n int) {
	now := time.Now()
	x := w.hosts[host]
	if x == nil {
		x = &simHost{}
		w.hosts[host] = x
	}
	if x.open++; x.open > 1 {
		w.wrong = append(w.wrong, fmt.Sprintf("%s: %d requests at once", host, x.open))
	}
	if !x.last.IsZero() && now.Sub(x.last) < w.gap {
		w.wrong = append(w.wrong, fmt.Sprintf("%s: %s after the last request", host, now.Sub(x.last)))
	}
	if now.Before(x.until) {
		w.wrong = append(w.wrong, fmt.Sprintf("%s: asked %s inside Retry-After", host, x.until.Sub(now)))
	}
	x.last = now
	x.asked = append(x.asked, now)
	if f != nil && host == f.host {
		f.requests = append(f.requests, now)
		return len(f.requests)
	}
	return 0
}

func (w *simWeb) leave(host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[host].open--
}

// block is what a host does that asks to be left alone.
func (w *simWeb) block(host string, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[host].until = time.Now().Add(d).Truncate(time.Second)
}

// lately counts the requests to host in the last hour.
func (w *simWeb) lately(host string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.hosts[host].asked {
		if time.Since(at) < time.Hour {
			n++
		}
	}
	return n
}

func (w *simWeb) answer(rw http.ResponseWriter, r *http.Request, f *simFeed, host string, n int) {
	now := time.Now()
	age := now.Sub(w.start)
	bad := n%3 == 2
	switch {
	case f.kind == simQuota && w.lately(host) > 6:
		w.block(host, 20*time.Minute)
		rw.Header().Set("Retry-After", "1200")
		rw.WriteHeader(http.StatusTooManyRequests)
		return
	case f.kind == simBusy && age > 5*time.Hour && age < 7*time.Hour:
		w.block(host, 7*time.Hour-age)
		rw.Header().Set("Retry-After", now.Add(7*time.Hour-age).UTC().Format(http.TimeFormat))
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	case f.target != "" && host == f.host:
		code := http.StatusFound
		if f.kind == simMoved {
			code = http.StatusMovedPermanently
		}
		rw.Header().Set("Location", "//"+f.target+f.path())
		rw.WriteHeader(code)
		return
	case f.kind == simGone && age > 3*time.Hour:
		rw.WriteHeader(http.StatusGone)
		return
	case f.kind == simFlapping && int(age.Hours())%2 == 1:
		switch n % 3 {
		case 0:
			rw.WriteHeader(http.StatusInternalServerError)
		case 1:
			rw.WriteHeader(http.StatusNotFound)
		default:
			panic(http.ErrAbortHandler)
		}
		return
	case f.kind == simPage && bad:
		fmt.Fprint(rw, `<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body>Sorry</body></html>`)
		return
	case f.kind == simEndless && bad:
		for {
			if _, err := rw.Write(bytes.Repeat([]byte("<item><title>x</title></item>"), 1000)); err != nil {
				return
			}
		}
	case f.kind == simDrip && bad:
		for idle(r.Context(), time.Second) {
			if _, err := rw.Write([]byte(" ")); err != nil {
				return
			}
		}
		return
	case f.kind == simBomb && bad:
		rw.Header().Set("Content-Encoding", "gzip")
		_, _ = rw.Write(packed("gzip", make([]byte, 8<<20)))
		return
	}
	doc, holds := f.document(now)
	h := fnv.New64a()
	h.Write(doc)
	etag := fmt.Sprintf(`"%x"`, h.Sum64())
	switch f.kind {
	case simPlain, simDates:
		etag = ""
	case simLiar:
		etag = `"always"`
	case simCached:
		rw.Header().Set("Cache-Control", "public, max-age=2400")
	default:
	}
	if etag != "" {
		rw.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
	}
	switch f.kind {
	case simPacked:
		enc := []string{"gzip", "br", "zstd"}[f.index%3]
		rw.Header().Set("Content-Encoding", enc)
		doc = packed(enc, doc)
	case simCharset:
		rw.Header().Set("Content-Type", "text/xml")
		doc = encoded(f.index%2 == 0, doc)
	case simTorn:
		if bad {
			doc, holds = doc[:len(doc)*2/3], nil
		}
	default:
	}
	if _, err := rw.Write(doc); err == nil {
		w.mu.Lock()
		for _, k := range holds {
			w.served[k] = true
		}
		if f.first.IsZero() && len(holds) > 0 {
			f.first = now
		}
		w.mu.Unlock()
	}
}

func packed(enc string, doc []byte) []byte {
	var b bytes.Buffer
	var z io.WriteCloser
	switch enc {
	case "gzip":
		z = gzip.NewWriter(&b)
	case "br":
		z = brotli.NewWriterLevel(&b, brotli.BestSpeed)
	default:
		enc, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		z = enc
	}
	if _, err := z.Write(doc); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func encoded(wide bool, doc []byte) []byte {
	enc := charmap.Windows1256.NewEncoder()
	if wide {
		enc = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	}
	out, err := enc.Bytes(doc)
	if err != nil {
		panic(err)
	}
	return out
}

// idle waits for d, false if ctx ends before.
func idle(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// counted counts the answers of a feed by their status.
type counted struct {
	http.ResponseWriter
	f    *simFeed
	w    *simWeb
	done bool
}

func (c *counted) WriteHeader(code int) {
	if !c.done {
		c.done = true
		c.w.mu.Lock()
		c.f.answers[code]++
		c.w.mu.Unlock()
	}
	c.ResponseWriter.WriteHeader(code)
}

func (c *counted) Write(p []byte) (int, error) {
	if !c.done {
		c.WriteHeader(http.StatusOK)
	}
	return c.ResponseWriter.Write(p)
}

// direct carries requests to a handler without a network, so that a bubble of
// synctest can hold both ends. Bodies flow as they are written.
type direct struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	pr, pw := io.Pipe()
	a := &answering{header: http.Header{}, pipe: pw, begun: make(chan struct{})}
	in := r.Clone(r.Context())
	in.Host = r.URL.Host
	stop := context.AfterFunc(r.Context(), func() { pr.CloseWithError(r.Context().Err()) })
	go func() {
		defer stop()
		defer func() {
			if e := recover(); e != nil {
				if err, ok := e.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
					panic(e)
				}
				a.abort()
			}
		}()
		d.handler.ServeHTTP(a, in)
		a.WriteHeader(http.StatusOK)
		pw.Close()
	}()
	select {
	case <-a.begun:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if a.code == 0 {
		return nil, io.EOF
	}
	return &http.Response{
		StatusCode: a.code, Header: a.sent, Body: pr, ContentLength: -1, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// answering is the writer's end of direct.
type answering struct {
	header, sent http.Header
	pipe         *io.PipeWriter
	once         sync.Once
	code         int
	begun        chan struct{}
}

func (a *answering) Header() http.Header { return a.header }

func (a *answering) WriteHeader(code int) {
	a.once.Do(func() {
		a.code, a.sent = code, a.header.Clone()
		close(a.begun)
	})
}

func (a *answering) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.pipe.Write(p)
}

func (a *answering) abort() {
	a.once.Do(func() { close(a.begun) })
	a.pipe.CloseWithError(io.ErrUnexpectedEOF)
}

// key reads the feed, the item and the edition from what was published.
func (w *simWeb) key(address, body string) (simKey, bool) {
	var k simKey
	_, path, ok := strings.Cut(address, "/a/")
	if !ok {
		return k, false
	}
	_, err1 := fmt.Sscanf(path, "%d/%d", &k.feed, &k.item)
	_, err2 := fmt.Sscanf(body, "Edition %d", &k.edition)
	return k, err1 == nil && err2 == nil
}
