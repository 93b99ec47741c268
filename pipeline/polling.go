package pipeline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"marsad/bus"
	"marsad/ingest"
	"marsad/item"
)

// keepKnownEvery is how often the memory of what was published is written to
// disk. It is a fold over ITEMS, so a lost snapshot costs a longer start only.
const keepKnownEvery = 5 * time.Minute

// openPolling restores what was published and prepares the poller.
func (p *Pipeline) openPolling(ctx context.Context) error {
	if err := p.openKnown(ctx); err != nil {
		return err
	}
	states, err := p.bus.KV(ctx, "feeds")
	if err != nil {
		return err
	}
	if p.feeds, err = p.openFeedList(ctx); err != nil {
		return err
	}
	c := p.cfg.Ingest
	c.UserAgent, c.Feeds = p.userAgent(), p.feeds.feeds()
	var pushed ingest.PushSubscriptions
	if c.CallbackURL != "" {
		kv, err := p.bus.KV(ctx, pushBucket)
		if err != nil {
			return err
		}
		pushed = subscriptions{kv}
	}
	p.poller, err = ingest.New(ctx, c, ingest.Options{
		Publisher: p.items, States: feedStates{states}, Known: p.known, Previous: p.lastRevision, Subscriptions: pushed,
		OnPoll: p.o.OnPoll, Log: p.stage("ingest"), Registry: p.reg, Transport: p.o.Transport,
	})
	p.feeds.poller = p.poller
	return err
}

// openKnown restores the memory of what was published from its snapshot and the
// tail of ITEMS.
func (p *Pipeline) openKnown(ctx context.Context) error {
	p.known = ingest.NewKnown()
	f, err := os.Open(p.cfg.Data.Known())
	switch {
	case err == nil:
		err = p.known.Restore(f)
		f.Close()
		if err == nil {
			err = p.items.Check(ctx, bus.Position{Seq: p.known.Seq()})
		}
		if err != nil {
			p.log.WarnContext(ctx, "the memory of what was published is read from the stream again", "reason", err)
			p.known = ingest.NewKnown()
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("what was published: %w", err)
	}
	err = readAll(ctx, p.items, "known", bus.Position{Seq: p.known.Seq()}, func(r bus.Record[item.Item]) {
		p.known.ApplyAt(r.Seq, r.Value)
	})
	if err != nil {
		return fmt.Errorf("what was published: %w", err)
	}
	p.onClose(func(context.Context) error { p.saveKnown(); return nil })
	return nil
}

// followKnown keeps the memory in step with the stream, whoever publishes.
func (p *Pipeline) followKnown(_ context.Context, recs []bus.Record[item.Item]) error {
	for _, r := range recs {
		p.known.ApplyAt(r.Seq, r.Value)
	}
	return nil
}

// lastRevision reads the last record of an article.
func (p *Pipeline) lastRevision(ctx context.Context, id item.ID) (item.Item, bool, error) {
	seq, ok := p.known.At(id)
	if !ok {
		return item.Item{}, false, nil
	}
	r, ok, err := p.items.Get(ctx, seq)
	if bus.IsPermanent(err) { // unreadable: whoever processes it has parked it
		return item.Item{}, false, nil
	}
	return r.Value, ok, err
}

// keepKnown writes the snapshot now and then until ctx ends.
func (p *Pipeline) keepKnown(ctx context.Context) error {
	tick := time.NewTicker(keepKnownEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			p.saveKnown()
		}
	}
}

// saveKnown replaces the snapshot in one step. Failing (a full disk) costs the
// next start a longer look at the stream, so it is logged and no more.
func (p *Pipeline) saveKnown() {
	if err := writeFile(p.cfg.Data.Known(), p.known.Snapshot); err != nil {
		p.log.Warn("the memory of what was published is not saved; the next start takes longer", "err", err)
	}
}

// writeFile replaces the file at path by what write writes, in one step that is
// durable.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the rename there is nothing to remove
	w := bufio.NewWriter(f)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// userAgent is how publishers and receivers see us.
func (p *Pipeline) userAgent() string {
	if ua := p.cfg.Ingest.UserAgent; ua != ingest.DefaultConfig().UserAgent {
		return ua
	}
	version, _, _ := strings.Cut(p.o.Version, " ")
	return "marsad/" + version
}

// feedStates keeps the state of each feed in the bus.
type feedStates struct{ kv *bus.KV }

// Load returns a feed's state, and false when it was never polled.
func (s feedStates) Load(ctx context.Context, feed string) (ingest.FeedState, bool, error) {
	var st ingest.FeedState
	ok, err := getJSON(ctx, s.kv, feed, &st)
	return st, ok, err
}

// Save stores a feed's state; it is durable on return.
func (s feedStates) Save(ctx context.Context, feed string, st ingest.FeedState) error {
	return putJSON(ctx, s.kv, feed, st)
}
