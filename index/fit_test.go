package index_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"marsad/index"
)

// A position that is not the stream's sets the index aside; a reader that may
// not (Keep) is told instead.
func TestFits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	log := slog.New(slog.DiscardHandler)
	c := index.DefaultConfig()
	x, err := index.Open(t.Context(), dir, c, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	asked := 0
	c.Fits = func(context.Context, uint64, string) (string, error) { asked++; return "another stream", nil }
	c.Keep = true
	if x, err := index.Open(t.Context(), dir, c, log, nil); err == nil {
		x.Close()
		t.Error("an index that does not fit was opened")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the index was moved away: %v", err)
	}
	c.Keep = false
	x, err = index.Open(t.Context(), dir, c, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if asked != 2 || x.Rebuilt() != "another stream" {
		t.Errorf("asked %d times, rebuilt %q", asked, x.Rebuilt())
	}
}
