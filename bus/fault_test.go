package bus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"marsad/bus"
)

// TestServerRestarts takes an external server away while records are published,
// read and worked on, and brings it back.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv, addr := externalServer(t, dir, -1)
	u, err := url.Parse(addr)
	if err != nil {
		t.Fatal(err)
	}
	var port int
	if _, err := fmt.Sscan(u.Port(), &port); err != nil {
		t.Fatal(err)
	}
	c := quick()
	c.URL = addr
	c.AckWait = time.Second
	b := open(t, c, "")
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	alerts := bus.NewTopic(b, bus.Alerts, noteID, bus.Codec[note]{})
	q, err := alerts.Queue(t.Context(), "desk")
	if err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const rounds = 30
	var read atomic.Int64
	var got []string
	consumed := make(chan error, 1)
	go func() {
		consumed <- items.Consume(ctx, "reader", bus.Position{}, func(_ context.Context, batch []bus.Record[note]) error {
			got = append(got, ids(batch)...)
			if read.Store(int64(len(got))); len(got) == rounds*40 {
				stop()
			}
			return nil
		})
	}()
	jobs := make(chan string, 1)
	go func() { jobs <- next(t, q).ID }()

	var want []string
	for round := range rounds {
		vs := notes(fmt.Sprintf("s%02d", round), 40)
		if round == rounds/2 {
			await(t, "something read", func() bool { return read.Load() > 0 })
			srv.Shutdown()
			srv.WaitForShutdown()
			await(t, "noticed", func() bool { return errors.Is(b.Healthy(), bus.ErrUnavailable) })
			short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			err := items.Publish(short, vs)
			cancel()
			if !errors.Is(err, bus.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Publish without a server = %v", err)
			}
			srv, _ = externalServer(t, dir, port)
		}
		publish(t, items, vs)
		want = append(want, idsOf(vs)...)
	}
	if err := <-consumed; err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	publish(t, alerts, notes("alert", 1))
	if id := <-jobs; id != "alert-00000" {
		t.Errorf("job %s", id)
	}
	await(t, "healthy again", func() bool { return b.Healthy() == nil })
}

// TestLostAcknowledgement lets a batch reach the server, but not the answer,
// for longer than the server remembers ids: the batch is stored once.
func TestLostAcknowledgement(t *testing.T) {
	t.Parallel()
	_, addr := externalServer(t, t.TempDir(), -1)
	p := newProxy(t, strings.TrimPrefix(addr, "nats://"))
	c := quick()
	c.URL = "nats://" + p.addr
	c.Duplicates = 200 * time.Millisecond
	c.AckTimeout = 300 * time.Millisecond
	b := open(t, c, "")
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	first := notes("first", 20)
	publish(t, items, first)

	vs := notes("lost", 5) // singly, so that the first is stored without an answer
	p.deaf.Store(true)
	done := make(chan error, 1)
	go func() { done <- items.Publish(t.Context(), vs) }()
	await(t, "trouble", func() bool { return b.Healthy() != nil })
	p.deaf.Store(false)
	p.cut()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	got := collect(t, items, bus.Position{}, 25)
	if d := cmp.Diff(append(idsOf(first), idsOf(vs)...), ids(got)); d != "" {
		t.Error(d)
	}
	if st, err := b.Status(t.Context()); err != nil || st.Streams[0].Records != 25 {
		t.Errorf("%+v, %v", st, err)
	}
}

// A proxy hands bytes to and from a server; while deaf it drops the answers.
type proxy struct {
	addr, target string
	deaf         atomic.Bool
	mu           sync.Mutex
	conns        []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), target: target}
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target) //nolint:noctx // loopback
			if err != nil {
				_ = in.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, in, out)
			p.mu.Unlock()
			go func() { _, _ = io.Copy(out, in) }()
			go func() { _, _ = io.Copy(answers{in, &p.deaf}, out) }()
		}
	}()
	return p
}

type answers struct {
	net.Conn
	deaf *atomic.Bool
}

func (a answers) Write(b []byte) (int, error) {
	if a.deaf.Load() {
		return len(b), nil
	}
	return a.Conn.Write(b)
}

// cut ends every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// smallDisk mounts a file system of its own, which needs root.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", megabytes), "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no tmpfs can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// fill writes a file that takes all the space there is, but for leave bytes.
func fill(t *testing.T, dir string, leave int64) string {
	t.Helper()
	name := filepath.Join(dir, "ballast")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, max(0, int64(st.Bavail)*st.Bsize-leave))); err != nil && !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	return name
}

// TestFullDisk fills the disk to the brim while records are published, more
// than once, and frees it: everything acknowledged is there once, publishing
// and reading go on by themselves.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	// Batches meet the full disk where they are staged, which does the stream no
	// harm; single records wedge it.
	t.Run("batches", func(t *testing.T) {
		t.Parallel()
		fullDisk(t, []int{1, 40, 5, 200})
	})
	t.Run("single records", func(t *testing.T) {
		t.Parallel()
		heals := fullDisk(t, []int{1, 5, 3, 7})
		if heals == 0 {
			t.Error("the stream was never wedged: the test has not seen what it is for")
		}
	})
}

// fullDisk publishes calls of the given sizes, and returns how often the
// storage had to be restarted.
func fullDisk(t *testing.T, sizes []int) float64 {
	t.Helper()
	root := smallDisk(t, 64)
	c := quick()
	c.AckTimeout = 500 * time.Millisecond
	c.HealthEvery = 200 * time.Millisecond
	reg := prometheus.NewRegistry()
	b, err := bus.Open(t.Context(), c, filepath.Join(root, "bus"), testLog(t), reg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, b) })
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

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var got []string
	var read atomic.Int64
	consumed := make(chan error, 1)
	go func() {
		consumed <- items.Consume(ctx, "reader", bus.Position{}, func(_ context.Context, batch []bus.Record[note]) error {
			got = append(got, ids(batch)...)
			read.Store(int64(len(got)))
			return nil
		})
	}()

	var acked atomic.Int64
	var enough atomic.Bool
	published := make(chan error, 1)
	var want []string
	go func() {
		for round := 0; !enough.Load(); round++ {
			vs := notes(fmt.Sprintf("d%04d", round), sizes[round%len(sizes)])
			for i := range vs {
				vs[i].Text = strings.Repeat("x", 300)
			}
			if err := items.Publish(t.Context(), vs); err != nil {
				published <- err
				return
			}
			want = append(want, idsOf(vs)...)
			acked.Store(int64(len(want)))
		}
		published <- nil
	}()

	var before atomic.Int64
	for cycle := range 3 {
		await(t, "records", func() bool { return acked.Load() > before.Load()+500 })
		ballast := fill(t, root, int64(cycle)*40_000)
		await(t, "the disk is full", func() bool { return b.Healthy() != nil })
		t.Logf("cycle %d: full after %d records: %v", cycle, acked.Load(), b.Healthy())
		before.Store(acked.Load())
		// What was acknowledged can be read while the disk is full.
		if r, ok, err := items.Get(t.Context(), 100); err != nil || !ok || r.Seq != 100 {
			t.Errorf("Get while the disk is full = %v, %v", ok, err)
		}
		start := time.Now()
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		await(t, "healthy again", func() bool { return b.Healthy() == nil })
		await(t, "publishing again", func() bool { return acked.Load() > before.Load()+300 })
		await(t, "reading again", func() bool { return read.Load() > before.Load() })
		if d := time.Since(start); d > 15*time.Second {
			t.Errorf("it took %v to go on", d)
		}
		t.Logf("cycle %d: on again after %v", cycle, time.Since(start))
	}
	enough.Store(true)
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	await(t, "all read", func() bool { return read.Load() >= int64(len(want)) })
	stop()
	if err := <-consumed; err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("read while it happened: %s", d)
	}
	if d := cmp.Diff(want, ids(collect(t, items, bus.Position{}, len(want)))); d != "" {
		t.Errorf("read afterwards: %s", d)
	}
	if err := kv.Put(t.Context(), "k", []byte("v")); err != nil {
		t.Error(err)
	}
	publish(t, alerts, notes("alert", 1))
	if j := next(t, q); j.ID != "alert-00000" {
		t.Errorf("job %s", j.ID)
	}
	return counter(t, reg, "marsad_bus_heals_total")
}

// counter returns the value of a metric without labels.
func counter(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// TestLowDisk refuses records before the disk is full.
func TestLowDisk(t *testing.T) {
	t.Parallel()
	root := smallDisk(t, 64)
	c := quick()
	c.MinFree = 16 << 20
	b := open(t, c, filepath.Join(root, "bus"))
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	publish(t, items, notes("a", 10))
	ballast := fill(t, root, 10<<20)
	await(t, "low", func() bool { return errors.Is(b.Healthy(), bus.ErrFull) })
	done := make(chan error, 1)
	go func() { done <- items.Publish(t.Context(), notes("b", 10)) }()
	if got := collect(t, items, bus.Position{}, 10); len(got) != 10 {
		t.Errorf("read %d", len(got))
	}
	select {
	case err := <-done:
		t.Errorf("Publish on a low disk = %v", err)
	default:
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	await(t, "healthy", func() bool { return b.Healthy() == nil })
}

// TestRollback gives a running reader a stream that has lost its end.
func TestRollback(t *testing.T) {
	t.Parallel()
	dir, old := t.TempDir(), t.TempDir()
	srv, addr := externalServer(t, dir, -1)
	c := quick()
	c.URL = addr
	b := open(t, c, "")
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	publish(t, items, notes("a", 10))
	srv.Shutdown()
	srv.WaitForShutdown()
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(addr)
	if err != nil {
		t.Fatal(err)
	}
	var port int
	if _, err := fmt.Sscan(u.Port(), &port); err != nil {
		t.Fatal(err)
	}
	srv, _ = externalServer(t, dir, port)
	publish(t, items, notes("b", 10))

	read := make(chan uint64, 100)
	done := make(chan error, 1)
	go func() {
		done <- items.Consume(t.Context(), "reader", bus.Position{}, func(_ context.Context, batch []bus.Record[note]) error {
			read <- batch[len(batch)-1].Seq
			return nil
		})
	}()
	for seq := uint64(0); seq < 20; {
		seq = <-read
	}
	srv.Shutdown()
	srv.WaitForShutdown()
	externalServer(t, old, port)
	if err := <-done; !errors.Is(err, bus.ErrDiverged) {
		t.Errorf("Consume = %v, want ErrDiverged", err)
	}
}

// TestListen publishes past the bus, through the embedded server's port: a
// reader gets the record once the supervision has found it durable.
func TestListen(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := quick()
	c.Listen = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b := open(t, c, t.TempDir())
	items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
	publish(t, items, notes("own", 1))

	nc, err := nats.Connect("nats://" + c.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Request("marsad.items", []byte(`{"id":"other"}`), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	got := collect(t, items, bus.Position{}, 2)
	if got[1].Value.ID != "other" || got[1].ID != "" {
		t.Errorf("got %+v", got[1])
	}
}
