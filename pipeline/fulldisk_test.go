package pipeline_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"marsad/ingest"
	"marsad/internal/field"
)

// The data folder is filled to the brim and freed again, with the guard's limit
// and without: polling pauses, search goes on, all resumes by itself, nothing is
// lost or doubled.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds; not in -short")
	}
	cycles := 1
	if os.Getenv("MARSAD_TORTURE") != "" {
		cycles = 5
	}
	for name, minFree := range map[string]field.Size{"guarded": 8e6, "to the brim": 1} {
		t.Run(name, func(t *testing.T) { fullDisk(t, minFree, cycles) })
	}
}

func fullDisk(t *testing.T, minFree field.Size, cycles int) {
	t.Helper()
	dir := smallDisk(t, 64)
	var last atomic.Int64
	last.Store(100)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := int(last.Add(50)) // fifty new ones at each poll
		_, _ = io.WriteString(w, rss(max(1, n-3000), n))
	}))
	defer feed.Close()
	c := testConfig(dir, ingest.Feed{Name: "one", URL: feed.URL})
	c.Disk.MinFree = minFree
	c.Bus.MaxDisk = 40e6
	p := start(t, c, nil)
	p.until("items searchable", time.Minute, func() bool { return p.search("*").Total >= 100 })
	for cycle := range cycles {
		free := fillUp(t, dir)
		p.until("polling paused", time.Minute, func() bool {
			code, _ := p.get("/-/ready")
			return code == http.StatusServiceUnavailable
		})
		if n := p.search("al-qaem").Total; n < 100 {
			t.Errorf("%d articles found on the full disk", n)
		}
		before := last.Load()
		free()
		p.until("ready again", time.Minute, func() bool {
			code, _ := p.get("/-/ready")
			return code == http.StatusOK
		})
		p.until("new items searchable", time.Minute, func() bool { return p.search(fmt.Sprintf("number%d", before+50)).Total == 1 })
		t.Logf("cycle %d: %d articles", cycle+1, p.search("*").Total)
	}
	// Everything that the feed showed is there once.
	upTo := last.Load() - 50
	p.until(fmt.Sprintf("all %d items", upTo), time.Minute, func() bool { return p.search("*").Total >= uint64(upTo) })
	for n := int64(1); n <= upTo; n += 37 {
		if got := p.search(fmt.Sprintf("number%d", n)).Total; got != 1 {
			t.Errorf("item %d is found %d times", n, got)
		}
	}
	if st := p.status(); st.ParkedTotal > 0 {
		t.Errorf("parked: %+v", st.Parked)
	}
}

// smallDisk mounts an empty file system of so many megabytes, which only root
// can.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Skip("a small disk can only be made by root: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillUp takes the last byte of the disk and returns what gives it back.
func fillUp(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, unix.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// damage cuts a segment of the index short.
func damage(t *testing.T, index string) {
	t.Helper()
	var segment string
	err := filepath.WalkDir(index, func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".zap" {
			segment = path
		}
		return err
	})
	if err != nil || segment == "" {
		t.Fatalf("no segment in %s: %v", index, err)
	}
	if err := os.Truncate(segment, 10); err != nil {
		t.Fatal(err)
	}
}
