package alert_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"marsad/alert"
)

func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func itoa(n int) string { return strconv.Itoa(n) }

// flaky is a terminal that fails so many times and keeps the times of all tries.
type flaky struct {
	fails int
	tries []time.Time
	text  strings.Builder
}

func (f *flaky) Write(p []byte) (int, error) {
	f.tries = append(f.tries, time.Now())
	if f.fails > 0 {
		f.fails--
		return 0, errors.New("broken pipe")
	}
	return f.text.Write(p)
}

func newTerminal(t *testing.T, out io.Writer, q *queue, l *ledger) *alert.Courier {
	t.Helper()
	c, err := alert.NewCourier(t.Context(), alert.CourierOptions{
		Receiver: alert.Receiver{Name: "tty", Type: alert.Terminal},
		Retry:    alert.DefaultConfig().Retry,
		Queue:    q, Ledger: l, Terminal: out, Log: discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The default schedule, in its own time.
func TestSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := sample("one", "tty")
		q, l, out := newQueue(a), newLedger(), &flaky{fails: 1000}
		q.limit = 365 * 24 * time.Hour
		begin := time.Now()
		stop := start(t, newTerminal(t, out, q, l))
		time.AfterFunc(30*24*time.Hour, func() { q.put(sample("two")) }) // for nobody: ends the wait
		q.done(t, 2)
		stop()

		want := append([]time.Duration{0}, alert.DefaultConfig().Retry...)
		if len(out.tries) != len(want) {
			t.Fatalf("%d tries, want %d", len(out.tries), len(want))
		}
		last := begin
		for i, at := range out.tries {
			wait := at.Sub(last)
			if most := want[i] + want[i]/10; wait < want[i] || wait > most {
				t.Errorf("try %d came after %s, want between %s and %s", i+1, wait, want[i], most)
			}
			last = at
		}
		letters, err := alert.DeadLetters(t.Context(), l, "tty")
		if err != nil || len(letters) != 1 {
			t.Fatalf("dead letters %v, %v; want one", letters, err)
		}
		if !strings.Contains(letters[0].Reason, "broken pipe") || letters[0].First != out.tries[0].UTC() {
			t.Errorf("dead letter %+v", letters[0].Delivery)
		}
	})
}

func TestDeliveredBefore(t *testing.T) {
	t.Parallel()
	a := sample("one", "tty")
	l := newLedger()
	for range 3 { // the queue forgets acknowledgements; the ledger does not
		q, out := newQueue(a, a), &syncBuffer{}
		stop := start(t, newTerminal(t, out, q, l))
		q.done(t, 2)
		stop()
		if got := strings.Count(out.String(), "ALERT"); got > 1 {
			t.Errorf("written %d times in one run", got)
		}
	}
	list, err := alert.Deliveries(t.Context(), l, "", alert.Delivered)
	if err != nil || len(list) != 1 || list[0].Tries != 1 {
		t.Errorf("deliveries %+v, %v; want one, at the first try", list, err)
	}
	if list, err = alert.Deliveries(t.Context(), l, "", alert.Waiting); err != nil || len(list) != 0 {
		t.Errorf("waiting %+v, %v; want none", list, err)
	}
}

func TestNotAddressed(t *testing.T) {
	t.Parallel()
	q, l, out := newQueue(sample("one"), sample("two", "desk"), sample("three", "tty")), newLedger(), &syncBuffer{}
	stop := start(t, newTerminal(t, out, q, l))
	q.done(t, 3)
	stop()
	if got := strings.Count(out.String(), "\n"); got != 1 || !strings.Contains(out.String(), "/three") {
		t.Errorf("written: %q, want the third only", out.String())
	}
	if len(l.m) != 1 {
		t.Errorf("%d ledger entries, want 1", len(l.m))
	}
}

// An alert that was delivered is not acknowledged, and not sent again, before
// the ledger has it.
func TestLedgerOutOfReach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := sample("one", "tty")
		q, l, out := newQueue(a), newLedger(), &flaky{}
		l.fail = 9
		q.limit = time.Hour
		stop := start(t, newTerminal(t, out, q, l))
		synctest.Wait()
		if acked, _ := q.log(); len(acked) != 0 {
			t.Errorf("acknowledged before the ledger had it")
		}
		q.done(t, 1)
		stop()
		if len(out.tries) != 1 {
			t.Errorf("written %d times, want once", len(out.tries))
		}
	})
}

func TestQueueOutOfReach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, out := newQueue(sample("one", "tty")), &flaky{}
		q.fail = errors.New("no responders")
		stop := start(t, newTerminal(t, out, q, newLedger()))
		q.done(t, 1)
		stop()
		if len(out.tries) != 1 {
			t.Errorf("written %d times, want once", len(out.tries))
		}
	})
}

type panicking struct{ left int }

func (p *panicking) Write(b []byte) (int, error) {
	if p.left > 0 {
		p.left--
		panic("index out of range")
	}
	return len(b), nil
}

func TestPanicIsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, l := newQueue(sample("one", "tty")), newLedger()
		stop := start(t, newTerminal(t, &panicking{left: 1}, q, l))
		q.done(t, 1)
		stop()
		list, err := alert.Deliveries(t.Context(), l, "tty")
		if err != nil || len(list) != 1 || list[0].State != alert.Delivered || list[0].Tries != 2 {
			t.Errorf("deliveries %+v, %v; want one at the second try", list, err)
		}
	})
}

func TestNewCourierRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]alert.Receiver{
		"no terminal":         {Name: "tty", Type: alert.Terminal},
		"no type of receiver": {Name: "x", Type: "pigeon"},
		"no such file":        {Name: "x", Type: alert.Webhook, URL: "https://example.org", SecretFile: "/nonexistent"},
		"no network":          {Name: "x", Type: alert.Webhook, URL: "https://example.org", SecretFile: secretFile(t, testSecret), AllowPrivate: []string{"lan"}},
	}
	for want, r := range tests {
		_, err := alert.NewCourier(t.Context(), alert.CourierOptions{Receiver: r, Queue: newQueue(), Ledger: newLedger(), Log: discard()})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewCourier(%+v): %v, want an error with %q", r, err, want)
		}
	}
}

func TestCourierMetrics(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			w.WriteHeader(500)
			return
		}
		ok(w)
	})
	h.Start()
	reg := prometheus.NewPedanticRegistry()
	a := sample("one", "desk")
	q, l := newQueue(a), newLedger()
	options := alert.CourierOptions{
		Receiver: alert.Receiver{
			Name: "desk", Type: alert.Webhook, URL: h.URL,
			SecretFile: secretFile(t, testSecret), AllowPrivate: []string{"127.0.0.1"},
		},
		Retry: ms(1), Queue: q, Ledger: l, Log: discard(), Registerer: reg,
	}
	for n := 1; n <= 2; n++ { // the second time as after a reload
		c, err := alert.NewCourier(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, c)
		q.done(t, n)
		stop()
		q.put(a)
	}
	want := `
# HELP marsad_alert_deliveries_total Tries to deliver an alert, by receiver and result: delivered, failed (to be tried again), dead, repeat (delivered before, not sent).
# TYPE marsad_alert_deliveries_total counter
marsad_alert_deliveries_total{receiver="desk",result="delivered"} 1
marsad_alert_deliveries_total{receiver="desk",result="failed"} 1
marsad_alert_deliveries_total{receiver="desk",result="repeat"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "marsad_alert_deliveries_total"); err != nil {
		t.Error(err)
	}
}
