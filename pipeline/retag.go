package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"marsad/bus"
	"marsad/item"
	"marsad/server"
)

const (
	// retagStage is the name under which the archive is read, and the lane on
	// which what was tagged again is published.
	retagStage = "retag"
	// retagKey is where it is kept that the archive is to be tagged again.
	retagKey = "retag"
	// retagBatch is how many items are tagged again between two looks at the
	// news, which wait meanwhile.
	retagBatch = 250
	// retagAhead is how many records may wait for the index: news stand in line
	// behind them.
	retagAhead = 2000
)

// A retag tags the archive again: it reads TAGGED, and for the last record of
// each article that another pack has tagged it publishes one with the tags of
// the pack now in force. Nothing else says how far it is, so that it can end
// anywhere and start again.
type retag struct {
	p     *Pipeline
	start chan struct{} // one waiting request is enough

	mu     sync.Mutex
	wanted bool
	state  server.Retag
	last   uint64 // the record published last
	cancel context.CancelFunc

	// publishing is held while records are published on TAGGED, so that the text
	// published last is the newest. It guards fresh: what was published by the
	// tag stage since the run began, nil when there is none.
	publishing sync.Mutex
	fresh      map[item.ID]struct{}
}

// openRetag takes up a run that did not come to its end.
func (p *Pipeline) openRetag(ctx context.Context) error {
	p.retag = &retag{p: p, start: make(chan struct{}, 1), state: server.Retag{State: server.RetagNone}}
	if _, err := getJSON(ctx, p.state, retagKey, &p.retag.wanted); err != nil {
		return fmt.Errorf("state of retag: %w", err)
	}
	if p.retag.wanted {
		p.retag.start <- struct{}{}
		p.step("Retag", "goes on where it stopped")
	}
	return nil
}

// StartRetag begins to tag the archive again with the pack now in force, unless
// that is going on. It ends by itself, also after restarts.
func (p *Pipeline) StartRetag(ctx context.Context) (server.Retag, error) {
	r := p.retag
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.State != server.RetagRunning {
		if err := r.want(ctx, true); err != nil {
			return server.Retag{}, err
		}
		r.state = server.Retag{State: server.RetagRunning, Started: time.Now().UTC(), Pack: p.rules.Load().Hash()}
		select {
		case r.start <- struct{}{}:
		default:
		}
	}
	return r.status(), nil
}

// StopRetag ends a run; what it did stays.
func (p *Pipeline) StopRetag(ctx context.Context) (server.Retag, error) {
	r := p.retag
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.want(ctx, false); err != nil {
		return server.Retag{}, err
	}
	if r.cancel != nil {
		r.cancel()
	}
	if r.state.State == server.RetagRunning {
		r.state.State, r.state.Ended = server.RetagStopped, time.Now().UTC()
	}
	return r.status(), nil
}

// RetagStatus returns how far tagging the archive again has come.
func (p *Pipeline) RetagStatus(context.Context) (server.Retag, error) {
	p.retag.mu.Lock()
	defer p.retag.mu.Unlock()
	return p.retag.status(), nil
}

// status is the state as it is told; mu is held.
func (r *retag) status() server.Retag {
	s := r.state
	s.Searchable = r.p.index == nil || r.p.indexPosition().Seq >= r.last
	if s.State == server.RetagRunning {
		s.Waiting = *r.p.paused.Load()
	}
	return s
}

// want keeps whether the archive is to be tagged again; mu is held.
func (r *retag) want(ctx context.Context, yes bool) error {
	if err := putJSON(ctx, r.p.state, retagKey, yes); err != nil {
		return fmt.Errorf("state of retag: %w", err)
	}
	r.wanted = yes
	return nil
}

// run waits for requests until ctx ends.
func (r *retag) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.start:
		}
		if err := r.once(ctx); err != nil {
			return err
		}
	}
}

// once tags the archive again; with a pack that is loaded meanwhile, anew.
func (r *retag) once(ctx context.Context) error {
	runCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	if !r.wanted { // stopped before it began
		r.mu.Unlock()
		return nil
	}
	r.cancel = cancel
	r.state.State = server.RetagRunning
	r.mu.Unlock()

	err := errRulesChanged
	for errors.Is(err, errRulesChanged) {
		err = r.pass(runCtx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancel = nil
	switch {
	case ctx.Err() != nil:
		return nil // the next start takes it up
	case runCtx.Err() != nil:
		return nil // stopped
	}
	r.state.State, r.state.Ended = server.RetagDone, time.Now().UTC()
	if err != nil {
		r.state.State, r.state.Error = server.RetagFailed, err.Error()
		r.p.log.ErrorContext(ctx, "the archive could not be tagged again", "err", err)
	}
	return r.want(ctx, false)
}

var errRulesChanged = errors.New("the rules changed")

// pass goes over the archive once with one pack.
func (r *retag) pass(ctx context.Context) error {
	pack := r.p.rules.Load()
	r.publishing.Lock()
	r.fresh = map[item.ID]struct{}{}
	end, err := r.p.tagged.LastSeq(ctx)
	r.publishing.Unlock()
	defer func() {
		r.publishing.Lock()
		r.fresh = nil
		r.publishing.Unlock()
	}()
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.state = server.Retag{State: server.RetagRunning, Started: r.state.Started, Pack: pack.Hash()}
	if r.state.Started.IsZero() {
		r.state.Started = time.Now().UTC()
	}
	r.mu.Unlock()

	latest, err := r.latest(ctx, end)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.state.Total = uint64(len(latest))
	r.mu.Unlock()

	// Published twice for one archive, a record is one; for a longer archive it
	// is another, lest going back to an earlier pack be taken for a repetition.
	lane := r.p.tagged.Lane(retagStage, func(t item.Tagged) string { return t.ID() + "@" + strconv.FormatUint(end, 10) })
	var done uint64 // a batch that fails comes again whole
	err = r.p.tagged.ReadAll(ctx, retagStage, bus.Position{}, func(ctx context.Context, recs []bus.Record[item.Tagged]) error {
		for chunk := range slices.Chunk(recs, retagBatch) {
			last := chunk[len(chunk)-1].Seq
			if last <= done || r.p.rules.Load() != pack {
				continue // with other rules, another pass does it
			}
			if err := r.again(ctx, pack, lane, latest, chunk); err != nil {
				return err
			}
			done = last
		}
		return nil
	})
	if err == nil && r.p.rules.Load() != pack {
		return errRulesChanged
	}
	return err
}

// latest returns the sequence of the last record of each article up to end.
func (r *retag) latest(ctx context.Context, end uint64) (map[item.ID]uint64, error) {
	latest := map[item.ID]uint64{}
	err := readAll(ctx, r.p.tagged, retagStage, bus.Position{}, func(rec bus.Record[item.Tagged]) {
		if rec.Seq > end {
			return
		}
		id := rec.Value.Item.ID
		if _, ok := latest[id]; !ok {
			id = item.ID(strings.Clone(string(id))) // not the whole record
		}
		latest[id] = rec.Seq
	})
	return latest, err
}

// again tags some records again, as far as they are the last of their article
// and have another pack's tags.
func (r *retag) again(ctx context.Context, pack *rulebook, lane *bus.Topic[item.Tagged], latest map[item.ID]uint64, recs []bus.Record[item.Tagged]) error {
	if err := r.waitForIndex(ctx); err != nil {
		return err
	}
	var out []item.Tagged
	var d server.Retag
	for _, rec := range recs {
		old := rec.Value
		if latest[old.Item.ID] != rec.Seq {
			continue
		}
		d.Done++
		if old.Pack == pack.Hash() {
			continue
		}
		t := pack.Tag(old.Item)
		t.Seq, t.Story, t.Event = old.Seq, old.Story, old.Event
		gained, lost := compareTags(old.Tags, t.Tags)
		if gained+lost > 0 {
			d.Changed++
		}
		d.Gained, d.Lost, d.Tagged = d.Gained+gained, d.Lost+lost, d.Tagged+1
		out = append(out, t)
	}
	if err := r.publish(ctx, lane, out); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	s.Done, s.Tagged, s.Changed = s.Done+d.Done, s.Tagged+d.Tagged, s.Changed+d.Changed
	s.Gained, s.Lost = s.Gained+d.Gained, s.Lost+d.Lost
	return nil
}

// publish publishes what no news has overtaken.
func (r *retag) publish(ctx context.Context, lane *bus.Topic[item.Tagged], out []item.Tagged) error {
	r.publishing.Lock()
	defer r.publishing.Unlock()
	out = slices.DeleteFunc(out, func(t item.Tagged) bool {
		_, overtaken := r.fresh[t.Item.ID]
		return overtaken
	})
	if len(out) == 0 {
		return nil
	}
	if err := lane.Publish(ctx, out); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	last, err := lane.LastSeq(ctx)
	r.mu.Lock()
	r.last = last
	r.mu.Unlock()
	return err
}

// news publishes newly tagged items.
func (r *retag) news(ctx context.Context, out []item.Tagged) error {
	r.publishing.Lock()
	defer r.publishing.Unlock()
	if r.fresh != nil {
		for _, t := range out {
			r.fresh[t.Item.ID] = struct{}{}
		}
	}
	return r.p.tagged.Publish(ctx, out)
}

// waitForIndex returns when news published now would soon be searchable.
func (r *retag) waitForIndex(ctx context.Context) error {
	if r.p.index == nil {
		return nil
	}
	r.mu.Lock()
	last := r.last
	r.mu.Unlock()
	return until(ctx, func() bool {
		return max(r.p.indexPosition().Seq, r.p.bus.Done(indexStage))+retagAhead >= last
	})
}

// compareTags counts the tags that only one of two sorted lists has.
func compareTags(before, after []item.Tag) (gained, lost uint64) {
	for _, t := range after {
		if !slices.ContainsFunc(before, func(o item.Tag) bool { return o.Kind == t.Kind && o.ID == t.ID }) {
			gained++
		}
	}
	for _, t := range before {
		if !slices.ContainsFunc(after, func(o item.Tag) bool { return o.Kind == t.Kind && o.ID == t.ID }) {
			lost++
		}
	}
	return gained, lost
}
