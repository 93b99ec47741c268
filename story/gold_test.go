package story_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"marsad/item"
	"marsad/rules"
	"marsad/story"
	"marsad/tagger"
	"marsad/text"
)

const shared = "../../shared/"

// lines decodes a file of JSON lines of the shared data; without it, the test
// is skipped.
func lines[T any](tb testing.TB, name string) (out []T) {
	tb.Helper()
	b, err := os.ReadFile(shared + name)
	if err != nil {
		tb.Skipf("the shared data are not here: %v", err)
	}
	var r io.Reader = bytes.NewReader(b)
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			tb.Fatal(err)
		}
	}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var v T
		if err := json.Unmarshal(in.Bytes(), &v); err != nil {
			tb.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func pack(tb testing.TB) *tagger.Pack {
	tb.Helper()
	p, err := rules.Load(rules.IraqSyria())
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// goldItems are the labelled items, tagged, in the order of their dates; with
// oneWeek all of them within a week.
func goldItems(tb testing.TB, oneWeek bool) (out []item.Tagged) {
	tb.Helper()
	p := pack(tb)
	for _, d := range lines[struct{ ID, Lang, Source, Title, Body, Published string }](tb, "gold/dev-docs.jsonl") {
		at := dateOf(d.Published)
		out = append(out, p.Tag(item.Item{
			ID: item.ID(d.ID), Source: d.Source, Title: d.Title, Body: d.Body, Lang: text.Identify(d.Title+"\n"+d.Body, d.Lang), Seen: at, Listed: at,
		}))
	}
	slices.SortStableFunc(out, func(a, b item.Tagged) int { return a.Item.Seen.Compare(b.Item.Seen) })
	if oneWeek {
		for i := range out {
			at := time.Date(2026, 1, 1, i, 0, 0, 0, time.UTC)
			out[i].Item.Seen, out[i].Item.Listed = at, at
		}
	}
	return out
}

// dateOf reads a date, some of which have no day or are missing.
func dateOf(s string) time.Time {
	s, _, _ = strings.Cut(s, "T")
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	return time.Date(2020, 5, 17, 0, 0, 0, 0, time.UTC)
}

// pairs are the unordered pairs of items that have the same name.
func pairs(of map[item.ID]item.ID) map[[2]item.ID]bool {
	groups := map[item.ID][]item.ID{}
	for id, g := range of {
		groups[g] = append(groups[g], id)
	}
	out := map[[2]item.ID]bool{}
	for _, g := range groups {
		slices.Sort(g)
		for i := range g {
			for j := range i {
				out[[2]item.ID{g[j], g[i]}] = true
			}
		}
	}
	return out
}

// score counts the pairs found that are right, those that are not, and those
// that are missing.
func score(found, want map[[2]item.ID]bool) (right, wrong, missing [][2]item.ID) {
	for p := range found {
		if want[p] {
			right = append(right, p)
		} else {
			wrong = append(wrong, p)
		}
	}
	for p := range want {
		if !found[p] {
			missing = append(missing, p)
		}
	}
	byID := func(a, b [2]item.ID) int { return slices.Compare(a[:], b[:]) }
	for _, s := range [][][2]item.ID{right, wrong, missing} {
		slices.SortFunc(s, byID)
	}
	return right, wrong, missing
}

// TestGold measures copies and events on the labelled items: as they are dated,
// which must reach what was promised, and all within one week, which is harder
// than any stream (years of one region's news at once) and only logged.
func TestGold(t *testing.T) {
	wantCopies, wantEvents := map[[2]item.ID]bool{}, map[item.ID]item.ID{}
	for _, c := range lines[struct{ A, B item.ID }](t, "gold/copies.jsonl") {
		wantCopies[[2]item.ID{c.A, c.B}] = true
	}
	for _, s := range lines[struct {
		Story item.ID
		IDs   []item.ID
	}](t, "gold/stories.jsonl") {
		for _, id := range s.IDs {
			wantEvents[id] = s.Story
		}
	}
	for _, oneWeek := range []bool{false, true} {
		g := story.New(story.Config{})
		stories, events, titles := map[item.ID]item.ID{}, map[item.ID]item.ID{}, map[item.ID]string{}
		for _, it := range goldItems(t, oneWeek) {
			id := it.Item.ID
			stories[id], events[id] = g.Add(it)
			titles[id] = string(id) + " " + it.Item.Listed.Format(time.DateOnly) + " " + it.Item.Title
		}
		for _, c := range []struct {
			what                    string
			got, want               map[[2]item.ID]bool
			minPrecision, minRecall float64
		}{
			{"copies", pairs(stories), wantCopies, .98, .9},
			{"events", pairs(events), pairs(wantEvents), .9, .7},
		} {
			right, wrong, missing := score(c.got, c.want)
			p, r := ratio(len(right), len(wrong)), ratio(len(right), len(missing))
			if !oneWeek && (p < c.minPrecision || r < c.minRecall) {
				t.Errorf("%s: precision %.3f, recall %.3f; want %.2f, %.2f", c.what, p, r, c.minPrecision, c.minRecall)
			}
			t.Logf("one week %v: %s: %d pairs, precision %.3f, recall %.3f", oneWeek, c.what, len(c.want), p, r)
			for _, w := range wrong {
				t.Logf("  wrong   %s\n            %s", titles[w[0]], titles[w[1]])
			}
			for _, w := range missing {
				t.Logf("  missing %s\n            %s", titles[w[0]], titles[w[1]])
			}
		}
	}
}

func ratio(right, other int) float64 {
	if right+other == 0 {
		return 1
	}
	return float64(right) / float64(right+other)
}
