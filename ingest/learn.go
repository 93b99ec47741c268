package ingest

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

const (
	// goneAfter is the least time between the two 410 that end the polling.
	goneAfter = 24 * time.Hour
	// gapToldEvery is how often the gaps of a feed are worth a warning.
	gapToldEvery = 24 * time.Hour
)

// settled notes a poll that found the document as it was.
func (p *Poller) settled(feed target, state *FeedState, got *fetched, at time.Time) {
	state.learnRhythm(p.cfg.pace(feed.Feed), 1, at)
	state.Stats.read(1)
	if got.offer.complete() {
		p.subs.offered(feed.Feed, got.offer, got.url)
	}
	p.follow(feed, state, got, at)
}

// learn takes from a whole document what it tells of the feed's rhythm, and
// reports whether items may have been lost before it. share is the part of the
// last document that is still there, fresh that an article was published.
func (p *Poller) learn(ctx context.Context, feed target, state *FeedState, share float64, fresh bool, at time.Time) (gap bool) {
	since := sinceOK(state, at)
	if share < 1 || fresh {
		if !state.LastNew.IsZero() {
			state.Stats.arrive(max((1-share)*float64(state.Items), 1), at.Sub(state.LastNew))
		}
		state.LastNew = at.UTC()
	}
	if gap = share == 0; gap {
		level := slog.LevelWarn
		if at.Sub(state.LastGap) < gapToldEvery { // a feed of one item has them all the time
			level = slog.LevelDebug
		}
		state.Gaps++
		state.LastGap = at.UTC()
		p.log.Log(ctx, level, "no item of the last poll is left: items may be lost", "feed", feed.Name, "since", since, "gaps", state.Gaps)
	}
	state.Stats.read(share)
	state.learnRhythm(p.cfg.pace(feed.Feed), share, at)
	return gap
}

// follow notes where redirects led to. A feed with headers of its own
// is never moved to another host, which may not see them.
func (p *Poller) follow(feed target, state *FeedState, got *fetched, at time.Time) {
	state.Via = ""
	if host := hostKey(got.url); host != hostNamed(state.address(feed.Feed)) {
		state.Via = host
	}
	to := got.movedTo
	if feed.own != nil && !sameHost(got.url, feed.home) {
		to = ""
	}
	if state.moved(to, at) {
		p.log.Warn("feed has moved for good and is polled at its new address", "feed", feed.Name, "address", hostKey(got.url))
	}
}

// sinceOK is the time from the last good poll to at.
func sinceOK(state *FeedState, at time.Time) time.Duration {
	if state.LastOK.IsZero() {
		return 0
	}
	return max(at.Sub(state.LastOK), 0)
}

func sameValidators(v validators, state FeedState) bool {
	return (v.etag != "" || v.lastModified != "") && v.etag == state.ETag && v.lastModified == state.LastModified
}

// remember notes a whole document whose items are published.
func remember(state *FeedState, got *fetched, at time.Time) {
	state.ETag, state.LastModified, state.ValidatorHost = got.validators.etag, got.validators.lastModified, got.validators.host
	if state.BodyHash != got.hash || time.Since(state.LastFull) >= fullEvery {
		state.LastFull = at.UTC()
	}
	state.BodyHash = got.hash
}

func succeeded(state *FeedState, now time.Time) {
	if state.Failures > 0 || state.Since.IsZero() {
		state.Since = now.UTC()
	}
	state.LastOK = now.UTC()
	state.Failures, state.Penalty = 0, 0
	state.FirstGone = time.Time{}
	state.LastProblem, state.LastError = "", ""
}

// failed notes a failure. It weighs what it says about the feed: a name that
// cannot be looked up is most often our own network.
func (p *Poller) failed(feed Feed, state *FeedState, e *Error, now time.Time) {
	if e.Problem == ProblemBusy { // says nothing of the feed
		state.Via = e.host
		return
	}
	if state.Failures == 0 {
		state.Since = now.UTC()
	}
	state.Failures++
	state.LastProblem, state.LastError = e.Problem, e.Error()
	switch e.Problem {
	case ProblemPublish, ProblemBusy:
	case ProblemDNS:
		state.Penalty += 0.25
	case ProblemNotFound, ProblemHTTP, ProblemTimeout, ProblemTLS, ProblemConnect, ProblemNotAFeed, ProblemShort, ProblemEmpty, ProblemGone:
		state.Penalty += 0.5
	case ProblemBlocked, ProblemRedirect, ProblemRefused, ProblemRateLimited, ProblemTooLarge, ProblemEncoding,
		ProblemCharset, ProblemBroken, ProblemHostile, ProblemPoison:
		state.Penalty++
	}
	if readProblem(e.Problem) {
		// A "not modified" would only say that the bad document is still there.
		state.ETag, state.LastModified, state.ValidatorHost = "", "", ""
	}
	if state.Address != "" && state.Failures >= moveDoubted {
		state.Address = ""
		p.log.Warn("the address that the feed moved to fails; the configured one is asked again", "feed", feed.Name)
	}
	if e.Problem != ProblemGone {
		state.FirstGone = time.Time{}
		return
	}
	// One 410 may be an accident of the server; two a day apart are not.
	if state.FirstGone.IsZero() {
		state.FirstGone = now.UTC()
	} else if now.Sub(state.FirstGone) >= goneAfter {
		state.Gone, state.Since = true, now.UTC()
		p.log.Warn("feed is gone, polling ends", "feed", feed.Name)
	}
}

// readProblem reports whether there was an answer and it could not be used.
func readProblem(p Problem) bool {
	return slices.Contains([]Problem{
		ProblemTooLarge, ProblemShort, ProblemEncoding, ProblemCharset, ProblemEmpty,
		ProblemNotAFeed, ProblemBroken, ProblemHostile, ProblemPoison,
	}, p)
}
