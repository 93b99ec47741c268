package ingest

import (
	"net/url"
	"strings"
	"sync"
	"time"
)

// hosts keeps the requests to each host below its limits, whichever feeds they
// are for. Whoever wants to ask takes a turn; when there is none, he is given a
// time to come back at, behind those who were told before. Safe for concurrent
// use.
type hosts struct {
	gap         time.Duration
	connections int

	mu     sync.Mutex
	byName map[string]*host
	pruned time.Time
}

// A host is what one host is being asked, and may be.
type host struct {
	open int
	// free is when the rest after the last request ends, until when the host
	// asked us to come back, next the first turn that nobody was told of.
	free, until, next time.Time
	// gap is the rest between two requests: longer for a host that refused.
	gap      time.Duration
	refusals int
}

// slowest is the longest rest that refusals lead to.
const slowest = time.Minute

func newHosts(gap time.Duration, connections int) *hosts {
	return &hosts{gap: gap, connections: connections, byName: map[string]*host{}}
}

// hostKey is the name under which u's host is counted: news.example and
// www.news.example are one machine to all appearances.
func hostKey(u *url.URL) string {
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// take begins a request to name. When there is no turn at now, it returns the
// time to wait instead, which is never 0, and the caller comes back with told
// set. Every take that succeeds is followed by one done.
func (h *hosts) take(name string, now time.Time, told bool) (wait time.Duration, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.byName[name]
	if x == nil {
		x = &host{gap: h.gap}
		h.byName[name] = x
	}
	earliest := latest(x.free, x.until)
	if x.open < h.connections && !earliest.After(now) && (told || !x.next.After(now)) {
		x.open++
		x.free = now.Add(x.gap)
		x.next = latest(x.next, x.free)
		return 0, true
	}
	turn := latest(latest(x.next, earliest), now)
	if !turn.After(now) {
		turn = now.Add(x.gap)
	}
	x.next = turn.Add(x.gap)
	return turn.Sub(now), false
}

// takeAll takes a turn at every one of names, or none of them. promised is the
// one of them that the caller was told to come back for; when there is no turn,
// it is the one that he waits for now.
func (h *hosts) takeAll(names []string, now time.Time, promised string) (wait time.Duration, waitsFor string) {
	for i, name := range names {
		if wait, ok := h.take(name, now, name == promised); !ok {
			for _, taken := range names[:i] {
				h.done(taken, now)
			}
			return wait, name
		}
	}
	return 0, ""
}

// done ends a request to name that was taken.
func (h *hosts) done(name string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x := h.byName[name]; x != nil && x.open > 0 {
		x.open--
		x.free = latest(x.free, now.Add(x.gap))
	}
}

// answered notes that name answered a request as it should; a host that had
// refused is trusted with the usual pace again, step by step.
func (h *hosts) answered(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x := h.byName[name]; x != nil {
		x.refusals = 0
		x.gap = max(h.gap, x.gap*9/10)
	}
}

// refused notes that name asked us to come back later (429, 503) and returns how
// often it has in a row. From now on it is asked half as often.
func (h *hosts) refused(name string) (times int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.byName[name]
	if x == nil {
		return 1
	}
	x.refusals++
	x.gap = max(h.gap, min(2*x.gap, slowest))
	return x.refusals
}

// block keeps everybody away from name until a time.
func (h *hosts) block(name string, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.byName[name]
	if x == nil {
		x = &host{gap: h.gap}
		h.byName[name] = x
	}
	x.until = latest(x.until, until)
}

// prune forgets hosts that nobody has asked for an hour, redirects may name any
// number of them. It does so once an hour of now.
func (h *hosts) prune(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.pruned) < time.Hour {
		return
	}
	h.pruned = now
	for name, x := range h.byName {
		if x.open == 0 && latest(latest(x.free, x.until), x.next).Before(now.Add(-time.Hour)) {
			delete(h.byName, name)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
