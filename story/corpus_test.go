package story_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"marsad/item"
	"marsad/story"
)

// An entry is an item of testdata/corpus.txt with what should be found.
type entry struct {
	item         item.Item
	story, event item.ID
}

// start is when the corpus begins: a Tuesday.
func start() time.Time { return time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC) }

// corpus reads testdata/corpus.txt, in the order of its languages.
func corpus(tb testing.TB) (langs []string, byLang map[string][]entry) {
	tb.Helper()
	b, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		tb.Fatal(err)
	}
	byLang = map[string][]entry{}
	bodies := map[string]string{}
	var lang string
	for block := range strings.SplitSeq(string(b), "\n\n") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") })
		if len(lines) > 0 && strings.HasPrefix(lines[0], "[") {
			lang = strings.Trim(lines[0], "[]")
			langs = append(langs, lang)
			lines = lines[1:]
		}
		if len(lines) == 0 {
			continue
		}
		head := strings.Fields(lines[0])
		if len(lines) != 3 || len(head) != 5 {
			tb.Fatalf("not an item: %q", block)
		}
		hours, err := strconv.Atoi(head[4])
		if err != nil {
			tb.Fatal(err)
		}
		id := lang + "-" + head[0]
		bodies[id] = bodyOf(tb, bodies, lang, lines[2])
		at := start().Add(time.Duration(hours) * time.Hour)
		byLang[lang] = append(byLang[lang], entry{
			item: item.Item{
				ID: item.ID(id), Revision: item.Revision(id + "-1"), Feed: lang + "-" + head[3], Lang: lang,
				Title: lines[1], Body: bodies[id], Published: at, Seen: at, Listed: at,
			},
			story: item.ID(lang + head[1]), event: item.ID(head[2]),
		})
	}
	for _, l := range langs {
		slices.SortStableFunc(byLang[l], func(a, b entry) int { return a.item.Seen.Compare(b.item.Seen) })
	}
	return langs, byLang
}

// bodyOf resolves "dateline = A1 x > y".
func bodyOf(tb testing.TB, bodies map[string]string, lang, line string) string {
	tb.Helper()
	before, rest, ok := strings.Cut(line, "= ")
	if !ok || before != "" && !strings.HasSuffix(before, ") - ") {
		return line
	}
	name, change, _ := strings.Cut(rest, " ")
	body, ok := bodies[lang+"-"+name]
	if !ok {
		tb.Fatalf("%s: no item %q before this", lang, name)
	}
	if change == "first" {
		first, _, ok := strings.Cut(body, ". ")
		if !ok {
			tb.Fatalf("%s-%s has one sentence only", lang, name)
		}
		return first + " ..."
	}
	if old, with, ok := strings.Cut(change, " > "); ok {
		if !strings.Contains(body, old) {
			tb.Fatalf("%s-%s does not hold %q", lang, name, old)
		}
		body = strings.ReplaceAll(body, old, with)
	}
	return before + body
}

// TestCorpus groups the corpus and compares the figures, and every pair that
// is wrong or missing, with testdata/corpus_stats.txt. Run with -update and read
// the diff.
func TestCorpus(t *testing.T) {
	langs, byLang := corpus(t)
	p := pack(t)
	var out strings.Builder
	var all []entry
	for _, l := range langs {
		g := story.New(story.Config{})
		stories, events := map[item.ID]item.ID{}, map[item.ID]item.ID{}
		for _, e := range byLang[l] {
			stories[e.item.ID], events[e.item.ID] = g.Add(p.Tag(e.item))
		}
		report(&out, l, byLang[l], stories, events)
		all = append(all, byLang[l]...)
	}
	// All languages in one stream: now translations are to be found, and nothing
	// else is to be lost.
	slices.SortStableFunc(all, func(a, b entry) int { return a.item.Seen.Compare(b.item.Seen) })
	g := story.New(story.Config{})
	stories, events := map[item.ID]item.ID{}, map[item.ID]item.ID{}
	for _, e := range all {
		stories[e.item.ID], events[e.item.ID] = g.Add(p.Tag(e.item))
	}
	report(&out, "all", all, stories, events)
	golden(t, "testdata/corpus_stats.txt", out.String())
}

func report(out *strings.Builder, name string, entries []entry, stories, events map[item.ID]item.ID) {
	wantStories, wantEvents := map[item.ID]item.ID{}, map[item.ID]item.ID{}
	for _, e := range entries {
		wantStories[e.item.ID], wantEvents[e.item.ID] = e.story, e.event
	}
	for _, c := range []struct {
		what      string
		got, want map[item.ID]item.ID
	}{{"copies", stories, wantStories}, {"events", events, wantEvents}} {
		right, wrong, missing := score(pairs(c.got), pairs(c.want))
		fmt.Fprintf(out, "%-4s %s  pairs %3d  precision %.3f  recall %.3f\n", name, c.what,
			len(right)+len(missing), ratio(len(right), len(wrong)), ratio(len(right), len(missing)))
		if name == "all" {
			continue // too many to read
		}
		for _, p := range wrong {
			fmt.Fprintf(out, "     wrong   %s %s\n", p[0], p[1])
		}
		for _, p := range missing {
			fmt.Fprintf(out, "     missing %s %s\n", p[0], p[1])
		}
	}
}

var update = flag.Bool("update", false, "rewrite golden files") //nolint:gochecknoglobals // a test flag

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed; run with -update and read the diff. Now:\n%s", name, got)
	}
}
