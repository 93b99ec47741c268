package bus

import (
	"context"
	"sync"
	"time"
)

// A backoff gives growing pauses, from first to last, doubling.
type backoff struct{ first, last, next time.Duration }

func newBackoff(first, last time.Duration) backoff {
	return backoff{first: first, last: last, next: first}
}

// reset makes the next pause the first again.
func (b *backoff) reset() { b.next = b.first }

// pause waits until the next pause is over, or a signal in early, and reports
// false when ctx has ended.
func (b *backoff) pause(ctx context.Context, early <-chan struct{}) bool {
	d := b.next
	b.next = min(2*b.next, b.last)
	return pause(ctx, d, early)
}

// pause waits for d or a signal in early (which may be nil), and reports false
// when ctx has ended.
func pause(ctx context.Context, d time.Duration, early <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-early:
	case <-t.C:
	}
	return ctx.Err() == nil
}

// A signal wakes every goroutine that waits for it.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed at the next call of raise.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
