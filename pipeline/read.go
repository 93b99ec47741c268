package pipeline

import (
	"context"
	"fmt"

	"marsad/bus"
)

// readAll hands every readable record of t after `after` to each, up to the one
// that was the last when it was called.
func readAll[T any](ctx context.Context, t *bus.Topic[T], name string, after bus.Position, each func(bus.Record[T])) error {
	err := t.ReadAll(ctx, name, after, func(_ context.Context, recs []bus.Record[T]) error {
		for _, r := range recs {
			each(r)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// lastReadable returns the last record of t's live lane that can be decoded.
func lastReadable[T any](ctx context.Context, t *bus.Topic[T]) (bus.Record[T], bool, error) {
	r, ok, err := t.LastLive(ctx)
	if !bus.IsPermanent(err) {
		return r, ok, err
	}
	for seq := r.Seq - 1; seq > 0; seq-- {
		r, ok, err := t.Get(ctx, seq)
		if err == nil && ok && r.Lane == bus.Live {
			return r, true, nil
		}
		if err != nil && !bus.IsPermanent(err) {
			return r, false, err
		}
	}
	return bus.Record[T]{}, false, nil
}

// tail returns the last n readable records of t, oldest first.
func tail[T any](ctx context.Context, t *bus.Topic[T], n int) ([]bus.Record[T], error) {
	last, err := t.LastSeq(ctx)
	if err != nil || n <= 0 {
		return nil, err
	}
	var out []bus.Record[T]
	for seq := last - min(last, uint64(n)) + 1; seq <= last; seq++ {
		r, ok, err := t.Get(ctx, seq)
		if bus.IsPermanent(err) {
			continue // unreadable: whoever processes it has parked it
		}
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, nil
}
