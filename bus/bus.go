package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// A Bus is an open log. It is safe for concurrent use.
type Bus struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	server  *embedded // nil with an external server
	nc      *nats.Conn
	js      jetstream.JetStream

	health health
	// renewed is raised when the server has been restarted or reached again:
	// consumers made before may be gone.
	renewed signal

	// advanced is raised when more is known to be durable; holding counts the
	// readers that wait for it.
	advanced signal
	holding  atomic.Int32

	batchPrefix string
	batchSerial atomic.Uint64

	mu         sync.Mutex
	publishers map[string]*publisher // by subject
	last       map[Stream]uint64     // highest sequence known to be durable
	done       map[string]uint64     // what each stage has done with, by its name
	queues     *KV                   // where each queue began

	life    context.Context // ends with Close
	end     context.CancelFunc
	closing atomic.Bool
	wg      sync.WaitGroup
}

// Open starts the embedded server on dir, or connects to cfg.URL, and takes the
// streams into being. It waits for the server's recovery, until ctx ends; the
// bus itself outlives ctx, until Close. The caller has validated cfg and holds
// the lock of the data folder: two servers on one folder destroy records.
// reg may be nil.
func Open(ctx context.Context, cfg Config, dir string, log *slog.Logger, reg prometheus.Registerer) (_ *Bus, err error) {
	b := &Bus{
		cfg:     cfg.withDefaults(),
		log:     log,
		metrics: newMetrics(reg),
		// Batch ids must differ between the processes that share a server.
		batchPrefix: strconv.FormatUint(rand.Uint64(), 36) + "-",
		publishers:  make(map[string]*publisher),
		last:        make(map[Stream]uint64),
		done:        make(map[string]uint64),
	}
	b.life, b.end = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close(ctx))
		}
	}()

	if b.cfg.URL == "" {
		if b.server, err = startEmbedded(ctx, b.cfg, dir, log); err != nil {
			return nil, fmt.Errorf("open bus: %w", err)
		}
		b.nc, err = b.server.connect(b.connOptions())
	} else {
		b.nc, err = b.connect()
	}
	if err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	if b.js, err = jetstream.New(b.nc, jetstream.WithDefaultTimeout(b.cfg.AckTimeout)); err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	if err := b.ensureStreams(ctx); err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	if b.queues, err = b.KV(ctx, queuesBucket); err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	if b.server == nil {
		b.checkDurability(ctx)
	}
	b.checkHealth(ctx)
	b.wg.Go(func() { b.supervise(b.life) })
	return b, nil
}

// drainTime bounds what Close waits for publishes at work, so that a stop of
// the whole process stays under five seconds.
const drainTime = 2 * time.Second

// Close refuses new records, lets the publishes at work end, and stops the
// server. It takes less than five seconds and is called once, after the readers
// have ended.
func (b *Bus) Close(ctx context.Context) error {
	b.closing.Store(true)
	b.drain(ctx)
	b.end()
	b.wg.Wait()
	if b.nc != nil {
		b.nc.Close()
	}
	if b.server != nil {
		return b.server.stop(ctx)
	}
	return nil
}

// atEnd calls f when the bus is closed, unless stop has been called.
func (b *Bus) atEnd(f func()) (stop func() bool) { return context.AfterFunc(b.life, f) }

// drain waits until no publisher has a record waiting.
func (b *Bus) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	b.mu.Lock()
	ps := make([]*publisher, 0, len(b.publishers))
	for _, p := range b.publishers {
		ps = append(ps, p)
	}
	b.mu.Unlock()
	for _, p := range ps {
		select {
		case <-p.idle():
		case <-ctx.Done():
		}
	}
}

// noteLast remembers that all of s up to seq is durable.
func (b *Bus) noteLast(s Stream, seq uint64) {
	b.mu.Lock()
	more := seq > b.last[s]
	if more {
		b.last[s] = seq
	}
	b.mu.Unlock()
	if more {
		b.advanced.raise()
	}
}

// noteDone remembers that stage has done with everything up to seq.
func (b *Bus) noteDone(stage string, seq uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done[stage] = seq
}

// Done returns the sequence up to which a stage of this process has handled or
// parked every record of its stream; 0 when it has not begun to read.
func (b *Bus) Done(stage string) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.done[stage]
}

// lastKnown returns the highest sequence of s that is known to be durable.
func (b *Bus) lastKnown(s Stream) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last[s]
}

// retry calls do until it succeeds, fails for good or ctx ends. do is given a
// context with the time for one try.
func (b *Bus) retry(ctx context.Context, do func(context.Context) error) error {
	pauses := newBackoff(100*time.Millisecond, 5*time.Second)
	for {
		if b.closing.Load() {
			return ErrClosed
		}
		try, cancel := context.WithTimeout(ctx, b.cfg.AckTimeout)
		err := do(try)
		cancel()
		if err == nil || IsPermanent(err) {
			return err
		}
		bad := badRequest(err)
		err = publishError(err)
		if bad && !errors.Is(err, ErrFull) {
			err = Permanent(err)
		}
		if IsPermanent(err) {
			return err
		}
		b.health.suspect()
		if !pauses.pause(ctx, b.renewed.wait()) {
			return fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
	}
}
