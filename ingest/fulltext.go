package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marsad/item"
)

const (
	// maxPage is the largest page, unpacked.
	maxPage = 2 << 20
	// maxPages and fullTextWithin bound the pages that one poll asks for: its new
	// items wait for them.
	maxPages       = 8
	fullTextWithin = 20 * time.Second
	pageWithin     = 10 * time.Second
	// robotsFor is how long a robots.txt holds, refusedFor how long a host that
	// gave none, or refused us a page, is left alone. keepRobots bounds the hosts
	// that are remembered.
	robotsFor  = 24 * time.Hour
	refusedFor = time.Hour
	keepRobots = 256
)

// FlagFullTextMissing marks an item of a feed with full texts that has the
// feed's text only.
const FlagFullTextMissing = "full-text-missing"

// A fullText reads the pages of new items. Safe for concurrent use.
type fullText struct {
	fetcher *fetcher
	product string
	log     *slog.Logger
	results *prometheus.CounterVec
	// reading is held while a page is taken apart: one costs up to some ten MB.
	reading sync.Mutex

	mu     sync.Mutex
	robots map[string]robotsOf // by scheme and host
}

// robotsOf is what a host lets us do, until when.
type robotsOf struct {
	rules robotsRules
	until time.Time
}

// newFullText registers the metric with reg, which may be nil.
func newFullText(f *fetcher, log *slog.Logger, reg prometheus.Registerer) (*fullText, error) {
	x := &fullText{
		fetcher: f, product: productToken(f.userAgent), log: log, robots: map[string]robotsOf{},
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_ingest_full_texts_total",
			Help: "Items of feeds with full_text by what became of their pages: used, kept (the feed's text is as long), or why the feed's text is used (other, robots, failed, no-time, no-url).",
		}, []string{"result"}),
	}
	if reg != nil {
		if err := reg.Register(x.results); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// fill gives items, which are in the order of time, the texts of their pages:
// the newest first, until the time of one poll is over. It never fails: an item
// whose page cannot be had keeps the feed's text and is flagged. The revision
// stays that of the feed's text.
func (x *fullText) fill(ctx context.Context, f target, items []item.Item) {
	limited, cancel := context.WithTimeout(ctx, fullTextWithin)
	defer cancel()
	asked := 0
	for i := range slices.Backward(items) {
		it := &items[i]
		v, err := fullNoTime, error(nil)
		switch {
		case it.URL == "":
			v = fullNowhere
		case asked < maxPages && limited.Err() == nil:
			asked++
			v, err = x.one(limited, f, it)
		}
		if v != fullUsed && v != fullKept {
			it.Flags = append(it.Flags, FlagFullTextMissing)
		}
		x.results.WithLabelValues(string(v)).Inc()
		if err != nil && ctx.Err() == nil {
			x.log.DebugContext(ctx, "no full text", "feed", f.Name, "item", string(it.ID), "result", string(v), "err", err)
		}
	}
}

// one reads the page of one item.
func (x *fullText) one(ctx context.Context, f target, it *item.Item) (verdict, error) {
	u, err := url.Parse(it.URL)
	if err != nil {
		return fullFailed, err
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" && !sameHost(u, f.home) {
		return fullFailed, fmt.Errorf("%w: port %s", errPage, port)
	}
	allowed, err := x.allowed(ctx, f, u)
	switch {
	case err != nil:
		return x.outOfTime(ctx, err)
	case !allowed:
		return fullRobots, nil
	}
	page, err := x.ask(ctx, f, u, "text/html, application/xhtml+xml;q=0.9", maxPage)
	if err != nil {
		return x.outOfTime(ctx, err)
	}
	if code := page.status; code != http.StatusOK {
		if code == http.StatusUnauthorized || code == http.StatusForbidden {
			x.remember(u, nothingAllowed(), refusedFor)
		}
		return fullFailed, fmt.Errorf("%w: status %d", errPage, code)
	}
	if t, _, _ := mime.ParseMediaType(page.contentType); t != "text/html" && t != "application/xhtml+xml" {
		return fullFailed, fmt.Errorf("%w: it is no HTML", errPage)
	}
	x.reading.Lock()
	full, err := articleText(page.body, page.contentType, it.Lang, page.url)
	x.reading.Unlock()
	if err != nil {
		return fullFailed, err
	}
	v := adopt(it, full)
	if v == fullUsed {
		it.Lang = languageOf(*it, primary(f.Lang))
	}
	return v, nil
}

// outOfTime tells a failure from the end of the poll's time.
func (x *fullText) outOfTime(ctx context.Context, err error) (verdict, error) {
	if e, ok := errors.AsType[*Error](err); ctx.Err() != nil || ok && e.Problem == ProblemBusy {
		return fullNoTime, err
	}
	return fullFailed, err
}

// allowed reports whether robots.txt lets us ask for u. A host whose robots.txt
// cannot be had is left alone for a while; one that has none allows all.
func (x *fullText) allowed(ctx context.Context, f target, u *url.URL) (bool, error) {
	x.mu.Lock()
	known, ok := x.robots[u.Scheme+"://"+u.Host]
	x.mu.Unlock()
	if ok && time.Now().Before(known.until) {
		return known.rules.allows(u), nil
	}
	got, err := x.ask(ctx, f, &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}, "text/plain, */*;q=0.1", maxRobots)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case isBusy(err):
		return false, err
	case err != nil || got.status == http.StatusTooManyRequests || got.status/100 == 5:
		x.remember(u, nothingAllowed(), refusedFor)
		return false, nil //nolint:nilerr // no word is a no
	case got.status == http.StatusOK:
		rules := parseRobots(got.body, x.product)
		x.remember(u, rules, robotsFor)
		return rules.allows(u), nil
	}
	x.remember(u, nil, robotsFor)
	return true, nil
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Problem == ProblemBusy
}

// remember keeps what the host of u lets us do. The host whose word ends first
// makes room.
func (x *fullText) remember(u *url.URL, rules robotsRules, lasting time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for len(x.robots) >= keepRobots {
		var first string
		for name, r := range x.robots {
			if first == "" || r.until.Before(x.robots[first].until) {
				first = name
			}
		}
		delete(x.robots, first)
	}
	x.robots[u.Scheme+"://"+u.Host] = robotsOf{rules, time.Now().Add(lasting)}
}

// A webPage is an answer with its whole body; of one that is not 200, the status
// only.
type webPage struct {
	status      int
	contentType string
	body        []byte
	url         *url.URL
}

// ask asks for a document when its host has a turn: with the leave to private
// networks and the secrets of the feed at the feed's own host only. ProblemBusy
// says that the host has no turn in time.
func (x *fullText) ask(ctx context.Context, f target, u *url.URL, accept string, limit int64) (webPage, error) {
	var allow []string
	home := sameHost(u, f.home)
	if home {
		allow = f.AllowPrivate
	}
	client, err := x.fetcher.clients.client(allow)
	if err != nil {
		return webPage{}, err
	}
	w := &way{own: f.own, home: f.home}
	if !home || !f.ownServer() {
		w.hosts = x.fetcher.hosts
	}
	defer w.leave()
	if err := w.wait(ctx, u); err != nil {
		return webPage{}, err
	}
	limited, cancel := context.WithTimeout(ctx, pageWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(context.WithValue(limited, wayKey{}, w), http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return webPage{}, err
	}
	req.Header.Set("User-Agent", x.fetcher.userAgent)
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Encoding", acceptEncoding)
	for name, values := range f.own {
		if !strings.EqualFold(name, "Accept") {
			req.Header[name] = values
		}
	}
	w.dress(req)
	resp, err := client.Do(req)
	if err != nil {
		return webPage{}, x.fetcher.connectError(ctx, req.URL, err)
	}
	defer resp.Body.Close()
	out := webPage{status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), url: resp.Request.URL}
	if w.hosts != nil {
		x.note(w.hosts, resp)
	}
	if out.status != http.StatusOK {
		return out, nil
	}
	if out.body, err = unpack(resp, limit); err != nil {
		return webPage{}, x.fetcher.bodyError(ctx, resp.Request.URL, err)
	}
	return out, nil
}

// note keeps to what a host asks of us, for its feeds as well.
func (x *fullText) note(h *hosts, resp *http.Response) {
	e, ok := errors.AsType[*Error](statusError(resp, validators{}))
	switch {
	case !ok:
		h.answered(hostKey(resp.Request.URL))
	case e.Problem == ProblemRateLimited:
		h.block(e.host, time.Now().Add(comeBack(e, h.refused(e.host))))
	}
}

// wait takes the first turn of a way, as soon as ctx's deadline allows.
func (w *way) wait(ctx context.Context, u *url.URL) error {
	if w.hosts == nil {
		return ctx.Err()
	}
	name := hostKey(u)
	for told := false; ; told = true {
		wait, ok := w.hosts.take(name, time.Now(), told)
		if ok {
			w.taken = append(w.taken, name)
			return nil
		}
		if end, limited := ctx.Deadline(); limited && time.Now().Add(wait).After(end) {
			return &Error{Problem: ProblemBusy, What: u.Host + " has no turn in time", Hint: "nothing to do", RetryAfter: wait, host: name}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
