package rules_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"marsad/item"
	"marsad/rules"
	"marsad/tagger"
)

var update = flag.Bool("update", false, "write the golden files anew") //nolint:gochecknoglobals // a flag of the test binary

// A labelled item says which tags it must have, and which it may.
type labelled struct {
	ID    string `json:"id"`
	Lang  string `json:"lang"`
	Set   string `json:"set"` // domain or distractor
	Date  string `json:"date"`
	Title string `json:"title"`
	Body  string `json:"body"`

	Actors labels `json:"actors"`
	Places labels `json:"places"`
	Themes labels `json:"themes"`
}

type labels struct {
	Must []string `json:"must"`
	May  []string `json:"may"`
}

func (l *labelled) labels(k item.Kind) labels {
	switch k {
	case item.Actor:
		return l.Actors
	case item.Place:
		return l.Places
	case item.Theme:
	}
	return l.Themes
}

// readLabelled reads JSON lines, items and labels in one file or in two.
func readLabelled(t *testing.T, files ...string) []*labelled {
	t.Helper()
	byID := map[string]*labelled{}
	var out []*labelled
	for _, file := range files {
		f, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("the labelled items are not here: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var head struct{ ID string }
			if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			l := byID[head.ID]
			if l == nil {
				l = &labelled{}
				byID[head.ID] = l
				out = append(out, l)
			}
			if err := json.Unmarshal(lines.Bytes(), l); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
		f.Close()
	}
	return out
}

// A tally counts the labels found, those given wrongly and those missed.
type tally struct{ tp, fp, fn int }

func (c tally) figures() (p, r, f1 float64) {
	p, r = 1, 1
	if n := c.tp + c.fp; n > 0 {
		p = float64(c.tp) / float64(n)
	}
	if n := c.tp + c.fn; n > 0 {
		r = float64(c.tp) / float64(n)
	}
	if p+r > 0 {
		f1 = 2 * p * r / (p + r)
	}
	return p, r, f1
}

// A quality is the figures of a set of items, by kind and language, and what
// went wrong.
type quality struct {
	cells  map[[2]string]tally
	errors []string
}

// judge tags items and counts: at document level, certain tags that are not
// implied; neither tags that may be given nor the ancestors of labelled places
// count, and a labelled place is found when one in it is.
func judge(t *testing.T, pack *tagger.Pack, items []*labelled) quality {
	t.Helper()
	within := map[string][]string{}
	for _, e := range pack.Entries() {
		if e.Kind == item.Place {
			within[e.ID] = e.In
		}
	}
	up := func(k item.Kind, id string) []string {
		if k != item.Place {
			return nil
		}
		return within[id]
	}
	q := quality{cells: map[[2]string]tally{}}
	for _, l := range items {
		it := item.Item{Title: l.Title, Body: l.Body, Lang: l.Lang}
		if at, err := time.Parse(time.DateOnly, l.Date); err == nil {
			it.Published, it.Listed = at, at
		}
		tags := pack.Tag(it).Tags
		group := l.Lang
		if l.Set != "domain" {
			group = "distractor"
		}
		for _, kind := range item.Kinds() {
			want := l.labels(kind)
			var got, free []string
			for _, tag := range tags {
				if tag.Kind == kind && tag.Status == item.Certain && !tag.Implied {
					got = append(got, tag.ID)
				}
			}
			for _, id := range slices.Concat(want.Must, want.May) {
				free = append(append(free, id), up(kind, id)...)
			}
			var c tally
			for _, id := range got {
				switch {
				case slices.Contains(want.Must, id):
					c.tp++
				case !slices.Contains(free, id):
					c.fp++
					q.errors = append(q.errors, fmt.Sprintf("+%s:%s %s", kind, id, l.ID))
				}
			}
			for _, id := range want.Must {
				if slices.Contains(got, id) || slices.ContainsFunc(got, func(g string) bool { return slices.Contains(up(kind, g), id) }) {
					continue
				}
				c.fn++
				q.errors = append(q.errors, fmt.Sprintf("-%s:%s %s", kind, id, l.ID))
			}
			for _, key := range [][2]string{{string(kind), group}, {string(kind), "all"}} {
				sum := q.cells[key]
				q.cells[key] = tally{sum.tp + c.tp, sum.fp + c.fp, sum.fn + c.fn}
			}
		}
	}
	slices.Sort(q.errors)
	return q
}

func (q quality) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-6s %-10s %6s %6s %6s %5s\n", "kind", "group", "P", "R", "F1", "gold")
	keys := make([][2]string, 0, len(q.cells))
	for k := range q.cells {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, k := range keys {
		c := q.cells[k]
		p, r, f1 := c.figures()
		fmt.Fprintf(&b, "%-6s %-10s %6.3f %6.3f %6.3f %5d\n", k[0], k[1], p, r, f1, c.tp+c.fn)
	}
	return b.String()
}

// The pack's quality on items of our own, which were written and labelled by
// people (or models) that had not seen the rules. The golden file holds the
// figures and every error, so that what a change does to them shows in review.
func TestQuality(t *testing.T) {
	t.Parallel()
	pack, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/quality/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no labelled items: %v", err)
	}
	var items []*labelled
	for _, f := range files {
		items = append(items, readLabelled(t, f)...)
	}
	q := judge(t, pack, items)
	t.Logf("%d items of our own\n%s", len(items), q)
	got := q.String() + "\n" + strings.Join(q.errors, "\n") + "\n"
	const golden = "testdata/quality/figures.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("the quality changed; if that is right, run: make golden\n%s", diff)
	}
}

// The floors of issue 3 on the real items, when they are at hand.
func TestQualityReal(t *testing.T) {
	t.Parallel()
	pack, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatal(err)
	}
	items := readLabelled(t, "../../shared/gold/dev-docs.jsonl", "../../shared/gold/dev.jsonl")
	q := judge(t, pack, items)
	t.Logf("%d real items\n%s", len(items), q)
	for kind, floor := range map[item.Kind]struct{ p, f1 float64 }{
		item.Actor: {0.97, 0.97}, item.Place: {0.97, 0.97}, item.Theme: {0.92, 0.90},
	} {
		p, _, f1 := q.cells[[2]string{string(kind), "all"}].figures()
		if p < floor.p || f1 < floor.f1 {
			t.Errorf("%s: P %.3f F1 %.3f, want %.2f and %.2f\n%s", kind, p, f1, floor.p, floor.f1, strings.Join(q.errors, "\n"))
		}
	}
	if c := q.cells[[2]string{string(item.Actor), "distractor"}]; c.fp > 0 {
		t.Errorf("false actors in the distractors: %+v", c)
	}
}
