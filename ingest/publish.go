package ingest

import (
	"context"

	"marsad/item"
)

// Batches are kept small enough to be one atomic publish.
const (
	batchItems = 200
	batchBytes = 4 << 20
)

// publish hands on the items of a feed that are new, in batches, and returns when all of
// them are durable. Articles that another poll is publishing at this moment are
// waited for: until that one is acknowledged, this feed's state may not vouch for
// them.
func (p *Poller) publish(ctx context.Context, feed target, items []item.Item) (fresh []item.Item, revised int, err error) {
	type waiting struct {
		item    item.Item
		settled <-chan struct{}
	}
	for len(items) > 0 {
		var admitted []item.Item
		var later []waiting
		for _, it := range items {
			ok, settled := p.opts.Known.Admit(&it)
			switch {
			case ok:
				admitted = append(admitted, it)
			case settled != nil:
				later = append(later, waiting{it, settled})
			}
		}
		n, err := p.publishAll(ctx, feed, admitted)
		for _, it := range admitted[:n] {
			if it.Revised.IsZero() {
				fresh = append(fresh, it)
			} else {
				revised++
			}
		}
		if err != nil {
			return fresh, revised, err
		}
		items = items[:0:0]
		for _, w := range later {
			select {
			case <-w.settled:
				items = append(items, w.item)
			case <-ctx.Done():
				return fresh, revised, ctx.Err()
			}
		}
	}
	return fresh, revised, nil
}

// publishAll publishes admitted items and settles every one of them, whatever
// happens. done is the number of those published, from the front.
func (p *Poller) publishAll(ctx context.Context, feed target, admitted []item.Item) (done int, err error) {
	defer func() { // also when Publish panics
		for _, it := range admitted[done:] {
			p.opts.Known.Abort(it)
		}
	}()
	if feed.FullText {
		p.full.fill(ctx, feed, admitted)
	}
	p.markAdded(ctx, admitted)
	for done < len(admitted) {
		end, size := done, 0
		for end < len(admitted) && end-done < batchItems && (end == done || size < batchBytes) {
			size += len(admitted[end].Title) + len(admitted[end].Body) + 512
			end++
		}
		if err := p.opts.Publisher.Publish(ctx, admitted[done:end]); err != nil {
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			return done, &Error{
				Problem: ProblemPublish, What: "the items could not be stored: " + clip(err.Error(), 200),
				Hint: "see marsad status; it is tried again in a minute", Err: err,
			}
		}
		for _, it := range admitted[done:end] {
			p.opts.Known.Apply(it)
		}
		done = end
	}
	return done, nil
}
