package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"marsad/alert"
	"marsad/item"
	"marsad/query"
)

var update = flag.Bool("update", false, "rewrite golden files") //nolint:gochecknoglobals // a test flag

// stream keeps what was published, each id once; fail makes it refuse.
type stream struct {
	alerts []alert.Alert
	calls  int
	fail   error
}

func (s *stream) Publish(_ context.Context, alerts []alert.Alert) error {
	s.calls++
	if s.fail != nil {
		return s.fail
	}
	for _, a := range alerts {
		if !slices.ContainsFunc(s.alerts, func(b alert.Alert) bool { return a.ID == b.ID }) {
			s.alerts = append(s.alerts, a)
		}
	}
	return nil
}

// fired lists what was published as "watch title".
func (s *stream) fired() []string {
	out := []string{}
	for _, a := range s.alerts {
		out = append(out, a.Watch+" "+a.Title)
	}
	return out
}

func newStage(t *testing.T, out *stream, change func(*alert.StageOptions), watches ...alert.Watch) *alert.Stage {
	t.Helper()
	set, errs := alert.CompileWatches(watches, query.Options{})
	for _, err := range errs {
		t.Fatal(err)
	}
	o := alert.StageOptions{Set: set, Publisher: out, Remember: 1000, BaseURL: "http://localhost:8080/", Log: discard()}
	if change != nil {
		change(&o)
	}
	s, err := alert.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recs numbers items as the streams would, from the given position.
func recs(from uint64, items ...item.Tagged) []alert.Rec {
	out := make([]alert.Rec, len(items))
	for i, t := range items {
		if t.Seq == 0 {
			t.Seq = 100 + from + uint64(i)
		}
		out[i] = alert.Rec{Seq: from + uint64(i), Tagged: t}
	}
	return out
}

func handle(t *testing.T, s *alert.Stage, recs []alert.Rec) {
	t.Helper()
	if err := s.Handle(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
}

func TestWireForm(t *testing.T) {
	t.Parallel()
	it := tagged("سور القائم", "A wall.", "ar", "place:al-qaem", "theme:border-wall")
	it.Item.Sample = true
	it.Item.Revised = it.Item.Seen.Add(time.Hour)
	it.Item.Added = []item.Span{{Field: "body", Start: 0, End: 7}}
	out := &stream{}
	s := newStage(t, out, nil, alert.Watch{
		ID: "border-wall", Query: "place:al-qaem theme:border-wall wall", To: []string{"desk", "screen"}, Priority: alert.Urgent,
	})
	handle(t, s, recs(41, it))
	got, err := json.MarshalIndent(out.alerts, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = "testdata/alerts.golden.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the wire form has changed; old streams and receivers rely on it (-want +got):\n%s", diff)
	}
	var back []alert.Alert
	if err := json.Unmarshal(want, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.alerts, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestOncePerStory(t *testing.T) {
	t.Parallel()
	first, copied, other := tagged("wall A", "", "en"), tagged("wall B", "", "en"), tagged("wall C", "", "en")
	copied.Story = first.Story
	out := &stream{}
	s := newStage(t, out, nil, alert.Watch{ID: "one", Query: "wall"}, alert.Watch{ID: "two", Query: "wall a"}, alert.Watch{ID: "three", Query: "WALL"})
	batch := recs(1, first, copied, other)
	want := []string{"one wall A", "three wall A", "two wall A", "one wall C", "three wall C"}
	for range 2 { // doing it twice changes nothing
		handle(t, s, batch)
		if diff := cmp.Diff(want, out.fired()); diff != "" {
			t.Fatalf("fired (-want +got):\n%s", diff)
		}
	}
	if out.calls != 1 {
		t.Errorf("published %d times, want once", out.calls)
	}
	copied.Item.Revision += "x" // a later revision of the copy
	handle(t, s, recs(9, copied))
	if diff := cmp.Diff(want, out.fired()); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}

	// After a crash: a new stage, the alerts from the stream, the batch again.
	again := newStage(t, out, nil, alert.Watch{ID: "one", Query: "wall"}, alert.Watch{ID: "two", Query: "wall a"}, alert.Watch{ID: "three", Query: "WALL"})
	for _, a := range out.alerts {
		again.Restore(a)
	}
	handle(t, again, batch)
	if out.calls != 1 {
		t.Errorf("published again after a restart")
	}
}

func TestWhatMayNotAlert(t *testing.T) {
	t.Parallel()
	change := func(title string, f func(*item.Tagged)) item.Tagged {
		it := tagged("wall "+title, "", "en")
		f(&it)
		return it
	}
	reg := prometheus.NewPedanticRegistry()
	out := &stream{}
	s := newStage(t, out, func(o *alert.StageOptions) { o.ItemsSeq, o.Registerer = 50, reg },
		alert.Watch{ID: "wall", Query: "wall"},
		alert.Watch{ID: "fresh", Query: "wall", MaxAge: time.Hour},
		alert.Watch{ID: "patient", Query: "wall", MaxAge: 30 * 24 * time.Hour},
	)
	handle(t, s, recs(1,
		change("backfill", func(t *item.Tagged) { t.Item.Backfill = true }),
		change("tagged again before", func(t *item.Tagged) { t.Seq = 50 }),
		change("new", func(t *item.Tagged) { t.Seq = 103 }),
		change("tagged again just now", func(t *item.Tagged) { t.Seq = 103 }),
		change("two hours old", func(t *item.Tagged) { t.Item.Seen = t.Item.Listed.Add(2 * time.Hour) }),
		change("three days old", func(t *item.Tagged) { t.Item.Seen = t.Item.Listed.Add(72 * time.Hour) }),
		change("edited after three days", func(t *item.Tagged) {
			t.Item.Revised = t.Item.Listed.Add(72 * time.Hour)
			t.Item.Added = []item.Span{{Field: "title", End: len("wall")}}
		}),
		change("edited elsewhere", func(t *item.Tagged) { t.Item.Revised = t.Item.Listed.Add(time.Hour) }),
		change("a year old", func(t *item.Tagged) { t.Item.Seen = t.Item.Listed.Add(365 * 24 * time.Hour) }),
		change("without dates", func(t *item.Tagged) {
			t.Item.Listed, t.Item.Published, t.Item.Seen = time.Time{}, time.Time{}, time.Time{}
		}),
		tagged("snow", "", "en"),
	))
	want := []string{
		"wall wall new", "fresh wall new", "patient wall new",
		"wall wall two hours old", "patient wall two hours old",
		"patient wall three days old",
		"patient wall edited after three days",
		"wall wall without dates", "fresh wall without dates", "patient wall without dates",
	}
	if diff := cmp.Diff(want, out.fired()); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
	metrics := `
# HELP marsad_alert_fired_total Alerts published.
# TYPE marsad_alert_fired_total counter
marsad_alert_fired_total 10
# HELP marsad_alert_items_total Tagged items the alert stage has seen, by outcome: matched, unmatched, or why they may not alert (backfill, retagged, old; edited: what matched stood there before the edit).
# TYPE marsad_alert_items_total counter
marsad_alert_items_total{outcome="backfill"} 1
marsad_alert_items_total{outcome="edited"} 1
marsad_alert_items_total{outcome="matched"} 5
marsad_alert_items_total{outcome="old"} 1
marsad_alert_items_total{outcome="retagged"} 2
marsad_alert_items_total{outcome="unmatched"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(metrics), "marsad_alert_items_total", "marsad_alert_fired_total"); err != nil {
		t.Error(err)
	}
	if got, want := s.ItemsSeq(), uint64(111); got != want {
		t.Errorf("ItemsSeq() = %d, want %d", got, want)
	}
}

func TestPublishFails(t *testing.T) {
	t.Parallel()
	out := &stream{fail: errors.New("stream is full")}
	s := newStage(t, out, nil, alert.Watch{ID: "wall", Query: "wall"})
	batch := recs(1, tagged("wall", "", "en"))
	if err := s.Handle(t.Context(), batch); !errors.Is(err, out.fail) {
		t.Fatalf("Handle: %v, want the publisher's error", err)
	}
	if got := s.ItemsSeq(); got != 0 {
		t.Errorf("ItemsSeq() = %d after a failure, want 0", got)
	}
	out.fail = nil
	handle(t, s, batch)
	if len(out.alerts) != 1 {
		t.Errorf("fired %v, want one alert at the second try", out.fired())
	}
}

func TestSwap(t *testing.T) {
	t.Parallel()
	out := &stream{}
	log := &syncBuffer{}
	s := newStage(t, out, func(o *alert.StageOptions) { o.Log = newLog(log) }, alert.Watch{ID: "wall", Query: "wall"})
	handle(t, s, recs(1, tagged("wall 1", "", "en")))
	set, errs := alert.CompileWatches([]alert.Watch{{ID: "snow", Query: "snow"}, {ID: "quiet", Query: "-wall"}}, query.Options{})
	for _, err := range errs {
		t.Fatal(err)
	}
	s.Swap(set)
	handle(t, s, recs(2, tagged("wall 2", "", "en"), tagged("snow", "", "en")))
	if diff := cmp.Diff([]string{"wall wall 1", "quiet snow", "snow snow"}, sorted(out.fired())); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
	if !strings.Contains(log.String(), "cost time on every item") {
		t.Errorf("nobody was told of the costly watch: %s", log.String())
	}
	s.Swap(compile(t))
	handle(t, s, recs(4, tagged("snow 2", "", "en")))
	if len(out.alerts) != 3 {
		t.Errorf("fired %v without watches", out.fired())
	}
}

func sorted(s []string) []string {
	slices.SortFunc(s, func(a, b string) int {
		wa, _, _ := strings.Cut(a, " ")
		wb, _, _ := strings.Cut(b, " ")
		return strings.Compare(map[string]string{"wall": "0"}[wa]+wa, map[string]string{"wall": "0"}[wb]+wb)
	})
	return s
}

// Memory is bounded: the oldest pairs are forgotten, the latest are not.
func TestForgetsTheOldest(t *testing.T) {
	t.Parallel()
	out := &stream{}
	s := newStage(t, out, func(o *alert.StageOptions) { o.Remember = 10 }, alert.Watch{ID: "wall", Query: "wall"})
	for i := range 35 {
		a := sample(strconv.Itoa(i))
		a.Watch = "wall"
		s.Restore(a)
	}
	story := func(i int) item.Tagged {
		it := tagged(fmt.Sprint("wall ", i), "", "en")
		it.Story = item.NewID(strconv.Itoa(i))
		return it
	}
	for i := 25; i < 35; i++ {
		handle(t, s, recs(uint64(i), story(i)))
	}
	if len(out.alerts) != 0 {
		t.Errorf("fired %v: the last ten were told", out.fired())
	}
	handle(t, s, recs(100, story(24)))
	if len(out.alerts) != 1 {
		t.Errorf("the memory holds more than it may")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []alert.StageOptions{
		{},
		{Set: compile(t), Publisher: &stream{}, Log: discard()},
		{Set: compile(t), Remember: 5, Log: discard()},
	} {
		if _, err := alert.New(o); err == nil {
			t.Errorf("New(%+v): no error", o)
		}
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	a := alert.NewID("wall", item.NewID("x"))
	seen := map[string]string{}
	for what, id := range map[string]string{
		"alert":          a,
		"other watch":    alert.NewID("wall2", item.NewID("x")),
		"other story":    alert.NewID("wall", item.NewID("y")),
		"delivery":       alert.DeliveryID(a, "desk"),
		"other receiver": alert.DeliveryID(a, "desk2"),
	} {
		if len(id) != 32 || seen[id] != "" {
			t.Errorf("%s: id %q is that of %s, or no id", what, id, seen[id])
		}
		seen[id] = what
	}
	if want := "d9c272de"; a[:8] != want {
		t.Errorf("NewID = %s, want it to begin with %s: ids are in streams and must not change", a, want)
	}
}

func BenchmarkHandle(b *testing.B) {
	set, errs := alert.CompileWatches(realistic(100, true), query.Options{})
	if len(errs) > 0 {
		b.Fatal(errs[0])
	}
	s, err := alert.New(alert.StageOptions{Set: set, Publisher: &stream{}, Remember: 1000, Log: discard()})
	if err != nil {
		b.Fatal(err)
	}
	batch := recs(1, realisticItems(100)...)
	for i := range batch {
		batch[i].Tagged.Seq = 0
	}
	for b.Loop() {
		if err := s.Handle(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(batch))*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}
