package index_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/index"
	"marsad/item"
	"marsad/query"
)

func open(tb testing.TB, dir string, change ...func(*index.Config)) *index.Index {
	tb.Helper()
	cfg := index.DefaultConfig()
	cfg.Linger = time.Millisecond
	for _, c := range change {
		c(&cfg)
	}
	x, err := index.Open(tb.Context(), dir, cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { x.Close() })
	return x
}

func add(tb testing.TB, x *index.Index, entries ...index.Entry) {
	tb.Helper()
	if err := x.Add(tb.Context(), entries); err != nil {
		tb.Fatal(err)
	}
	if err := x.Flush(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

func search(tb testing.TB, x *index.Index, r index.Request) index.Result {
	tb.Helper()
	res, err := x.Search(tb.Context(), r)
	if err != nil {
		tb.Fatalf("Search(%v): %v", r.Query, err)
	}
	return res
}

func parse(tb testing.TB, s string) query.Node {
	tb.Helper()
	n, err := query.Parse(s, query.Options{})
	if err != nil {
		tb.Fatalf("Parse(%q): %v", s, err)
	}
	return n
}

func testTime() time.Time { return time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC) }

// entry is the seq-th record of a stream: revision rev of the item called name.
func entry(seq uint64, name string, rev int, title string) index.Entry {
	id := item.NewID(name)
	t := item.Tagged{
		Item: item.Item{
			ID: id, Revision: item.NewRevision(id, strconv.Itoa(rev)), Feed: "feed", Source: "The Source", Lang: "en",
			Title: title, Body: "The body of " + title, Listed: testTime(), Seen: testTime(),
		},
		Story: id, Seq: seq, Pack: "pack",
	}
	return index.Entry{Seq: seq, ID: t.ID(), Tagged: t}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	x := open(t, dir)
	e := entry(7, "a", 1, "قاسم الأعرجي & <b>Qasim</b> \u2028")
	e.Tagged.Item.Published = testTime().Add(-time.Hour)
	e.Tagged.Item.Categories = []string{"x", "y"}
	e.Tagged.Item.Flags = []string{"title-cut"}
	e.Tagged.Tags = []item.Tag{
		{Kind: item.Actor, ID: "qasim-al-araji", Status: item.Certain, Rule: "p/r", Evidence: []item.Evidence{{Field: "title", Start: 0, End: 23, Text: "قاسم الأعرجي", Surface: "s", Clause: "c"}}},
		{Kind: item.Place, ID: "iraq", Status: item.Candidate},
	}
	add(t, x, e)
	got, ok, err := x.Get(t.Context(), e.Tagged.Item.ID)
	if err != nil || !ok {
		t.Fatalf("Get = %t, %v", ok, err)
	}
	if diff := cmp.Diff(e.Tagged, got); diff != "" {
		t.Errorf("Get (-want +got):\n%s", diff)
	}
	res := search(t, x, index.Request{Query: parse(t, "actor:qasim-al-araji"), Limit: 10})
	if res.Total != 1 || len(res.Hits) != 1 {
		t.Fatalf("Search = %+v, want one hit", res)
	}
	if diff := cmp.Diff(e.Tagged, res.Hits[0].Tagged); diff != "" {
		t.Errorf("hit (-want +got):\n%s", diff)
	}
	if seq, id := x.Position(); seq != 7 || id != e.ID {
		t.Errorf("Position = %d, %s; want 7, %s", seq, id, e.ID)
	}
	if _, ok, err := x.Get(t.Context(), item.NewID("nothing")); ok || err != nil {
		t.Errorf("Get of what is not there = %t, %v", ok, err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	if seq, id := x.Position(); seq != 7 || id != e.ID || x.Rebuilt() != "" {
		t.Errorf("after opening again: Position = %d, %s, Rebuilt %q", seq, id, x.Rebuilt())
	}
	if n, err := x.Count(); n != 1 || err != nil {
		t.Errorf("Count = %d, %v; want 1", n, err)
	}
	if err := x.Add(t.Context(), []index.Entry{entry(8, "b", 1, "b")}); err != nil {
		t.Error("Add after opening again:", err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Add(t.Context(), []index.Entry{e}); err == nil {
		t.Error("Add to a closed index succeeded")
	}
}

// TestRevisions has a few items revised again and again by many small batches
// that are written at the same time: the last revision must win, and be alone.
func TestRevisions(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"), func(c *index.Config) { c.Batch, c.Writers, c.Linger = 3, 4, 0 })
	const items, revisions = 5, 40
	var seq uint64
	for rev := 1; rev <= revisions; rev++ {
		for i := range items {
			seq++
			if err := x.Add(t.Context(), []index.Entry{entry(seq, fmt.Sprint("item", i), rev, fmt.Sprint("revision r", rev))}); err != nil {
				t.Fatal(err)
			}
			if at, _ := x.Position(); at > seq {
				t.Fatalf("Position %d is above the last sequence %d", at, seq)
			}
		}
	}
	if err := x.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, _ := x.Position(); at != seq {
		t.Errorf("Position = %d after Flush, want %d", at, seq)
	}
	if n, err := x.Count(); n != items || err != nil {
		t.Errorf("Count = %d, %v; want %d", n, err, items)
	}
	last := search(t, x, index.Request{Query: parse(t, fmt.Sprintf("title:r%d", revisions)), Limit: 10})
	if last.Total != items {
		t.Errorf("%d items have their last revision, want %d", last.Total, items)
	}
	if old := search(t, x, index.Request{Query: parse(t, fmt.Sprintf("-r%d", revisions)), Limit: 10}); old.Total != 0 {
		t.Errorf("%d items have an old revision", old.Total)
	}
}

func TestStory(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	first, second, alone := entry(1, "a", 1, "first"), entry(2, "b", 1, "second"), entry(3, "c", 1, "alone")
	second.Tagged.Story = first.Tagged.Story
	for _, e := range []*index.Entry{&first, &second, &alone} {
		e.Tagged.Event = first.Tagged.Story
	}
	add(t, x, first, second, alone)
	story := func(id item.ID) uint64 {
		return search(t, x, index.Request{Query: query.Story{ID: id}}).Total
	}
	if a, b, c := story(first.Tagged.Item.ID), story(second.Tagged.Item.ID), story(alone.Tagged.Item.ID); a != 2 || b != 0 || c != 1 {
		t.Errorf("stories have %d, %d, %d items; want 2, 0, 1", a, b, c)
	}
	event := func(id item.ID) uint64 {
		return search(t, x, index.Request{Query: query.Event{ID: id}}).Total
	}
	if a, b, c := event(first.Tagged.Item.ID), event(second.Tagged.Item.ID), event(alone.Tagged.Item.ID); a != 3 || b != 0 || c != 0 {
		t.Errorf("events have %d, %d, %d items; want 3, 0, 0", a, b, c)
	}
	for _, e := range []index.Entry{first, second, alone} {
		if got, ok, err := x.Get(t.Context(), e.Tagged.Item.ID); !ok || err != nil || got.Item.ID != e.Tagged.Item.ID {
			t.Errorf("Get(%s) = %s, %t, %v", e.Tagged.Item.Title, got.Item.Title, ok, err)
		}
	}
}

// TestPark gives the index what it cannot keep: it is handed on with a reason,
// as often as that takes, and nothing behind it waits.
func TestPark(t *testing.T) {
	t.Parallel()
	var parked []string
	fail := true
	x := open(t, filepath.Join(t.TempDir(), "index"), func(c *index.Config) {
		c.Writers = 1
		c.Park = func(_ context.Context, e index.Entry, reason string) error {
			if fail {
				fail = false
				return errors.New("try again")
			}
			parked = append(parked, fmt.Sprint(e.Seq, " ", reason))
			return nil
		}
	})
	noID, badDate := entry(2, "b", 1, "b"), entry(3, "c", 1, "c")
	noID.Tagged.Item.ID = "x"
	badDate.Tagged.Item.Published = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	add(t, x, entry(1, "a", 1, "a"), noID, badDate, entry(4, "d", 1, "d"))
	if n, err := x.Count(); n != 2 || err != nil {
		t.Errorf("Count = %d, %v; want 2", n, err)
	}
	if seq, _ := x.Position(); seq != 4 {
		t.Errorf("Position = %d, want 4", seq)
	}
	if len(parked) != 2 || parked[0] != `2 index: "x" is not the id of an item` {
		t.Errorf("parked %q", parked)
	}
	if err := x.Healthy(); err != nil {
		t.Error("Healthy:", err)
	}
}

// TestEnginePanic has the engine panic over one document of a batch.
func TestEnginePanic(t *testing.T) {
	t.Parallel()
	var parked []uint64
	x := open(t, filepath.Join(t.TempDir(), "index"), func(c *index.Config) {
		c.Park = func(_ context.Context, e index.Entry, _ string) error {
			parked = append(parked, e.Seq)
			return nil
		}
	})
	batch := []index.Entry{entry(1, "a", 1, "a"), entry(2, "b", 1, "b"), entry(3, "c", 1, "c")}
	if err := x.LandBroken(batch, 2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint64{2}, parked); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
	if n, err := x.Count(); n != 2 || err != nil {
		t.Errorf("Count = %d, %v; want 2", n, err)
	}
}

func TestOpenTwice(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	x := open(t, dir)
	add(t, x, entry(1, "a", 1, "a"))
	cfg := index.DefaultConfig()
	cfg.OpenTimeout = 200 * time.Millisecond
	if y, err := index.Open(t.Context(), dir, cfg, slog.New(slog.DiscardHandler), nil); err == nil {
		y.Close()
		t.Fatal("a second Open of the folder succeeded")
	}
	if n, err := x.Count(); n != 1 || err != nil {
		t.Errorf("Count = %d, %v; want 1: the second Open did harm", n, err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if errs := index.DefaultConfig().Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	bad := index.Config{Batch: 0, Writers: 17, Linger: -1, OpenTimeout: 0, Stall: 0}
	if errs := bad.Validate(); len(errs) != 5 {
		t.Errorf("%d mistakes found, want 5: %v", len(errs), errs)
	}
}

// TestEngineStuck has the engine fail again and again while items are written:
// it is opened anew, and everything lands.
func TestEngineStuck(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	x := open(t, dir, func(c *index.Config) { c.Batch = 10 })
	for seq := uint64(1); seq <= 100; seq++ {
		if err := x.Add(t.Context(), []index.Entry{entry(seq, strconv.FormatUint(seq, 10), 1, "news")}); err != nil {
			t.Fatal(err)
		}
		if seq%40 == 0 {
			x.FailEngine()
		}
	}
	if err := x.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	if n, err := x.Count(); n != 100 || err != nil {
		t.Errorf("Count = %d, %v; want 100", n, err)
	}
	if at, _ := x.Position(); at != 100 {
		t.Errorf("Position = %d, want 100", at)
	}
}
