package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// queuesBucket keeps where each queue began.
const queuesBucket = "QUEUES"

// maxPending is how many jobs of a queue may wait for an answer or for their
// next try. Above it the queue gives out no new ones.
const maxPending = 50_000

// A Queue gives each record of a topic to one of its callers until one says
// that it is done with: at least once, over restarts, not in order. Several
// goroutines and processes may share it.
type Queue[T any] struct {
	topic *Topic[T]
	name  string
	key   string // durable name on the server

	mu sync.Mutex
	c  jetstream.Consumer // nil: to be made
}

// A Job is one record at work. Exactly one of its methods Ack and RetryIn is
// called; without a call the record comes again after the configured AckWait.
type Job[T any] struct {
	Record[T]
	// Attempt counts how often the record has been given out: 1 the first time.
	// After a crash it may be too low.
	Attempt int

	msg  jetstream.Msg
	wait time.Duration
}

// Queue opens the queue of that name. A new queue begins behind the last record
// of the stream; it has the records published from then on, however long nobody
// asks for them. Should the server lose the queue's state, it begins there
// again: the caller's ledger knows what has been done.
func (t *Topic[T]) Queue(ctx context.Context, name string) (*Queue[T], error) {
	q := &Queue[T]{topic: t, name: name, key: encodeKey(name)}
	if name == "" || len(q.key) > 200 {
		return nil, Permanent(fmt.Errorf("%q is no name for a queue", name))
	}
	err := t.bus.retry(ctx, func(ctx context.Context) error {
		if t.bus.server != nil {
			if err := q.rewind(ctx); err != nil {
				return err
			}
		}
		_, err := q.consumer(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", name, err)
	}
	return q, nil
}

// rewind makes the queue begin again behind the last record before which every
// one is done with. An embedded server has no other client, so what had been
// given out was given to a process that is dead: without this it would come
// back only after AckWait. Records that were done with beyond that place come
// again too; the caller's ledger knows them.
func (q *Queue[T]) rewind(ctx context.Context) error {
	b := q.topic.bus
	c, err := b.js.Consumer(ctx, string(q.topic.stream), q.key)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	last, err := b.lastSeq(ctx, q.topic.stream)
	if err != nil {
		return err
	}
	start, err := q.start(ctx)
	if err != nil {
		return err
	}
	if next := min(c.CachedInfo().AckFloor.Stream, last) + 1; next > start {
		if err := q.setStart(ctx, next); err != nil {
			return err
		}
	}
	return b.js.DeleteConsumer(ctx, string(q.topic.stream), q.key)
}

// consumer returns the queue's consumer, and makes it when it is not there.
func (q *Queue[T]) consumer(ctx context.Context) (jetstream.Consumer, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.c != nil {
		return q.c, nil
	}
	start, err := q.start(ctx)
	if err != nil {
		return nil, err
	}
	b := q.topic.bus
	ctx, cancel := context.WithTimeout(ctx, b.cfg.AckTimeout)
	defer cancel()
	c, err := b.js.CreateOrUpdateConsumer(ctx, string(q.topic.stream), jetstream.ConsumerConfig{
		Durable:       q.key,
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   start,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       b.cfg.AckWait,
		MaxDeliver:    -1,
		MaxAckPending: maxPending,
	})
	if err != nil {
		return nil, err
	}
	q.c = c
	return c, nil
}

// start returns the sequence at which the queue begins, noted durably before
// the consumer is made for the first time.
func (q *Queue[T]) start(ctx context.Context) (uint64, error) {
	data, ok, err := q.topic.bus.queues.Get(ctx, q.startKey())
	if err != nil {
		return 0, err
	}
	if ok {
		if n, err := strconv.ParseUint(string(data), 10, 64); err == nil {
			return n, nil
		}
	}
	last, err := q.topic.bus.lastSeq(ctx, q.topic.stream)
	if err != nil {
		return 0, err
	}
	return last + 1, q.setStart(ctx, last+1)
}

// setStart notes durably where the queue begins.
func (q *Queue[T]) setStart(ctx context.Context, seq uint64) error {
	return q.topic.bus.queues.Put(ctx, q.startKey(), strconv.AppendUint(nil, seq, 10))
}

func (q *Queue[T]) startKey() string { return string(q.topic.stream) + "/" + q.name }

// forget makes the next call make the consumer anew.
func (q *Queue[T]) forget(c jetstream.Consumer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.c == c {
		q.c = nil
	}
}

// Next waits for a job until ctx ends, and then returns ctx's error. A record
// that cannot be decoded is parked under the queue's name and passed over.
func (q *Queue[T]) Next(ctx context.Context) (Job[T], error) {
	b := q.topic.bus
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer b.atEnd(func() { cancel(ErrClosed) })()
	pauses := newBackoff(50*time.Millisecond, 5*time.Second)
	for {
		msg, err := q.fetch(ctx)
		if ctx.Err() != nil && msg == nil {
			return Job[T]{}, fmt.Errorf("queue %s: %w", q.name, context.Cause(ctx))
		}
		if err != nil {
			b.log.WarnContext(ctx, "a queue is interrupted", "stream", q.topic.stream, "queue", q.name, "err", err)
			b.health.suspect()
			pauses.pause(ctx, b.renewed.wait())
			continue
		}
		pauses.reset()
		if msg == nil {
			continue
		}
		job, err := q.job(ctx, msg)
		if err != nil {
			return Job[T]{}, fmt.Errorf("queue %s: %w", q.name, err)
		}
		if job.msg != nil {
			return job, nil
		}
	}
}

// Waiting returns how many records the queue has still to give out, or has given
// out and not seen done: those that wait for their next try included.
func (q *Queue[T]) Waiting(ctx context.Context) (uint64, error) {
	var n uint64
	err := q.topic.bus.retry(ctx, func(ctx context.Context) error {
		c, err := q.consumer(ctx)
		if err != nil {
			return err
		}
		info, err := c.Info(ctx)
		if err != nil {
			q.forget(c)
			return err
		}
		n = info.NumPending + uint64(max(info.NumAckPending, 0)) //nolint:gosec // not negative
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("queue %s: %w", q.name, err)
	}
	return n, nil
}

// fetch waits for one message; nil when none came for a while.
func (q *Queue[T]) fetch(ctx context.Context) (jetstream.Msg, error) {
	c, err := q.consumer(ctx)
	if err != nil {
		return nil, err
	}
	renewed := q.topic.bus.renewed.wait()
	// A context with a deadline would set the request's expiry and turn its
	// heartbeats off.
	fetching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	batch, err := c.Fetch(1, jetstream.FetchContext(fetching))
	if err != nil {
		q.forget(c)
		return nil, err
	}
	for {
		select {
		case m, ok := <-batch.Messages():
			if ok {
				return m, nil
			}
			if err := batch.Error(); err != nil && fetching.Err() == nil {
				q.forget(c)
				return nil, err
			}
			return nil, nil
		case <-renewed:
			// What was asked of the server before its restart is forgotten.
			q.forget(c)
			renewed = nil
			cancel()
		}
	}
}

// job decodes msg; a Job without a message when it was parked.
func (q *Queue[T]) job(ctx context.Context, msg jetstream.Msg) (Job[T], error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Job[T]{}, err
	}
	r := raw{seq: meta.Sequence.Stream, stored: meta.Timestamp.UTC(), subject: msg.Subject(), id: msg.Headers().Get(nats.MsgIdHdr), data: msg.Data()}
	rec, err := q.topic.record(r)
	if err != nil {
		if err := q.topic.bus.Park(ctx, parkedOf(q.name, q.topic.stream, r, 1, err)); err != nil {
			return Job[T]{}, err
		}
		return Job[T]{}, msg.Term()
	}
	return Job[T]{
		Record: rec, Attempt: int(meta.NumDelivered), //nolint:gosec // a count of deliveries
		msg: msg, wait: q.topic.bus.cfg.AckTimeout,
	}, nil
}

// Ack says that the record is done with. An error means that it may come again.
func (j Job[T]) Ack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, j.wait)
	defer cancel()
	if err := j.msg.DoubleAck(ctx); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return fmt.Errorf("acknowledge record %d: %w", j.Seq, err)
	}
	return nil
}

// RetryIn gives the record back, to come again after d. An error means that it
// comes after AckWait instead.
func (j Job[T]) RetryIn(_ context.Context, d time.Duration) error {
	if err := j.msg.NakWithDelay(d); err != nil {
		return fmt.Errorf("give record %d back: %w", j.Seq, err)
	}
	return nil
}

// InProgress asks for another AckWait.
func (j Job[T]) InProgress() error {
	if err := j.msg.InProgress(); err != nil {
		return fmt.Errorf("keep record %d: %w", j.Seq, err)
	}
	return nil
}
