package index_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/index"
	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// zone is one that is half an hour off, where days begin at 20:30 UTC.
func zone() *time.Location {
	return time.FixedZone("half", int((3*time.Hour + 30*time.Minute).Seconds()))
}

// TestCountsEqualMatch holds what is counted to the naive way, over random items,
// revised ones among them, and random trees.
func TestCountsEqualMatch(t *testing.T) {
	t.Parallel()
	const items, trees = 300, 150
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a repeatable test
	x := open(t, filepath.Join(t.TempDir(), "index"), func(c *index.Config) { c.Batch = 70 })
	docs := map[item.ID]*query.Doc{}
	a := &text.Analyzer{}
	for seq := range uint64(items) {
		e := randomItem(r, seq+1)
		if seq > 50 && seq%10 == 0 { // another edition of an item that is there
			e = randomItem(r, seq-20)
			e.Seq = seq + 1
			old := docs[e.Tagged.Item.ID].Tagged()
			e.Tagged.Item.Listed = old.Item.Listed
		}
		docs[e.Tagged.Item.ID] = query.NewDoc(a, e.Tagged)
		if err := x.Add(t.Context(), []index.Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	level := func(id string) index.Place {
		return index.Place{Level: map[string]string{"t0": index.LevelCountry, "t1": index.LevelTown}[id]}
	}
	for range trees {
		tree := randomTree(r, 2)
		want := map[string]map[string]int{}
		for _, f := range index.Facets() {
			want[f] = map[string]int{}
		}
		wantDays, wantOver := map[string]int{}, map[string]int{}
		total := 0
		for _, d := range docs {
			if !query.Match(tree, d) {
				continue
			}
			total++
			tg := d.Tagged()
			add := func(facet, value string) {
				if value != "" {
					want[facet][value]++
				}
			}
			add("lang", tg.Item.Lang)
			add("source", tg.Item.Source)
			add("feed", tg.Item.Feed)
			add("day", tg.Item.Listed.Format("2006-01-02"))
			day := tg.Item.Listed.In(zone()).Format("2006-01-02")
			wantDays[day]++
			for _, tag := range tg.Tags {
				if tag.Status != item.Certain {
					continue
				}
				add(string(tag.Kind), tag.ID)
				if l := level(tag.ID).Level; l != "" && tag.Kind == item.Place {
					add(l, tag.ID)
				}
				if tag.Key() == "theme:t1" {
					wantOver[day]++
				}
			}
		}
		res := search(t, x, index.Request{
			Query: tree, Now: testTime(), Facets: index.Facets(), Place: level,
			Histogram: &index.HistogramRequest{Unit: index.UnitDay, Zone: zone(), Over: []string{"place:none", "theme:t1"}},
		})
		if int(res.Total) != total {
			t.Fatalf("%s found %d, want %d", tree, res.Total, total)
		}
		got := map[string]map[string]int{}
		for f, list := range res.Facets {
			got[f] = map[string]int{}
			for i, c := range list {
				got[f][c.Value] = c.Count
				if f != "day" && i > 0 && c.Count > list[i-1].Count {
					t.Errorf("%s: facet %s is not sorted: %v", tree, f, list)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: facets (-match +search):\n%s", tree, diff)
		}
		gotDays, gotOver := map[string]int{}, map[string]int{}
		for i, b := range res.Histogram.Buckets {
			day := b.Start.Format("2006-01-02")
			if b.Count > 0 {
				gotDays[day] = b.Count
			}
			if b.Over[1] > 0 {
				gotOver[day] = b.Over[1]
			}
			if i > 0 && !b.Start.Equal(res.Histogram.Buckets[i-1].Start.AddDate(0, 0, 1)) {
				t.Errorf("%s: day %s does not follow upon the one before", tree, day)
			}
		}
		if diff := cmp.Diff(wantDays, gotDays); diff != "" {
			t.Fatalf("%s: days (-match +search):\n%s", tree, diff)
		}
		if diff := cmp.Diff(wantOver, gotOver); diff != "" {
			t.Fatalf("%s: days of the tag (-match +search):\n%s", tree, diff)
		}
	}
}

func TestHistogramUnits(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	at := func(seq uint64, listed string) {
		e := entry(seq, fmt.Sprint("h", seq), 1, "news")
		var err error
		if e.Tagged.Item.Listed, err = time.Parse(time.RFC3339, listed); err != nil {
			t.Fatal(err)
		}
		add(t, x, e)
	}
	ask := func(unit string) *index.Histogram {
		return search(t, x, index.Request{Histogram: &index.HistogramRequest{Unit: unit, Zone: zone()}}).Histogram
	}
	text := func(h *index.Histogram) string {
		var s strings.Builder
		s.WriteString(h.Unit)
		for i, b := range h.Buckets {
			if i == 0 || i == len(h.Buckets)-1 || b.Count > 0 {
				fmt.Fprintf(&s, " %s=%d", b.Start.Format("2006-01-02"), b.Count)
			}
		}
		fmt.Fprintf(&s, " of %d, earlier %d", len(h.Buckets), h.Earlier)
		return s.String()
	}
	check := func(unit, want string) {
		t.Helper()
		if got := text(ask(unit)); got != want {
			t.Errorf("by %s: %s, want %s", unit, got, want)
		}
	}
	check("", "day of 0, earlier 0")
	at(1, "2026-01-10T20:29:59Z") // Saturday, 23:59:59 in the zone
	check("", "day 2026-01-10=1 of 1, earlier 0")
	at(2, "2026-01-11T20:30:00Z") // Monday, midnight in the zone
	check("auto", "day 2026-01-10=1 2026-01-12=1 of 3, earlier 0")
	check("week", "week 2026-01-05=1 2026-01-12=1 of 2, earlier 0")
	check("month", "month 2026-01-01=2 of 1, earlier 0")
	at(3, "2025-06-30T20:30:00Z")
	check("auto", "week 2025-06-30=1 2026-01-05=1 2026-01-12=1 of 29, earlier 0")
	check("month", "month 2025-07-01=1 2026-01-01=2 of 7, earlier 0")
	at(4, "1970-01-01T00:00:00Z") // what a broken feed says
	check("auto", "month 1970-01-01=1 2025-07-01=1 2026-01-01=2 of 673, earlier 0")
	check("day", "day 2023-04-19=0 2025-07-01=1 2026-01-10=1 2026-01-12=1 of 1000, earlier 1")
}

func TestRelated(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	tags := func(keys ...string) (out []item.Tag) {
		for _, k := range keys {
			kind, id, _ := cutKey(k)
			out = append(out, item.Tag{Kind: kind, ID: id, Status: item.Certain})
		}
		return out
	}
	var entries []index.Entry
	put := func(n int, keys ...string) {
		for range n {
			seq := uint64(len(entries) + 1)
			e := entry(seq, fmt.Sprint("r", seq), 1, "news")
			e.Tagged.Tags = tags(keys...)
			entries = append(entries, e)
		}
	}
	put(8, "place:al-qaem", "place:anbar", "place:iraq", "theme:wall")
	put(2, "place:al-qaem", "place:anbar", "place:iraq", "actor:pm", "theme:storm")
	put(1, "place:al-qaem", "place:anbar", "place:iraq", "theme:once")
	put(40, "place:iraq", "actor:pm")
	put(2, "theme:wall")
	add(t, x, entries...)
	place := func(id string) index.Place {
		return index.Place{In: map[string][]string{"al-qaem": {"anbar", "iraq"}, "anbar": {"iraq"}}[id]}
	}
	res := search(t, x, index.Request{Query: query.Tag{Kind: item.Place, ID: "al-qaem"}, Related: 5, Place: place})
	want := []index.RelatedTag{
		{Kind: item.Theme, ID: "wall", Count: 8, Lift: 8. / 11 / (10. / 53)},
		{Kind: item.Theme, ID: "storm", Count: 2, Lift: 2. / 11 / (2. / 53)},
	}
	if diff := cmp.Diff(want, res.Related); diff != "" {
		t.Errorf("beside al-Qaem (-want +got):\n%s", diff)
	}
	if got := search(t, x, index.Request{Query: query.Tag{Kind: item.Place, ID: "al-qaem"}, Related: 1}).Related; len(got) != 1 || got[0].ID != "anbar" {
		t.Errorf("without the pack's places: %v, want anbar, which comes with al-Qaem", got)
	}
	if got := search(t, x, index.Request{Related: 5}).Related; len(got) != 0 {
		t.Errorf("beside everything stands %v", got)
	}
}

func cutKey(k string) (item.Kind, string, bool) {
	for _, kind := range item.Kinds() {
		if p := string(kind) + ":"; len(k) > len(p) && k[:len(p)] == p {
			return kind, k[len(p):], true
		}
	}
	return "", "", false
}

// BenchmarkCounts counts over the news corpus, all of it and the items of one
// word.
func BenchmarkCounts(b *testing.B) {
	entries := loadNews(b, 1<<30)
	x := open(b, filepath.Join(b.TempDir(), "index"))
	for i := 0; i < len(entries); i += 2000 {
		if err := x.Add(b.Context(), entries[i:min(i+2000, len(entries))]); err != nil {
			b.Fatal(err)
		}
	}
	if err := x.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	five := []string{"place", "actor", "theme", "lang", "source"}
	auto := &index.HistogramRequest{}
	for _, q := range []string{"*", "the", "minister"} {
		for _, bb := range []struct {
			name string
			r    index.Request
		}{
			{"hits", index.Request{Limit: 20}},
			{"lang", index.Request{Facets: []string{"lang"}}},
			{"tags", index.Request{Facets: []string{"theme"}}},
			{"five", index.Request{Facets: five}},
			{"days", index.Request{Histogram: auto}},
			{"related", index.Request{Related: 10}},
			{"page", index.Request{Limit: 20, Facets: five, Histogram: auto, Related: 10}},
		} {
			b.Run(fmt.Sprintf("q=%s/%s", q, bb.name), func(b *testing.B) {
				bb.r.Query = parse(b, q)
				var res index.Result
				for b.Loop() {
					res = search(b, x, bb.r)
				}
				b.ReportMetric(float64(res.Total), "items")
			})
		}
	}
}
