package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// maxBatch is how many records go into one atomic batch (the server takes
	// 1,000).
	maxBatch = 1000
	// maxBatchBytes bounds them too, since the server stages a batch before it
	// stores it.
	maxBatchBytes = 4 << 20
	// minBatch is where a batch begins to be cheaper than single records.
	minBatch = 16
	// headerRoom is what a record's headers may take of the server's limit.
	headerRoom = 1024
)

// Publish appends values to the stream, in order. It returns nil when all of
// them are durable. Concurrent calls share batches. A value whose id the server
// has seen in the last two minutes counts as published.
//
// While the server is full or away Publish waits and tries again until ctx
// ends; the error then wraps ErrFull or ErrUnavailable, and ctx's. After an
// error any part of values may have been published; publishing them again is
// right. A value that can never be published (too large, no valid id, not
// encodable) is a Permanent error, and none of values is published.
func (t *Topic[T]) Publish(ctx context.Context, values []T) error {
	if len(values) == 0 {
		return nil
	}
	c := &call{ctx: ctx, left: len(values), done: make(chan struct{})}
	entries := make([]entry, len(values))
	limit := int(t.bus.nc.MaxPayload()) - headerRoom
	// One buffer for all values: it grows to the size of the call once instead
	// of once per value.
	var buf []byte
	ends := make([]int, len(values))
	for i, v := range values {
		id := t.id(v)
		if err := checkID(id); err != nil {
			return fmt.Errorf("publish to %s: %w", t.stream, err)
		}
		start := len(buf)
		var err error
		if buf, err = t.codec.Append(buf, v); err != nil {
			return fmt.Errorf("publish to %s: record %s: %w", t.stream, id, Permanent(err))
		}
		if n := len(buf) - start; n > limit {
			return fmt.Errorf("publish to %s: record %s: %w", t.stream, id,
				Permanent(fmt.Errorf("%w: %d bytes, the server takes %d", ErrTooLarge, n, limit)))
		}
		entries[i] = entry{id: id, call: c}
		ends[i] = len(buf)
	}
	start := 0
	for i, end := range ends {
		entries[i].data = buf[start:end:end]
		start = end
	}

	if err := t.pub.add(entries); err != nil {
		return fmt.Errorf("publish to %s: %w", t.stream, err)
	}
	select {
	case <-c.done:
		if c.err != nil {
			return fmt.Errorf("publish to %s: %w", t.stream, c.err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("publish to %s: %w", t.stream, errors.Join(t.pub.why(), context.Cause(ctx)))
	case <-t.bus.life.Done():
		return fmt.Errorf("publish to %s: %w", t.stream, ErrClosed)
	}
}

// A call is one Publish. left and err belong to the publisher's goroutine until
// done is closed.
type call struct {
	ctx  context.Context //nolint:containedctx // the caller's, so that the publisher can drop what nobody waits for
	left int
	err  error
	done chan struct{}
}

// finish notes that n of the call's entries are durable.
func (c *call) finish(n int) {
	if c.left -= n; c.left == 0 {
		close(c.done)
	}
}

// fail ends the call.
func (c *call) fail(err error) {
	if c.left > 0 {
		c.left, c.err = 0, err
		close(c.done)
	}
}

// over reports whether nobody waits for the call any more.
func (c *call) over() bool { return c.left <= 0 || c.ctx.Err() != nil }

type entry struct {
	id   string
	data []byte
	call *call
}

// A publisher writes the records of one subject: one batch at a time, in the
// order of the calls, whatever happens. Only so may a reader conclude from a
// stream's last record that everything before has been published.
type publisher struct {
	bus     *Bus
	stream  Stream
	subject string

	mu     sync.Mutex
	queue  []entry
	busy   bool  // a batch is at work
	stuck  error // why it does not get through
	closed bool
	wake   chan struct{}
	rest   signal

	// The rest belongs to the goroutine.
	msg     *nats.Msg // reused: sending copies it
	several bool      // the last batch had several callers
	doubt   time.Time // since when the outcome of the batch at work is unknown
	acked   uint64    // our own records lie at or below this, or are at work
}

// publisher returns the publisher of a lane, and starts it when it is new.
func (b *Bus) publisher(s Stream, lane string) *publisher {
	subject := s.subject(lane)
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.publishers[subject]
	if !ok {
		p = &publisher{bus: b, stream: s, subject: subject, wake: make(chan struct{}, 1), msg: newMsg(subject)}
		p.acked = b.last[s]
		b.publishers[subject] = p
		b.wg.Go(func() { p.run(b.life) })
	}
	return p
}

// add queues entries.
func (p *publisher) add(es []entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.bus.closing.Load() {
		return ErrClosed
	}
	p.queue = append(p.queue, es...)
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return nil
}

// why returns what keeps the publisher from getting on, or nil.
func (p *publisher) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stuck
}

func (p *publisher) setStuck(err error) {
	p.mu.Lock()
	p.stuck = err
	p.mu.Unlock()
}

// quiet reports whether nothing waits to be published.
func (p *publisher) quiet() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) == 0 && !p.busy
}

// idle returns a channel that is closed when nothing waits to be published.
func (p *publisher) idle() <-chan struct{} {
	ch := p.rest.wait()
	if p.quiet() {
		p.rest.raise()
	}
	return ch
}

func (p *publisher) run(ctx context.Context) {
	for {
		batch := p.next(ctx)
		if batch == nil {
			break
		}
		p.commit(ctx, batch)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed, p.busy = true, false
	for _, e := range p.queue {
		e.call.fail(ErrClosed)
	}
	p.queue = nil
	p.rest.raise()
}

// next waits for entries and returns those of the next batch; nil at the end.
func (p *publisher) next(ctx context.Context) []entry {
	gathered := false
	for {
		p.mu.Lock()
		n, full := p.cut()
		if n > 0 && (full || gathered || !p.several || p.bus.cfg.Gather <= 0) {
			batch := p.queue[:n:n]
			p.queue = p.queue[n:]
			if len(p.queue) == 0 {
				p.queue = nil // the batch owns the array now
			}
			p.busy = true
			p.mu.Unlock()
			p.several = batch[0].call != batch[n-1].call
			return batch
		}
		if n == 0 {
			p.busy = false
			p.rest.raise()
		}
		p.mu.Unlock()
		if n == 0 {
			select {
			case <-p.wake:
			case <-ctx.Done():
				return nil
			}
			continue
		}
		gathered = p.gather(ctx)
		if ctx.Err() != nil {
			return nil
		}
	}
}

// gather waits for further callers, and reports whether it waited long enough.
func (p *publisher) gather(ctx context.Context) bool {
	t := time.NewTimer(p.bus.cfg.Gather)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			return true
		case <-ctx.Done():
			return true
		case <-p.wake:
			p.mu.Lock()
			_, full := p.cut()
			p.mu.Unlock()
			if full {
				return true
			}
		}
	}
}

// cut returns how many entries of the queue fit into one batch, and whether no
// more would. The lock is held.
func (p *publisher) cut() (n int, full bool) {
	size := 0
	for n < len(p.queue) {
		size += len(p.queue[n].data)
		if n > 0 && size > maxBatchBytes {
			return n, true
		}
		if n++; n == maxBatch {
			return n, true
		}
	}
	return n, false
}

// commit makes the batch durable, however long that takes; what nobody waits
// for any more is left out.
func (p *publisher) commit(ctx context.Context, batch []entry) {
	defer p.setStuck(nil)
	for len(batch) > 0 {
		var repeats []entry
		batch, repeats = unique(batch)
		p.commitUnique(ctx, batch)
		batch = repeats
	}
}

func (p *publisher) commitUnique(ctx context.Context, batch []entry) {
	p.doubt = time.Time{}
	pauses := newBackoff(50*time.Millisecond, 5*time.Second)
	for {
		batch = waiting(batch)
		if len(batch) == 0 {
			return
		}
		changed, err := p.bus.health.get()
		if err == nil {
			before := len(batch)
			batch, err = p.try(ctx, batch)
			if len(batch) < before {
				p.doubt = time.Time{}
				pauses.reset()
			}
			if err == nil {
				continue
			}
			if unknownOutcome(err) && p.doubt.IsZero() {
				p.doubt = time.Now()
			}
			err = publishError(err)
			if IsPermanent(err) {
				batch[0].call.fail(err)
				continue
			}
			p.bus.health.suspect()
		}
		p.setStuck(err)
		p.bus.metrics.refused.WithLabelValues(string(p.stream), reason(err)).Inc()
		if !pauses.pause(ctx, changed) {
			for _, e := range batch {
				e.call.fail(ErrClosed)
			}
			return
		}
	}
}

// reason is err as a metric label.
func reason(err error) string {
	if errors.Is(err, ErrFull) {
		return "full"
	}
	return "unavailable"
}

// done tells the callers that their entries are durable.
func (p *publisher) done(batch []entry) {
	for i := 0; i < len(batch); {
		c, n := batch[i].call, 0
		for ; i < len(batch) && batch[i].call == c; i++ {
			n++
		}
		if !c.over() {
			c.finish(n)
		}
	}
	if len(batch) > 0 {
		p.bus.metrics.published.WithLabelValues(string(p.stream)).Add(float64(len(batch)))
	}
}

// waiting returns the entries whose callers still wait.
func waiting(batch []entry) []entry {
	var last *call
	over, gone := false, 0
	for _, e := range batch {
		if e.call != last {
			last, over = e.call, e.call.over()
		}
		if over {
			gone++
		}
	}
	if gone == 0 {
		return batch
	}
	kept := make([]entry, 0, len(batch)-gone)
	for _, e := range batch {
		if !e.call.over() {
			kept = append(kept, e)
		}
	}
	return kept
}

// unique takes the repeats of an id out of the batch: the server refuses a
// batch that has one.
func unique(batch []entry) (kept, repeats []entry) {
	if len(batch) == 1 {
		return batch, nil
	}
	seen := make(map[string]struct{}, len(batch))
	kept = batch[:0:0]
	for i, e := range batch {
		if _, ok := seen[e.id]; ok {
			if repeats == nil {
				kept = append(kept, batch[:i]...)
			}
			repeats = append(repeats, e)
			continue
		}
		seen[e.id] = struct{}{}
		if repeats != nil {
			kept = append(kept, e)
		}
	}
	if repeats == nil {
		return batch, nil
	}
	return kept, repeats
}

// try sends the batch once and returns what of it is not known to be durable.
func (p *publisher) try(ctx context.Context, batch []entry) ([]entry, error) {
	if !p.doubt.IsZero() && time.Since(p.doubt) > p.bus.cfg.Duplicates/2 {
		// The server is about to forget, or has forgotten, what it may have
		// stored of the batch: look instead of repeating.
		return p.look(ctx, batch)
	}
	start := time.Now()
	n, err := p.send(ctx, batch)
	p.bus.metrics.seconds.WithLabelValues(string(p.stream)).Observe(time.Since(start).Seconds())
	p.done(batch[:n])
	return batch[n:], err
}

// look reads what the stream has got since our last acknowledgement and returns
// what of the batch is not there. That settles the doubt: the rest can be sent
// as if it were new.
func (p *publisher) look(ctx context.Context, batch []entry) ([]entry, error) {
	have, err := p.bus.idsAfter(ctx, p.stream, p.acked)
	if err != nil {
		return batch, err
	}
	var found, missing []entry
	for _, e := range batch {
		if _, ok := have[e.id]; ok {
			found = append(found, e)
		} else {
			missing = append(missing, e)
		}
	}
	p.done(found)
	p.doubt = time.Time{}
	return missing, nil
}
