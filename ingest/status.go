package ingest

import (
	"cmp"
	"math"
	"time"
)

// Status returns every feed, in the order in which they were configured.
func (p *Poller) Status() []FeedStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	out := make([]FeedStatus, 0, len(p.order))
	for _, name := range p.order {
		e := p.feeds[name]
		st := e.state
		s := FeedStatus{
			Name: name, URL: e.feed.URL, Address: st.Address,
			LastCheck: st.LastCheck, LastOK: st.LastOK, LastNew: st.LastNew, Polling: e.polling,
			Items: st.Items, Published: st.Published, Failures: st.Failures,
			Problem: st.LastProblem, Error: st.LastError, Note: st.Note, Title: st.Title,
			Lang: cmp.Or(e.feed.Lang, st.Language), Every: st.interval(p.cfg.pace(e.feed.Feed)), Sample: e.feed.Sample,
			Gaps: st.Gaps, LastGap: st.LastGap,
			PerDay: math.Round(st.Stats.perDay()*10) / 10, Known: math.Round(st.Stats.Known*100) / 100, Lag: st.Stats.lag(),
		}
		if e.index >= 0 && p.paused == "" {
			s.NextPoll = e.due.UTC().Truncate(time.Second)
		}
		s.State, s.Since = p.stateOf(e, now)
		s.Push = p.subs.status(name, now)
		out = append(out, s)
	}
	return out
}

// stateOf is what e is doing, and since when, as far as that is known.
func (p *Poller) stateOf(e *polled, now time.Time) (State, time.Time) {
	st, feed := &e.state, &e.feed
	if e.replace != nil { // a poll in flight ends with the settings it began with
		feed = e.replace
	}
	switch {
	case feed.Paused:
		return StatePaused, st.LastCheck
	case p.paused != "":
		return StatePaused, p.pausedAt.UTC().Truncate(time.Second)
	case st.Gone:
		return StateGone, st.Since
	case st.LastProblem != "":
		return StateFailing, st.Since
	case st.LastCheck.IsZero():
		return StateWaiting, time.Time{}
	case st.quiet(now):
		return StateQuiet, st.LastNew
	}
	return StateOK, st.Since
}
