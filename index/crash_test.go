package index_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"marsad/index"
	"marsad/item"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

const crashDir = "MARSAD_TEST_CRASH_DIR"

// crashEntry is the seq-th record of a stream in which every third item is
// revised later.
func crashEntry(seq uint64) index.Entry {
	name, rev := seq, 1
	if seq%3 == 0 {
		name, rev = seq/3, 2
	}
	return entry(seq, strconv.FormatUint(name, 10), rev, fmt.Sprintf("item n%d", name))
}

// TestCrashWriter is the process that TestCrash kills: it writes on from the
// index's position and prints what it says has landed.
func TestCrashWriter(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("run by TestCrash")
	}
	x := open(t, dir, func(c *index.Config) { c.Batch = 40 })
	fmt.Fprintf(os.Stderr, "rebuilt=%s\n", x.Rebuilt())
	seq, _ := x.Position()
	for {
		var entries []index.Entry
		for range 25 {
			seq++
			entries = append(entries, crashEntry(seq))
		}
		if err := x.Add(t.Context(), entries); err != nil {
			t.Fatal(err)
		}
		at, _ := x.Position()
		fmt.Fprintf(os.Stderr, "at=%d\n", at)
	}
}

// TestCrash kills a writing process at random moments. What it said had landed
// must be there, exactly once and in its last revision, and the position must
// not be above what is there.
func TestCrash(t *testing.T) {
	t.Parallel()
	kills := 12
	if testing.Short() {
		kills = 3
	}
	dir := filepath.Join(t.TempDir(), "index")
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)) //nolint:gosec // random moments
	var said uint64
	for range kills {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashWriter$")
		cmd.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 5 + r.IntN(40); n > 0 && lines.Scan(); n-- {
			key, value, _ := strings.Cut(lines.Text(), "=")
			switch key {
			case "at":
				if at, err := strconv.ParseUint(value, 10, 64); err == nil {
					said = max(said, at)
				}
			case "rebuilt":
				if value != "" {
					t.Error("the index was set aside:", value)
				}
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, out); err != nil {
			t.Log(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) {
			t.Fatal(err)
		}
		x := open(t, dir)
		at, id := x.Position()
		if x.Rebuilt() != "" {
			t.Fatal("the index was set aside:", x.Rebuilt())
		}
		if at > 0 && id != crashEntry(at).ID {
			t.Errorf("the position's record is %s, want %s", id, crashEntry(at).ID)
		}
		checkCrash(t, x, at)
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if said == 0 {
		t.Error("nothing landed before any of the kills")
	}
}

// checkCrash checks that the records up to a position are in the index.
func checkCrash(t *testing.T, x *index.Index, at uint64) {
	t.Helper()
	want := map[item.ID]item.Revision{}
	for seq := uint64(1); seq <= at; seq++ {
		it := crashEntry(seq).Tagged.Item
		want[it.ID] = it.Revision
	}
	found := map[item.ID]int{}
	for _, h := range all(t, x, index.Request{Limit: index.MaxLimit}) {
		it := h.Tagged.Item
		found[it.ID]++
		// A record above the position may have landed already; it will again.
		if w, ok := want[it.ID]; ok && h.Tagged.Seq <= at && w != it.Revision {
			t.Errorf("%s is there in revision %s, want %s", it.Title, it.Revision, w)
		}
	}
	for id := range want {
		if found[id] != 1 {
			t.Errorf("item %s is there %d times", id, found[id])
		}
	}
}

// TestFullDisk fills the disk of the index while it writes, and frees it again:
// nothing ends, searches go on, Healthy says why, everything is written by
// itself afterwards.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a small tmpfs")
	}
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=24m"); err != nil {
		t.Skip("cannot mount a tmpfs:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	x := open(t, filepath.Join(mount, "index"), func(c *index.Config) { c.Batch = 100 })
	var seq uint64
	next := func(n int) (entries []index.Entry) {
		for range n {
			seq++
			e := entry(seq, strconv.FormatUint(seq, 10), 1, fmt.Sprintf("news n%d", seq))
			e.Tagged.Item.Body = noise(seq)
			entries = append(entries, e)
		}
		return entries
	}
	for cycle := range 3 {
		add(t, x, next(100)...)
		ballast := filepath.Join(mount, "ballast")
		fill(t, ballast)
		landed, _ := x.Position()
		if err := x.Add(t.Context(), next(200)); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { fill(t, ballast); return x.Healthy() != nil })
		if at, _ := x.Position(); at > landed+200 {
			t.Errorf("cycle %d: Position = %d on a full disk", cycle, at)
		}
		if res := search(t, x, index.Request{Query: parse(t, "news"), Limit: 10}); res.Total < landed {
			t.Errorf("cycle %d: search finds %d of %d items while the disk is full", cycle, res.Total, landed)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		freed := time.Now()
		if err := x.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(freed); took > 30*time.Second {
			t.Errorf("cycle %d: writes again %v after the disk was freed", cycle, took)
		}
		until(t, func() bool { return x.Healthy() == nil })
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, filepath.Join(mount, "index"))
	if x.Rebuilt() != "" {
		t.Error("the index was set aside:", x.Rebuilt())
	}
	if n, err := x.Count(); n != seq || err != nil {
		t.Errorf("Count = %d, %v; want %d", n, err, seq)
	}
	if at, _ := x.Position(); at != seq {
		t.Errorf("Position = %d, want %d", at, seq)
	}
}

// noise is some 2 KB of words that do not compress.
func noise(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 9)) //nolint:gosec // a repeatable text
	var b strings.Builder
	for b.Len() < 2000 {
		b.WriteString(strconv.FormatUint(r.Uint64(), 36))
		b.WriteByte(' ')
	}
	return b.String()
}

// fill appends to a file until nothing fits any more.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 16; size > 0; size /= 16 {
		for err = nil; err == nil; {
			_, err = f.Write(bytes.Repeat([]byte{1}, size))
		}
	}
}

// until waits for something that another goroutine will do.
func until(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-timeout.C:
			t.Fatal("nothing happened in a minute")
		}
	}
}
