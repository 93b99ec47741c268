package ingest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// wantedLease is the lease that hubs are asked for, longestLease the longest
	// that is believed: a hub may have forgotten us long before.
	wantedLease  = 10 * 24 * time.Hour
	longestLease = 14 * 24 * time.Hour
	// shortestRenewal bounds how often a hub is asked that gives short leases.
	shortestRenewal = time.Hour
	// confirmWithin is the time in which a hub may confirm what it was asked for.
	confirmWithin = 24 * time.Hour
	// A hub that cannot be reached, or does not confirm, is asked again after
	// hubRetry, then ever later; one that refuses after hubRefused.
	hubRetry   = 10 * time.Minute
	hubRefused = 3 * 24 * time.Hour
	// switchAfter is the least time between two changes of a feed's hub or topic.
	switchAfter = 24 * time.Hour
	// answersLeaving is how long a hub may ask whether we meant to unsubscribe.
	answersLeaving = time.Hour
)

// A subscriber keeps the subscriptions to the feeds that hubs push. Run asks the
// hubs and alone writes to the store; the other methods only note. A nil
// subscriber has none and wants none. Safe for concurrent use.
type subscriber struct {
	// callback is what every callback address begins with.
	callback string
	store    PushSubscriptions
	hub      hubClient
	log      *slog.Logger
	wake     chan struct{}

	mu      sync.Mutex
	feeds   map[string]*subscribed
	tokens  map[string]*subscribed // also those being left
	leaving []*subscribed
	// resting are hubs that failed, and until when they are left alone.
	resting map[string]time.Time
}

// A subscribed is a feed with its subscription, guarded by subscriber.mu.
type subscribed struct {
	feed Feed
	sub  PushSubscription
	// withdrawn says that the document names no hub any more.
	withdrawn bool
	// unsaved says that the store does not know sub yet.
	unsaved bool
	// confirmed is when the hub confirmed, in this process.
	confirmed time.Time
	// left is when we began to unsubscribe, zero before; told says that the hub
	// knows.
	left time.Time
	told bool
}

// newSubscriber returns a subscriber with what store holds, nil without a
// callback address.
func newSubscriber(ctx context.Context, cfg Config, store PushSubscriptions, hub hubClient, log *slog.Logger) (*subscriber, error) {
	if cfg.CallbackURL == "" {
		return nil, nil //nolint:nilnil // no address, no subscriptions: both are meant
	}
	s := &subscriber{
		callback: strings.TrimSuffix(cfg.CallbackURL, "/") + CallbackPath,
		store:    store, hub: hub, log: log, wake: make(chan struct{}, 1),
		feeds: map[string]*subscribed{}, tokens: map[string]*subscribed{}, resting: map[string]time.Time{},
	}
	all, err := store.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load subscriptions: %w", err)
	}
	for name, sub := range all {
		e := &subscribed{feed: Feed{Name: name, URL: sub.FeedURL}, sub: sub}
		if callback := s.callback + sub.Token; sub.Callback != callback {
			// The hub knows an address that is ours no more.
			e.sub.Callback, e.sub.Until, e.sub.Asked, e.sub.Next = callback, time.Time{}, time.Time{}, time.Time{}
			e.unsaved = true
		}
		s.feeds[name], s.tokens[sub.Token] = e, e
	}
	return s, nil
}

func (s *subscriber) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// setFeeds ends the subscriptions of feeds that are not in the list any more, or
// have another address.
func (s *subscriber) setFeeds(feeds []Feed) {
	if s == nil {
		return
	}
	listed := make(map[string]Feed, len(feeds))
	for _, f := range feeds {
		listed[f.Name] = f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for name, e := range s.feeds {
		f, ok := listed[name]
		if !ok || f.URL != e.sub.FeedURL {
			s.leave(e, now)
			continue
		}
		e.feed = f
	}
	s.nudge()
}

// leave ends a subscription; mu is held.
func (s *subscriber) leave(e *subscribed, now time.Time) {
	delete(s.feeds, e.feed.Name)
	e.left = now
	s.leaving = append(s.leaving, e)
}

// offered notes what a document of feed, read at base, says of being pushed.
func (s *subscriber) offered(feed Feed, offer Offer, base *url.URL) {
	if s == nil {
		return
	}
	hubs, topic := offer.hubs(base, feed.ownServer())
	s.mu.Lock()
	defer s.mu.Unlock()
	e, now := s.feeds[feed.Name], time.Now().UTC()
	switch {
	case len(hubs) == 0:
		if e != nil {
			e.withdrawn = true // the lease ends by itself
		}
		return
	case e != nil && e.sub.FeedURL != feed.URL: // an answer that came too late
		return
	case e != nil && e.sub.Topic == topic && slices.Contains(hubs, e.sub.Hub):
		e.withdrawn = false
		s.nudge()
		return
	case e != nil && now.Sub(e.sub.Since) < switchAfter:
		return
	case e != nil:
		s.leave(e, now)
	}
	sub := PushSubscription{FeedURL: feed.URL, Hub: hubs[0], Topic: topic, Token: random(16), Secret: random(32), Since: now, Next: now}
	sub.Callback = s.callback + sub.Token
	e = &subscribed{feed: feed, sub: sub, unsaved: true}
	s.feeds[feed.Name], s.tokens[sub.Token] = e, e
	s.nudge()
}

// random returns n random bytes in hexadecimal digits.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// active reports whether a hub has promised to push a feed, and keeps the
// promise in force.
func (s *subscriber) active(feed string, now time.Time) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.feeds[feed]
	return e != nil && !e.withdrawn && now.Before(e.sub.Until)
}

// count is the number of feeds that hubs push.
func (s *subscriber) count() float64 {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, now := 0, time.Now()
	for _, e := range s.feeds {
		if now.Before(e.sub.Until) {
			n++
		}
	}
	return float64(n)
}

// status is what there is to show of a feed's subscription, nil when it has
// none.
func (s *subscriber) status(feed string, now time.Time) *PushStatus {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.feeds[feed]
	if e == nil {
		return nil
	}
	st := &PushStatus{Hub: e.sub.Hub, Note: e.sub.Note}
	if now.Before(e.sub.Until) {
		st.Until = e.sub.Until
	} else if st.Note == "" {
		st.Note = "the hub is asked soon"
	}
	return st
}

// run subscribes, renews and unsubscribes until ctx ends.
func (s *subscriber) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		for ctx.Err() == nil {
			work, wait := s.next(time.Now())
			if work == nil {
				timer.Reset(wait)
				break
			}
			work(ctx)
		}
	}
}

// next returns what is to be done now, or nil and the time until then. One thing
// at a time: hubs serve many feeds, and nothing is lost by waiting.
func (s *subscriber) next(now time.Time) (work func(context.Context), wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	for _, e := range s.leaving {
		if !e.told {
			return func(ctx context.Context) { s.unsubscribe(ctx, e) }, 0
		}
	}
	wait = time.Hour
	var first *subscribed
	for _, e := range s.feeds {
		if e.unsaved {
			return func(ctx context.Context) { s.save(ctx, e) }, 0
		}
		if e.feed.Paused || e.withdrawn {
			continue
		}
		due := latest(e.sub.Next, s.resting[e.sub.Hub])
		if due.After(now) {
			wait = min(wait, due.Sub(now))
		} else if first == nil || e.sub.Next.Before(first.sub.Next) || e.sub.Next.Equal(first.sub.Next) && e.feed.Name < first.feed.Name {
			first = e
		}
	}
	if first == nil {
		return nil, wait
	}
	return func(ctx context.Context) { s.subscribe(ctx, first) }, 0
}

// forget lets go of what was left long ago; mu is held.
func (s *subscriber) forget(now time.Time) {
	s.leaving = slices.DeleteFunc(s.leaving, func(e *subscribed) bool {
		if e.told && now.Sub(e.left) >= answersLeaving {
			delete(s.tokens, e.sub.Token)
			return true
		}
		return false
	})
	for hub, until := range s.resting {
		if !until.After(now) {
			delete(s.resting, hub)
		}
	}
}

// save stores a subscription. One that cannot be stored is not asked for yet:
// after a restart nobody would know the pushes.
func (s *subscriber) save(ctx context.Context, e *subscribed) {
	s.mu.Lock()
	name, sub := e.feed.Name, e.sub
	e.unsaved = false
	s.mu.Unlock()
	if err := s.store.Save(ctx, name, sub); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "subscription not saved", "feed", name, "err", err)
		s.mu.Lock()
		e.sub.Next = latest(e.sub.Next, time.Now().UTC().Add(hubRetry))
		s.mu.Unlock()
	}
}

// subscribe asks the hub of e for its pushes, or to go on with them.
func (s *subscriber) subscribe(ctx context.Context, e *subscribed) {
	begun := time.Now().UTC()
	s.mu.Lock()
	e.sub.Tries++
	e.sub.Asked = begun // before it is asked: some confirm before they answer
	feed, sub := e.feed, e.sub
	s.mu.Unlock()
	err := s.hub.ask(ctx, feed, sub, "subscribe")
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.unsaved = true
	now := time.Now().UTC()
	again := backoff(sub.Tries)
	switch {
	case err == nil:
		s.log.DebugContext(ctx, "asked a hub to push", "feed", feed.Name, "hub", hostNamed(sub.Hub))
		if e.confirmed.Before(begun) {
			e.sub.Note = "the hub was asked and has not confirmed yet"
			if sub.Tries > 1 {
				e.sub.Note = fmt.Sprintf("the hub was asked %d times and did not confirm; can it reach callback_url from outside?", sub.Tries)
			}
		}
	case err.busy > 0: // nobody was asked
		e.sub.Tries--
		s.resting[sub.Hub] = now.Add(err.busy)
		return
	default:
		e.sub.Note = clip(err.what, 300)
		s.log.InfoContext(ctx, "a hub does not push; polling goes on", "feed", feed.Name, "hub", hostNamed(sub.Hub), "reason", e.sub.Note)
		if again = max(again, err.retryAfter); err.refused {
			again = max(again, hubRefused)
		} else {
			s.resting[sub.Hub] = now.Add(max(err.retryAfter, hubRetry))
		}
	}
	if e.confirmed.Before(begun) { // else the time of the renewal is known
		e.sub.Next = now.Add(spreadOut(again, sub.Token))
	}
}

// unsubscribe tells the hub of e that its pushes are not wanted any more. It is
// told once: a lease ends by itself.
func (s *subscriber) unsubscribe(ctx context.Context, e *subscribed) {
	s.mu.Lock()
	feed, sub := e.feed, e.sub
	e.told = true
	s.mu.Unlock()
	if !sub.Asked.IsZero() {
		if err := s.hub.ask(ctx, feed, sub, "unsubscribe"); err != nil && ctx.Err() == nil {
			s.log.DebugContext(ctx, "a hub was not told to end its pushes", "feed", feed.Name, "reason", err.what)
		}
	}
	if ctx.Err() != nil {
		return // it stays in the store, and is left at the next start
	}
	s.mu.Lock()
	_, anew := s.feeds[feed.Name]
	s.mu.Unlock()
	if anew {
		return
	}
	if err := s.store.Delete(ctx, feed.Name); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "subscription not removed", "feed", feed.Name, "err", err)
	}
}

// backoff is the wait after so many requests that led to nothing, 10 minutes to
// 3 days.
func backoff(tries int) time.Duration {
	return min(hubRetry<<min(max(tries-1, 0), 12), hubRefused)
}

// spreadOut lengthens d by up to a fifth, differently for each token.
func spreadOut(d time.Duration, token string) time.Duration {
	return d + time.Duration(float64(d)/5*fractionOf(token))
}

// fractionOf is a number from 0 to 1 that depends on the token only.
func fractionOf(token string) float64 { return newRand(token).Float64() }
