package index

import (
	"context"
	"time"

	"marsad/internal/field"
	"marsad/item"
)

// Config is how the index writes. DefaultConfig gives what two cores like best.
type Config struct {
	// Batch is the most items written at once, 1 to 10,000; long texts make
	// batches smaller (2 MB).
	Batch int `yaml:"batch"`
	// Linger is how long fewer items than that wait for company.
	Linger time.Duration `yaml:"linger"`
	// Writers is how many batches are written at the same time, 1 to 16.
	Writers int `yaml:"writers"`
	// OpenTimeout is how long Open waits for another process to let go of the
	// folder.
	OpenTimeout time.Duration `yaml:"open_timeout"`
	// Stall is how long a batch may take before the engine is held to be stuck
	// and is opened again.
	Stall time.Duration `yaml:"stall"`

	// Fits tells whether a position belongs to the stream; why says why not, and
	// the index is then set aside and begun anew. It is set by the program;
	// without it every position is believed.
	Fits func(ctx context.Context, seq uint64, id string) (why string, err error) `yaml:"-"`
	// Keep makes Open fail where it would set an index aside. It is set by the
	// program, for readers that have no stream to build a new one from.
	Keep bool `yaml:"-"`
	// Park takes an item that cannot be indexed, with the reason. An error is
	// tried again. It is set by the program; without it such items are logged
	// and counted only.
	Park func(ctx context.Context, e Entry, reason string) error `yaml:"-"`
}

// An Entry is one record of the TAGGED stream: its sequence, its identity there
// and the item.
type Entry struct {
	Seq    uint64
	ID     string
	Tagged item.Tagged
}

// DefaultConfig returns the settings that were measured best on two cores.
func DefaultConfig() Config {
	return Config{
		Batch:       2000,
		Linger:      100 * time.Millisecond,
		Writers:     2,
		OpenTimeout: 5 * time.Second,
		Stall:       time.Minute,
	}
}

// Validate returns every mistake in c, by path.
func (c Config) Validate() []*field.Error {
	var errs []*field.Error
	number := func(path string, v, least, most int) {
		if v < least || v > most {
			errs = append(errs, field.Errorf(path, "%d is not between %d and %d", v, least, most))
		}
	}
	duration := func(path string, v, least, most time.Duration) {
		if v < least || v > most {
			errs = append(errs, field.Errorf(path, "%v is not between %v and %v", v, least, most))
		}
	}
	number("batch", c.Batch, 1, 10_000)
	number("writers", c.Writers, 1, 16)
	duration("linger", c.Linger, 0, 10*time.Second)
	duration("open_timeout", c.OpenTimeout, 100*time.Millisecond, time.Minute)
	duration("stall", c.Stall, time.Second, time.Hour)
	return errs
}
