package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
)

// poll fetches feed once, publishes what is new and saves the state. ok is false
// when ctx ended before there was anything to know; the state is then as it was.
// jitter is the factor of the next interval.
func (p *Poller) poll(ctx context.Context, feed Feed, before FeedState, jitter float64) (after FeedState, ok bool) {
	start := time.Now()
	state := before
	state.URL = feed.URL
	res, err := p.attempt(ctx, feed, &state)
	now := time.Now()
	res.Feed, res.URL, res.Took = feed.Name, feed.URL, now.Sub(start)
	if err != nil {
		if ctx.Err() != nil {
			return before, false
		}
		res.Err = asError(err)
		// What was learnt in the attempt is void: the validators would hide what
		// was not published.
		state = before
		state.URL = feed.URL
		p.failed(feed, &state, res.Err, now)
		p.log.WarnContext(ctx, "poll failed", "feed", feed.Name, "problem", string(res.Err.Problem), "failures", state.Failures, "err", res.Err)
	} else {
		succeeded(&state, now)
		p.metrics.lastOK.WithLabelValues(feed.Name).Set(float64(now.Unix()))
		p.log.DebugContext(ctx, "polled", "feed", feed.Name, "items", res.Items, "new", res.New, "revised", res.Revised, "not_modified", res.NotModified, "took", res.Took)
	}
	state.LastCheck = now.UTC()
	state.NextPoll = now.Add(time.Duration(float64(p.wait(feed, state, res.Err)) * jitter)).UTC()
	if state.Gone {
		state.NextPoll = time.Time{}
	}
	p.save(ctx, feed, state)
	p.metrics.polled(res)
	if p.opts.OnPoll != nil {
		p.opts.OnPoll(res)
	}
	return state, true
}

// attempt does the poll and writes into state what a good one teaches. A panic
// of any part is an error of this poll.
func (p *Poller) attempt(ctx context.Context, feed Feed, state *FeedState) (res PollResult, err error) {
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
	got, err := p.fetcher.fetch(ctx, feed, v)
	if err != nil {
		return res, err
	}
	fetchedAt := time.Now()
	p.metrics.bytes.Add(float64(len(got.body)))
	if got.notModified {
		res.NotModified, res.Items = true, state.Items
		return res, nil
	}
	unchanged := got.hash == state.BodyHash
	if full && !unchanged && state.BodyHash != "" && sameValidators(got.validators, *state) {
		state.ValidatorsLie = true
	}
	if unchanged && !full {
		remember(state, got, fetchedAt)
		res.NotModified, res.Items = true, state.Items
		return res, nil
	}
	// A full read goes through the items though nothing changed: it tells Known
	// that the feed still carries them.
	doc, err := Decode(got.body, got.contentType, cmp.Or(feed.Lang, state.Language), p.cfg.MaxItems)
	if err != nil {
		return res, err
	}
	items := p.norm.Items(doc, feed, got.url, fetchedAt)
	res.First, res.Items, res.Partial, res.NotModified = !state.FirstFetchDone, len(items), doc.Partial, unchanged
	if res.First {
		for i := range items {
			items[i].Backfill = true
		}
	}
	slices.Reverse(items) // feeds list the newest first; the stream is in the order of time
	if res.New, res.Revised, err = p.publish(ctx, items); err != nil {
		return res, err
	}
	state.FirstFetchDone = true
	state.Items, state.Note = len(items), doc.Note
	state.Published += int64(res.New + res.Revised)
	state.Title, state.Language = clip(plainTitle(doc.Title), maxSource), clip(doc.Language, 35)
	if res.New > 0 {
		state.LastNew = fetchedAt.UTC()
	}
	if doc.Partial {
		// What is missing may stand in the same document, whole, next time.
		state.ETag, state.LastModified, state.ValidatorHost, state.BodyHash = "", "", "", ""
		return res, nil
	}
	remember(state, got, fetchedAt)
	return res, nil
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
func (p *Poller) publish(ctx context.Context, items []item.Item) (fresh, revised int, err error) {
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
				fresh++
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
	state.LastOK = now.UTC()
	state.Failures, state.Penalty = 0, 0
	state.Since, state.FirstGone = time.Time{}, time.Time{}
	state.LastProblem, state.LastError = "", ""
}

// failed notes a failure. It weighs what it says about the feed: a name that
// cannot be looked up is most often our own network.
func (p *Poller) failed(feed Feed, state *FeedState, e *Error, now time.Time) {
	state.Failures++
	if state.Since.IsZero() {
		state.Since = now.UTC()
	}
	state.LastProblem, state.LastError = e.Problem, e.Error()
	switch e.Problem {
	case ProblemPublish:
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
	if e.Problem != ProblemGone {
		state.FirstGone = time.Time{}
		return
	}
	// One 410 may be an accident of the server; two a day apart are not.
	if state.FirstGone.IsZero() {
		state.FirstGone = now.UTC()
	} else if now.Sub(state.FirstGone) >= 20*time.Hour {
		state.Gone = true
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

// wait is the time until the next poll, before jitter.
func (p *Poller) wait(feed Feed, state FeedState, e *Error) time.Duration {
	every := p.cfg.interval(feed)
	if e == nil {
		return every
	}
	longer := min(time.Duration(float64(every)*(1+state.Penalty)), maxInterval)
	switch e.Problem {
	case ProblemPublish:
		return time.Minute
	case ProblemGone:
		return maxInterval
	case ProblemRateLimited:
		if e.RetryAfter > 0 {
			// Divided by the least jitter: never before the time asked for.
			return max(longer, e.RetryAfter*10/9+time.Second)
		}
		return min(max(every, 30*time.Minute)<<min(state.Failures-1, 10), maxInterval)
	case ProblemDNS, ProblemConnect, ProblemTimeout:
		if state.LastOK.IsZero() && feed.Interval == 0 {
			// Probably we are offline, and somebody waits for a first result.
			return min(longer, 5*time.Minute*time.Duration(min(state.Failures, 12)))
		}
	default:
	}
	return longer
}

// save keeps the state even while ctx ends: what is published is published.
func (p *Poller) save(ctx context.Context, feed Feed, state FeedState) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	if err := p.opts.States.Save(ctx, feed.Name, state); err != nil && !errors.Is(err, context.Canceled) {
		p.log.WarnContext(ctx, "feed state not saved; after a restart the feed is read again", "feed", feed.Name, "err", err)
	}
}
