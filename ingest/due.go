package ingest

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// spread puts feeds into the schedule. One never polled is due at once; one
// whose time has come while nothing ran waits its turn, so that a restart is no
// storm; one with a time ahead keeps it.
func (p *Poller) spread(feeds []*polled, now time.Time) {
	var overdue []*polled
	for _, e := range feeds {
		if e.feed.Paused || e.state.Gone {
			continue
		}
		next, last := e.state.NextPoll, e.state.LastCheck
		ahead := next.Sub(now)
		if e.state.LastProblem == ProblemRateLimited && ahead > 0 && !e.feed.ownServer() {
			// What the host asked for holds for all of its feeds, and after a
			// restart too.
			p.hosts.block(hostNamed(e.state.address(e.feed.Feed)), now.Add(min(ahead, maxAsked)))
		}
		if since := now.Sub(last); since >= 0 && since < p.cfg.HostGap && !e.feed.ownServer() {
			p.hosts.block(hostNamed(e.state.address(e.feed.Feed)), now.Add(p.cfg.HostGap-since))
		}
		switch {
		case next.IsZero():
			p.schedule(e, now)
		case last.After(now.Add(time.Minute)) || ahead > 2*maxBackoff:
			// The clock was set back since, or was wrong when this was saved.
			every := e.state.interval(p.cfg.pace(e.feed.Feed))
			p.schedule(e, now.Add(fraction(every, p.jitter(e))))
		case ahead > 0:
			p.schedule(e, now.Add(ahead)) // counts on from here, whatever the clock is set to
		default:
			overdue = append(overdue, e)
		}
	}
	slices.SortFunc(overdue, func(a, b *polled) int {
		return cmp.Or(a.state.NextPoll.Compare(b.state.NextPoll), cmp.Compare(a.feed.Name, b.feed.Name))
	})
	p.takeTurns(overdue, now)
}

// takeTurns schedules feeds that are all late one after another, four a second,
// or as many more as it takes to be through within the interval.
func (p *Poller) takeTurns(late []*polled, now time.Time) {
	for i, e := range late {
		every := e.state.interval(p.cfg.pace(e.feed.Feed))
		p.schedule(e, now.Add(time.Duration(i)*min(250*time.Millisecond, every/time.Duration(len(late)))))
	}
}

func (p *Poller) schedule(e *polled, at time.Time) {
	p.unschedule(e)
	e.due = at
	heap.Push(&p.due, e)
}

func (p *Poller) unschedule(e *polled) {
	if e.index >= 0 {
		heap.Remove(&p.due, e.index)
	}
}

// dueHeap orders feeds by the time of their next poll.
type dueHeap []*polled

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].feed.Name < h[j].feed.Name
	}
	return h[i].due.Before(h[j].due)
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	e := x.(*polled)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	e.index = -1
	*h = old[:len(old)-1]
	return e
}
