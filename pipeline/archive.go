package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"marsad/config"
	"marsad/index"
	"marsad/internal/workspace"
	"marsad/tagger"
)

// An Archive is the search index of a data folder that no daemon holds.
type Archive struct {
	Index *index.Index
	Pack  *tagger.Pack
	lock  *workspace.Lock
}

// errNoIndex says that there is nothing to search.
var errNoIndex = errors.New("this data folder has no search index; start 'marsad run' once, it builds one")

// OpenArchive opens the index in c.Data and keeps daemons off while it is open.
// It never changes the index: one that does not open is an error, not set
// aside.
func OpenArchive(ctx context.Context, c config.Config) (*Archive, error) {
	if _, err := os.Stat(c.Data.Index()); errors.Is(err, fs.ErrNotExist) {
		return nil, errNoIndex
	}
	pack, err := LoadPack(c.Pack)
	if err != nil {
		return nil, err
	}
	lock, err := workspace.Acquire(c.Data)
	if err != nil {
		return nil, err
	}
	cfg := c.Index
	cfg.Keep = true
	x, err := index.Open(ctx, c.Data.Index(), cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return &Archive{Index: x, Pack: pack, lock: lock}, nil
}

// Close lets go of the folder.
func (a *Archive) Close() error {
	return errors.Join(a.Index.Close(), a.lock.Release())
}
