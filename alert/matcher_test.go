package alert_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/alert"
	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// tagged is an item in words; tags are "kind:id", a "?" before makes a candidate.
func tagged(title, body, lang string, tags ...string) item.Tagged {
	listed := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	id := item.NewID(title, body)
	t := item.Tagged{
		Item: item.Item{
			ID: id, Revision: item.NewRevision(id, title, body), Feed: "wakala", Source: "Wakala News Agency",
			Title: title, Body: body, Lang: lang, Listed: listed, Published: listed, Seen: listed.Add(30 * time.Minute),
			URL: "https://news.example/" + string(id[:8]),
		},
		Story: id,
	}
	for _, s := range tags {
		status := item.Certain
		if rest, ok := strings.CutPrefix(s, "?"); ok {
			s, status = rest, item.Candidate
		}
		kind, id, _ := strings.Cut(s, ":")
		tag := item.Tag{Kind: item.Kind(kind), ID: id, Status: status}
		if status == item.Certain && title != "" {
			first, _, _ := strings.Cut(title, " ")
			tag.Evidence = []item.Evidence{{Field: "title", Start: 0, End: len(first), Text: first}}
		}
		t.Tags = append(t.Tags, tag)
	}
	return t
}

func compile(tb testing.TB, queries ...string) *alert.Set {
	tb.Helper()
	watches := make([]alert.Watch, len(queries))
	for i, q := range queries {
		watches[i] = alert.Watch{ID: fmt.Sprintf("w%d", i), Query: q, To: []string{"desk"}}
	}
	set, errs := alert.CompileWatches(watches, query.Options{})
	for _, err := range errs {
		tb.Fatal(err)
	}
	return set
}

func ids(matches []alert.Match) []string {
	out := []string{}
	for _, m := range matches {
		out = append(out, m.Watch.ID)
	}
	slices.Sort(out)
	return out
}

func TestMatch(t *testing.T) {
	t.Parallel()
	story := item.NewID("story")
	queries := []string{
		0:  "place:al-qaem theme:border-wall",
		1:  "place:al-qaem -theme:border-wall",
		2:  `"border wall"`,
		3:  "القائم",
		4:  "qae*",
		5:  "lang:ar",
		6:  "feed:wakala -wall",
		7:  "story:" + string(story),
		8:  "source:agency wall",
		9:  "place:mosul OR camp",
		10: "bordr~1",
		11: "theme:border-wall place:al-qaem", // the words of 0 in another order
		12: "place:al-qaem theme:border-wall", // 0 again
		13: "since:1d wall",
		14: `"wall iraq"~3`,
		15: "title:wall",
		16: "*",
		17: "event:" + string(story),
	}
	set := compile(t, queries...)
	wall := tagged("Al-Qaem: a border wall", "Iraq builds on", "en", "place:al-qaem", "place:iraq", "theme:border-wall")
	inStory := tagged("Camp", "", "en")
	inStory.Story = story
	inEvent := tagged("Camp", "", "en")
	inEvent.Event = story
	tests := []struct {
		name string
		t    item.Tagged
		want []int
	}{
		{"tags", wall, []int{0, 2, 4, 8, 10, 11, 12, 13, 15, 16}},
		{"candidate", tagged("x", "", "en", "?place:al-qaem", "?theme:border-wall"), []int{6, 16}},
		{"negated", tagged("x", "", "en", "place:al-qaem"), []int{1, 6, 16}},
		{"clitic", tagged("", "وبالقائم ثلج", "ar"), []int{3, 5, 6, 16}},
		{"story", inStory, []int{6, 7, 9, 16}},
		{"event", inEvent, []int{6, 9, 16, 17}},
		{"other", tagged("x", "y", "fr", "place:mosul"), []int{6, 9, 16}},
		{"nothing", item.Tagged{}, []int{16}},
	}
	var m alert.Matcher
	for range 2 {
		for _, tt := range tests {
			want := []string{}
			for _, n := range tt.want {
				want = append(want, fmt.Sprintf("w%d", n))
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, ids(m.Match(set, tt.t))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	}
	if diff := cmp.Diff([]string{"w10", "w16", "w5"}, set.Unanchored()); diff != "" {
		t.Errorf("Unanchored (-want +got):\n%s", diff)
	}
	if set.Len() != len(queries) {
		t.Errorf("Len() = %d, want %d", set.Len(), len(queries))
	}
}

// vocabulary of the random queries and items; small, so that they meet.
func words() []string {
	return []string{
		"wall", "border", "Al-Qaem", "camp", "attack", "القائم", "والقائم", "جدار", "الحدود",
		"Irak'ta", "ISIS", "strike", "strikes", "dêrik", "بغداد", "للقائم", "protests",
	}
}

func randomTag(r *rand.Rand) string {
	return []string{"actor", "place", "theme"}[r.IntN(3)] + ":" + []string{"a", "b", "c"}[r.IntN(3)]
}

func randomQuery(r *rand.Rand, depth int) string {
	word := func() string { return words()[r.IntN(len(words()))] }
	if depth > 0 {
		switch r.IntN(6) {
		case 0, 1:
			return randomQuery(r, depth-1) + " " + randomQuery(r, depth-1)
		case 2:
			return "(" + randomQuery(r, depth-1) + " OR " + randomQuery(r, depth-1) + ")"
		case 3:
			return "-(" + randomQuery(r, depth-1) + ")"
		}
	}
	switch r.IntN(12) {
	case 0, 1, 2, 3:
		return randomTag(r)
	case 4:
		return `"` + word() + " " + word() + `"`
	case 5:
		return `"` + word() + " " + word() + `"~2`
	case 6:
		return []string{"bor*", "stri*", "pro*", "القا*"}[r.IntN(4)]
	case 7:
		return []string{"lang:ar", "feed:wakala", "source:news", "title:wall", "title:camp", "since:1h", "strike~1", "protest~2", "*"}[r.IntN(9)]
	default:
		return word()
	}
}

func randomItem(r *rand.Rand) item.Tagged {
	sentence := func(n int) string {
		var out []string
		for range r.IntN(n) {
			out = append(out, words()[r.IntN(len(words()))])
		}
		return strings.Join(out, " ")
	}
	tags := map[string]bool{}
	for range r.IntN(5) {
		tags[randomTag(r)] = true
	}
	var list []string
	for tag := range tags {
		if r.IntN(4) == 0 {
			tag = "?" + tag
		}
		list = append(list, tag)
	}
	return tagged(sentence(4), sentence(8), []string{"en", "ar", "tr", "ckb", ""}[r.IntN(5)], list...)
}

// The presearcher never loses a match: the set gives what comparing each item
// with each query gives.
func TestMatchEqualsEvaluation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var queries []string
	var nodes []query.Node
	for len(queries) < 1000 {
		q := randomQuery(r, 3)
		n, err := query.Parse(q, query.Options{})
		if err != nil { // too many wildcards
			continue
		}
		queries, nodes = append(queries, q), append(nodes, n)
	}
	set := compile(t, queries...)
	var m alert.Matcher
	var a text.Analyzer
	found := 0
	for range 120 {
		it := randomItem(r)
		doc := query.NewDoc(&a, it)
		want := []string{}
		for i, n := range nodes {
			if query.Match(n, doc) {
				want = append(want, fmt.Sprintf("w%d", i))
			}
		}
		slices.Sort(want)
		got := ids(m.Match(set, it))
		if diff := cmp.Diff(want, got); diff != "" {
			for _, id := range append(want, got...) {
				if slices.Contains(want, id) != slices.Contains(got, id) {
					var n int
					_, _ = fmt.Sscanf(id, "w%d", &n)
					t.Errorf("query %q on %q / %q: evaluation %v, set %v", queries[n], it.Item.Title, it.Item.Body, slices.Contains(want, id), slices.Contains(got, id))
				}
			}
			t.FailNow()
		}
		found += len(want)
	}
	if found < 10_000 {
		t.Errorf("only %d matches: the test compares nothing", found)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("wall OR القائم -camp", "والقائم wall", "en", "place:a")
	f.Add(`"a b"~3 pro* title:x`, "b a protest", "", "theme:b")
	f.Add("Irak place:a", "Irak’ta", "tr", "place:a")
	f.Fuzz(func(t *testing.T, q, body, lang, tag string) {
		n, err := query.Parse(q, query.Options{})
		if err != nil {
			return
		}
		it := tagged("", body, lang, tag)
		var m alert.Matcher
		var a text.Analyzer
		set := compile(t, q)
		want := query.Match(n, query.NewDoc(&a, it))
		if got := len(m.Match(set, it)) == 1; got != want {
			t.Errorf("query %q on %q: evaluation %v, set %v", q, body, want, got)
		}
	})
}

func TestWhy(t *testing.T) {
	t.Parallel()
	set := compile(t, "place:al-qaem lang:en (wall OR camp) -theme:snow")
	var m alert.Matcher
	matches := m.Match(set, tagged("Al-Qaem wall", "The wall, a wall, one more wall. Walls.", "en", "place:al-qaem"))
	if len(matches) != 1 {
		t.Fatalf("%d matches, want 1", len(matches))
	}
	want := []alert.Reason{
		{Clause: "place:al-qaem", Field: "title", Start: 0, End: 7, Text: "Al-Qaem"},
		{Clause: "lang:en"},
		{Clause: "wall", Field: "title", Start: 8, End: 12, Text: "wall"},
		{Clause: "wall", Field: "body", Start: 4, End: 8, Text: "wall"},
		{Clause: "wall", Field: "body", Start: 12, End: 16, Text: "wall"},
	}
	if diff := cmp.Diff(want, m.Why(matches[0])); diff != "" {
		t.Errorf("Why (-want +got):\n%s", diff)
	}
}

// An item that no watch can match costs no memory.
func TestNoMatchAllocatesNothing(t *testing.T) {
	set := compile(t, "place:al-qaem wall", "theme:border-wall", `"some other words"`, "prot*")
	it := tagged("A day at the sea", strings.Repeat("Nothing of interest happened here today. ", 40), "en", "place:mosul", "theme:weather")
	var m alert.Matcher
	m.Match(set, it)
	if n := testing.AllocsPerRun(100, func() { m.Match(set, it) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// realistic watches: 70 % of tags, 20 % of a phrase and a tag, 10 % of text; or
// of tags alone.
func realistic(n int, withText bool) []alert.Watch {
	r := rand.New(rand.NewPCG(3, 4))
	tag := func() string {
		switch r.IntN(3) {
		case 0:
			return fmt.Sprintf("actor:actor-%d", r.IntN(20_000))
		case 1:
			return fmt.Sprintf("place:place-%d", r.IntN(2_000))
		default:
			return fmt.Sprintf("theme:theme-%d", r.IntN(100))
		}
	}
	word := func() string { return fmt.Sprintf("term%d", r.IntN(50_000)) }
	watches := make([]alert.Watch, n)
	for i := range watches {
		var q string
		switch k := r.IntN(100); {
		case k < 70 || !withText:
			q = tag() + " " + tag()
		case k < 90:
			q = `"` + word() + " " + word() + `" ` + tag()
		case k < 99:
			q = word() + " " + word()
		default:
			q = word() + "*"
		}
		watches[i] = alert.Watch{ID: fmt.Sprintf("w%d", i), Query: q}
	}
	return watches
}

func realisticItems(n int) []item.Tagged {
	r := rand.New(rand.NewPCG(5, 6))
	items := make([]item.Tagged, n)
	for i := range items {
		var body strings.Builder
		for range 300 {
			// Common words are common, as in any language.
			fmt.Fprintf(&body, "term%d ", int(float64(50_000)*r.Float64()*r.Float64()*r.Float64()))
		}
		tags := []string{
			fmt.Sprintf("actor:actor-%d", r.IntN(20_000)), fmt.Sprintf("actor:actor-%d", r.IntN(20_000)),
			fmt.Sprintf("place:place-%d", r.IntN(2_000)), "place:iraq", fmt.Sprintf("theme:theme-%d", r.IntN(100)),
		}
		items[i] = tagged("A title of some words", body.String(), "en", tags...)
	}
	return items
}

func BenchmarkMatch(b *testing.B) {
	items := realisticItems(200)
	for _, withText := range []bool{false, true} {
		for _, n := range []int{0, 100, 1_000, 10_000} {
			b.Run(fmt.Sprintf("text=%v/watches=%d", withText, n), func(b *testing.B) {
				set, errs := alert.CompileWatches(realistic(n, withText), query.Options{})
				if len(errs) > 0 {
					b.Fatal(errs[0])
				}
				var m alert.Matcher
				hits, i := 0, 0
				for b.Loop() {
					hits += len(m.Match(set, items[i%len(items)]))
					i++
				}
				b.ReportMetric(float64(hits)/float64(i), "hits/item")
			})
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	watches := realistic(10_000, true)
	for b.Loop() {
		if _, errs := alert.CompileWatches(watches, query.Options{}); len(errs) > 0 {
			b.Fatal(errs[0])
		}
	}
}

// Beginnings of different lengths, words shorter than some of them.
func TestMatchPrefixes(t *testing.T) {
	t.Parallel()
	set := compile(t, "protesters*", "bor*", "القائم*", "protest*", "قائ*")
	tests := map[string][]string{
		"border":      {"w1"},
		"protesting":  {"w3"},
		"protesters":  {"w0", "w3"},
		"والقائمة":    {"w2", "w4"},
		"protest بور": {"w3"},
		"bo pro":      {},
	}
	var m alert.Matcher
	for text, want := range tests {
		if diff := cmp.Diff(want, ids(m.Match(set, tagged("", text, "ar")))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// A text of many words after one of few, and the other way round.
func TestMatchLongText(t *testing.T) {
	t.Parallel()
	var long strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&long, "word%d ", i)
	}
	set := compile(t, "word0 word4999", "word2500 -word5000", "word1 wall", `"word3 word4"`)
	var m alert.Matcher
	for range 2 {
		for body, want := range map[string][]string{
			"wall":               {},
			long.String():        {"w0", "w1", "w3"},
			"wall word1":         {"w2"},
			"word4 word3":        {},
			"word5000 word2500 ": {},
		} {
			if diff := cmp.Diff(want, ids(m.Match(set, tagged("", body, "en")))); diff != "" {
				t.Errorf("%.20s (-want +got):\n%s", body, diff)
			}
		}
	}
}
