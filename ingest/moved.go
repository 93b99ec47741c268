package ingest

import (
	"net/http"
	"net/url"
	"time"
)

const (
	// A permanent redirect is believed after so many polls over so long: half of
	// them are a mistake in a server's settings, or a hotel's login page.
	moveConfirmed = 3
	moveOver      = 48 * time.Hour
	// A new address that fails so often in a row is given up for the configured
	// one.
	moveDoubted = 5
)

// A Move is a permanent redirect (301, 308) that is not yet believed.
type Move struct {
	To    string    `json:"to,omitempty"`
	Count int       `json:"count,omitempty"`
	First time.Time `json:"first,omitzero"`
}

// address is where f is asked for.
func (s *FeedState) address(f Feed) string {
	if s.Address != "" {
		return s.Address
	}
	return f.URL
}

// turns are the hosts that a poll of f will ask, the address's own last.
func (s *FeedState) turns(f Feed) []string {
	own := hostNamed(s.address(f))
	if s.Via != "" && s.Via != own {
		return []string{s.Via, own}
	}
	return []string{own}
}

func hostNamed(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return hostKey(u)
}

// moved notes where permanent redirects led to at a good poll, empty when there
// was none, and reports whether the feed's address changes with it.
func (s *FeedState) moved(to string, now time.Time) bool {
	switch {
	case to == "":
		s.Move = Move{}
	case s.Move.To != to:
		s.Move = Move{To: to, Count: 1, First: now.UTC()}
	default:
		s.Move.Count++
		if s.Move.Count >= moveConfirmed && now.Sub(s.Move.First) >= moveOver {
			s.Address, s.Move = to, Move{}
			return true
		}
	}
	return false
}

// permanentTarget is the address that an unbroken row of permanent redirects
// from the first request on leads to, empty without one. An address that could
// not be configured is none.
func permanentTarget(last *http.Request) string {
	var chain []*http.Request // last to first
	for r := last; r != nil; {
		chain = append(chain, r)
		if r.Response == nil {
			break
		}
		r = r.Response.Request
	}
	var to *url.URL
	for i := len(chain) - 2; i >= 0; i-- {
		code := chain[i].Response.StatusCode
		if code != http.StatusMovedPermanently && code != http.StatusPermanentRedirect {
			break
		}
		to = chain[i].URL
	}
	if to == nil {
		return ""
	}
	bare := *to
	bare.Fragment = ""
	if s := bare.String(); checkURL(s) == nil {
		return s
	}
	return ""
}
