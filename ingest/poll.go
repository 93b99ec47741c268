package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"
)

const (
	// fullEvery is the time after which a document is read without validators:
	// some servers keep theirs though the document changed.
	fullEvery  = 7 * 24 * time.Hour
	saveWithin = 5 * time.Second
)

// A flight is one poll of a feed as it was when it was due.
type flight struct {
	feed   target
	state  FeedState
	jitter float64
	// turns are the hosts at which the scheduler took a turn; leave gives them
	// back, once.
	turns []string
	leave func()
	// pushed says that a push asked for it, trusted that pushes have told of
	// everything so far.
	pushed, trusted bool
}

// poll fetches a feed once, publishes what is new and saves the state. ok is
// false when ctx ended before there was anything to know.
func (p *Poller) poll(ctx context.Context, f flight) (after FeedState, ok bool) {
	start := time.Now()
	feed, state := f.feed, f.state
	state.URL = feed.URL
	pace := p.cfg.pace(feed.Feed)
	res, lifetime, err := p.attempt(ctx, f, &state)
	now := time.Now()
	res.Feed, res.URL, res.Took = feed.Name, feed.URL, now.Sub(start)
	var wait time.Duration
	if err != nil {
		state = f.state
		state.URL = feed.URL
		if ctx.Err() != nil {
			return p.interrupted(ctx, feed, state, pace, now), false
		}
		res.Err = asError(err)
		// What was learnt in the attempt is void: the validators would hide what
		// was not published.
		p.failed(feed.Feed, &state, res.Err, now)
		refusals := state.Failures
		if res.Err.Problem == ProblemRateLimited && !feed.ownServer() {
			refusals = max(refusals, p.hosts.refused(res.Err.host))
			p.hosts.block(res.Err.host, now.Add(comeBack(res.Err, refusals)))
		}
		wait = state.afterFailure(pace, res.Err, refusals, f.jitter)
		level := slog.LevelWarn
		if res.Err.Problem == ProblemBusy {
			level = slog.LevelDebug
		}
		p.log.Log(ctx, level, "poll failed", "feed", feed.Name, "problem", string(res.Err.Problem), "failures", state.Failures, "err", res.Err)
	} else {
		succeeded(&state, now)
		pace.calm = f.trusted && (f.pushed || !f.state.brought(&state))
		wait = state.afterSuccess(pace, lifetime, now, f.jitter)
		p.metrics.lastOK.WithLabelValues(feed.Name).Set(float64(now.Unix()))
		p.log.DebugContext(ctx, "polled", "feed", feed.Name, "items", res.Items, "new", res.New, "revised", res.Revised, "not_modified", res.NotModified, "took", res.Took)
	}
	state.LastCheck = now.UTC()
	state.NextPoll = now.Add(wait).UTC()
	if state.Gone {
		state.NextPoll = time.Time{}
	}
	p.save(ctx, feed.Feed, state)
	p.metrics.polled(res)
	if p.opts.OnPoll != nil {
		p.opts.OnPoll(res)
	}
	return state, true
}

// interrupted notes that a feed was asked though the answer is lost with the
// end of ctx: twenty restarts are not to be twenty requests. One that never
// answered yet is somebody's first result and is not put off.
func (p *Poller) interrupted(ctx context.Context, feed target, state FeedState, pace pace, now time.Time) FeedState {
	if !state.LastOK.IsZero() {
		state.LastCheck, state.NextPoll = now.UTC(), now.Add(state.interval(pace)).UTC()
		p.save(ctx, feed.Feed, state)
	}
	return state
}

// attempt does the poll and writes into state what a good one teaches. lifetime
// is how long the answer may be kept. A panic of any part is an error of this
// poll.
func (p *Poller) attempt(ctx context.Context, f flight, state *FeedState) (res PollResult, lifetime time.Duration, err error) {
	feed := f.feed
	defer func() {
		if r := recover(); r != nil {
			p.log.ErrorContext(ctx, "handling a feed panicked", "feed", feed.Name, "stack", clip(string(debug.Stack()), 4<<10), "err", fmt.Sprint(r))
			err = asError(fmt.Errorf("panic: %v", r))
		}
	}()
	var v validators
	full := time.Since(state.LastFull) >= fullEvery
	if !full && !state.ValidatorsLie && state.BodyHash != "" {
		v = validators{etag: state.ETag, lastModified: state.LastModified, host: state.ValidatorHost}
	}
	got, err := p.fetcher.fetch(ctx, f, v)
	f.leave() // its pages may be asked for now
	if err != nil {
		return res, 0, err
	}
	fetchedAt := time.Now()
	p.metrics.bytes.Add(float64(len(got.body)))
	if got.notModified {
		p.settled(feed, state, got, fetchedAt)
		res.NotModified, res.Items = true, state.Items
		return res, got.lifetime, nil
	}
	unchanged := got.hash == state.BodyHash
	if full && !unchanged && state.BodyHash != "" && sameValidators(got.validators, *state) {
		state.ValidatorsLie = true
	}
	if unchanged && !full {
		remember(state, got, fetchedAt)
		p.settled(feed, state, got, fetchedAt)
		res.NotModified, res.Items = true, state.Items
		return res, got.lifetime, nil
	}
	res, err = p.read(ctx, feed, state, got)
	res.NotModified = unchanged
	return res, got.lifetime, err
}

// read publishes what is new in a document, and learns from it. It also goes
// through the items of one that has not changed, once a week: it tells Known that
// the feed still carries them.
func (p *Poller) read(ctx context.Context, feed target, state *FeedState, got *fetched) (res PollResult, err error) {
	at := time.Now()
	doc, err := Decode(got.body, got.contentType, cmp.Or(feed.Lang, state.Language), p.cfg.MaxItems)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.Problem == ProblemNotAFeed {
			e.offer(got.body, got.url)
		}
		return res, err
	}
	items := p.norm.Items(doc, feed.Feed, got.url, at)
	sample := sampleOf(items)
	share, comparable := overlap(state.Sample, items)
	res.First, res.Items, res.Partial = !state.FirstFetchDone, len(items), doc.Partial
	if res.First {
		for i := range items {
			items[i].Backfill = true
		}
	}
	slices.Reverse(items) // feeds list the newest first; the stream is in the order of time
	fresh, revised, err := p.publish(ctx, feed, items)
	if res.New, res.Revised = len(fresh), revised; err != nil {
		return res, err
	}
	state.FirstFetchDone = true
	state.Items, state.Note = len(items), doc.Note
	state.Published += int64(res.New + res.Revised)
	state.Title, state.Language = clip(plainTitle(doc.Title), maxSource), clip(doc.Language, 35)
	state.Stats.lagged(fresh)
	if doc.Partial {
		// What is missing may stand in the same document, whole, next time.
		state.ETag, state.LastModified, state.ValidatorHost, state.BodyHash = "", "", "", ""
		if res.New > 0 {
			state.LastNew = at.UTC()
		}
		return res, nil
	}
	state.Asked = doc.Asked
	remember(state, got, at)
	p.subs.offered(feed.Feed, got.offer.or(doc.Offer), got.url)
	switch {
	case len(items) == 0: // tells nothing; the sample before stays
		p.learn(ctx, feed, state, 1, false, at)
	case comparable:
		state.Sample = sample
		res.Gap = p.learn(ctx, feed, state, share, res.New > 0, at)
	default: // the first
		if state.Sample = sample; res.New > 0 || state.LastNew.IsZero() {
			state.LastNew = at.UTC()
		}
	}
	p.follow(feed, state, got, at)
	return res, nil
}

// save keeps the state even while ctx ends: what is published is published.
func (p *Poller) save(ctx context.Context, feed Feed, state FeedState) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	if err := p.opts.States.Save(ctx, feed.Name, state); err != nil && !errors.Is(err, context.Canceled) {
		p.log.WarnContext(ctx, "feed state not saved; after a restart the feed is read again", "feed", feed.Name, "err", err)
	}
}
