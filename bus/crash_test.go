package bus_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/bus"
)

// crashDir, when set, makes the test binary the child of TestKill.
const crashDir = "MARSAD_BUS_CRASH_DIR"

// TestKillChild publishes batches of different sizes and prints the last number
// after each acknowledgement, until TestKill kills its process.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("is run by TestKill")
	}
	b, err := bus.Open(t.Context(), bus.Config{MinFree: -1}, dir, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	last, _, err := items.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n, round := int(last.Seq), 0; ; round++ {
		vs := make([]note, []int{1, 30, 500, 3, 120}[round%5])
		for i := range vs {
			vs[i] = note{ID: strconv.Itoa(n + i + 1), Text: strings.Repeat("x", 600)}
		}
		publish(t, items, vs)
		n += len(vs)
		fmt.Fprintln(os.Stdout, n)
	}
}

// TestKill kills a publishing process at different moments. What it had been
// told is durable is there, without gap, double or change of place.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	acked := 0
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillChild$")
		cmd.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The moment is given by the acknowledgements seen, and differs from
		// round to round.
		lines := bufio.NewScanner(out)
		for seen := 0; lines.Scan(); {
			if _, err := fmt.Sscan(lines.Text(), &acked); err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			if seen++; seen == 3+4*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // it was killed
	}

	b := open(t, quick(), dir)
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	last, _, err := items.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if int(last.Seq) < acked {
		t.Fatalf("%d records, %d were acknowledged", last.Seq, acked)
	}
	for i, r := range collect(t, items, bus.Position{}, int(last.Seq)) {
		if r.Seq != uint64(i+1) || r.ID != strconv.Itoa(i+1) {
			t.Fatalf("record %d has sequence %d and id %s", i+1, r.Seq, r.ID)
		}
	}
	t.Logf("%d acknowledged, %d stored, %d kills", acked, last.Seq, rounds)
}

// TestReopen closes a bus and opens it again: sequences, ids, tables and queues
// go on.
func TestReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := quick()
	c.AckWait = 200 * time.Millisecond
	b := open(t, c, dir)
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	alerts := bus.NewTopic(b, bus.Alerts, noteID, bus.Codec[note]{})
	q, err := alerts.Queue(t.Context(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	kv, err := b.KV(t.Context(), "state")
	if err != nil {
		t.Fatal(err)
	}
	vs := notes("r", 30)
	publish(t, items, vs[:20])
	publish(t, alerts, notes("alert", 2))
	if err := kv.Put(t.Context(), "k", []byte("v")); err != nil {
		t.Fatal(err)
	}
	if err := next(t, q).Ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if j := next(t, q); j.ID != "alert-00001" { // and is not answered
		t.Errorf("second job %s", j.ID)
	}
	shut(t, b)

	b = open(t, c, dir)
	items = bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	alerts = bus.NewTopic(b, bus.Alerts, noteID, bus.Codec[note]{})
	publish(t, items, vs) // 20 of them are known
	if d := cmp.Diff(idsOf(vs), ids(collect(t, items, bus.Position{}, 30))); d != "" {
		t.Error(d)
	}
	kv, err = b.KV(t.Context(), "state")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok, err := kv.Get(t.Context(), "k"); err != nil || !ok || string(v) != "v" {
		t.Errorf("Get = %q, %v, %v", v, ok, err)
	}
	q, err = alerts.Queue(t.Context(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	if j := next(t, q); j.ID != "alert-00001" {
		t.Errorf("after reopening: %s", j.ID)
	}
}

// TestDiskLimit checks that the default limit is worked out once.
func TestDiskLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	limit := func(c bus.Config) int64 {
		b := open(t, c, dir)
		defer shut(t, b)
		st, err := b.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st.MaxDisk
	}
	first := limit(quick())
	if first <= 0 || first > 20<<30 {
		t.Errorf("first limit %d", first)
	}
	if err := os.WriteFile(dir+"/max-disk", []byte("123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := limit(quick()); got != 123456789 {
		t.Errorf("the limit was worked out again: %d", got)
	}
	c := quick()
	c.MaxDisk = 50 << 20
	if got := limit(c); got != 50<<20 {
		t.Errorf("the configured limit is not used: %d", got)
	}
}
