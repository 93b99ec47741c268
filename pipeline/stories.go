package pipeline

import (
	"context"
	"fmt"
	"time"

	"marsad/bus"
	"marsad/item"
	"marsad/story"
)

// storySlack is how far clocks may disagree about when an item came.
const storySlack = 24 * time.Hour

// restoreStories tells the grouper what the tag stage had told apart before: the
// records of the window behind the last one.
func (p *Pipeline) restoreStories(ctx context.Context) error {
	p.stories = story.New(story.Config{})
	last, ok, err := lastReadable(ctx, p.tagged)
	if err != nil || !ok {
		return err
	}
	// No record is stored before its item is seen.
	since := last.Value.Item.Seen.Add(-story.DefaultWindow - storySlack)
	after, err := storedBefore(ctx, p.tagged, last.Seq, since)
	if err != nil {
		return fmt.Errorf("restore stories: %w", err)
	}
	return readAll(ctx, p.tagged, "stories", bus.Position{Seq: after}, func(r bus.Record[item.Tagged]) {
		if r.Lane == bus.Live && r.Seq <= last.Seq {
			p.stories.Restore(r.Value, r.Value.Event)
		}
	})
}

// storedBefore returns a sequence up to which every record of t was stored
// before a time, the highest but for records that are missing; last is the
// stream's end.
func storedBefore[T any](ctx context.Context, t *bus.Topic[T], last uint64, before time.Time) (uint64, error) {
	low, high := uint64(0), last // at or below low: before; above high: not
	for low < high {
		mid := low + (high-low+1)/2
		r, ok, err := t.Get(ctx, mid)
		if err != nil && !bus.IsPermanent(err) {
			return 0, err
		}
		if (ok || err != nil) && !r.Stored.Before(before) {
			high = mid - 1
		} else {
			low = mid
		}
	}
	return low, nil
}
