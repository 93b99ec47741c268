package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// health is what the supervision last found.
type health struct {
	mu      sync.Mutex
	err     error
	changed signal
	doubt   signal
}

// get returns a channel that is closed at the next change, and what is wrong
// now.
func (h *health) get() (<-chan struct{}, error) {
	changed := h.changed.wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	return changed, h.err
}

// set notes what is wrong and reports whether that is news.
func (h *health) set(err error) bool {
	h.mu.Lock()
	news := (err == nil) != (h.err == nil)
	h.err = err
	h.mu.Unlock()
	if news {
		h.changed.raise()
	}
	return news
}

// suspect makes the supervision look now.
func (h *health) suspect() { h.doubt.raise() }

// Healthy returns nil when records are accepted, or why they are not: ErrFull
// or ErrUnavailable with the particulars.
func (b *Bus) Healthy() error {
	if b.closing.Load() {
		return ErrClosed
	}
	if _, err := b.health.get(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range streams() {
		for _, p := range b.publishers {
			if p.stream != s {
				continue
			}
			if err := p.why(); err != nil {
				return fmt.Errorf("stream %s: %w", s, err)
			}
		}
	}
	return nil
}

// supervise looks after the server until ctx ends.
func (b *Bus) supervise(ctx context.Context) {
	least := min(250*time.Millisecond, b.cfg.HealthEvery)
	for {
		doubt := b.health.doubt.wait()
		if !pause(ctx, b.cfg.HealthEvery, doubt) {
			return
		}
		b.checkHealth(ctx)
		// Doubts come by the hundred when the server is away.
		if !pause(ctx, least, nil) {
			return
		}
	}
}

// checkHealth looks at the server once, heals it if it can, and notes what it
// found.
func (b *Bus) checkHealth(ctx context.Context) {
	var err error
	if b.server != nil {
		err = b.superviseEmbedded(ctx)
	} else {
		err = b.askExternal(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	news := b.health.set(err)
	b.metrics.setHealthy(err == nil)
	switch {
	case news && err != nil:
		b.log.ErrorContext(ctx, "the log takes no records", "err", err)
	case news:
		b.log.InfoContext(ctx, "the log takes records again")
	}
}

// askExternal asks an external server for a sign of life.
func (b *Bus) askExternal(ctx context.Context) error {
	if !b.nc.IsConnected() {
		return fmt.Errorf("%w: not connected to the NATS server (%s)", ErrUnavailable, b.nc.Status())
	}
	ctx, cancel := context.WithTimeout(ctx, min(b.cfg.AckTimeout, 3*time.Second))
	defer cancel()
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// superviseEmbedded heals the embedded server when its streams cannot write,
// and watches the free space.
func (b *Bus) superviseEmbedded(ctx context.Context) error {
	free, total, err := disk(b.server.dir)
	known := err == nil
	low := b.minFree(total)
	if ill := b.server.unhealthy(); ill != "" {
		// Below twice the low mark (and with it off, below a little) the
		// streams would only fail again.
		if need := max(2*low, min(healRoom, total/16)); known && free < need {
			return fmt.Errorf("%w: the disk of %s has %d KB free, %d KB are needed to go on: %s",
				ErrFull, b.server.dir, free>>10, need>>10, ill)
		}
		if err := b.heal(ctx, ill); err != nil {
			return err
		}
	}
	b.settle(ctx)
	if !known {
		return nil
	}
	if _, before := b.health.get(); errors.Is(before, ErrFull) {
		low *= 2 // so that the state does not flicker around the mark
	}
	if free < low {
		return fmt.Errorf("%w: the disk of %s has %d KB free, %d KB are kept free", ErrFull, b.server.dir, free>>10, low>>10)
	}
	return nil
}

// settle finds out what is durable when readers wait for a record whose
// acknowledgement never came: on a healthy server, with no publish at work,
// that is everything.
func (b *Bus) settle(ctx context.Context) {
	if b.holding.Load() == 0 {
		return
	}
	for _, s := range streams() {
		if b.publishing(s) {
			continue
		}
		if last, err := b.lastSeq(ctx, s); err == nil && !b.publishing(s) {
			b.noteLast(s, last)
		}
	}
}

// publishing reports whether a publish to s is at work or waits.
func (b *Bus) publishing(s Stream) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.publishers {
		if p.stream == s && !p.quiet() {
			return true
		}
	}
	return false
}

// healRoom is the free space in bytes that is worth a try.
const healRoom = 32 << 20

// leastFree is the free space in bytes below which the disk counts as full,
// whatever is configured.
const leastFree = 64 << 10

// minFree returns the low mark for a disk of that size.
func (b *Bus) minFree(total int64) int64 {
	switch {
	case b.cfg.MinFree < 0:
		return leastFree
	case b.cfg.MinFree > 0:
		return b.cfg.MinFree
	default:
		return min(gigabyte, total/20)
	}
}

// heal restarts the server's storage, which reads the streams from disk anew,
// and tells readers and publishers to go on.
func (b *Bus) heal(ctx context.Context, ill string) error {
	b.log.WarnContext(ctx, "restarting the log's storage", "reason", ill)
	start := time.Now()
	if err := b.server.restart(); err != nil {
		return fmt.Errorf("%w: %s; restart of its storage: %w", ErrUnavailable, ill, err)
	}
	b.metrics.heals.Inc()
	if ill := b.server.unhealthy(); ill != "" {
		return fmt.Errorf("%w: %s", ErrUnavailable, ill)
	}
	for _, s := range streams() {
		known := b.lastKnown(s)
		last, err := b.lastSeq(ctx, s)
		switch {
		case err != nil:
			return fmt.Errorf("%w: stream %s: %w", ErrUnavailable, s, err)
		case last < known:
			// Readers find out by themselves (ErrDiverged); a person must know.
			b.log.ErrorContext(ctx, "acknowledged records are gone", "stream", s, "last_seq", last, "known_seq", known)
		}
		b.noteLast(s, last) // read from disk
	}
	b.log.InfoContext(ctx, "the log's storage is up again", "took", time.Since(start))
	b.renewed.raise()
	return nil
}

// lastSeq asks the server for the last sequence of s.
func (b *Bus) lastSeq(ctx context.Context, s Stream) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.AckTimeout)
	defer cancel()
	st, err := b.js.Stream(ctx, string(s))
	if err != nil {
		return 0, err
	}
	return st.CachedInfo().State.LastSeq, nil
}
