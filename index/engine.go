package index

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/search/searcher"
	api "github.com/blevesearch/bleve_index_api"
)

const (
	bleveDir   = "bleve"
	formatFile = "format.json"
	// maxExpansion bounds the words that a prefix or a fuzzy word stands for.
	maxExpansion = 1024
	callbackName = "marsad"
)

// positionKey is where the engine keeps the stream position.
func positionKey() []byte { return []byte("marsad.position") }

// A position is a record of the stream.
type position struct {
	seq uint64
	id  string
}

func (p position) encode() []byte {
	return append(binary.BigEndian.AppendUint64(nil, p.seq), p.id...)
}

func decodePosition(b []byte) position {
	if len(b) < 8 {
		return position{}
	}
	return position{seq: binary.BigEndian.Uint64(b), id: string(b[8:])}
}

// An engine is an open Bleve index.
type engine struct {
	index bleve.Index
	core  api.Index
	// failed is closed when one of Bleve's own goroutines has panicked: it will
	// not write any more.
	failed   chan struct{}
	failOnce sync.Once
	// closing ends the pauses in which errors of Bleve's goroutines are held.
	closing chan struct{}
	path    string
	onError func(error)
}

// setup registers with Bleve what it keeps in globals, once for all indexes:
// each engine finds its errors by its folder.
//
//nolint:gochecknoglobals // Bleve's own registries are global
var (
	setup   sync.Once
	engines sync.Map // path → *engine
)

func register() {
	searcher.DisjunctionMaxClauseCount = maxExpansion
	scorch.RegistryAsyncErrorCallbacks[callbackName] = func(err error, path string) {
		if e, ok := engines.Load(path); ok {
			e.(*engine).asyncError(err)
		}
	}
}

// errorPause slows the loops of Bleve's goroutines down, which go on without a
// pause (20,000 errors a second) while the disk is full.
const errorPause = 100 * time.Millisecond

func (e *engine) asyncError(err error) {
	e.onError(err)
	if errors.Is(err, scorch.ErrAsyncPanic) {
		e.fail()
		return
	}
	pause := time.NewTimer(errorPause)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-e.closing:
	}
}

func (e *engine) fail() { e.failOnce.Do(func() { close(e.failed) }) }

// openEngine opens the index in dir, or makes one when dir is empty. A damaged
// file may make Bleve panic, or fault in a mapped file that was cut: both are
// errors here.
func openEngine(dir string, timeout time.Duration, onError func(error)) (_ *engine, err error) {
	setup.Do(register)
	path := filepath.Join(dir, bleveDir)
	e := &engine{failed: make(chan struct{}), closing: make(chan struct{}), path: filepath.Join(path, "store"), onError: onError}
	before, again := engines.Swap(e.path, e)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("open the index: panic: %v", p)
		}
		if err == nil {
			return
		}
		close(e.closing)
		if again { // it is open already, and stays so
			engines.Store(e.path, before)
		} else {
			engines.Delete(e.path)
		}
	}()
	config := map[string]any{
		"bolt_timeout":           timeout.String(),
		"asyncErrorCallbackName": callbackName,
		"scorchMergePlanOptions": map[string]any{"FloorSegmentSize": 100},
	}
	if _, err := os.Stat(path); err == nil {
		if err := checkStore(e.path); err != nil {
			return nil, err
		}
		e.index, err = bleve.OpenUsing(path, config)
		if err != nil {
			return nil, fmt.Errorf("open the index: %w", err)
		}
	} else {
		e.index, err = bleve.NewUsing(path, newMapping(), scorch.Name, scorch.Name, config)
		if err != nil {
			return nil, fmt.Errorf("begin an index: %w", err)
		}
		if err := finishNew(dir, path, e.path); err != nil {
			return nil, errors.Join(err, e.index.Close())
		}
	}
	if e.core, err = e.index.Advanced(); err != nil {
		return nil, errors.Join(err, e.index.Close())
	}
	return e, nil
}

// checkStore refuses a folder whose list of segments is gone: Bleve would take
// it for new and delete the segments.
func checkStore(store string) error {
	segments, err := filepath.Glob(filepath.Join(store, "*.zap"))
	if err != nil || len(segments) == 0 {
		return err
	}
	info, err := os.Stat(filepath.Join(store, "root.bolt"))
	if err != nil {
		return fmt.Errorf("the list of segments: %w", err)
	}
	if info.Size() == 0 {
		return errors.New("the list of segments is empty")
	}
	return nil
}

// finishNew makes a new index survive a power cut, which Bleve leaves to chance
// (it syncs neither its meta file nor its folders), and says what it is. The
// format comes last: a folder without one was not finished.
func finishNew(dir, path, store string) error {
	for _, p := range []string{filepath.Join(path, "index_meta.json"), store, path} {
		if err := syncPath(p); err != nil {
			return err
		}
	}
	f, err := currentFormat()
	if err != nil {
		return err
	}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode the index format: %w", err)
	}
	name := filepath.Join(dir, formatFile)
	if err := os.WriteFile(name+".new", append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the index format: %w", err)
	}
	if err := syncPath(name + ".new"); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write the index format: %w", err)
	}
	if err := syncPath(dir); err != nil {
		return err
	}
	return syncPath(filepath.Dir(dir))
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := f.Sync(); err != nil {
		return errors.Join(fmt.Errorf("sync %s: %w", name, err), f.Close())
	}
	return f.Close()
}

// readFormat checks that dir was written by a Marsad that reads and writes as
// this one does.
func readFormat(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, formatFile))
	if err != nil {
		return fmt.Errorf("read the index format: %w", err)
	}
	var got format
	if err := json.Unmarshal(b, &got); err != nil {
		return fmt.Errorf("read the index format: %w", err)
	}
	want, err := currentFormat()
	if err != nil {
		return err
	}
	switch {
	case got.Schema != want.Schema || got.Mapping != want.Mapping:
		return errors.New("written with other fields")
	case got.Analysis != want.Analysis:
		return errors.New("written with another analysis of text")
	}
	if _, err := os.Stat(filepath.Join(dir, bleveDir)); err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	return nil
}

func (e *engine) position() (position, error) {
	b, err := e.index.GetInternal(positionKey())
	if err != nil {
		return position{}, fmt.Errorf("read the index position: %w", err)
	}
	return decodePosition(b), nil
}

// write hands a batch to Bleve and waits until it is durable. It gives up with
// errStuck when the engine has failed, takes longer than stall, or is closed;
// the batch may then still land.
func (e *engine) write(ctx context.Context, b *api.Batch, stall time.Duration) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- &panicError{value: p, stack: debug.Stack()}
			}
		}()
		done <- e.core.Batch(b)
	}()
	watchdog := time.NewTimer(stall)
	defer watchdog.Stop()
	select {
	case err := <-done:
		return err
	case <-e.failed:
	case <-watchdog.C:
		e.fail()
	case <-ctx.Done():
		// Closing: what is being written is given a moment, so that it need not
		// be written again.
		watchdog.Reset(closeGrace)
		select {
		case err := <-done:
			return err
		case <-e.failed:
		case <-watchdog.C:
		}
		return ctx.Err()
	}
	return errStuck
}

// closeGrace is how long Close waits for a batch in hand.
const closeGrace = 3 * time.Second

var errStuck = errors.New("the index engine is stuck")

// A panicError is a panic of the engine while it took a batch.
type panicError struct {
	value any
	stack []byte
}

// Error says what the panic was, without its stack.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// close closes the engine, and reports whether it did so in time. One that did
// not still holds its folder.
func (e *engine) close() error {
	close(e.closing)
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("close the index: panic: %v", p)
			}
		}()
		done <- e.index.Close()
	}()
	timer := time.NewTimer(closeLimit)
	defer timer.Stop()
	select {
	case err := <-done:
		engines.CompareAndDelete(e.path, e)
		return err
	case <-timer.C:
		return fmt.Errorf("close the index: still busy after %v", closeLimit)
	}
}
