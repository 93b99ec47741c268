package index_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/index"
	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// all pages through everything that satisfies n.
func all(tb testing.TB, x *index.Index, r index.Request) []index.Hit {
	tb.Helper()
	var hits []index.Hit
	for {
		res := search(tb, x, r)
		hits = append(hits, res.Hits...)
		if res.Cursor == "" {
			return hits
		}
		r.Cursor = res.Cursor
	}
}

// vocabulary is what the random items and queries are made of: few words, so
// that they meet, in inflected forms and several scripts.
func vocabulary() []string {
	return strings.Fields("wall border Wall's walls bordr al-Qaem Qa'im القائم وبالقائم للعراق العراق بغداد " +
		"Irak'ın Irak İstanbul'da istanbul IŞID سوریه\u200cها سوریه لەعێراقدا عێراق l'Irak U.S. AT&T 12,5 ٣٤ 34 a b c . ! -")
}

func randomItem(r *rand.Rand, seq uint64) index.Entry {
	words := vocabulary()
	sentence := func(n int) string {
		var s []string
		for range r.IntN(n) {
			s = append(s, words[r.IntN(len(words))])
		}
		return strings.Join(s, " ")
	}
	id := item.NewID(strconv.FormatUint(seq, 10))
	it := item.Item{
		ID: id, Revision: item.NewRevision(id, "1"), Feed: fmt.Sprintf("feed-%d", r.IntN(3)),
		Source: []string{"BBC News", "Shafaq News", "الجزيرة", ""}[r.IntN(4)],
		Lang:   []string{"en", "ar", "tr", "fa", "ckb", "fr", ""}[r.IntN(7)],
		Title:  sentence(6), Body: sentence(25),
		Listed: testTime().Add(-time.Duration(r.IntN(60*24*400)) * time.Minute).Add(time.Duration(r.IntN(60)) * time.Second),
		Seen:   testTime(),
	}
	t := item.Tagged{Item: it, Story: id, Seq: seq, Pack: "p"}
	if seq > 1 && r.IntN(4) == 0 {
		t.Story = item.NewID(strconv.Itoa(1 + r.IntN(int(seq))))
	}
	switch r.IntN(5) { // an event that is the story, another, none, the item itself
	case 0:
		t.Event = item.NewID(strconv.Itoa(1 + r.IntN(int(seq))))
	case 1:
		t.Event = ""
	case 2:
		t.Event = id
	default:
		t.Event = t.Story
	}
	for _, k := range item.Kinds() {
		if r.IntN(2) == 0 {
			t.Tags = append(t.Tags, item.Tag{Kind: k, ID: fmt.Sprint("t", r.IntN(3)), Status: []item.Status{item.Certain, item.Candidate}[r.IntN(2)]})
		}
	}
	return index.Entry{Seq: seq, ID: t.ID(), Tagged: t}
}

// randomTree makes trees as no one types them, through the nodes themselves.
func randomTree(r *rand.Rand, depth int) query.Node {
	words := vocabulary()
	terms := func(least, most int) []string {
		for {
			var out []string
			for range least + r.IntN(most-least+1) {
				out = append(out, strings.Fields(text.Fold(words[r.IntN(len(words))]))...)
			}
			if len(out) >= least {
				return out
			}
		}
	}
	in := []query.In{query.Anywhere, query.Anywhere, query.Title, query.Body}[r.IntN(4)]
	bound := func() query.Bound {
		switch r.IntN(4) {
		case 0:
			return query.Bound{}
		case 1:
			return query.Bound{Ago: time.Duration(1+r.IntN(400)) * 24 * time.Hour}
		case 2:
			return query.Bound{At: time.Date(2025, time.Month(r.IntN(14)), 1+r.IntN(2), 0, 0, 0, 0, time.UTC)}
		default:
			return query.Bound{At: testTime().Add(-time.Duration(r.IntN(60*24*400)) * time.Minute).Truncate(time.Minute)}
		}
	}
	kinds := 15
	if depth > 0 {
		kinds = 24
	}
	switch r.IntN(kinds) {
	case 0, 1:
		return query.Word{In: in, Term: terms(1, 1)[0]}
	case 2:
		return query.Phrase{In: in, Terms: terms(2, 3)}
	case 3:
		return query.Near{In: in, Terms: terms(2, 3), Distance: r.IntN(6)}
	case 4:
		w := []rune(terms(1, 1)[0])
		return query.Prefix{In: in, Term: string(w[:1+r.IntN(len(w))])}
	case 5:
		return query.Fuzzy{In: in, Term: terms(1, 1)[0], Distance: 1 + r.IntN(2)}
	case 6:
		return query.Tag{Kind: item.Kinds()[r.IntN(3)], ID: fmt.Sprint("t", r.IntN(4))}
	case 7:
		return query.Lang{Code: []string{"en", "ar", "tr", "de"}[r.IntN(4)]}
	case 8:
		return query.Source{Terms: strings.Fields(text.Fold([]string{"bbc", "News", "news shafaq", "الجزيرة", "no one"}[r.IntN(5)]))}
	case 9:
		return query.Feed{Name: fmt.Sprintf("feed-%d", r.IntN(4))}
	case 10:
		return query.Story{ID: item.NewID(strconv.Itoa(1 + r.IntN(300)))}
	case 11:
		return query.Range{From: bound(), To: bound()}
	case 12:
		return query.All{}
	case 13:
		return query.Event{ID: item.NewID(strconv.Itoa(1 + r.IntN(300)))}
	case 14:
		return query.Around{Lat: 34, Lon: 41, KM: 50, Places: []string{"t0", "t2", "t3"}[r.IntN(3):]}
	case 15, 16, 17:
		return query.Not{X: randomTree(r, depth-1)}
	default:
		parts := make([]query.Node, 2+r.IntN(3))
		for i := range parts {
			parts[i] = randomTree(r, depth-1)
		}
		if r.IntN(2) == 0 {
			return query.And(parts)
		}
		return query.Or(parts)
	}
}

// TestSearchEqualsMatch holds the index and the evaluator of watches together:
// random trees over random items must find the same.
func TestSearchEqualsMatch(t *testing.T) {
	t.Parallel()
	const items, trees = 300, 2000
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable test
	x := open(t, filepath.Join(t.TempDir(), "index"), func(c *index.Config) { c.Batch = 70 })
	var docs []*query.Doc
	a := &text.Analyzer{}
	for seq := range uint64(items) {
		e := randomItem(r, seq+1)
		if err := x.Add(t.Context(), []index.Entry{e}); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, query.NewDoc(a, e.Tagged))
	}
	if err := x.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := 0
	for range trees {
		tree := randomTree(r, 3)
		var want []item.ID
		for _, d := range docs {
			if query.Match(tree, d) {
				want = append(want, d.Tagged().Item.ID)
			}
		}
		// Every item was seen at testTime, so ages mean the same to both.
		sort := []string{index.ByDate, index.ByScore}[r.IntN(2)]
		var got []item.ID
		for _, h := range all(t, x, index.Request{Query: tree, Now: testTime(), Limit: 150, Sort: sort}) {
			got = append(got, h.Tagged.Item.ID)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s by %s (-match +search):\n%s", tree, sort, diff)
		}
		found += len(got)
	}
	if found < items*trees/20 || found > items*trees*19/20 {
		t.Errorf("%d hits of %d possible: the trees are no test", found, items*trees)
	}
}

func TestHighlights(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	tests := []struct {
		lang, title, q string
		want           []string
	}{
		{"ar", "اشتباكات وبالقائم، قُرب القَائِم", "القائم", []string{"القائم", "القَائِم"}},
		{"ckb", "شەڕ لەعێراقدا بەردەوامە", "عێراق", []string{"عێراق"}},
		{"tr", "İran ve İstanbul’daki elçi, ıslak", "istanbul", []string{"İstanbul"}},
		{"en", "A “border   wall” near al-Qa’im", `"border wall" "al qa'im"`, []string{"border   wall", "al-Qa’im"}},
		{"en", "Ünïcode ﬁre 𝔹order", "unicode fire border", []string{"Ünïcode", "ﬁre", "𝔹order"}},
	}
	var entries []index.Entry
	for i, tt := range tests {
		e := entry(uint64(i+1), tt.title, 1, tt.title)
		e.Tagged.Item.Lang, e.Tagged.Item.Body, e.Tagged.Item.Feed = tt.lang, "— "+tt.title, strconv.Itoa(i)
		entries = append(entries, e)
	}
	add(t, x, entries...)
	for i, tt := range tests {
		n := query.And{parse(t, tt.q), query.Feed{Name: strconv.Itoa(i)}}
		res := search(t, x, index.Request{Query: n, Limit: 10, Highlight: true})
		if len(res.Hits) != 1 {
			t.Errorf("%s found %d items, want 1", n, len(res.Hits))
			continue
		}
		h := res.Hits[0]
		for field, s := range map[string]string{"title": h.Tagged.Item.Title, "body": h.Tagged.Item.Body} {
			var got []string
			for _, p := range h.Highlights[field] {
				got = append(got, s[p.Start:p.End])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s in the %s (-want +got):\n%s", n, field, diff)
			}
		}
	}
}

// TestPaging turns pages while items arrive, newer and older ones: none of those
// that were there at the beginning is missed or shown twice.
func TestPaging(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	var seq uint64
	put := func(n int, listed func(i int) time.Time) {
		var entries []index.Entry
		for i := range n {
			seq++
			e := entry(seq, fmt.Sprint("item", seq), 1, "news")
			e.Tagged.Item.Listed = listed(i)
			entries = append(entries, e)
		}
		add(t, x, entries...)
	}
	put(100, func(i int) time.Time { return testTime().Add(time.Duration(i/3) * time.Minute) }) // several at one time
	first := seq
	r := index.Request{Query: parse(t, "news"), Limit: 7}
	var seen []index.Hit
	for {
		res := search(t, x, r)
		seen = append(seen, res.Hits...)
		if r.Cursor = res.Cursor; r.Cursor == "" {
			break
		}
		put(5, func(i int) time.Time { return testTime().Add(time.Duration(i*10-20) * time.Minute) })
	}
	count := map[uint64]int{}
	for i, h := range seen {
		if h.Tagged.Seq <= first {
			count[h.Tagged.Seq]++
		}
		if i > 0 && h.Tagged.Item.Listed.After(seen[i-1].Tagged.Item.Listed) {
			t.Errorf("hit %d is newer than the one before it", i)
		}
	}
	for s := range first {
		if count[s+1] != 1 {
			t.Errorf("item %d was shown %d times", s+1, count[s+1])
		}
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	body, title, both := entry(1, "a", 1, "nothing"), entry(2, "b", 1, "the wall of Iraq"), entry(3, "c", 1, "wall and wall")
	body.Tagged.Item.Body = "there is a wall somewhere in this text, which is long, so that the word counts for little in it"
	title.Tagged.Item.Body = "a text without the word"
	body.Tagged.Item.Listed = testTime().Add(time.Hour)
	add(t, x, body, title, both)
	var got []uint64
	for _, h := range search(t, x, index.Request{Query: parse(t, "wall lang:en"), Limit: 10, Sort: index.ByScore}).Hits {
		got = append(got, h.Tagged.Seq)
	}
	if diff := cmp.Diff([]uint64{3, 2, 1}, got); diff != "" {
		t.Errorf("by score (-want +got):\n%s", diff)
	}
	// Equal scores: newest first.
	got = nil
	for _, h := range all(t, x, index.Request{Query: parse(t, "lang:en"), Limit: 1, Sort: index.ByScore}) {
		got = append(got, h.Tagged.Seq)
	}
	if len(got) != 3 || got[0] != 1 {
		t.Errorf("by score without words: %v, want 1 first of 3", got)
	}
}

func TestFacets(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	var entries []index.Entry
	for i := range 6 {
		e := entry(uint64(i+1), strconv.Itoa(i), 1, "news")
		e.Tagged.Item.Listed = testTime().AddDate(0, 0, -i/4)
		e.Tagged.Item.Lang = []string{"ar", "en"}[i%2]
		e.Tagged.Tags = []item.Tag{
			{Kind: item.Actor, ID: fmt.Sprint("a", i%3), Status: item.Certain},
			{Kind: item.Place, ID: "iraq", Status: item.Certain},
			{Kind: item.Theme, ID: "maybe", Status: item.Candidate},
		}
		entries = append(entries, e)
	}
	add(t, x, entries...)
	res := search(t, x, index.Request{Query: parse(t, "-actor:a2"), Facets: []string{"actor", "place", "theme", "lang", "day"}})
	want := map[string][]index.FacetCount{
		"actor": {{"a0", 2}, {"a1", 2}},
		"place": {{"iraq", 4}},
		"theme": {},
		"lang":  {{"ar", 2}, {"en", 2}},
		"day":   {{"2026-01-10", 3}, {"2026-01-09", 1}},
	}
	if diff := cmp.Diff(want, res.Facets); diff != "" {
		t.Errorf("facets (-want +got):\n%s", diff)
	}
	res = search(t, x, index.Request{Facets: []string{"source", "feed"}})
	if diff := cmp.Diff(map[string][]index.FacetCount{"source": {{"The Source", 6}}, "feed": {{"feed", 6}}}, res.Facets); diff != "" {
		t.Errorf("facets (-want +got):\n%s", diff)
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	x := open(t, filepath.Join(t.TempDir(), "index"))
	var entries []index.Entry
	for i := range 30 {
		entries = append(entries, entry(uint64(i+1), strconv.Itoa(i), 1, "news"))
	}
	for i := range 2000 { // words enough for a prefix to stand for too many
		entries[i%30].Tagged.Item.Body += fmt.Sprintf(" xyz%d", i)
	}
	add(t, x, entries...)
	cursor := search(t, x, index.Request{Query: parse(t, "news"), Limit: 10}).Cursor
	if cursor == "" {
		t.Fatal("no cursor")
	}
	for _, r := range []index.Request{
		{Limit: -1},
		{Limit: index.MaxLimit + 1},
		{Sort: "size"},
		{Facets: []string{"colour"}},
		{Facets: append(index.Facets(), "day")},
		{Cursor: "!"},
		{Cursor: strings.Repeat("A", 300)},
		{Query: parse(t, "news wall"), Cursor: cursor},
		{Query: parse(t, "news"), Cursor: cursor, Sort: index.ByScore},
		{Query: parse(t, "xyz*")},
		{Query: parse(t, "xyz*"), Sort: index.ByScore},
	} {
		if _, err := x.Search(t.Context(), r); !errors.Is(err, index.ErrRequest) {
			t.Errorf("Search(%+v) = %v, want an error of the request", r, err)
		}
	}
}

// TestHostileQueries asks what the parser lets through at its limits: each gets
// an answer or an error in bounded time.
func TestHostileQueries(t *testing.T) {
	t.Parallel()
	entries := loadNews(t, 3000)
	x := open(t, filepath.Join(t.TempDir(), "index"))
	add(t, x, entries...)
	common := []string{"the", "of", "to", "in", "a", "and", "is", "for", "on", "with"}
	words := func(n int, sep string) string {
		var s []string
		for i := range n {
			s = append(s, common[i%len(common)])
		}
		return strings.Join(s, sep)
	}
	var trees []query.Node
	for _, q := range []string{
		words(query.MaxClauses, " OR "),
		"-" + words(query.MaxClauses, " -"),
		`"` + words(query.MaxPhrase, " ") + `"`,
		`"` + words(query.MaxPhrase, " ") + `"~100`,
		strings.TrimSpace(strings.Repeat(`"the of to in a and is for"~100 OR `, 20) + "x"),
		"the~2 int~2 and~2",
		strings.Repeat("ab", query.MaxLetters/2) + "~2 " + strings.Repeat("قا", query.MaxLetters/2) + "~2",
		"con* pre* int*",
		strings.Repeat("-(", 15) + "the" + strings.Repeat(")", 15),
		"since:1970-01-01T00:01 before:2099-12-31T23:59",
		"-since:1971-02-03T04:05 OR -before:2098-11-29T22:57",
	} {
		trees = append(trees, parse(t, q))
	}
	world := make([]string, query.MaxPlaces)
	for i := range world {
		world[i] = fmt.Sprint("place-", i)
	}
	trees = append(trees, query.Not{X: query.Around{KM: 1, Places: world}},
		query.Or{query.Around{KM: 1, Places: world}, query.Around{KM: 2, Places: world}})
	for _, n := range trees {
		q := n.String()
		start := time.Now()
		_, err := x.Search(t.Context(), index.Request{Query: n, Limit: index.MaxLimit, Sort: index.ByScore, Highlight: true, Facets: index.Facets()[:5]})
		if err != nil && (!errors.Is(err, index.ErrRequest) || !strings.ContainsAny(q, "*~")) {
			t.Errorf("Search(%.60s): %v", q, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("Search(%.60s) took %v", q, took)
		}
	}
}
