package pipeline

import (
	"context"
	"errors"
	"fmt"

	"marsad/bus"
)

// errReadAll ends a Consume that has reached where it was to stop.
var errReadAll = errors.New("read all")

// readAll hands every record of t after `after` to each, up to the one that was
// the last when it was called.
func readAll[T any](ctx context.Context, t *bus.Topic[T], name string, after bus.Position, each func(bus.Record[T])) error {
	last, ok, err := t.Last(ctx)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if !ok || last.Seq <= after.Seq {
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = t.Consume(ctx, name, after, func(_ context.Context, recs []bus.Record[T]) error {
		for _, r := range recs {
			if r.Seq <= last.Seq {
				each(r)
			}
		}
		if recs[len(recs)-1].Seq >= last.Seq {
			stop(errReadAll)
		}
		return nil
	})
	if errors.Is(context.Cause(ctx), errReadAll) {
		return nil
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("read %s: %w", name, err)
}

// tail returns the last n records of t, oldest first.
func tail[T any](ctx context.Context, t *bus.Topic[T], n int) ([]bus.Record[T], error) {
	last, ok, err := t.Last(ctx)
	if err != nil || !ok || n <= 0 {
		return nil, err
	}
	var out []bus.Record[T]
	for seq := last.Seq - min(last.Seq, uint64(n)) + 1; seq <= last.Seq; seq++ {
		r, ok, err := t.Get(ctx, seq)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, nil
}
