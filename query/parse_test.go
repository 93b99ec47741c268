package query_test

import (
	"errors"
	"math"
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

func (p pack) Resolve(kind item.Kind, name string) (string, bool) {
	id, ok := p[text.Fold(name)]
	if kind == item.Place && id == "qasim-al-araji" {
		return "", false
	}
	return id, ok
}

func (p pack) Suggest(_ item.Kind, name string) string {
	if strings.HasPrefix(name, "al-qa") {
		return "al-qaem"
	}
	return ""
}

// Near knows two places, some 210 km from each other, and Anbar around them.
func (pack) Near(lat, lon, km float64) []string {
	far := func(a, b float64) bool { return math.Hypot(lat-a, lon-b)*100 > km }
	switch qaem, ramadi := !far(34.37, 41.09), !far(33.43, 43.3); {
	case qaem && ramadi:
		return []string{"al-qaem", "anbar", "ramadi"}
	case qaem:
		return []string{"al-qaem"}
	case ramadi:
		return []string{"ramadi"}
	default:
		return nil
	}
}

func testPack() pack {
	p := pack{}
	for _, id := range []string{"al-qaem", "anbar", "iraq", "qasim-al-araji", "border-wall"} {
		p[text.Fold(id)] = id
	}
	p[text.Fold("قاسم الأعرجي")] = "qasim-al-araji"
	p[text.Fold("القائم")] = "al-qaem"
	p["is"] = "islamic-state-of-iraq-and-the-levant"
	p[text.Fold(p["is"])] = p["is"]
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
		{"NOT NOT a", word("a"), "a"},
		{"-(-a)", word("a"), "a"},
		{"NOT NOT NOT (a b)", query.Not{query.And{word("a"), word("b")}}, "-(a b)"},
		{"-(-(a b)) c", query.And{word("a"), word("b"), word("c")}, "a b c"},
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
		{"event:0123456789abcdef0123456789abcdef", query.Event{ID: "0123456789abcdef0123456789abcdef"}, "event:0123456789abcdef0123456789abcdef"},
		{"near:34.37,41.09,50", query.Around{Lat: 34.37, Lon: 41.09, KM: 50, Places: []string{"al-qaem"}}, "near:34.37,41.09,50"},
		{`near: "34.370001, 41.09, 500.0 km"`, query.Around{Lat: 34.37, Lon: 41.09, KM: 500, Places: []string{"al-qaem", "anbar", "ramadi"}}, "near:34.37,41.09,500"},
		{"NEAR:٣٤٫٣٧،٤١٫٠٩،٥٠", query.Around{Lat: 34.37, Lon: 41.09, KM: 50, Places: []string{"al-qaem"}}, "near:34.37,41.09,50"},
		{"-near:33.43,43.3,0.5 wall", query.And{query.Not{query.Around{Lat: 33.43, Lon: 43.3, KM: 0.5, Places: []string{"ramadi"}}}, word("wall")}, "-near:33.43,43.3,0.5 wall"},
		{"since:7d", query.Range{From: query.Bound{Ago: 7 * days}}, "since:7d"},
		{"since:٧d", query.Range{From: query.Bound{Ago: 7 * days}}, "since:7d"},
		{"Bagdad~٢", query.Fuzzy{Term: "bagdad", Distance: 2}, "bagdad~2"},
		{`"border wall"~۵`, query.Near{Terms: []string{"border", "wall"}, Distance: 5}, `"border wall"~5`},
		{"since:٢٠٢٦-٠١-٠٥", query.Range{From: at("2026-01-04T21:00")}, "since:2026-01-04T21:00Z"},
		{"since:2026-01-05Z", query.Range{From: at("2026-01-05T00:00")}, "since:2026-01-05T00:00Z"},
		{"after:2026-01-05-05:00", query.Range{From: at("2026-01-06T05:00")}, "since:2026-01-06T05:00Z"},
		{"before:2100-12-31T23:59Z", query.Range{To: at("2100-12-31T23:59")}, "before:2100-12-31T23:59Z"},
		{"feed:\"one\u200f\"", query.Feed{Name: "one\u200f"}, "feed:\"one\u200f\""},
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
		{"place:قاسم-الأعرجي", 6, 29, "did you mean actor:qasim-al-araji?"},
		{"lang:english", 5, 12, "did you mean lang:en?"},
		{"lang:klingon", 5, 12, "write a code"},
		{"lang:Kurdish", 5, 12, "lang:ckb"},
		{"lang:ku", 5, 7, "lang:ckb"},
		{"story:12", 6, 8, "32 hexadecimal"},
		{"since:lately", 6, 12, "neither a date nor an age"},
		{"since:2026-13-40", 6, 16, "neither a date nor an age"},
		{"since:1066", 6, 10, "between 1970 and 2100"},
		{"after:2100-12-31T23:59Z", 6, 23, "between 1970 and 2100"},
		{"before:1970", 7, 11, "between 1970 and 2100"}, // 1969 in UTC
		{"since:2026-1-5", 6, 14, "did you mean since:2026-01-05?"},
		{"before:2026/01/05", 7, 17, "did you mean before:2026-01-05?"},
		{"since:5/1/2026", 6, 14, "write a date such as"},
		{"event:x", 6, 7, "from an article's event"},
		{"near:", 0, 5, "near:34.37,41.09,50"},
		{"near:al-qaem", 5, 12, "a latitude, a longitude and kilometres"},
		{"near:1,2", 5, 8, "a latitude, a longitude and kilometres"},
		{"near:1,2,3,4", 5, 12, "a latitude, a longitude and kilometres"},
		{"near:NaN,2,3", 5, 12, "a latitude, a longitude and kilometres"},
		{"near:1e1,2,3", 5, 12, "a latitude, a longitude and kilometres"},
		{"near:1-2,2,3", 5, 12, "a latitude, a longitude and kilometres"},
		{"near:-90.1,2,3", 5, 14, "the latitude -90.1"},
		{"near:41.09,-181,3", 5, 17, "the longitude -181"},
		{"near:1,2,0.0001", 5, 15, "above 0 and at most 1000"},
		{"near:1,2,-3", 5, 11, "above 0 and at most 1000"},
		{"near:1,2,1000.1", 5, 15, "above 0 and at most 1000"},
		{"near:-0,2,3", 5, 11, "no place within 3 km of 0,2"},
		{"near:34,41,3", 5, 12, "the nearest place it knows is al-qaem"},
		{"near:(1,2,3 OR 2,3,4)", 0, 6, "a group after near:"},
		{`near:"1,2,3"~4`, 5, 14, "takes no distance"},
		{strings.Repeat("a", query.MaxLetters+1) + "*", 0, 66, "more than 64 letters"},
		{strings.Repeat("a", query.MaxLetters+1) + "~2", 0, 67, "more than 64 letters"},
		{"a || b", 2, 4, "write OR"},
		{"a && b", 2, 4, "leave it out"},
		{"a ! b", 2, 3, "write NOT"},
		{"/bo.*er/", 4, 5, "only at the end"},
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
	if got, err := query.Parse("near:34.37,41.09,50", query.Options{}); err == nil || !strings.Contains(err.Error(), "no rule pack") {
		t.Errorf("a point without a pack: %v, %v, want an error", got, err)
	}
	if got, err := query.Parse("since:today", query.Options{}); err == nil || !strings.Contains(err.Error(), "since:24h") {
		t.Errorf("today without a now: %v, %v, want an error", got, err)
	}
}

// A query is refused when its canonical spelling could not be read.
func TestParseCanonicalLimits(t *testing.T) {
	t.Parallel()
	deep := "a b"
	for range 15 {
		deep = "-(" + deep + " c OR d)"
	}
	long := strings.Repeat("actor:\"قاسم الأعرجي\" ", 24) // 888 bytes, with ids 504
	short := strings.Repeat(`actor:is `, 32)
	for _, tt := range []struct{ in, says string }{
		{deep, "deeper than 32"},
		{short, "longer than 1024 bytes with its names written out"},
		{long, ""},
		{strings.Repeat("NOT ", 32) + "a", ""},
	} {
		n, err := query.Parse(tt.in, options())
		if tt.says != "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Parse(%.40q) = %v; want %q", tt.in, err, tt.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%.40q): %v", tt.in, err)
			continue
		}
		if again, err := query.Parse(n.String(), options()); err != nil || !cmp.Equal(n, again) {
			t.Errorf("Parse(%.40q) → %s → %v, %v", tt.in, n, again, err)
		}
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
		"near:34.37,41.09,50 -near:\"-33, +43.3, 9 km\"", "event:0123456789abcdef0123456789abcdef OR a", "since:٢٠٢٦-٠١-٠٥ after:2026-1-5",
		"actor:is -(-(a b OR c) d OR e)", "lang:english place:wall near:(1,2,3)",
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
		again, err := query.Parse(printed, o)
		if err != nil {
			t.Fatalf("Parse(%q) → %q → %v", s, printed, err)
		}
		if diff := cmp.Diff(n, again); diff != "" {
			t.Fatalf("Parse(%q) → %q (-first +second):\n%s", s, printed, diff)
		}
	})
}
