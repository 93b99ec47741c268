package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	api "github.com/blevesearch/bleve_index_api"
)

// Add hands entries over to the writers, in the order of the stream; it blocks
// while they have more than they can hold, and returns an error only when ctx
// ends or the index is closed. The entries are not durable on return: see Flush
// and Position. Whatever goes wrong is tried again for ever inside (Healthy says
// why); an item that cannot be indexed at all is parked.
//
// An item that is there already is replaced. Entries must come in ascending
// sequence.
func (x *Index) Add(ctx context.Context, entries []Entry) error {
	q := &x.queue
	for len(entries) > 0 {
		q.mu.Lock()
		if q.closed {
			q.mu.Unlock()
			return errClosed
		}
		if !q.full(x.cfg.Batch) {
			n, now := 0, time.Now()
			for ; n < len(entries) && !q.full(x.cfg.Batch); n++ {
				e := entries[n]
				doc := docID(e.Tagged.Item)
				if doc == "" { // it will be parked, and each on its own
					doc = "record " + strconv.FormatUint(e.Seq, 10)
				}
				p := pendingEntry{Entry: e, doc: doc, since: now}
				q.pending = append(q.pending, p)
				q.bytes += p.size()
			}
			entries = entries[n:]
			q.broadcast()
			q.mu.Unlock()
			continue
		}
		changed := q.changed
		q.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("add to the index: %w", ctx.Err())
		}
	}
	return nil
}

var errClosed = errors.New("the index is closed")

// Flush returns when everything added before is durable, with an error only
// when ctx ends or the index is closed.
func (x *Index) Flush(ctx context.Context) error {
	q := &x.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flushes++
	defer func() { q.flushes-- }()
	q.broadcast()
	for !q.idle() {
		if q.closed {
			return errClosed
		}
		changed := q.changed
		q.mu.Unlock()
		var err error
		select {
		case <-changed:
		case <-ctx.Done():
			err = fmt.Errorf("flush the index: %w", ctx.Err())
		}
		q.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

// next waits for a batch; nil when the index is closed.
func (x *Index) next() *batch {
	q := &x.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed {
		b, until := q.take(x.cfg.Batch, x.cfg.Linger, time.Now())
		if b != nil {
			return b
		}
		changed := q.changed
		q.mu.Unlock()
		wait(changed, until)
		q.mu.Lock()
	}
	return nil
}

// wait waits for a change, or until a time when that is not zero.
func wait(changed <-chan struct{}, until time.Time) {
	if until.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

// write is one writer: it makes batches durable one after another until the
// index is closed.
func (x *Index) write() {
	b := newBuilder()
	for {
		batch := x.next()
		if batch == nil {
			return
		}
		fresh, ok := x.land(b, batch)
		if !ok {
			return
		}
		b = fresh
		x.queue.land(batch)
	}
}

// land writes a batch until it is durable; it gives up only when the index is
// closed. The builder to go on with may be another one.
func (x *Index) land(b *builder, batch *batch) (*builder, bool) {
	docs := x.buildAll(b, batch.entries)
	if docs == nil {
		return b, false
	}
	start := time.Now()
	for pause := pauseMin; ; pause = min(2*pause, pauseMax) {
		err := x.put(docs, batch.carries)
		if err == nil {
			x.recovered()
			x.m.items.Add(float64(len(docs)))
			x.m.batches.Inc()
			x.m.seconds.Observe(time.Since(start).Seconds())
			b.reset()
			return b, true
		}
		if x.ctx.Err() != nil {
			return b, false
		}
		x.m.errors.Inc()
		x.troubled(err)
		if p, ok := errors.AsType[*panicError](err); ok {
			x.log.ErrorContext(x.ctx, "index engine panicked", "panic", p.Error(), "stack", string(p.stack))
			if docs = x.sift(docs, batch.entries); docs == nil {
				return b, false
			}
		} else if errors.Is(err, errStuck) {
			// The engine may still be reading these documents: leave them to it.
			b = newBuilder()
			if docs = x.buildAll(b, batch.entries); docs == nil {
				return b, false
			}
		}
		if !x.pause(pause) {
			return b, false
		}
	}
}

const (
	pauseMin = 100 * time.Millisecond
	pauseMax = 2 * time.Second
)

// pause waits, and reports false when the index is closed.
func (x *Index) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.ctx.Done():
		return false
	}
}

// put writes documents and a position in one batch of the engine, which it opens
// again when it is stuck.
func (x *Index) put(docs []*document, at position) error {
	b := api.NewBatch()
	for _, d := range docs {
		b.Update(d)
	}
	if at.seq > 0 {
		b.SetInternal(positionKey(), at.encode())
	}
	x.engineMu.RLock()
	e := x.engine
	x.engineMu.RUnlock()
	err := e.write(x.ctx, b, x.cfg.Stall)
	if errors.Is(err, errStuck) && x.ctx.Err() == nil {
		if e := x.reopen(e); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
}

// reopen replaces a stuck engine. The position it comes back with is not above
// what has landed, so nothing is to be corrected.
func (x *Index) reopen(stuck *engine) error {
	x.engineMu.Lock()
	defer x.engineMu.Unlock()
	if x.engine != stuck {
		return nil // the other writer has done it
	}
	x.log.ErrorContext(x.ctx, "index engine is stuck, opening it again")
	if err := stuck.close(); err != nil {
		return err
	}
	e, err := openEngine(x.dir, x.cfg.OpenTimeout, x.asyncError)
	if err != nil {
		return err
	}
	x.engine = e
	x.m.reopened.Inc()
	return nil
}

// buildAll makes the documents of the entries, the last of each id only, and
// parks those that cannot be made. It returns nil when the index is closed.
func (x *Index) buildAll(b *builder, entries []pendingEntry) []*document {
	docs := make([]*document, 0, len(entries))
	last := make(map[string]int, len(entries))
	for i, e := range entries {
		last[e.doc] = i
	}
	for i, e := range entries {
		if last[e.doc] != i {
			continue
		}
		var d *document
		var err error
		for range tries {
			if d, err = b.tryBuild(e.Entry); err == nil {
				break
			}
		}
		if err == nil {
			docs = append(docs, d)
		} else if !x.park(e.Entry, err) {
			return nil
		}
	}
	return docs
}

// tries is how often an item may fail alone before it is parked.
const tries = 3

// tryBuild is build, with a panic as an error.
func (b *builder) tryBuild(e Entry) (d *document, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			b.analyzer = newBuilder().analyzer // its buffers may be in disorder
		}
	}()
	return b.build(e.Tagged)
}

// sift finds, after the engine has panicked over a batch, the documents over
// which it panics alone, and parks them. It returns the others, or nil when the
// index is closed.
func (x *Index) sift(docs []*document, entries []pendingEntry) []*document {
	good := make([]*document, 0, len(docs))
	for _, d := range docs {
		var err error
		for range tries {
			if err = x.put([]*document{d}, position{}); err == nil {
				break
			}
		}
		if x.ctx.Err() != nil {
			return nil
		}
		if _, ok := errors.AsType[*panicError](err); !ok {
			good = append(good, d)
			continue
		}
		for _, e := range slices.Backward(entries) {
			if e.doc == d.id {
				if !x.park(e.Entry, err) {
					return nil
				}
				break
			}
		}
	}
	return good
}

// park hands an item that cannot be indexed to its keeper, for as long as it
// takes. It reports false when the index is closed.
func (x *Index) park(e Entry, reason error) bool {
	x.m.parked.Inc()
	x.log.ErrorContext(x.ctx, "item cannot be indexed", "item", string(e.Tagged.Item.ID), "seq", e.Seq, "err", reason)
	if x.cfg.Park == nil {
		return true
	}
	for pause := pauseMin; ; pause = min(2*pause, pauseMax) {
		err := x.cfg.Park(x.ctx, e, "index: "+reason.Error())
		if err == nil {
			return true
		}
		x.troubled(fmt.Errorf("park an item: %w", err))
		if !x.pause(pause) {
			return false
		}
	}
}
