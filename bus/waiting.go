package bus

import (
	"context"
	"fmt"
)

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
