package ingest

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marsad/internal/field"
)

// Options are what a Poller works with.
type Options struct {
	// Publisher takes the new items, States keeps the feeds' states, Known tells
	// what is new. All three are required.
	Publisher Publisher
	States    States
	Known     *Known
	// Subscriptions keeps the subscriptions to feeds that are pushed; required
	// with Config.CallbackURL.
	Subscriptions PushSubscriptions
	// Log is required; Registry may be nil.
	Log      *slog.Logger
	Registry prometheus.Registerer
	// OnPoll is called after every poll, from several goroutines at once; it must
	// not block. It may be nil.
	OnPoll func(PollResult)
	// Previous gives the text before of an edited article, to tell what the edit
	// added; without it nobody knows.
	Previous Predecessor
	// Transport replaces the network, for tests. With one, addresses are not
	// checked.
	Transport http.RoundTripper
}

// A Poller polls feeds and publishes what is new in them. Its methods may be
// called from any goroutine; Run only once.
type Poller struct {
	cfg     Config
	opts    Options
	log     *slog.Logger
	fetcher *fetcher
	hosts   *hosts
	norm    *Normaliser
	full    *fullText
	metrics *metrics
	// subs is nil where no hub can reach us.
	subs *subscriber
	// wake tells Run that the schedule changed.
	wake chan struct{}

	mu     sync.Mutex
	feeds  map[string]*polled
	order  []string
	due    dueHeap
	flying int
	// paused is the reason why nothing is polled, since pausedAt; empty while
	// polling.
	paused   string
	pausedAt time.Time
}

// A polled is one feed and where it stands. Its fields are guarded by
// Poller.mu; only the goroutine that polls it writes state.
type polled struct {
	feed  target
	state FeedState
	rng   *rand.Rand
	due   time.Time
	// index is the place in the heap, -1 outside.
	index   int
	polling bool
	// turns are the hosts that it is asking, waitsFor the one that it waits for
	// its turn at.
	turns    []string
	waitsFor string
	push     heeding
	// While it is polled, a change waits here.
	replace *target
	removed bool
}

// A target is a feed with what was read from its files.
type target struct {
	Feed
	// own are the headers that the feed alone is asked with, home its configured
	// address, to whose host they are sent.
	own  http.Header
	home *url.URL
}

// newTarget reads the files that f names; paths of mistakes begin at the feed.
func newTarget(f Feed) (target, []*field.Error) {
	f.AllowPrivate = slices.Clone(f.AllowPrivate)
	f.Headers = maps.Clone(f.Headers)
	own, errs := f.ownHeaders()
	home, err := url.Parse(f.URL)
	if err != nil { // checked before
		errs = append(errs, field.Errorf("url", "cannot be read").Hintf("correct it"))
	}
	return target{Feed: f, own: own, home: home}, errs
}

// New returns a Poller for cfg.Feeds with their saved states; it polls nothing
// before Run. A mistake in cfg, a missing option and a state that cannot be
// loaded are errors.
func New(ctx context.Context, cfg Config, opts Options) (*Poller, error) {
	if opts.Publisher == nil || opts.States == nil || opts.Known == nil || opts.Log == nil {
		return nil, errors.New("ingest: Publisher, States, Known and Log are required")
	}
	if cfg.CallbackURL != "" && opts.Subscriptions == nil {
		return nil, errors.New("ingest: CallbackURL needs Subscriptions")
	}
	if errs := cfg.Validate(); len(errs) > 0 {
		return nil, &field.List{Errors: errs}
	}
	cfg = cfg.withDefaults()
	limits := newHosts(cfg.HostGap, cfg.HostConnections)
	p := &Poller{
		cfg: cfg, opts: opts, log: opts.Log, hosts: limits,
		fetcher: &fetcher{clients: newClients(opts.Transport, newProxy(cfg.Proxy)), hosts: limits, userAgent: cfg.userAgent(), timeout: cfg.Timeout, maxBody: int64(cfg.MaxBody)},
		norm:    NewNormaliser(cfg),
		wake:    make(chan struct{}, 1),
		feeds:   map[string]*polled{},
	}
	var err error
	if p.subs, err = newSubscriber(ctx, cfg, opts.Subscriptions, hubClient{p.fetcher}, p.log); err != nil {
		return nil, err
	}
	if p.metrics, err = newMetrics(opts.Registry, opts.Known, p.inFlight, p.subs.count); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	if p.full, err = newFullText(p.fetcher, p.log, opts.Registry); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	if err := p.SetFeeds(ctx, cfg.Feeds); err != nil {
		return nil, err
	}
	return p, nil
}

// Run polls until ctx ends, then waits for the polls in flight, whose fetches
// and publishes end with ctx, and returns nil.
func (p *Poller) Run(ctx context.Context) error {
	var flights sync.WaitGroup
	if p.subs != nil {
		flights.Go(func() { p.subs.run(ctx) })
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		if n := p.opts.Known.Prune(now); n > 0 {
			p.log.InfoContext(ctx, "forgot articles that no feed carries any more", "articles", n)
		}
		p.hosts.prune(now)
		due, wait := p.takeDue(now)
		for _, f := range due {
			flights.Go(func() { p.fly(ctx, f) })
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			flights.Wait()
			p.fetcher.clients.close()
			return nil
		case <-p.wake:
		case <-timer.C:
		}
	}
}

// takeDue returns the feeds to be polled now, as many as may be in flight, and
// the time until the next look.
func (p *Poller) takeDue(now time.Time) (due []*polled, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused != "" {
		return nil, time.Hour // Resume wakes
	}
	for len(p.due) > 0 && p.flying < p.cfg.Concurrency && !p.due[0].due.After(now) {
		f := p.due[0]
		heap.Pop(&p.due)
		if f.turns = nil; !f.feed.ownServer() {
			f.turns = f.state.turns(f.feed.Feed)
			var wait time.Duration
			if wait, f.waitsFor = p.hosts.takeAll(f.turns, now, f.waitsFor); f.waitsFor != "" {
				p.schedule(f, now.Add(wait))
				continue
			}
		}
		f.polling = true
		p.flying++
		due = append(due, f)
	}
	if len(p.due) == 0 || p.flying >= p.cfg.Concurrency {
		return due, time.Hour // a landing wakes
	}
	// A wall clock that was set back must not stop the polling.
	return due, min(max(p.due[0].due.Sub(now), 0), time.Minute)
}

// fly polls f once and puts it back into the schedule.
func (p *Poller) fly(ctx context.Context, f *polled) {
	p.mu.Lock()
	now := flight{feed: f.feed, state: f.state, jitter: p.jitter(f), turns: f.turns, pushed: f.push.waits}
	now.trusted = f.push.heard && !f.push.missed && p.subs.active(f.feed.Name, time.Now())
	f.push.waits = false
	p.mu.Unlock()
	now.leave = sync.OnceFunc(func() {
		for _, host := range now.turns {
			p.hosts.done(host, time.Now())
		}
	})
	state, ok := p.poll(ctx, now)
	now.leave()
	p.mu.Lock()
	p.flying--
	f.polling, f.state = false, state
	switch {
	case f.removed:
		delete(p.feeds, now.feed.Name)
	case f.replace != nil:
		p.change(f, *f.replace, time.Now())
		f.replace = nil
	case !ok: // ctx ended, or it will soon
		p.schedule(f, time.Now().Add(time.Minute))
	case !state.Gone && !f.feed.Paused:
		p.schedule(f, state.NextPoll)
		p.heed(f, now, time.Now())
	}
	p.mu.Unlock()
	p.nudge()
}

func (p *Poller) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// jitter is the next factor of f's interval, between 0.9 and 1.1. The sequence
// depends on the name only.
func (p *Poller) jitter(f *polled) float64 { return 0.9 + 0.2*f.rng.Float64() }

func newRand(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(h.Sum64(), 0x6d617273_6164)) //nolint:gosec // jitter is no secret
}

// SetFeeds replaces the list of feeds, also while polling. Feeds that stay keep
// their schedule; one whose address changed begins anew. A mistake in feeds, or
// a state that cannot be loaded, changes nothing.
func (p *Poller) SetFeeds(ctx context.Context, feeds []Feed) error {
	if errs := validateFeeds(feeds); len(errs) > 0 {
		return &field.List{Errors: errs}
	}
	targets := make([]target, len(feeds))
	for i, f := range feeds {
		var errs []*field.Error
		if targets[i], errs = newTarget(f); len(errs) > 0 {
			return &field.List{Errors: field.Under(fmt.Sprintf("feeds[%d]", i), errs)}
		}
	}
	p.mu.Lock()
	var added []Feed
	for _, f := range feeds {
		if p.feeds[f.Name] == nil {
			added = append(added, f)
		}
	}
	p.mu.Unlock()
	states := make(map[string]FeedState, len(added))
	for _, f := range added {
		st, ok, err := p.opts.States.Load(ctx, f.Name)
		if err != nil {
			return fmt.Errorf("load state of feed %q: %w", f.Name, err)
		}
		if ok {
			states[f.Name] = st
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	listed := make(map[string]bool, len(feeds))
	p.order = p.order[:0]
	var fresh []*polled
	for _, f := range targets {
		listed[f.Name] = true
		p.order = append(p.order, f.Name)
		old := p.feeds[f.Name]
		if old == nil {
			e := &polled{feed: f, state: states[f.Name], rng: newRand(f.Name), index: -1}
			if e.state.URL != f.URL {
				e.state = FeedState{URL: f.URL}
			}
			p.feeds[f.Name] = e
			fresh = append(fresh, e)
			continue
		}
		old.removed, old.replace = false, nil
		switch {
		case same(old.feed, f):
		case old.polling:
			old.replace = &f
		default:
			p.change(old, f, now)
		}
	}
	for name, e := range p.feeds {
		if listed[name] {
			continue
		}
		if e.polling {
			e.removed = true
			continue
		}
		p.unschedule(e)
		delete(p.feeds, name)
		p.metrics.lastOK.DeleteLabelValues(name)
	}
	p.spread(fresh, now)
	p.nudge()
	p.subs.setFeeds(feeds)
	return nil
}

func same(a, b target) bool {
	return reflect.DeepEqual(a.Feed, b.Feed) && reflect.DeepEqual(a.own, b.own)
}

// change gives a feed that is not being polled its new settings.
func (p *Poller) change(e *polled, f target, now time.Time) {
	moved := e.feed.URL != f.URL
	e.feed = f
	if moved {
		e.state = FeedState{URL: f.URL}
	}
	p.unschedule(e)
	p.spread([]*polled{e}, now)
}

// PollNow has a feed polled as soon as its host has a turn, also one that is
// gone. It returns false when the feed is unknown or paused, or was asked less
// than five minutes ago, or asked us to come back later.
func (p *Poller) PollNow(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, now := p.feeds[name], time.Now()
	switch {
	case e == nil || e.removed || e.feed.Paused || e.polling:
		return false
	case !e.feed.ownServer() && !e.state.LastCheck.IsZero() && now.Sub(e.state.LastCheck) < minFeedInterval:
		return false
	case e.state.LastProblem == ProblemRateLimited && now.Before(e.state.NextPoll):
		return false
	}
	e.state.Gone, e.state.FirstGone = false, time.Time{}
	p.schedule(e, now)
	p.nudge()
	return true
}

// Pause stops the polling for a reason that people read, for instance a full
// disk. Polls in flight go on.
func (p *Poller) Pause(reason string) {
	p.mu.Lock()
	if p.paused == "" {
		p.pausedAt = time.Now()
	}
	p.paused = cmp.Or(reason, "paused")
	p.mu.Unlock()
	p.nudge()
}

// Resume polls again after Pause; feeds whose time has come take turns.
func (p *Poller) Resume() {
	p.mu.Lock()
	if p.paused != "" {
		p.paused = ""
		now := time.Now()
		var late []*polled
		for _, e := range p.due {
			if e.due.Before(now) {
				late = append(late, e)
			}
		}
		slices.SortFunc(late, func(a, b *polled) int { return a.due.Compare(b.due) })
		p.takeTurns(late, now)
	}
	p.mu.Unlock()
	p.nudge()
}

// Paused returns the reason given to Pause, empty while polling.
func (p *Poller) Paused() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paused
}

func (p *Poller) inFlight() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return float64(p.flying)
}
