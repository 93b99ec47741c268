package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"marsad/bus"
)

// benchBus opens an embedded bus with values of some 700 bytes on the wire.
func benchBus(b *testing.B, c bus.Config) (*bus.Bus, *bus.Topic[note]) {
	b.Helper()
	c.MinFree = -1
	bs, err := bus.Open(b.Context(), c, b.TempDir(), slog.New(slog.DiscardHandler), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = bs.Close(context.WithoutCancel(b.Context())) })
	return bs, bus.NewTopic(bs, bus.Items, noteID, bus.Codec[note]{})
}

func benchNotes(prefix string, n int) []note {
	vs := make([]note, n)
	text := strings.Repeat("خبر عاجل news ", 32)
	for i := range vs {
		vs[i] = note{ID: fmt.Sprintf("%s-%08d-0123456789abcdef0123456789", prefix, i), Text: text}
	}
	return vs
}

// cpu returns the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// report adds records per second and processor time per record.
func report(b *testing.B, records int, since time.Duration) {
	b.Helper()
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64((cpu()-since).Microseconds())/float64(records), "cpu-µs/record")
}

func BenchmarkPublish(b *testing.B) {
	for _, callers := range []int{1, 16} {
		for _, size := range []int{1, 8, 50, 500} {
			for _, compress := range []bool{false, true} {
				if compress && size != 500 {
					continue
				}
				b.Run(fmt.Sprintf("callers=%d/size=%d/s2=%v", callers, size, compress), func(b *testing.B) {
					_, topic := benchBus(b, bus.Config{Compress: compress})
					start, n := cpu(), 0
					for b.Loop() {
						var wg sync.WaitGroup
						for g := range callers {
							vs := benchNotes(fmt.Sprintf("%d.%d", n, g), size)
							wg.Go(func() {
								if err := topic.Publish(b.Context(), vs); err != nil {
									b.Error(err)
								}
							})
						}
						wg.Wait()
						n++
					}
					report(b, n*callers*size, start)
				})
			}
		}
	}
}

func BenchmarkConsume(b *testing.B) {
	bs, topic := benchBus(b, bus.Config{})
	const n = 50_000
	for i := range n / 5000 {
		if err := topic.Publish(b.Context(), benchNotes(strconv.Itoa(i), 5000)); err != nil {
			b.Fatal(err)
		}
	}
	for _, decode := range []bool{false, true} {
		b.Run(fmt.Sprintf("json=%v", decode), func(b *testing.B) {
			t := topic
			if !decode {
				t = bus.NewTopic(bs, bus.Items, noteID, bus.Codec[note]{Decode: func([]byte, *note) error { return nil }})
			}
			start, rounds := cpu(), 0
			for b.Loop() {
				rounds++
				ctx, cancel := context.WithCancel(b.Context())
				err := t.Consume(ctx, "bench", bus.Position{}, func(_ context.Context, batch []bus.Record[note]) error {
					if batch[len(batch)-1].Seq == n {
						cancel()
					}
					return nil
				})
				cancel()
				if err != nil {
					b.Fatal(err)
				}
			}
			report(b, rounds*n, start)
		})
	}
}
