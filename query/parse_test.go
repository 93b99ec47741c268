package query_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// pack is a small rule pack's names.
type pack map[string]string

func (p pack) Resolve(_ item.Kind, name string) (string, bool) {
	id, ok := p[text.Fold(name)]
	return id, ok
}

func (p pack) Suggest(_ item.Kind, name string) string {
	if strings.HasPrefix(name, "al-qa") {
		return "al-qaem"
	}
	return ""
}

func testPack() pack {
	p := pack{}
	for _, id := range []string{"al-qaem", "anbar", "qasim-al-araji", "border-wall"} {
		p[text.Fold(id)] = id
	}
	p[text.Fold("قاسم الأعرجي")] = "qasim-al-araji"
	p[text.Fold("القائم")] = "al-qaem"
	return p
}

func options() query.Options {
	return query.Options{
		Names: testPack(),
		Now:   time.Date(2026, 1, 10, 12, 30, 0, 0, time.UTC),
		Zone:  time.FixedZone("Baghdad", 3*60*60),
	}
}

func at(s string) query.Bound {
	t, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		panic(err)
	}
	return query.Bound{At: t}
}

func word(s string) query.Word { return query.Word{Term: s} }

func TestParse(t *testing.T) {
	t.Parallel()
	days := 24 * time.Hour
	tests := []struct {
		in    string
		want  query.Node
		print string
	}{
		{"", query.All{}, "*"},
		{" \t ", query.All{}, "*"},
		{"*", query.All{}, "*"},
		{"Wall", word("wall"), "wall"},
		{"border wall", query.And{word("border"), word("wall")}, "border wall"},
		{"border AND wall", query.And{word("border"), word("wall")}, "border wall"},
		{"a OR b c", query.Or{word("a"), query.And{word("b"), word("c")}}, "a OR (b c)"},
		{"(a OR b) c", query.And{query.Or{word("a"), word("b")}, word("c")}, "(a OR b) c"},
		{"(a (b c)) (d)", query.And{word("a"), word("b"), word("c"), word("d")}, "a b c d"},
		{"(a OR (b OR c))", query.Or{word("a"), word("b"), word("c")}, "a OR b OR c"},
		{"a -b", query.And{word("a"), query.Not{word("b")}}, "a -b"},
		{"a NOT b", query.And{word("a"), query.Not{word("b")}}, "a -b"},
		{"-(a b)", query.Not{query.And{word("a"), word("b")}}, "-(a b)"},
		{"NOT NOT a", query.Not{query.Not{word("a")}}, "-(-a)"},
		{"or and not", query.And{word("or"), word("and"), word("not")}, "or and not"},
		{`"OR"`, word("or"), "or"},
		{`"Border Wall"`, query.Phrase{Terms: []string{"border", "wall"}}, `"border wall"`},
		{`“جدار حدودي”`, query.Phrase{Terms: strings.Fields(text.Fold("جدار حدودي"))}, `"` + text.Fold("جدار حدودي") + `"`},
		{`«Iraq»`, word("iraq"), "iraq"},
		{`"border wall"~5`, query.Near{Terms: []string{"border", "wall"}, Distance: 5}, `"border wall"~5`},
		{"al-Qaem", query.Phrase{Terms: []string{"al", "qaem"}}, `"al qaem"`},
		{"bord*", query.Prefix{Term: "bord"}, "bord*"},
		{"Bagdad~", query.Fuzzy{Term: "bagdad", Distance: 1}, "bagdad~1"},
		{"Bagdad~2", query.Fuzzy{Term: "bagdad", Distance: 2}, "bagdad~2"},
		{"title:wall", query.Word{In: query.Title, Term: "wall"}, "title:wall"},
		{"title:(a b*)", nil, ""},
		{"title:(wall OR bord*)", query.Or{query.Word{In: query.Title, Term: "wall"}, query.Prefix{In: query.Title, Term: "bord"}}, "title:wall OR title:bord*"},
		{`title: "border wall"~2`, query.Near{In: query.Title, Terms: []string{"border", "wall"}, Distance: 2}, `title:"border wall"~2`},
		{"place:al-qaem", query.Tag{Kind: item.Place, ID: "al-qaem"}, "place:al-qaem"},
		{"place:القائم", query.Tag{Kind: item.Place, ID: "al-qaem"}, "place:al-qaem"},
		{`actor:"قاسم الأعرجي"`, query.Tag{Kind: item.Actor, ID: "qasim-al-araji"}, "actor:qasim-al-araji"},
		{"-place:(anbar OR al-qaem)", query.Not{query.Or{query.Tag{Kind: item.Place, ID: "anbar"}, query.Tag{Kind: item.Place, ID: "al-qaem"}}}, "-(place:anbar OR place:al-qaem)"},
		{"lang:AR", query.Lang{Code: "ar"}, "lang:ar"},
		{"lang:en-GB", query.Lang{Code: "en"}, "lang:en"},
		{`source:"BBC News"`, query.Source{Terms: []string{"bbc", "news"}}, `source:"bbc news"`},
		{`feed:"a \"b\" \\c"`, query.Feed{Name: `a "b" \c`}, `feed:"a \"b\" \\c"`},
		{"feed:shafaq-en", query.Feed{Name: "shafaq-en"}, "feed:shafaq-en"},
		{"story:0123456789ABCDEF0123456789abcdef", query.Story{ID: "0123456789abcdef0123456789abcdef"}, "story:0123456789abcdef0123456789abcdef"},
		{"since:7d", query.Range{From: query.Bound{Ago: 7 * days}}, "since:7d"},
		{"since:2w", query.Range{From: query.Bound{Ago: 14 * days}}, "since:14d"},
		{"before:36h", query.Range{To: query.Bound{Ago: 36 * time.Hour}}, "before:36h"},
		{"after:90m", query.Range{From: query.Bound{Ago: 90 * time.Minute}}, "since:90m"},
		{"since:2026-01-05", query.Range{From: at("2026-01-04T21:00")}, "since:2026-01-04T21:00Z"},
		{"after:2026-01-05", query.Range{From: at("2026-01-05T21:00")}, "since:2026-01-05T21:00Z"},
		{"before:2026-01-05", query.Range{To: at("2026-01-04T21:00")}, "before:2026-01-04T21:00Z"},
		{"since:2026-01-05T14:30", query.Range{From: at("2026-01-05T11:30")}, "since:2026-01-05T11:30Z"},
		{"after:2026-01-05T14:30", query.Range{From: at("2026-01-05T11:31")}, "since:2026-01-05T11:31Z"},
		{"since:2026-01-05T14:30Z", query.Range{From: at("2026-01-05T14:30")}, "since:2026-01-05T14:30Z"},
		{"since:2026-01-05t14:30+01:00", query.Range{From: at("2026-01-05T13:30")}, "since:2026-01-05T13:30Z"},
		{"since:2026-02", query.Range{From: at("2026-01-31T21:00")}, "since:2026-01-31T21:00Z"},
		{"after:2025", query.Range{From: at("2025-12-31T21:00")}, "since:2025-12-31T21:00Z"},
		{"since:today", query.Range{From: at("2026-01-09T21:00")}, "since:2026-01-09T21:00Z"},
		{"before:yesterday", query.Range{To: at("2026-01-08T21:00")}, "before:2026-01-08T21:00Z"},
		{"Iraq: PM visits https://a.example/b", query.And{word("iraq"), word("pm"), word("visits"), query.Phrase{Terms: strings.Fields(text.Fold("https://a.example/b"))}}, ""},
		{"12:30", query.Phrase{Terms: []string{"12", "30"}}, `"12 30"`},
	}
	for _, tt := range tests {
		got, err := query.Parse(tt.in, options())
		if tt.want == nil {
			if err == nil {
				t.Errorf("Parse(%q) = %v, want an error", tt.in, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.in, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", tt.in, diff)
		}
		if tt.print != "" && got.String() != tt.print {
			t.Errorf("Parse(%q).String() = %q, want %q", tt.in, got.String(), tt.print)
		}
		again, err := query.Parse(got.String(), options())
		if err != nil {
			t.Errorf("Parse(%q) of %q: %v", got.String(), tt.in, err)
		} else if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("Parse(%q) of %q (-first +second):\n%s", got.String(), tt.in, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in       string
		pos, end int
		says     string // part of the message and hint
	}{
		{"a OR", 2, 4, "nothing follows OR"},
		{"OR a", 0, 2, "nothing stands before OR"},
		{"a AND OR b", 2, 5, "nothing follows AND"},
		{"a NOT", 2, 5, "nothing follows NOT"},
		{"(a b", 0, 1, "not closed"},
		{"a) b", 1, 2, "without an opening one"},
		{"a ()", 2, 4, "nothing in the parentheses"},
		{`x "a b`, 2, 6, `close it with "`},
		{"a - b", 2, 3, "no word to search for"},
		{"a …", 2, 5, "no word to search for"},
		{`""`, 0, 2, "no word to search for"},
		{"*order", 0, 6, "cannot begin with *"},
		{"bor*der", 3, 4, "only at the end"},
		{"bo*", 0, 3, "at least 3 letters"},
		{"bo~", 0, 3, "at least 3 letters"},
		{"border~3", 6, 8, "~1 or ~2"},
		{"al-qaem*", 0, 8, "several words"},
		{"aaa* bbb* ccc* ddd*", 15, 19, "more than 3 prefixes"},
		{`"a b"~101`, 0, 9, "from 0 to 100"},
		{`"a b"~x`, 0, 7, "from 0 to 100"},
		{`"ab"~2`, 0, 6, "another word"},
		{"plce:anbar", 0, 5, "did you mean place:?"},
		{"url:x", 0, 4, "put text with a colon in quotes"},
		{"place:", 0, 6, "place:al-qaem"},
		{"place:-anbar", 0, 7, "write -place:"},
		{"place:al-qaim", 6, 13, "did you mean place:al-qaem?"},
		{"actor:nobody", 6, 12, `write "nobody" without actor:`},
		{"lang:english", 5, 12, "write a code"},
		{"lang:ku", 5, 7, "lang:ckb"},
		{"story:12", 6, 8, "32 hexadecimal"},
		{"since:lately", 6, 12, "neither a date nor an age"},
		{"since:2026-13-40", 6, 16, "neither a date nor an age"},
		{"since:1066", 6, 10, "between 1970 and 2100"},
		{"since:0d", 6, 8, "neither a date nor an age"},
		{`source:"a b"~3`, 7, 14, "takes no distance"},
		{"a\xffb", 1, 2, "UTF-8"},
		{strings.Repeat("a", query.MaxBytes+1), 1024, 1025, "longer than 1024"},
		{strings.Repeat("(", query.MaxDepth+1) + "a", 32, 33, "deeper than 32"},
		{strings.Repeat("-(", 17) + "a", 32, 33, "deeper than 32"},
		{strings.Repeat("a ", query.MaxClauses+1), 64, 65, "more than 32 words"},
		{`"` + strings.Repeat("a ", query.MaxPhrase+1) + `"`, 0, 132, "more than 64 words"},
	}
	for _, tt := range tests {
		got, err := query.Parse(tt.in, options())
		var e *query.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%.40q) = %v, %v; want an *Error", tt.in, got, err)
			continue
		}
		if got != nil {
			t.Errorf("Parse(%.40q) returned a tree beside its error", tt.in)
		}
		if e.Pos != tt.pos || e.End != tt.end || !strings.Contains(e.Error(), tt.says) {
			t.Errorf("Parse(%.40q): [%d,%d) %v; want [%d,%d) …%s…", tt.in, e.Pos, e.End, e, tt.pos, tt.end, tt.says)
		}
	}
}

func TestParseWithoutPack(t *testing.T) {
	t.Parallel()
	if got, err := query.Parse("place:al-qaem", query.Options{}); err != nil || got != (query.Tag{Kind: item.Place, ID: "al-qaem"}) {
		t.Errorf("an id without a pack: %v, %v", got, err)
	}
	if got, err := query.Parse("place:القائم", query.Options{}); err == nil {
		t.Errorf("a name without a pack: %v, want an error", got)
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	n, err := query.Parse("-(a OR since:7d) before:1h", options())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 10, 12, 30, 59, 0, time.UTC)
	const want = "-(a OR since:2026-01-03T12:30Z) before:2026-01-10T11:30Z"
	if got := query.At(n, now).String(); got != want {
		t.Errorf("At = %s, want %s", got, want)
	}
	if got := n.String(); got != "-(a OR since:7d) before:1h" {
		t.Errorf("At changed the tree: %s", got)
	}
}

// FuzzParse checks that any input is read or refused with a place in it, and
// that what is read is canonical: parsed, printed and parsed again it is equal.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "*", "a OR (b -c)", `"x y"~3 title:"z"`, "since:7d before:2026-01-05T10:00+03:00",
		`actor:"قاسم الأعرجي" place:القائم`, "bord* bagdad~2", "U.S. AT&T İstanbul ٣٤ ﷺ ½ l'Irak",
		`feed:"a\"b" source:x~ story:0123456789abcdef0123456789abcdef`, "-(-a)", "«a» „b“ ”c\"",
	} {
		f.Add(s)
	}
	o := options()
	f.Fuzz(func(t *testing.T, s string) {
		n, err := query.Parse(s, o)
		if err != nil {
			var e *query.Error
			if !errors.As(err, &e) || e.Pos < 0 || e.Pos > e.End || e.End > len(s) || e.Msg == "" {
				t.Fatalf("Parse(%q): a bad error: %#v", s, err)
			}
			return
		}
		printed := n.String()
		if len(printed) > query.MaxBytes {
			return // a query of short names may print longer than may be typed
		}
		again, err := query.Parse(printed, o)
		if err != nil {
			t.Fatalf("Parse(%q) → %q → %v", s, printed, err)
		}
		if diff := cmp.Diff(n, again); diff != "" {
			t.Fatalf("Parse(%q) → %q (-first +second):\n%s", s, printed, diff)
		}
	})
}
