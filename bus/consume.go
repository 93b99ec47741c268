package bus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

const (
	// consumeBatch is the most a handler is given at once.
	consumeBatch = 1000
	// tries is how often a single record is given to a handler that fails it
	// for good, before it is parked.
	tries = 3
)

// A Handler processes records in order. It returns nil when their effect is
// durable (or kept track of elsewhere). Any other error means that the same
// records come again; Permanent, or a panic, that one of them cannot be
// processed. It may keep the slice.
type Handler[T any] func(ctx context.Context, batch []Record[T]) error

// Consume gives the records behind after to handle, in order, in batches of
// what is at hand (up to 1000), and waits for new ones until ctx ends, which
// makes it return nil.
//
// A handler's error is retried with growing pauses for as long as it takes. A
// panic or Permanent error makes the batch be split until the record that
// causes it stands alone; after three tries that one is parked under the
// stage's name with the reason. So is a record that cannot be decoded.
//
// Consume survives restarts and reconnects of the server. It returns
// an error that wraps ErrDiverged when the stream does not hold the record that
// after names (see Check), at the start or after such a restart, and ErrClosed
// when the bus is closed under it.
func (t *Topic[T]) Consume(ctx context.Context, stage string, after Position, handle Handler[T]) error {
	return t.consume(ctx, &reader[T]{topic: t, stage: stage, pos: after, handle: handle})
}

// ReadAll gives the records behind after to handle as Consume does, up to the
// one that is the last when it is called, and then returns nil; ctx's error
// when that ends first.
func (t *Topic[T]) ReadAll(ctx context.Context, stage string, after Position, handle Handler[T]) error {
	last, err := t.LastSeq(ctx)
	if err != nil || last <= after.Seq {
		return err
	}
	r := &reader[T]{topic: t, stage: stage, pos: after, handle: handle, until: last}
	if err := t.consume(ctx, r); err != nil {
		return err
	}
	if r.pos.Seq < last {
		return fmt.Errorf("stage %s: %w", stage, context.Cause(ctx))
	}
	return nil
}

// consume runs r until it is done, ctx ends or the bus is closed.
func (t *Topic[T]) consume(ctx context.Context, r *reader[T]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer t.bus.atEnd(cancel)()

	t.bus.noteDone(r.stage, r.pos.Seq)
	pauses := newBackoff(50*time.Millisecond, 5*time.Second)
	for {
		before := r.pos.Seq
		err := r.run(ctx)
		switch {
		case r.finished():
			return nil
		case t.bus.life.Err() != nil:
			return ErrClosed
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrDiverged):
			return fmt.Errorf("stage %s: %w", r.stage, err)
		}
		t.bus.log.WarnContext(ctx, "reading is interrupted", "stream", t.stream, "stage", r.stage, "seq", r.pos.Seq, "err", err)
		t.bus.health.suspect()
		if r.pos.Seq != before {
			pauses.reset()
		}
		if !pauses.pause(ctx, t.bus.renewed.wait()) {
			continue // to the reason
		}
	}
}

// A reader is one Consume at work.
type reader[T any] struct {
	topic  *Topic[T]
	stage  string
	pos    Position // of the last record done with
	handle Handler[T]
	raws   []raw
	until  uint64 // the last record to read; 0: for ever
}

// finished reports whether all that was asked for has been read.
func (r *reader[T]) finished() bool { return r.until > 0 && r.pos.Seq >= r.until }

// run reads with one consumer until that is lost.
func (r *reader[T]) run(ctx context.Context) error {
	t := r.topic
	if err := t.Check(ctx, r.pos); err != nil {
		return err
	}
	p, err := t.bus.openPuller(ctx, t.stream, r.pos.Seq+1, false)
	if err != nil {
		return err
	}
	defer p.close()
	for !r.finished() {
		r.raws, err = p.receive(ctx, r.raws[:0], consumeBatch)
		if err != nil {
			return err
		}
		for rest := r.raws; len(rest) > 0; {
			n, err := r.durable(ctx, p, rest)
			if err != nil {
				return err
			}
			if err := r.hand(ctx, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		clear(r.raws)
	}
	return nil
}

// durable waits until the first of raws are known to be durable, and returns
// how many are. The embedded server shows the records of a batch that then
// fails on a full disk; an effect of such a record would refer to nothing.
func (r *reader[T]) durable(ctx context.Context, p *puller, raws []raw) (int, error) {
	b, s := r.topic.bus, r.topic.stream
	if b.server == nil {
		return len(raws), nil // others publish too: what they know is not ours to know
	}
	for {
		advanced := b.advanced.wait()
		known, n := b.lastKnown(s), len(raws)
		for n > 0 && raws[n-1].seq > known {
			n--
		}
		if n > 0 {
			return n, nil
		}
		if err := r.hold(ctx, p, advanced); err != nil {
			return 0, err
		}
	}
}

// hold waits for advanced.
func (r *reader[T]) hold(ctx context.Context, p *puller, advanced <-chan struct{}) error {
	r.topic.bus.holding.Add(1)
	defer r.topic.bus.holding.Add(-1)
	select {
	case <-advanced:
		return nil
	case <-p.renewed:
		return fmt.Errorf("%w: the server has been restarted", errLost)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hand decodes records, gives them to the handler and moves the position.
func (r *reader[T]) hand(ctx context.Context, raws []raw) error {
	batch, err := r.decode(ctx, raws)
	if err != nil {
		return err
	}
	if err := r.process(ctx, batch); err != nil {
		return err
	}
	last := raws[len(raws)-1]
	r.pos = Position{last.seq, last.id}
	r.topic.bus.noteDone(r.stage, last.seq)
	r.topic.bus.metrics.consumed.WithLabelValues(string(r.topic.stream), r.stage).Add(float64(len(batch)))
	return nil
}

// decode turns the raw records into values, and parks those that are none.
func (r *reader[T]) decode(ctx context.Context, raws []raw) ([]Record[T], error) {
	t := r.topic
	batch := make([]Record[T], 0, len(raws))
	for _, m := range raws {
		rec, err := t.record(m)
		if err != nil {
			if err := t.bus.Park(ctx, parkedOf(r.stage, t.stream, m, 1, err)); err != nil {
				return nil, err
			}
			continue
		}
		batch = append(batch, rec)
	}
	return batch, nil
}

// record decodes m. A panic of the codec is an error of the record.
func (t *Topic[T]) record(m raw) (rec Record[T], err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	rec = Record[T]{Seq: m.seq, ID: m.id, Lane: t.stream.lane(m.subject), Stored: m.stored}
	if err := t.codec.Decode(m.data, &rec.Value); err != nil {
		return rec, fmt.Errorf("decode: %w", err)
	}
	return rec, nil
}

// process gives the batch to the handler until all of it is done with or
// parked. It fails only when ctx ends.
func (r *reader[T]) process(ctx context.Context, batch []Record[T]) error {
	if len(batch) == 0 {
		return nil
	}
	b := r.topic.bus
	failures := func(kind string) { b.metrics.failures.WithLabelValues(string(r.topic.stream), r.stage, kind).Inc() }
	pauses := newBackoff(100*time.Millisecond, 30*time.Second)
	for try := 1; ; {
		err := r.call(ctx, batch)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case !IsPermanent(err):
			failures("transient")
			b.log.WarnContext(ctx, "a stage fails and will be tried again", "stage", r.stage, "stream", r.topic.stream,
				"first_seq", batch[0].Seq, "records", len(batch), "pause", pauses.next, "err", err)
		case len(batch) > 1:
			failures("permanent")
			half := len(batch) / 2
			if err := r.process(ctx, batch[:half:half]); err != nil {
				return err
			}
			return r.process(ctx, batch[half:])
		case try < tries:
			failures("permanent")
			try++
		default:
			failures("permanent")
			rec := batch[0]
			return b.Park(ctx, Parked{
				Stage: r.stage, Stream: r.topic.stream, Seq: rec.Seq, ID: rec.ID,
				Reason: err.Error(), Tries: tries,
			})
		}
		if !pauses.pause(ctx, nil) {
			return ctx.Err()
		}
	}
}

// call runs the handler once; a panic is a Permanent error.
func (r *reader[T]) call(ctx context.Context, batch []Record[T]) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = Permanent(fmt.Errorf("panic: %v", v))
			r.topic.bus.log.ErrorContext(ctx, "a stage panicked", "stage", r.stage, "stream", r.topic.stream,
				"first_seq", batch[0].Seq, "records", len(batch), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	return r.handle(ctx, batch)
}
