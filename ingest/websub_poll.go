package ingest

import "time"

const (
	// pushGap is the least time between two polls of a feed that pushes ask for.
	// It doubles with each push in a row that announced nothing, up to the feed's
	// interval.
	pushGap = time.Minute
	// A push about what a poll brought so shortly before needs no second look.
	pushLate = 5 * time.Minute
)

// A heeding is what pushes mean for the polling of a feed, guarded by Poller.mu.
// It begins anew with the process: until a first push has come, the feed is
// polled as if there were none.
type heeding struct {
	// waits says that a push came which no poll has followed yet.
	waits bool
	// again says that the poll that followed brought nothing new, probably out of
	// a cache, and is being repeated, once.
	again bool
	// vain counts the pushes in a row that announced nothing.
	vain int
	// heard says that pushes come, missed that a poll found news of which none
	// had told.
	heard, missed bool
}

// pushed has a feed polled soon, because a hub said that it has changed.
func (p *Poller) pushed(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.feeds[name]
	if e == nil || e.removed || e.feed.Paused {
		return
	}
	e.push.heard, e.push.missed = true, false
	e.push.waits, e.push.again = true, false
	if !e.polling {
		p.followPush(e, time.Now())
		p.nudge()
	}
}

// pushWaits reports whether a poll of the feed is to come because of a push.
func (p *Poller) pushWaits(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.feeds[name]
	return e != nil && e.push.waits && !e.polling
}

// followPush puts forward the poll of a feed that a push is about, unless it
// comes soon enough or its host asked us to come later. mu is held.
func (p *Poller) followPush(e *polled, now time.Time) {
	if e.state.LastProblem == ProblemRateLimited && now.Before(e.state.NextPoll) {
		return
	}
	gap := min(pushGap<<min(e.push.vain, 10), max(pushGap, e.state.interval(p.cfg.pace(e.feed.Feed))))
	switch {
	case e.feed.ownServer():
		gap = minPrivateInterval
	case e.state.Failures > 0:
		gap = max(gap, minFeedInterval)
	}
	if at := latest(now, e.state.LastCheck.Add(gap)); e.index < 0 || at.Before(e.due) {
		p.schedule(e, at)
	}
}

// heed learns from a poll of e what its pushes are worth, and looks again after
// one that brought nothing though a push had told of it. mu is held, the next
// poll is in the schedule.
func (p *Poller) heed(e *polled, f flight, now time.Time) {
	news := f.state.brought(&e.state)
	switch {
	case !f.pushed:
		if news && !e.push.waits && f.state.FirstFetchDone {
			e.push.missed = true
		}
	case news:
		e.push.vain, e.push.again = 0, false
	case e.state.LastProblem != "" || now.Sub(e.state.LastNew) < pushLate:
		e.push.again = false
	case !e.push.again:
		e.push.again, e.push.waits = true, true
	default:
		e.push.again = false
		e.push.vain++
	}
	if e.push.waits {
		p.followPush(e, now)
	}
}

// brought reports whether the poll that led from s to after brought anything
// new.
func (s *FeedState) brought(after *FeedState) bool {
	return !after.LastNew.Equal(s.LastNew) || after.Published != s.Published
}

// Early is what polls saw that came soon after another, on a push. Alone they
// say little about a feed's rhythm; they are counted in with the next poll that
// came after its usual time.
type Early struct {
	// Since is the time of the last poll before them, Turned the share of the
	// document that was replaced since.
	Since  time.Time `json:"since,omitzero"`
	Turned float64   `json:"turned,omitempty"`
}

// learnRhythm adapts the interval to a good poll at at, at which share of the
// remembered document was still there.
func (s *FeedState) learnRhythm(p pace, share float64, at time.Time) {
	since := sinceOK(s, at)
	if !s.Early.Since.IsZero() {
		since = max(at.Sub(s.Early.Since), 0)
	}
	if !s.LastOK.IsZero() && share > 0 && since < s.interval(p)/2 {
		if s.Early.Since.IsZero() {
			s.Early.Since = s.LastOK
		}
		s.Early.Turned = round(s.Early.Turned + 1 - share)
		return
	}
	if share > 0 { // more than the whole document may have been replaced since
		share -= s.Early.Turned
	}
	s.Early = Early{}
	s.adapt(p, share, since, at)
}
