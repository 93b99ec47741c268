package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// slots bounds how many searches run at once and how many wait. It is safe for
// concurrent use.
type slots struct {
	running chan struct{}
	queued  atomic.Int64
	queue   int64
	timeout time.Duration
	metrics *metrics
}

func newSlots(running, queue int, timeout time.Duration, m *metrics) *slots {
	return &slots{running: make(chan struct{}, running), queue: int64(queue), timeout: timeout, metrics: m}
}

// limited runs f in a slot and waits for its result, in all no longer than the
// timeout. A search that is still busy then keeps its slot until it really
// ends, since engines may ignore their context: so the load stays bounded even
// when clients go away. A panic in f becomes an error.
func limited[T any](ctx context.Context, s *slots, f func(context.Context) (T, error)) (T, error) {
	var zero T
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	if err := s.acquire(ctx); err != nil {
		cancel()
		return zero, err
	}
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		defer cancel()
		defer s.release()
		var o outcome
		defer func() {
			if p := recover(); p != nil {
				o.err = fmt.Errorf("search panicked: %v\n%s", p, debug.Stack())
			}
			done <- o
		}()
		o.value, o.err = f(ctx)
	}()
	select {
	case o := <-done:
		if errors.Is(o.err, context.DeadlineExceeded) {
			return zero, s.late()
		}
		return o.value, o.err
	case <-ctx.Done():
	}
	// Both may have happened at once (cancel runs when f returns): a result that
	// is there counts.
	select {
	case o := <-done:
		if !errors.Is(o.err, context.DeadlineExceeded) {
			return o.value, o.err
		}
	default:
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return zero, s.late()
	}
	return zero, ctx.Err()
}

func (s *slots) acquire(ctx context.Context) error {
	select {
	case s.running <- struct{}{}:
		s.metrics.searching.Inc()
		return nil
	default:
	}
	defer s.queued.Add(-1)
	if s.queued.Add(1) > s.queue {
		return s.busy()
	}
	select {
	case s.running <- struct{}{}:
		s.metrics.searching.Inc()
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return s.busy()
		}
		return ctx.Err()
	}
}

func (s *slots) release() {
	s.metrics.searching.Dec()
	<-s.running
}

func (s *slots) busy() *Problem {
	s.metrics.refused.WithLabelValues("busy").Inc()
	return &Problem{
		Type: typeBusy, Title: "Too many searches", Status: http.StatusServiceUnavailable,
		Detail: fmt.Sprintf("%d searches are running and others are waiting", cap(s.running)), Hint: "try again in a moment",
	}
}

func (s *slots) late() *Problem {
	s.metrics.refused.WithLabelValues("timeout").Inc()
	return &Problem{
		Type: typeTimeout, Title: "Search took too long", Status: http.StatusGatewayTimeout,
		Detail: fmt.Sprintf("the search was not done after %s", s.timeout),
		Hint:   "ask for less: a shorter time (since:7d), whole words instead of wildcards",
	}
}
