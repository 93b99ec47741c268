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

	"marsad/item"
)

const (
	// fullEvery is the time after which a document is read without validators:
	// some servers keep theirs though the document changed.
	fullEvery = 7 * 24 * time.Hour
	// Batches are kept small enough to be one atomic publish.
	batchItems = 200
	batchBytes = 4 << 20
	saveWithin = 5 * time.Second
	// goneAfter is the least time between the two 410 that end the polling.
	goneAfter = 24 * time.Hour
	// gapToldEvery is how often the gaps of a feed are worth a warning.
	gapToldEvery = 24 * time.Hour
)

// A flight is one poll of a feed as it was when it was due.
type flight struct {
	feed   target
	state  FeedState
	jitter float64
	// turns are the hosts at which the scheduler took a turn.
	turns []string
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
	// A full read goes through the items though nothing changed: it tells Known
	// that the feed still carries them.
	doc, err := Decode(got.body, got.contentType, cmp.Or(feed.Lang, state.Language), p.cfg.MaxItems)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.Problem == ProblemNotAFeed {
			e.offer(got.body, got.url)
		}
		return res, 0, err
	}
	items := p.norm.Items(doc, feed.Feed, got.url, fetchedAt)
	sample := sampleOf(items)
	res.First, res.Items, res.Partial, res.NotModified = !state.FirstFetchDone, len(items), doc.Partial, unchanged
	if res.First {
		for i := range items {
			items[i].Backfill = true
		}
	}
	share, comparable := overlap(state.Sample, items)
	slices.Reverse(items) // feeds list the newest first; the stream is in the order of time
	fresh, revised, err := p.publish(ctx, items)
	if res.New, res.Revised = len(fresh), revised; err != nil {
		return res, 0, err
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
			state.LastNew = fetchedAt.UTC()
		}
		return res, got.lifetime, nil
	}
	state.Asked = doc.Asked
	remember(state, got, fetchedAt)
	switch {
	case len(items) == 0: // tells nothing; the sample before stays
		share = 1
	case !comparable:
		if state.Sample = sample; res.New > 0 || state.LastNew.IsZero() {
			state.LastNew = fetchedAt.UTC()
		}
		p.follow(feed, state, got, fetchedAt)
		return res, got.lifetime, nil
	default:
		state.Sample = sample
	}
	res.Gap = p.learn(ctx, feed, state, share, res.New > 0, fetchedAt)
	p.follow(feed, state, got, fetchedAt)
	return res, got.lifetime, nil
}

// settled notes a poll that found the document as it was.
func (p *Poller) settled(feed target, state *FeedState, got *fetched, at time.Time) {
	state.adapt(p.cfg.pace(feed.Feed), 1, sinceOK(state, at), at)
	state.Stats.read(1)
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
	state.adapt(p.cfg.pace(feed.Feed), share, since, at)
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

// publish hands on the items that are new, in batches, and returns when all of
// them are durable. Articles that another poll is publishing at this moment are
// waited for: until that one is acknowledged, this feed's state may not vouch for
// them.
func (p *Poller) publish(ctx context.Context, items []item.Item) (fresh []item.Item, revised int, err error) {
	type waiting struct {
		item    item.Item
		settled <-chan struct{}
	}
	for len(items) > 0 {
		var admitted []item.Item
		var later []waiting
		for _, it := range items {
			ok, settled := p.opts.Known.Admit(&it)
			switch {
			case ok:
				admitted = append(admitted, it)
			case settled != nil:
				later = append(later, waiting{it, settled})
			}
		}
		n, err := p.publishAll(ctx, admitted)
		for _, it := range admitted[:n] {
			if it.Revised.IsZero() {
				fresh = append(fresh, it)
			} else {
				revised++
			}
		}
		if err != nil {
			return fresh, revised, err
		}
		items = items[:0:0]
		for _, w := range later {
			select {
			case <-w.settled:
				items = append(items, w.item)
			case <-ctx.Done():
				return fresh, revised, ctx.Err()
			}
		}
	}
	return fresh, revised, nil
}

// publishAll publishes admitted items and settles every one of them, whatever
// happens. done is the number of those published, from the front.
func (p *Poller) publishAll(ctx context.Context, admitted []item.Item) (done int, err error) {
	defer func() { // also when Publish panics
		for _, it := range admitted[done:] {
			p.opts.Known.Abort(it)
		}
	}()
	for done < len(admitted) {
		end, size := done, 0
		for end < len(admitted) && end-done < batchItems && (end == done || size < batchBytes) {
			size += len(admitted[end].Title) + len(admitted[end].Body) + 512
			end++
		}
		if err := p.opts.Publisher.Publish(ctx, admitted[done:end]); err != nil {
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			return done, &Error{
				Problem: ProblemPublish, What: "the items could not be stored: " + clip(err.Error(), 200),
				Hint: "see marsad status; it is tried again in a minute", Err: err,
			}
		}
		for _, it := range admitted[done:end] {
			p.opts.Known.Apply(it)
		}
		done = end
	}
	return done, nil
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

// save keeps the state even while ctx ends: what is published is published.
func (p *Poller) save(ctx context.Context, feed Feed, state FeedState) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	if err := p.opts.States.Save(ctx, feed.Name, state); err != nil && !errors.Is(err, context.Canceled) {
		p.log.WarnContext(ctx, "feed state not saved; after a restart the feed is read again", "feed", feed.Name, "err", err)
	}
}
