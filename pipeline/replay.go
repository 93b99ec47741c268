package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"marsad/ingest"
	"marsad/internal/lines"
	"marsad/item"
)

const (
	replayBatch = 1000
	// maxReplayLine is the longest line of a replayed file.
	maxReplayLine = 16 << 20
	// deliverWait bounds how long a finished replay waits for receivers.
	deliverWait = 30 * time.Second
)

// ReplayOptions says how a file is replayed.
type ReplayOptions struct {
	// Live treats each item as news that was fetched when it was published, so
	// that watches fire. Otherwise the items are an archive and never alert.
	Live bool
	// Acked, when not nil, is told of the items of each batch once the log has
	// them for good.
	Acked func([]item.ID)
	// Progress, when not nil, is called now and then.
	Progress func(ReplayProgress)
}

// ReplayProgress is how far a replay has come.
type ReplayProgress struct {
	// All count items of this replay.
	Read, Published, Tagged, Indexed, Watched uint64
	Elapsed                                   time.Duration
}

// A ReplayReport sums a replay up.
type ReplayReport struct {
	// Read counts lines; Published those that were new, Known those that had
	// been published before, Bad those that could not be read.
	Read, Published, Known, Bad uint64
	// Until each stage had done the last item, from the start.
	PublishedIn, TaggedIn, IndexedIn, WatchedIn, Elapsed time.Duration
	// FirstBad says what was wrong with the first bad line.
	FirstBad string
}

// replayLine is one line of a replayed file: the shape of an archive of feed
// entries, or what `marsad tag` reads.
type replayLine struct {
	Feed        string `json:"feed"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Body        string `json:"body"`
	Link        string `json:"link"`
	Published   string `json:"published"`
	Lang        string `json:"lang"`
	ID          string `json:"id"`
}

// Replay feeds JSON lines of items through the stages of a pipeline that is
// running, and returns when the last of them is searchable, watched and, as far
// as receivers answer, delivered. What was published before is skipped, so an
// interrupted replay is simply started again.
func (p *Pipeline) Replay(ctx context.Context, in io.Reader, o ReplayOptions) (ReplayReport, error) {
	if p.known == nil {
		if err := p.openKnown(ctx); err != nil {
			return ReplayReport{}, err
		}
	}
	r := &replay{p: p, o: o, start: time.Now(), norm: ingest.NewNormaliser(p.cfg.Ingest)}
	if err := r.marks(ctx); err != nil {
		return r.report, err
	}
	watchCtx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { r.watchProgress(watchCtx) })
	err := r.publish(ctx, in)
	if err == nil {
		err = r.wait(ctx)
	}
	stop()
	watching.Wait() // no progress after the report
	return r.report, err
}

// A replay is one call of Replay.
type replay struct {
	p     *Pipeline
	o     ReplayOptions
	norm  *ingest.Normaliser
	start time.Time

	// Where the streams and stages stood at the start.
	items0, tagged0, tag0, index0, alert0 uint64

	read, published atomic.Uint64
	report          ReplayReport
}

// marks notes where everything stands.
func (r *replay) marks(ctx context.Context) (err error) {
	if r.items0, r.tagged0, err = r.lastSeqs(ctx); err != nil {
		return err
	}
	r.tag0, r.index0, r.alert0 = r.tagSeq(), r.indexSeq(), r.alertSeq()
	return nil
}

func (r *replay) tagSeq() uint64   { return r.p.done(tagStage, r.p.tagFrom) }
func (r *replay) alertSeq() uint64 { return r.p.done(alertStage, r.p.alertFrom) }

func (r *replay) indexSeq() uint64 {
	if r.p.index == nil {
		return 0
	}
	return r.p.indexPosition().Seq
}

func (r *replay) lastSeqs(ctx context.Context) (items, tagged uint64, err error) {
	if items, err = r.p.items.LastSeq(ctx); err != nil {
		return 0, 0, err
	}
	tagged, err = r.p.tagged.LastSeq(ctx)
	return items, tagged, err
}

// publish reads the input in one goroutine and publishes in another, so that
// reading goes on while the disk syncs.
func (r *replay) publish(ctx context.Context, in io.Reader) error {
	batches := make(chan []item.Item, 2)
	var readErr error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(batches)
		readErr = r.readAll(ctx, in, batches)
	}()
	for batch := range batches {
		if err := r.publishBatch(ctx, batch); err != nil {
			cancel()
			for range batches { // let the reader end
			}
			return err
		}
	}
	r.report.PublishedIn = time.Since(r.start)
	return readErr
}

// readAll turns lines into batches of items.
func (r *replay) readAll(ctx context.Context, in io.Reader, batches chan<- []item.Item) error {
	batch := make([]item.Item, 0, replayBatch)
	send := func() error {
		select {
		case batches <- batch:
			batch = make([]item.Item, 0, replayBatch)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := lines.Each(in, maxReplayLine, func(n int, line []byte, err error) error {
		if err == nil && len(bytes.TrimSpace(line)) == 0 {
			return nil
		}
		r.read.Add(1)
		var it item.Item
		if err == nil {
			it, err = r.item(line)
		}
		if err != nil {
			if r.report.Bad++; r.report.Bad == 1 {
				r.report.FirstBad = fmt.Sprintf("line %d: %v", n, err)
			}
			return nil
		}
		if batch = append(batch, it); len(batch) < replayBatch {
			return nil
		}
		return send()
	})
	if err != nil {
		return fmt.Errorf("read items: %w", err)
	}
	if len(batch) > 0 {
		return send()
	}
	return nil
}

// item makes an item of one line.
func (r *replay) item(line []byte) (item.Item, error) {
	var in replayLine
	if err := json.Unmarshal(line, &in); err != nil {
		return item.Item{}, errors.New(NotAnItem(err))
	}
	if in.Description == "" {
		in.Description = in.Body
	}
	if in.Feed == "" {
		in.Feed = "replay"
	}
	e := ingest.Entry{
		Title: in.Title, Description: in.Description, Link: in.Link, GUID: in.ID, Published: in.Published, Lang: in.Lang,
	}
	fetched := time.Now().UTC()
	if r.o.Live {
		if at, err := time.Parse(time.RFC3339, in.Published); err == nil {
			fetched = at.UTC()
		}
	}
	it, err := r.norm.Item(e, ingest.Feed{Name: in.Feed, Lang: in.Lang, Sample: r.p.o.Sample}, fetched)
	if err != nil {
		return item.Item{}, err
	}
	it.Backfill = !r.o.Live
	return it, nil
}

// publishBatch publishes what is new in batch.
func (r *replay) publishBatch(ctx context.Context, batch []item.Item) error {
	fresh := batch[:0]
	for _, it := range batch {
		// An article twice in one batch is still reserved by its first: known.
		if ok, _ := r.p.known.Admit(&it); ok {
			if !it.Revised.IsZero() { // it never alerts, so nobody looks up what it adds
				it.Flags = append(it.Flags, item.FlagAddedUnknown)
			}
			fresh = append(fresh, it)
		} else {
			r.report.Known++
		}
	}
	if len(fresh) > 0 {
		if err := r.p.items.Publish(ctx, fresh); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		for _, it := range fresh {
			r.p.known.Apply(it)
		}
	}
	r.published.Add(uint64(len(fresh)))
	if r.o.Acked != nil {
		ids := make([]item.ID, len(fresh))
		for i, it := range fresh {
			ids[i] = it.ID
		}
		r.o.Acked(ids)
	}
	return nil
}

// wait returns when every stage has done what was published.
func (r *replay) wait(ctx context.Context) error {
	r.report.Read, r.report.Published = r.read.Load(), r.published.Load()
	items, _, err := r.lastSeqs(ctx)
	if err != nil {
		return err
	}
	if err := until(ctx, func() bool { return r.tagSeq() >= items }); err != nil {
		return fmt.Errorf("wait for tagging: %w", err)
	}
	r.report.TaggedIn = time.Since(r.start)
	_, tagged, err := r.lastSeqs(ctx)
	if err != nil {
		return err
	}
	indexed, watched := r.p.index == nil, r.p.watch == nil
	err = until(ctx, func() bool {
		if !watched && r.alertSeq() >= tagged {
			watched, r.report.WatchedIn = true, time.Since(r.start)
		}
		if !indexed && r.p.bus.Done(indexStage) >= tagged {
			// The index has it all: no more lingering for company. Its error is ctx's.
			indexed = r.p.index.Flush(ctx) == nil
			r.report.IndexedIn = time.Since(r.start)
		}
		return indexed && watched
	})
	if err != nil {
		return fmt.Errorf("wait for the index: %w", err)
	}
	r.report.Elapsed = time.Since(r.start)
	return r.waitDelivered(ctx)
}

// waitDelivered gives the receivers some time to take what was alerted.
func (r *replay) waitDelivered(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, deliverWait)
	defer cancel()
	err := until(wait, func() bool {
		for _, c := range r.p.couriers {
			n, err := c.queue.Waiting(wait)
			if err != nil || n > 0 {
				return false
			}
		}
		return true
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		r.p.log.WarnContext(ctx, "some alerts are not delivered yet; the daemon will go on with them")
		return nil
	}
	return err
}

// watchProgress reports a few times a second until ctx ends.
func (r *replay) watchProgress(ctx context.Context) {
	if r.o.Progress == nil {
		return
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.o.Progress(ReplayProgress{
				Read: r.read.Load(), Published: r.published.Load(), Tagged: r.tagSeq() - r.tag0,
				Indexed: r.indexSeq() - r.index0, Watched: r.alertSeq() - r.alert0,
				Elapsed: time.Since(r.start),
			})
		}
	}
}

// until waits for done, looking every few milliseconds.
func until(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}

// NotAnItem says in words why encoding/json could not read a line as an item.
func NotAnItem(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return "not an item: want a JSON object, found " + e.Value
		}
		return fmt.Sprintf("not an item: %q is %s, want text", e.Field, e.Value)
	}
	return "not an item: " + err.Error()
}
