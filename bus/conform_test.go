package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/bus"
)

// TestBus holds the embedded and an external server to the same promises.
func TestBus(t *testing.T) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		conform(t, func(t *testing.T) bus.Config {
			t.Helper()
			return quick()
		})
	})
	t.Run("external", func(t *testing.T) {
		t.Parallel()
		conform(t, func(t *testing.T) bus.Config {
			t.Helper()
			_, url := externalServer(t, t.TempDir(), -1)
			c := quick()
			c.URL = url
			return c
		})
	})
}

func conform(t *testing.T, config func(*testing.T) bus.Config) {
	t.Helper()
	type env struct {
		bus   *bus.Bus
		cfg   bus.Config
		dir   string
		items *bus.Topic[note]
	}
	for _, c := range []struct {
		name string
		run  func(*testing.T, env)
	}{
		{"empty stream", func(t *testing.T, e env) {
			t.Helper()
			if _, ok, err := e.items.Last(t.Context()); ok || err != nil {
				t.Errorf("Last = %v, %v, want none", ok, err)
			}
			if _, ok, err := e.items.Get(t.Context(), 1); ok || err != nil {
				t.Errorf("Get(1) = %v, %v, want none", ok, err)
			}
			if _, ok, err := e.items.Get(t.Context(), 0); ok || err != nil {
				t.Errorf("Get(0) = %v, %v, want none", ok, err)
			}
			if err := e.items.Publish(t.Context(), nil); err != nil {
				t.Error(err)
			}
			if err := e.bus.Healthy(); err != nil {
				t.Error(err)
			}
		}},
		{"order and values", func(t *testing.T, e env) {
			t.Helper()
			// 1: alone; 15: singly; 16: a batch; 500, 501, 1203: whole batches.
			var want []note
			for _, n := range []int{1, 15, 16, 500, 501, 1203} {
				vs := notes(fmt.Sprintf("n%d", n), n)
				publish(t, e.items, vs)
				want = append(want, vs...)
			}
			got := collect(t, e.items, bus.Position{}, len(want))
			if d := cmp.Diff(idsOf(want), ids(got)); d != "" {
				t.Error(d)
			}
			for i, r := range got {
				if r.Seq != uint64(i+1) || r.ID != r.Value.ID || r.Lane != bus.Live || r.Value != want[i] || time.Since(r.Stored) > time.Minute {
					t.Fatalf("record %d = %+v", i, r)
				}
			}
			last, ok, err := e.items.Last(t.Context())
			if err != nil || !ok || last.Value != want[len(want)-1] || last.Seq != uint64(len(want)) {
				t.Errorf("Last = %+v, %v, %v", last, ok, err)
			}
			r, ok, err := e.items.Get(t.Context(), 3)
			if err != nil || !ok || r.Value != want[2] || r.ID != want[2].ID || r.Seq != 3 {
				t.Errorf("Get(3) = %+v, %v, %v", r, ok, err)
			}
		}},
		{"ids count once", func(t *testing.T, e env) {
			t.Helper()
			vs := notes("a", 600)
			publish(t, e.items, vs[:300])
			publish(t, e.items, vs[:300])                                    // all known
			publish(t, e.items, vs[299:450])                                 // one known
			publish(t, e.items, []note{vs[449], vs[450], vs[450], vs[0]})    // singly, repeats
			publish(t, e.items, slices.Concat(vs[400:500], vs[430:600], vs)) // repeats within the batch
			got := collect(t, e.items, bus.Position{}, 600)
			if d := cmp.Diff(idsOf(vs), ids(got)); d != "" {
				t.Error(d)
			}
			st, err := e.bus.Status(t.Context())
			if err != nil || st.Streams[0].Records != 600 {
				t.Errorf("Status = %+v, %v", st, err)
			}
		}},
		{"concurrent callers", func(t *testing.T, e env) {
			t.Helper()
			var wg sync.WaitGroup
			for g := range 16 {
				wg.Go(func() {
					for k := range 20 {
						if err := e.items.Publish(t.Context(), notes(fmt.Sprintf("g%d.%d", g, k), 5)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			got := collect(t, e.items, bus.Position{}, 16*20*5)
			// Each caller's records are in its order.
			next := map[string]string{}
			for _, r := range got {
				g, _, _ := strings.Cut(r.ID, ".")
				if key := r.ID; len(key) < len(next[g]) || len(key) == len(next[g]) && key <= next[g] {
					t.Fatalf("%s came after %s", key, next[g])
				}
				next[g] = r.ID
			}
		}},
		{"resume", func(t *testing.T, e env) {
			t.Helper()
			vs := notes("r", 1000)
			publish(t, e.items, vs)
			first := collect(t, e.items, bus.Position{}, 1000)
			rest := collect(t, e.items, first[699].Position(), 300)
			if rest[0].Seq != 701 || rest[299].Value != vs[999] {
				t.Errorf("rest begins with %+v and ends with %+v", rest[0], rest[299])
			}
		}},
		{"instant when idle", func(t *testing.T, e env) {
			t.Helper()
			got := make(chan bus.Record[note])
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				done <- e.items.Consume(ctx, "idle", bus.Position{}, func(_ context.Context, batch []bus.Record[note]) error {
					for _, r := range batch {
						got <- r
					}
					return nil
				})
			}()
			var slowest time.Duration
			for _, v := range notes("i", 20) {
				publish(t, e.items, []note{v})
				start := time.Now()
				if r := <-got; r.Value != v {
					t.Errorf("got %+v, want %+v", r.Value, v)
				}
				slowest = max(slowest, time.Since(start))
			}
			if slowest > 2*time.Second {
				t.Errorf("the slowest record took %v", slowest)
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}},
		{"positions that do not fit", func(t *testing.T, e env) {
			t.Helper()
			publish(t, e.items, notes("p", 10))
			none := func(context.Context, []bus.Record[note]) error { return nil }
			for _, p := range []bus.Position{{Seq: 11}, {Seq: 11, ID: "p-00010"}, {Seq: 5, ID: "p-00005"}} {
				if err := e.items.Check(t.Context(), p); !errors.Is(err, bus.ErrDiverged) {
					t.Errorf("Check(%v) = %v, want ErrDiverged", p, err)
				}
				if err := e.items.Consume(t.Context(), "div", p, none); !errors.Is(err, bus.ErrDiverged) {
					t.Errorf("Consume(%v) = %v, want ErrDiverged", p, err)
				}
			}
			for _, p := range []bus.Position{{}, {Seq: 10}, {Seq: 10, ID: "p-00009"}, {Seq: 1, ID: "p-00000"}} {
				if err := e.items.Check(t.Context(), p); err != nil {
					t.Errorf("Check(%v) = %v", p, err)
				}
			}
		}},
		{"transient errors", func(t *testing.T, e env) {
			t.Helper()
			publish(t, e.items, notes("t", 20))
			ctx, cancel := context.WithCancel(t.Context())
			fails, got := 0, []string(nil)
			err := e.items.Consume(ctx, "transient", bus.Position{}, func(_ context.Context, batch []bus.Record[note]) error {
				if fails++; fails <= 4 {
					return errors.New("the index is away")
				}
				if got = append(got, ids(batch)...); len(got) == 20 {
					cancel()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if d := cmp.Diff(idsOf(notes("t", 20)), got); d != "" {
				t.Error(d)
			}
			if n := parked(t, e.bus); len(n) != 0 {
				t.Errorf("parked %v", n)
			}
		}},
		{"poison is parked", func(t *testing.T, e env) {
			t.Helper()
			vs := notes("x", 100)
			publish(t, e.items, vs)
			ctx, cancel := context.WithCancel(t.Context())
			seen, calls := map[string]bool{}, map[string]int{}
			err := e.items.Consume(ctx, "poisoned stage", bus.Position{}, func(_ context.Context, batch []bus.Record[note]) error {
				for _, r := range batch {
					switch r.ID {
					case "x-00010":
						calls[r.ID]++
						return bus.Permanent(errors.New("no such country"))
					case "x-00011":
						calls[r.ID]++
						panic("boom")
					}
				}
				for _, r := range batch {
					if seen[r.ID] {
						t.Errorf("%s was done with twice", r.ID)
					}
					seen[r.ID] = true
				}
				if seen["x-00099"] {
					cancel()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if len(seen) != 98 || seen["x-00010"] || seen["x-00011"] {
				t.Errorf("%d records done with", len(seen))
			}
			for id, n := range calls {
				if n < 3 || n > 12 {
					t.Errorf("%s was tried %d times", id, n)
				}
			}
			got := parked(t, e.bus)
			want := []bus.Parked{
				{Stage: "poisoned stage", Stream: bus.Items, Seq: 12, ID: "x-00011", Reason: "panic: boom", Tries: 3},
				{Stage: "poisoned stage", Stream: bus.Items, Seq: 11, ID: "x-00010", Reason: "no such country", Tries: 3},
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			st, err := e.bus.Status(t.Context())
			if err != nil || st.Parked != 2 {
				t.Errorf("Status says %d parked, %v", st.Parked, err)
			}
		}},
		{"undecodable is parked", func(t *testing.T, e env) {
			t.Helper()
			bad := bus.NewTopic(e.bus, bus.Items, func(s string) string { return "bad-" + s }, bus.Codec[string]{
				Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil },
			})
			publish(t, e.items, notes("before", 1))
			if err := bad.Publish(t.Context(), []string{"{", "[1"}); err != nil {
				t.Fatal(err)
			}
			publish(t, e.items, notes("after", 1))
			got := collect(t, e.items, bus.Position{}, 2)
			if d := cmp.Diff([]string{"before-00000", "after-00000"}, ids(got)); d != "" {
				t.Error(d)
			}
			var at []uint64
			for _, p := range parked(t, e.bus) {
				at = append(at, p.Seq)
				if !strings.HasPrefix(p.Reason, "decode: ") {
					t.Errorf("parked for %q", p.Reason)
				}
			}
			if d := cmp.Diff([]uint64{3, 2}, at); d != "" {
				t.Error(d)
			}
			if _, ok, err := e.items.Get(t.Context(), 2); ok || !bus.IsPermanent(err) {
				t.Errorf("Get(2) = %v, %v", ok, err)
			}
		}},
		{"parked twice is once", func(t *testing.T, e env) {
			t.Helper()
			for _, reason := range []string{"old", strings.Repeat("ح", 3000)} {
				for seq := range uint64(30) {
					if err := e.bus.Park(t.Context(), bus.Parked{Stage: "tag", Stream: bus.Items, Seq: seq + 1, Reason: reason}); err != nil {
						t.Fatal(err)
					}
				}
			}
			got, err := e.bus.ParkedList(t.Context(), 3)
			if err != nil || len(got) != 3 || got[0].Seq != 30 || len(got[0].Reason) > 2048 || got[0].At.IsZero() {
				t.Errorf("ParkedList = %+v, %v", got, err)
			}
			if all := parked(t, e.bus); len(all) != 30 {
				t.Errorf("%d parked, want 30", len(all))
			}
		}},
		{"records that cannot be published", func(t *testing.T, e env) {
			t.Helper()
			for name, v := range map[string]note{
				"no id":      {},
				"blank":      {ID: "a b"},
				"line break": {ID: "a\r\nX: y"},
				"long id":    {ID: strings.Repeat("x", 257)},
				"too large":  {ID: "large", Text: strings.Repeat("x", 9<<20)},
			} {
				err := e.items.Publish(t.Context(), []note{{ID: "fine"}, v})
				if !bus.IsPermanent(err) {
					t.Errorf("%s: %v, want a permanent error", name, err)
				}
				if name == "too large" && !errors.Is(err, bus.ErrTooLarge) {
					t.Errorf("%s: %v, want ErrTooLarge", name, err)
				}
			}
			if _, ok, _ := e.items.Last(t.Context()); ok {
				t.Error("something was published")
			}
		}},
		{"large records", func(t *testing.T, e env) {
			t.Helper()
			vs := notes("big", 30)
			for i := range vs {
				vs[i].Text = strings.Repeat("خبر ", 100_000)
			}
			publish(t, e.items, vs)
			got := collect(t, e.items, bus.Position{}, 30)
			if d := cmp.Diff(idsOf(vs), ids(got)); d != "" {
				t.Error(d)
			}
		}},
		{"lanes", func(t *testing.T, e env) {
			t.Helper()
			live := bus.NewTopic(e.bus, bus.Tagged, noteID, bus.Codec[note]{})
			again := live.Lane("retag", func(n note) string { return noteID(n) + "@1" })
			publish(t, live, notes("l", 2))
			publish(t, again, notes("again", 3))
			got := collect(t, live, bus.Position{}, 5)
			if got[1].Lane != bus.Live || got[2].Lane != "retag" {
				t.Errorf("lanes %q, %q", got[1].Lane, got[2].Lane)
			}
			last, _, err := live.Last(t.Context())
			if err != nil || last.Seq != 5 {
				t.Errorf("Last = %+v, %v", last, err)
			}
			last, ok, err := live.LastLive(t.Context())
			if err != nil || !ok || last.Seq != 2 {
				t.Errorf("LastLive = %+v, %v, %v", last, ok, err)
			}
		}},
		{"table", func(t *testing.T, e env) {
			t.Helper()
			kv, err := e.bus.KV(t.Context(), "feeds")
			if err != nil {
				t.Fatal(err)
			}
			if keys, err := kv.Keys(t.Context()); err != nil || len(keys) != 0 {
				t.Errorf("Keys = %v, %v", keys, err)
			}
			want := map[string][]byte{}
			for i, key := range []string{
				"", "plain", "a.b..c", ".", "*", ">", "= is taken", "=", "=cGxhaW4", "العربية", "\x00\xff",
				"https://example.org/feed?x=1&y=%20 *>", strings.Repeat("k", 2048),
			} {
				want[key] = []byte(strconv.Itoa(i))
				if _, ok, err := kv.Get(t.Context(), key); ok || err != nil {
					t.Errorf("Get(%q) = %v, %v before Put", key, ok, err)
				}
				if err := kv.Put(t.Context(), key, []byte("old")); err != nil {
					t.Fatal(err)
				}
				if err := kv.Put(t.Context(), key, want[key]); err != nil {
					t.Fatal(err)
				}
				if v, ok, err := kv.Get(t.Context(), key); !ok || err != nil || string(v) != string(want[key]) {
					t.Errorf("Get(%q) = %q, %v, %v", key, v, ok, err)
				}
			}
			if err := kv.Delete(t.Context(), "plain"); err != nil {
				t.Error(err)
			}
			if err := kv.Delete(t.Context(), "never there"); err != nil {
				t.Error(err)
			}
			delete(want, "plain")
			if _, ok, err := kv.Get(t.Context(), "plain"); ok || err != nil {
				t.Errorf("Get after Delete = %v, %v", ok, err)
			}
			same, err := e.bus.KV(t.Context(), "feeds")
			if err != nil {
				t.Fatal(err)
			}
			got, err := same.All(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			keys, err := same.Keys(t.Context())
			if err != nil || len(keys) != len(want) {
				t.Errorf("%d keys, %v", len(keys), err)
			}
			if err := kv.Put(t.Context(), strings.Repeat("k", 2049), nil); !bus.IsPermanent(err) {
				t.Errorf("an endless key: %v", err)
			}
			if _, err := e.bus.KV(t.Context(), "no bucket"); !bus.IsPermanent(err) {
				t.Errorf("a bad bucket: %v", err)
			}
		}},
		{"queue", func(t *testing.T, e env) {
			t.Helper()
			alerts := bus.NewTopic(e.bus, bus.Alerts, noteID, bus.Codec[note]{})
			publish(t, alerts, notes("old", 3))
			q, err := alerts.Queue(t.Context(), "webhook: desk")
			if err != nil {
				t.Fatal(err)
			}
			publish(t, alerts, notes("new", 3))
			job := next(t, q)
			if job.ID != "new-00000" || job.Attempt != 1 || job.Seq != 4 {
				t.Errorf("first job = %+v", job.Record)
			}
			if err := job.RetryIn(t.Context(), 30*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			second, third := next(t, q), next(t, q)
			if second.ID != "new-00001" || third.ID != "new-00002" {
				t.Errorf("then %s, %s", second.ID, third.ID)
			}
			if err := second.InProgress(); err != nil {
				t.Error(err)
			}
			for _, j := range []bus.Job[note]{second, third} {
				if err := j.Ack(t.Context()); err != nil {
					t.Error(err)
				}
			}
			again := next(t, q)
			if again.ID != "new-00000" || again.Attempt != 2 {
				t.Errorf("again = %+v, attempt %d", again.Record, again.Attempt)
			}
			if err := again.Ack(t.Context()); err != nil {
				t.Error(err)
			}
			// Nothing is left, and what comes later is had by the same queue
			// opened again.
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if j, err := q.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Next = %+v, %v", j.Record, err)
			}
			publish(t, alerts, notes("late", 1))
			same, err := alerts.Queue(t.Context(), "webhook: desk")
			if err != nil {
				t.Fatal(err)
			}
			if j := next(t, same); j.ID != "late-00000" {
				t.Errorf("late = %+v", j.Record)
			}
		}},
		{"queue of thousands", func(t *testing.T, e env) {
			t.Helper()
			alerts := bus.NewTopic(e.bus, bus.Alerts, noteID, bus.Codec[note]{})
			q, err := alerts.Queue(t.Context(), "chat")
			if err != nil {
				t.Fatal(err)
			}
			const n = 3000
			publish(t, alerts, notes("q", n))
			// Every job is put off once: all of them are pending at a time.
			for range n {
				if j := next(t, q); j.Attempt != 1 {
					t.Fatalf("job %s came back too early", j.ID)
				} else if err := j.RetryIn(t.Context(), 10*time.Second); err != nil {
					t.Fatal(err)
				}
			}
			publish(t, alerts, notes("extra", 40))
			var mu sync.Mutex
			seen := map[string]bool{}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 10 {
						j := next(t, q)
						if err := j.Ack(t.Context()); err != nil {
							t.Error(err)
						}
						mu.Lock()
						seen[j.ID] = true
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if len(seen) != 40 {
				t.Errorf("%d different jobs, want 40", len(seen))
			}
		}},
		{"unanswered job comes back", func(t *testing.T, e env) {
			t.Helper()
			alerts := bus.NewTopic(e.bus, bus.Alerts, noteID, bus.Codec[note]{})
			q, err := alerts.Queue(t.Context(), "slow")
			if err != nil {
				t.Fatal(err)
			}
			bad := bus.NewTopic(e.bus, bus.Alerts, func(string) string { return "bad" }, bus.Codec[string]{
				Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil },
			})
			if err := bad.Publish(t.Context(), []string{"]"}); err != nil {
				t.Fatal(err)
			}
			publish(t, alerts, notes("u", 1))
			if j := next(t, q); j.Attempt != 1 || j.ID != "u-00000" {
				t.Errorf("attempt %d of %s", j.Attempt, j.ID)
			}
			if j := next(t, q); j.Attempt != 2 || j.ID != "u-00000" {
				t.Errorf("attempt %d of %s", j.Attempt, j.ID)
			}
			if p := parked(t, e.bus); len(p) != 1 || p[0].Stage != "slow" {
				t.Errorf("parked %v", p)
			}
		}},
		{"a full stream refuses and recovers", func(t *testing.T, e env) {
			t.Helper()
			c := e.cfg
			c.Streams.Items.MaxBytes = 20_000
			b := e.bus
			if c.URL == "" {
				shut(t, b)
			}
			b = open(t, c, e.dir)
			items := bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
			fits, rest := notes("fits", 50), notes("rest", 200)
			publish(t, items, fits)
			ctx, cancel := context.WithCancel(t.Context())
			result := make(chan error, 1)
			go func() { result <- items.Publish(ctx, rest) }()
			await(t, "Healthy explains", func() bool { return errors.Is(b.Healthy(), bus.ErrFull) })
			cancel()
			if err := <-result; !errors.Is(err, bus.ErrFull) || !errors.Is(err, context.Canceled) {
				t.Errorf("Publish = %v, want ErrFull and Canceled", err)
			}
			await(t, "healthy when nobody publishes", func() bool { return b.Healthy() == nil })
			if got := collect(t, items, bus.Position{}, 50); got[49].ID != fits[49].ID {
				t.Errorf("last = %+v", got[49])
			}
			// The limit is raised: the same records go through.
			c.Streams.Items.MaxBytes = 0
			if c.URL == "" {
				shut(t, b)
			}
			b = open(t, c, e.dir)
			items = bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})
			publish(t, items, rest)
			got := collect(t, items, bus.Position{}, 250)
			if d := cmp.Diff(idsOf(slices.Concat(fits, rest)), ids(got)); d != "" {
				t.Error(d)
			}
		}},
		{"publishing to a closed bus", func(t *testing.T, e env) {
			t.Helper()
			done := make(chan error, 1)
			go func() {
				done <- e.items.Consume(context.WithoutCancel(t.Context()), "s", bus.Position{}, func(context.Context, []bus.Record[note]) error { return nil })
			}()
			shut(t, e.bus)
			if err := <-done; !errors.Is(err, bus.ErrClosed) {
				t.Errorf("Consume = %v, want ErrClosed", err)
			}
			if err := e.items.Publish(t.Context(), notes("c", 1)); !errors.Is(err, bus.ErrClosed) {
				t.Errorf("Publish = %v, want ErrClosed", err)
			}
			if err := e.bus.Healthy(); !errors.Is(err, bus.ErrClosed) {
				t.Errorf("Healthy = %v, want ErrClosed", err)
			}
		}},
		{"status", func(t *testing.T, e env) {
			t.Helper()
			publish(t, e.items, notes("s", 12))
			st, err := e.bus.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(st.Streams) != 3 || st.Problem != "" || st.Used == 0 || st.Version == "" {
				t.Errorf("Status = %+v", st)
			}
			if s := st.Streams[0]; s.Name != bus.Items || s.Records != 12 || s.FirstSeq != 1 || s.LastSeq != 12 || s.Bytes == 0 || s.Lost != 0 {
				t.Errorf("ITEMS = %+v", s)
			}
			if _, err := json.Marshal(st); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg, dir := config(t), t.TempDir()
			cfg.AckWait = 500 * time.Millisecond
			if c.name == "queue of thousands" || c.name == "queue" {
				cfg.AckWait = time.Minute
			}
			b, err := bus.Open(t.Context(), cfg, dir, testLog(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
			c.run(t, env{bus: b, cfg: cfg, dir: dir, items: bus.NewTopic(b, bus.Items, noteID, bus.Codec[note]{})})
		})
	}
}

func next(t *testing.T, q *bus.Queue[note]) bus.Job[note] {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	j, err := q.Next(ctx)
	if err != nil {
		t.Error(err)
	}
	return j
}

// parked lists the parked records, without the times.
func parked(t *testing.T, b *bus.Bus) []bus.Parked {
	t.Helper()
	list, err := b.ParkedList(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].At = time.Time{}
	}
	return list
}
