package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marsad/internal/field"
	"marsad/text"
)

// An Index is an open index. All methods may be called from any goroutine.
type Index struct {
	dir     string
	cfg     Config
	log     *slog.Logger
	m       *metrics
	rebuilt string

	// engineMu guards engine: searches hold it for reading, opening the engine
	// again for writing.
	engineMu sync.RWMutex
	engine   *engine

	queue queue
	// ctx ends when the index is closed; it lives as long as the index does.
	ctx     context.Context //nolint:containedctx // the writers' lifetime is the index's, not Open's
	stop    context.CancelFunc
	writers sync.WaitGroup
	closing sync.Once
	closed  error

	tallies   tallies
	problem   atomic.Pointer[problem]
	analyzers sync.Pool // *text.Analyzer
}

// A problem is why writing does not get on, and since when. What Bleve's own
// goroutines complain of holds only as long as they go on complaining.
type problem struct {
	err         error
	since, last time.Time
	async       bool
}

// Open opens the index in the folder dir and starts its writers, or begins one
// where there is none. An index that does not open, or was written with other
// fields or another analysis, is set aside as dir.broken-<time> (only the newest
// is kept) and a new one begun; Rebuilt then says why. One that another process
// holds is an error. ctx's values are used for as long as the index is open, its
// end is not.
func Open(ctx context.Context, dir string, cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Index, error) {
	if errs := cfg.Validate(); len(errs) > 0 {
		return nil, &field.List{Errors: errs}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("index folder: %w", err)
	}
	x := &Index{dir: dir, cfg: cfg, log: log}
	x.ctx, x.stop = context.WithCancel(context.WithoutCancel(ctx))
	x.analyzers.New = func() any { return new(text.Analyzer) }
	x.queue.init()
	if err := x.openOrBegin(ctx); err != nil {
		x.stop()
		return nil, err
	}
	at, err := x.fit(ctx)
	if err != nil {
		x.stop()
		return nil, err
	}
	x.queue.landed = at
	x.m = newMetrics(reg, func() float64 { seq, _ := x.Position(); return float64(seq) })
	for range cfg.Writers {
		x.writers.Go(x.write)
	}
	return x, nil
}

// openOrBegin opens the engine, setting aside what cannot be used.
func (x *Index) openOrBegin(ctx context.Context) error {
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("index folder: %w", err)
	}
	entries, err := os.ReadDir(x.dir)
	if err != nil {
		return fmt.Errorf("index folder: %w", err)
	}
	if len(entries) > 0 {
		why := readFormat(x.dir)
		if why == nil {
			x.engine, why = openEngine(x.dir, x.cfg.OpenTimeout, x.asyncError)
			if why == nil {
				return nil
			}
			if isLocked(why) {
				return fmt.Errorf("the index in %s is in use by another process: %w", x.dir, why)
			}
			if isOutside(why) {
				return why
			}
		}
		if err := x.setAside(ctx, why); err != nil {
			return err
		}
	}
	x.engine, err = openEngine(x.dir, x.cfg.OpenTimeout, x.asyncError)
	return err
}

// fit returns the position of the open engine, after beginning anew if it does
// not belong to the stream. After an error nothing is open.
func (x *Index) fit(ctx context.Context) (position, error) {
	at, err := x.engine.position()
	var why string
	if err == nil && x.cfg.Fits != nil {
		why, err = x.cfg.Fits(ctx, at.seq, at.id)
	}
	if err == nil && why == "" {
		return at, nil
	}
	if err = errors.Join(err, x.engine.close()); err != nil {
		return at, err
	}
	if err := x.setAside(ctx, errors.New(why)); err != nil {
		return at, err
	}
	x.engine, err = openEngine(x.dir, x.cfg.OpenTimeout, x.asyncError)
	return position{}, err
}

// isLocked reports whether another process holds the index.
func isLocked(err error) bool { return strings.HasSuffix(err.Error(), "timeout") }

// isOutside reports whether err says nothing about the index itself: beginning
// anew would not help.
func isOutside(err error) bool {
	for _, e := range []error{fs.ErrPermission, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// setAside moves the folder to dir.broken-<time>, so that a new index can begin;
// of those set aside earlier none is kept.
func (x *Index) setAside(ctx context.Context, why error) error {
	if x.cfg.Keep {
		return fmt.Errorf("the index cannot be used, a running daemon would build it again: %w", why)
	}
	old, err := filepath.Glob(x.dir + ".broken-*")
	if err != nil {
		return fmt.Errorf("set the index aside: %w", err)
	}
	for _, name := range old {
		if err := os.RemoveAll(name); err != nil {
			return fmt.Errorf("remove an index set aside earlier: %w", err)
		}
	}
	to := x.dir + ".broken-" + time.Now().UTC().Format("20060102T150405")
	if err := os.Rename(x.dir, to); err != nil {
		return fmt.Errorf("set the index aside: %w", err)
	}
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("index folder: %w", err)
	}
	x.rebuilt = why.Error()
	x.log.WarnContext(ctx, "index set aside, a new one begins", "folder", to, "err", why)
	return nil
}

// Rebuilt says why the index that was there has been set aside at Open, or "".
// The index is then empty, at position 0.
func (x *Index) Rebuilt() string { return x.rebuilt }

// Position returns the sequence and the identity of the TAGGED record up to
// which, itself included, everything has landed durably; 0 and "" at the
// beginning. Entries are to be added from the next one.
func (x *Index) Position() (seq uint64, id string) {
	x.queue.mu.Lock()
	defer x.queue.mu.Unlock()
	return x.queue.landed.seq, x.queue.landed.id
}

// Count returns the number of items in the index.
func (x *Index) Count() (uint64, error) {
	x.engineMu.RLock()
	defer x.engineMu.RUnlock()
	n, err := x.engine.index.DocCount()
	if err != nil {
		return 0, fmt.Errorf("count the index: %w", err)
	}
	return n, nil
}

// Healthy returns nil, or why writing does not get on at the moment (a full
// disk, for instance). It is tried again for ever; searches go on.
func (x *Index) Healthy() error {
	p := x.problem.Load()
	if p == nil || p.async && time.Since(p.last) > complaint {
		return nil
	}
	return fmt.Errorf("the index cannot write since %s: %w", p.since.UTC().Format(time.RFC3339), p.err)
}

// complaint is how long one error of Bleve's goroutines counts; while there is
// trouble they come several times a second.
const complaint = 10 * time.Second

// closeLimit bounds how long the engine may take to close.
const closeLimit = 10 * time.Second

// Close stops writing after the batches in hand and closes the index. Entries
// that were added and are not yet written are forgotten: Position does not
// include them.
func (x *Index) Close() error {
	x.closing.Do(func() {
		x.stop()
		x.queue.wake()
		x.writers.Wait()
		x.engineMu.Lock()
		defer x.engineMu.Unlock()
		x.closed = x.engine.close()
	})
	return x.closed
}

// troubled notes why writing does not get on, and logs it when that is new.
func (x *Index) troubled(err error) { x.note(err, false) }

// asyncError takes the errors of Bleve's own goroutines. Those that matter reach
// the batches too; these say why.
func (x *Index) asyncError(err error) { x.note(err, true) }

func (x *Index) note(err error, async bool) {
	now := time.Now()
	p := &problem{err: err, since: now, last: now, async: async}
	for {
		old := x.problem.Load()
		if old != nil {
			p.since, p.async = old.since, old.async && async
			if async && !old.async {
				p.err = old.err
			}
		}
		if !x.problem.CompareAndSwap(old, p) {
			continue
		}
		if old == nil {
			x.log.WarnContext(x.ctx, "index cannot write, trying again", "err", err)
		}
		return
	}
}

// recovered notes that writing gets on.
func (x *Index) recovered() {
	if old := x.problem.Swap(nil); old != nil {
		x.log.InfoContext(x.ctx, "index writes again", "after", time.Since(old.since))
	}
}
