package index_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/index"
	"marsad/item"
	"marsad/query"
)

// TestCollapseEqualsNaive holds collapsed pages, of any size and order, to what
// comes out of the whole list by leaving out copies.
func TestCollapseEqualsNaive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a repeatable test
	x := open(t, filepath.Join(t.TempDir(), "index"), func(c *index.Config) { c.Batch = 70 })
	var entries []index.Entry
	for seq := range uint64(250) {
		e := randomItem(r, seq+1)
		if r.IntN(2) == 0 {
			e.Tagged.Story = item.NewID(strconv.Itoa(1 + r.IntN(12))) // some stories have many copies
		}
		e.Tagged.Item.Seen = testTime().Add(-time.Duration(r.IntN(200)) * time.Second)
		entries = append(entries, e)
	}
	add(t, x, entries...)
	for range 12 {
		tree := query.At(randomTree(r, 2), testTime())
		for _, sort := range []string{index.ByDate, index.ByScore, index.BySeen} {
			limit := 5 + r.IntN(60)
			one := index.Request{Query: tree, Now: testTime(), Limit: 100, Sort: sort}
			copies := map[item.ID][]index.Hit{}
			var want []item.ID
			for _, h := range all(t, x, one) {
				story := h.Tagged.Story
				if copies[story] == nil {
					want = append(want, h.Tagged.Item.ID)
				}
				copies[story] = append(copies[story], h)
			}
			one.Collapse, one.Limit = true, limit
			one.Facets = []string{"lang"}
			first := search(t, x, one)
			if int(first.Stories) != len(want) {
				t.Errorf("%s: %d stories, want %d", tree, first.Stories, len(want))
			}
			var got []item.ID
			for _, h := range all(t, x, one) {
				got = append(got, h.Tagged.Item.ID)
				story := h.Tagged.Story
				if h.Copies != len(copies[story]) {
					t.Errorf("%s by %s: %d copies, want %d", tree, sort, h.Copies, len(copies[story]))
				}
				sources := map[string]bool{}
				for _, c := range copies[story] {
					if s := c.Tagged.Item.Source; s != "" {
						sources[s] = true
					}
				}
				if len(h.Sources) != len(sources) || slices.ContainsFunc(h.Sources, func(s string) bool { return !sources[s] }) {
					t.Errorf("%s by %s: sources %v, want %v", tree, sort, h.Sources, sources)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s by %s, %d a page (-naive +collapsed):\n%s", tree, sort, limit, diff)
			}
		}
	}
}

// TestCollapsePaging turns collapsed pages while copies of what is on later pages
// arrive, newer than all: no story is missed or shown twice. By score it may be:
// the scores of all change with what arrives.
func TestCollapsePaging(t *testing.T) {
	t.Parallel()
	for _, sort := range []string{index.ByDate, index.BySeen} {
		t.Run(sort, func(t *testing.T) {
			t.Parallel()
			x := open(t, filepath.Join(t.TempDir(), "index"))
			now := testTime()
			var seq uint64
			var batch []index.Entry
			put := func(story int, listed time.Time) {
				seq++
				e := entry(seq, fmt.Sprint("item", seq), 1, "news")
				e.Tagged.Item.Listed, e.Tagged.Item.Seen = listed, now
				e.Tagged.Story = item.NewID(fmt.Sprint("story", story))
				batch = append(batch, e)
			}
			const stories = 30
			for i := range 3 * stories {
				put(i%stories, now.Add(-time.Duration(i)*time.Hour))
			}
			r := index.Request{Query: parse(t, "news"), Limit: 4, Sort: sort, Collapse: true}
			seen := map[item.ID]int{}
			for page := range 100 {
				add(t, x, batch...)
				batch = nil
				r.Now = now
				res := search(t, x, r)
				for _, h := range res.Hits {
					seen[h.Tagged.Story]++
				}
				if r.Cursor = res.Cursor; r.Cursor == "" {
					break
				}
				now = now.Add(time.Minute)
				for i := range 5 {
					put((page*4+i*5)%stories, now)                     // a fresh copy
					put((page*4+i*5+1)%stories, now.AddDate(0, 0, -1)) // one that says it is of yesterday
				}
			}
			for i := range stories {
				if n := seen[item.NewID(fmt.Sprint("story", i))]; n != 1 {
					t.Errorf("story %d was shown %d times", i, n)
				}
			}
		})
	}
}

// TestCollapseManyCopies finds what stands behind a story of more copies than a
// page is filled up for.
func TestCollapseManyCopies(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	var entries []index.Entry
	const copies = 5000
	for i := range copies + 1 {
		e := entry(uint64(i+1), fmt.Sprint("item", i), 1, "news")
		e.Tagged.Item.Listed = testTime().Add(-time.Duration(i) * time.Second)
		e.Tagged.Story = item.NewID("many")
		if i == copies {
			e.Tagged.Story = e.Tagged.Item.ID
		}
		entries = append(entries, e)
	}
	add(t, x, entries...)
	hits := all(t, x, index.Request{Limit: 2, Collapse: true})
	if len(hits) != 2 || hits[0].Copies != copies || hits[1].Copies != 1 {
		t.Fatalf("%d hits, want the story of %d copies and the one behind it", len(hits), copies)
	}
}
