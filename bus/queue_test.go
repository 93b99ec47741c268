package bus_test

import (
	"testing"
	"time"

	"marsad/bus"
)

// What a process had in hand when it died comes back at once, not after the
// minute that a live one is given to answer.
func TestQueueAfterDeath(t *testing.T) {
	dir := t.TempDir()
	b := open(t, quick(), dir)
	alerts := bus.NewTopic(b, bus.Alerts, noteID, bus.Codec[note]{})
	q, err := alerts.Queue(t.Context(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	publish(t, alerts, notes("n", 3))
	done, hand := next(t, q), next(t, q)
	if err := done.Ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	shut(t, b)

	b = open(t, quick(), dir)
	q, err = bus.NewTopic(b, bus.Alerts, noteID, bus.Codec[note]{}).Queue(t.Context(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	got := map[string]bool{}
	for range 2 {
		j := next(t, q)
		got[j.ID] = true
		if err := j.Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !got[hand.ID] || !got["n-00002"] || got[done.ID] {
		t.Errorf("came back: %v, in hand was %s, done %s", got, hand.ID, done.ID)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("after %s", took)
	}
	if n, err := q.Waiting(t.Context()); err != nil || n != 0 {
		t.Errorf("%d waiting, %v", n, err)
	}
}
