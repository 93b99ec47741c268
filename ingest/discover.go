package ingest

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
)

const (
	// discoverWithin bounds a look at an address, guesses included.
	discoverWithin = 25 * time.Second
	// maxGuess is how many feeds of a page are tried until one can be read.
	maxGuess = 4
)

// A Discovery is a feed that was found at an address.
type Discovery struct {
	// URL is the feed's own address, after redirects that are for good.
	URL string
	// Title and Lang are the feed's own.
	Title, Lang string
	// Items is the number of entries, Latest the date of the newest, zero when
	// none has a date that can be read.
	Items  int
	Latest time.Time
	// Others are the addresses of further feeds that the page names.
	Others []string
	// Note says what had to be mended in the document; often empty.
	Note string
}

// Discover looks at an address: it is a feed, or a page that names one in its
// head, or whose site has one in a usual place. It publishes and remembers
// nothing, waits for no host's turn, and asks public addresses only. A failure is
// an *Error unless ctx ended.
func (p *Poller) Discover(ctx context.Context, address string) (Discovery, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	if e := checkURL(address); e != nil {
		return Discovery{}, &Error{Problem: ProblemConnect, What: "the address " + e.What, Hint: e.Hint}
	}
	limited, cancel := context.WithTimeout(ctx, discoverWithin)
	defer cancel()
	found, err := p.look(limited, address)
	if err == nil {
		return found, nil
	}
	page, ok := errors.AsType[*Error](err)
	if !ok || page.Problem != ProblemNotAFeed {
		return Discovery{}, err
	}
	guesses := page.Feeds
	if len(guesses) == 0 {
		guesses = usualPlaces(address)
	}
	for i, guess := range guesses[:min(len(guesses), maxGuess)] {
		found, lookErr := p.look(limited, guess)
		if lookErr != nil {
			continue
		}
		for j, other := range page.Feeds {
			if j != i {
				found.Others = append(found.Others, other)
			}
		}
		return found, nil
	}
	if ctx.Err() != nil {
		return Discovery{}, ctx.Err()
	}
	return Discovery{}, err
}

// look asks one address for a feed.
func (p *Poller) look(ctx context.Context, address string) (Discovery, error) {
	t, errs := newTarget(Feed{Name: "discover", URL: address})
	if len(errs) > 0 {
		return Discovery{}, &Error{Problem: ProblemConnect, What: errs[0].What, Hint: errs[0].Hint}
	}
	fetcher := *p.fetcher
	fetcher.hosts = nil // somebody waits
	got, err := fetcher.fetch(ctx, flight{feed: t}, validators{})
	if err != nil {
		return Discovery{}, err
	}
	doc, err := Decode(got.body, got.contentType, "", p.cfg.MaxItems)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.Problem == ProblemNotAFeed {
			e.offer(got.body, got.url)
		}
		return Discovery{}, err
	}
	d := Discovery{URL: cmp.Or(got.movedTo, address), Title: plainTitle(doc.Title), Lang: doc.Language, Items: len(doc.Entries), Note: doc.Note}
	if !validLang(d.Lang) {
		d.Lang = ""
	}
	for _, e := range doc.Entries {
		if at, _, ok := parseDate(e.Published); ok && at.After(d.Latest) {
			d.Latest = at.UTC()
		}
	}
	return d, nil
}

// usualPlaces are where sites have a feed that their pages do not name.
func usualPlaces(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	var out []string
	for _, path := range []string{"/feed", "/rss.xml", "/rss", "/atom.xml"} {
		out = append(out, u.Scheme+"://"+u.Host+path)
	}
	return out
}

// Revive begins anew with a feed that is gone, and asks any other soon. A name
// that is not polled changes nothing.
func (p *Poller) Revive(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.feeds[name]
	if e == nil || e.polling || e.feed.Paused {
		return
	}
	e.state.Gone, e.state.FirstGone = false, time.Time{}
	p.schedule(e, time.Now())
	p.nudge()
}
