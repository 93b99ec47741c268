package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"marsad/bus"
)

// note is the value that the tests send.
type note struct {
	ID   string `json:"id"`
	Text string `json:"text,omitempty"`
}

func noteID(n note) string { return n.ID }

// notes returns n values with ids of a prefix and consecutive numbers.
func notes(prefix string, n int) []note {
	vs := make([]note, n)
	for i := range vs {
		vs[i] = note{ID: fmt.Sprintf("%s-%05d", prefix, i), Text: "نص " + prefix}
	}
	return vs
}

func testLog(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// quick is a configuration whose supervision is fast enough to be waited for.
func quick() bus.Config {
	c := bus.DefaultConfig()
	c.HealthEvery = 20 * time.Millisecond
	c.AckTimeout = 2 * time.Second
	c.MinFree = -1
	return c
}

// open opens a bus and closes it when the test ends.
func open(t *testing.T, c bus.Config, dir string) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), c, dir, testLog(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, b) })
	return b
}

func shut(t *testing.T, b *bus.Bus) {
	t.Helper()
	start := time.Now()
	if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("Close took %v", d)
	}
}

// externalServer runs a NATS server on a loopback port and returns it with its
// address.
func externalServer(t *testing.T, dir string, port int) (*server.Server, string) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, SyncAlways: true, DisableJetStreamBanner: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the external server does not start")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s, s.ClientURL()
}

func publish(t *testing.T, topic *bus.Topic[note], vs []note) {
	t.Helper()
	if err := topic.Publish(t.Context(), vs); err != nil {
		t.Fatal(err)
	}
}

// collect reads n records behind after.
func collect(t *testing.T, topic *bus.Topic[note], after bus.Position, n int) []bus.Record[note] {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got []bus.Record[note]
	err := topic.Consume(ctx, "collect", after, func(_ context.Context, batch []bus.Record[note]) error {
		got = append(got, batch...)
		if len(got) >= n {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != n {
		t.Fatalf("read %d records, want %d", len(got), n)
	}
	return got
}

func ids(records []bus.Record[note]) []string {
	s := make([]string, len(records))
	for i, r := range records {
		s[i] = r.Value.ID
	}
	return s
}

func idsOf(vs []note) []string {
	s := make([]string, len(vs))
	for i, v := range vs {
		s[i] = v.ID
	}
	return s
}

// await waits until ok, looked at again whenever it may have changed.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
