package tagger_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/item"
	"marsad/tagger"
)

func words(lang string, texts ...string) tagger.Words {
	w := tagger.Words{Lang: lang}
	for i, t := range texts {
		w.Text = append(w.Text, tagger.Word{Text: t, Pos: tagger.Pos{File: "t", Line: i + 1, Col: 1}})
	}
	return w
}

func list(lang string, texts ...string) []tagger.Words {
	return []tagger.Words{words(lang, texts...)}
}

func refs(ids ...string) []tagger.Operand {
	var o tagger.Operand
	for _, id := range ids {
		o.Refs = append(o.Refs, tagger.Ref{Text: id})
	}
	return []tagger.Operand{o}
}

func inline(lang string, texts ...string) tagger.Operand {
	return tagger.Operand{Words: list(lang, texts...)}
}

// small is a pack with one rule of each sort.
func small() tagger.Source {
	return tagger.Source{
		Pack:     "small",
		Lexicons: []tagger.Lexicon{{ID: "wall", Words: []tagger.Words{words("en", "wall*"), words("fr", "enceint*")}}, {ID: "border", Words: []tagger.Words{words("en", "border"), words("ar", "حدود"), words("fr", "frontière")}}},
		Decoys:   list("en", "Aleppo soap"),
		Entities: []tagger.Entity{
			{Kind: item.Place, ID: "iraq", Name: "Iraq", Blocks: []tagger.Block{{Plain: []tagger.Words{words("en", "Iraq"), words("ar", "العراق"), words("tr", "Irak")}}}},
			{Kind: item.Place, ID: "anbar", Name: "Anbar", In: "iraq", Located: true, Lat: 32, Lon: 42, Blocks: []tagger.Block{{Plain: list("en", "Anbar")}}},
			{Kind: item.Place, ID: "al-qaem", Name: "al-Qaem", In: "anbar", Blocks: []tagger.Block{{
				Plain: list("en", "al-Qaem"), Gated: []tagger.Words{words("ar", "القائم"), words("en", "Qaem")},
				Gate:   []tagger.Clause{{Scope: tagger.Sentence, Any: refs("place:anbar", "border")}},
				Reject: []tagger.Clause{{Scope: tagger.Before, Any: []tagger.Operand{inline("ar", "الوضع")}}},
			}}},
			{Kind: item.Place, ID: "crossing", In: "iraq", Exposes: []tagger.Ref{{Text: "al-qaem"}}, Blocks: []tagger.Block{{Strong: list("en", "al-Qaem crossing")}}},
			{Kind: item.Place, ID: "aleppo", Blocks: []tagger.Block{{Plain: list("en", "Aleppo")}}},
			{Kind: item.Place, ID: "baghdad", In: "iraq", Blocks: []tagger.Block{{Plain: list("en", "Baghdad")}}},
			{Kind: item.Actor, ID: "bank", Blocks: []tagger.Block{{Strong: list("en", "Bank of Baghdad")}}},
			{Kind: item.Actor, ID: "sudani", Blocks: []tagger.Block{{
				Strong: list("en", "Mohammed al-Sudani"), Backref: list("en", "Sudani"), Titled: list("en", "Sudani"), TitleGap: 1,
				Titles: inline("en", "prime minister"),
			}}},
			{Kind: item.Actor, ID: "nechirvan", Blocks: []tagger.Block{{Strong: list("en", "Nechirvan Barzani"), Backref: list("en", "Barzani"), Unsure: true}}},
			{Kind: item.Actor, ID: "masrour", Blocks: []tagger.Block{{Strong: list("en", "Masrour Barzani"), Backref: list("en", "Barzani"), Unsure: true}}},
			{Kind: item.Actor, ID: "is", Blocks: []tagger.Block{{Acronyms: list("en", "IS")}}},
			{Kind: item.Actor, ID: "old-army", Blocks: []tagger.Block{{Plain: list("en", "the army of Rome"), Until: day(2020)}}},
			{Kind: item.Actor, ID: "new-army", Blocks: []tagger.Block{{Plain: list("en", "the army of Rome"), From: day(2020)}}},
			{Kind: item.Actor, ID: "ali", Blocks: []tagger.Block{{Strong: list("ar", "علي")}}},
		},
		Themes: []tagger.Theme{{
			ID: "border-wall", Name: "Border wall",
			Any: []tagger.Clause{
				{Scope: tagger.Near, Max: 3, Of: append(refs("wall"), refs("border")...)},
				{Scope: tagger.Doc, Any: []tagger.Operand{inline("en", "rampart")}, Weight: 0.5},
			},
			All:  []tagger.Clause{{Scope: tagger.Doc, Any: refs("in:iraq")}},
			None: []tagger.Clause{{Scope: tagger.Doc, Any: []tagger.Operand{inline("en", "Mexico")}}},
		}},
	}
}

func day(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

func compile(tb testing.TB, s tagger.Source) *tagger.Pack {
	tb.Helper()
	p, mistakes := tagger.Compile(s)
	for _, m := range mistakes {
		tb.Errorf("mistake: %+v", m)
	}
	if p == nil {
		tb.FailNow()
	}
	return p
}

// show writes tags as "actor:id@text,text" with ? for candidates and ^ for
// implied places.
func show(tags []item.Tag) string {
	var out []string
	for _, t := range tags {
		s := t.Key()
		if t.Status == item.Candidate {
			s += "?"
		}
		if t.Implied {
			s += "^"
		}
		var texts []string
		for _, e := range t.Evidence {
			texts = append(texts, e.Text)
		}
		if texts != nil {
			s += "@" + strings.Join(texts, ",")
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestTag(t *testing.T) {
	t.Parallel()
	p := compile(t, small())
	tests := []struct{ name, lang, text, want string }{
		{"plain and implied", "en", "A road in Anbar.", "place:anbar@Anbar place:iraq^"},
		{"possessive", "en", "Iraq’s road", "place:iraq@Iraq"},
		{"clitic", "ar", "وبالعراق", "place:iraq@العراق"},
		{"turkish ending", "tr", "Irak'ta", "place:iraq@Irak"},
		{"demonym", "tr", "Iraklı", ""},
		{"gate by place", "en", "Qaem, in Anbar", "place:al-qaem@Qaem place:anbar@Anbar place:iraq^"},
		{"gate by word", "ar", "القائم قرب الحدود", "place:al-qaem@القائم place:anbar^ place:iraq^"},
		{"gate shut", "en", "Qaem was here.", ""},
		{"reject", "ar", "الوضع القائم قرب الحدود", ""},
		{"named in full opens", "en", "They left al-Qaem. Qaem slept.", "place:al-qaem@al-Qaem,Qaem place:anbar^ place:iraq^"},
		{"swallowed", "en", "The Bank of Baghdad", "actor:bank@Bank of Baghdad"},
		{"exposed", "en", "the al-Qaem crossing", "place:al-qaem@al-Qaem place:anbar^ place:crossing@al-Qaem crossing place:iraq^"},
		{"decoy", "en", "Aleppo soap from Aleppo", "place:aleppo@Aleppo"},
		{"no name across a stop", "en", "the Bank of. Baghdad", "place:baghdad@Baghdad place:iraq^"},
		{"joined article", "en", "in alQaem", "place:al-qaem@alQaem place:anbar^ place:iraq^"},
		{"lower case is no name", "en", "The aleppo Pine", ""},
		{"all lower case text", "en", "aleppo pine", "place:aleppo@aleppo"},
		{"acronym", "en", "IS it? This IS it.", "actor:is@IS,IS"},
		{"acronym needs capitals", "en", "Is it so?", ""},
		{"titled", "en", "Prime Minister Sudani spoke", "actor:sudani@Sudani"},
		{"surname alone", "en", "Sudani spoke", ""},
		{"back reference", "en", "Mohammed al-Sudani left. Sudani came.", "actor:sudani@Mohammed al-Sudani,Sudani"},
		{"back reference from the front", "en", "Sudani came, said Mohammed al-Sudani", "actor:sudani@Sudani,Mohammed al-Sudani"},
		{"nearest bearer", "en", "Masrour Barzani met Nechirvan Barzani; Barzani spoke", "actor:masrour@Masrour Barzani actor:nechirvan@Nechirvan Barzani,Barzani"},
		{"nobody's surname", "en", "Barzani spoke", "actor:masrour?@Barzani actor:nechirvan?@Barzani"},
		{"second check", "ar", "على الطريق مع علي", "actor:ali@علي"},
		{"theme", "en", "walls on the border of Iraq", "place:iraq@Iraq theme:border-wall@walls,border"},
		{"theme too far", "en", "walls one two three four border Iraq", "place:iraq@Iraq"},
		{"theme elsewhere", "en", "walls on the border", ""},
		{"theme vetoed", "en", "walls on the border of Iraq and Mexico", "place:iraq@Iraq"},
		{"half a theme", "en", "a rampart in Iraq", "place:iraq@Iraq theme:border-wall?@rampart"},
		{"elision before a word that may go on", "fr", "d’enceintes à la frontière de l’Iraq, l’enceinte", "place:iraq@Iraq theme:border-wall@enceintes,frontière,enceinte"},
		{"word of another language", "fr", "wall border Iraq", "place:iraq@Iraq"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := show(p.Tag(item.Item{Body: tt.text, Lang: tt.lang}).Tags); got != tt.want {
				t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestNamesAreBoundInTime(t *testing.T) {
	t.Parallel()
	p := compile(t, small())
	for year, want := range map[int]string{2019: "actor:old-army", 2020: "actor:new-army", 0: "actor:new-army"} {
		it := item.Item{Title: "the army of Rome", Lang: "en"}
		if year > 0 {
			it.Published = day(year)
		}
		if got := p.Tag(it).Tags; len(got) != 1 || got[0].Key() != want {
			t.Errorf("%d: got %s, want %s", year, show(got), want)
		}
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	p := compile(t, small())
	it := item.Item{Title: "Iraq", Body: "… Iraq’s", Lang: "en"}
	want := []item.Tag{{Kind: item.Place, ID: "iraq", Status: item.Certain, Rule: "small/iraq", Confidence: 0.95, Evidence: []item.Evidence{
		{Field: "title", Start: 0, End: 4, Text: "Iraq", Clause: "plain"},
		{Field: "body", Start: 4, End: 8, Text: "Iraq", Surface: "Iraq’s", Clause: "plain"},
	}}}
	if d := cmp.Diff(want, p.Tag(it).Tags); d != "" {
		t.Error(d)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit func(*tagger.Source)
		want string
	}{
		{"no pack name", func(s *tagger.Source) { s.Pack = "" }, "no name"},
		{"duplicate id", func(s *tagger.Source) { s.Entities = append(s.Entities, s.Entities[0]) }, "defined twice"},
		{"unknown parent", func(s *tagger.Source) { s.Entities[1].In = "iraqq" }, `did you mean "iraq"?`},
		{"circle", func(s *tagger.Source) { s.Entities[0].In = "anbar" }, "circle"},
		{"collision", func(s *tagger.Source) {
			s.Entities = append(s.Entities, tagger.Entity{Kind: item.Place, ID: "x", Blocks: []tagger.Block{{Plain: list("en", "Anbār")}}})
		}, "names"},
		{"same name twice", func(s *tagger.Source) { s.Entities[0].Blocks[0].Plain = list("en", "Iraq", "Irāq") }, "same name"},
		{"gated without gate", func(s *tagger.Source) {
			s.Entities[0].Blocks = []tagger.Block{{Gated: list("en", "Iraq")}}
		}, "without a gate"},
		{"unknown lexicon", func(s *tagger.Source) { s.Themes[0].Any[0].Of = append(refs("wal"), refs("border")...) }, `unknown lexicon "wal"`},
		{"unknown language", func(s *tagger.Source) { s.Lexicons[0].Words = list("english", "wall") }, "unknown language"},
		{"star in a name", func(s *tagger.Source) { s.Entities[0].Blocks[0].Plain = list("en", "Ira*") }, "star"},
		{"short stem", func(s *tagger.Source) { s.Lexicons[0].Words = list("en", "wa*") }, "too much"},
		{"no letters", func(s *tagger.Source) { s.Entities[0].Blocks[0].Plain = list("en", "…") }, "no letters"},
		{"theme never", func(s *tagger.Source) { s.Themes[0].Threshold = 9 }, "threshold"},
		{"before in a theme", func(s *tagger.Source) { s.Themes[0].All[0].Scope = tagger.Before }, "no meaning"},
		{"example must", func(s *tagger.Source) {
			s.Entities[0].Examples = []tagger.Example{{Lang: "en", Body: "Nothing", Want: true}}
		}, "must give"},
		{"example must not", func(s *tagger.Source) {
			s.Entities[0].Examples = []tagger.Example{{Lang: "en", Body: "Iraq"}}
		}, "must not give"},
		{"example spans", func(s *tagger.Source) {
			s.Entities[0].Examples = []tagger.Example{{Lang: "en", Body: "Iraq", Want: true, Spans: []string{"Irak"}}}
		}, "must find"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := small()
			tt.edit(&s)
			p, mistakes := tagger.Compile(s)
			if p != nil || !strings.Contains(fmt.Sprint(mistakes), tt.want) {
				t.Errorf("got pack %v and mistakes %v, want one with %q", p != nil, mistakes, tt.want)
			}
		})
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	a, b := compile(t, small()), compile(t, small())
	if a.Hash() != b.Hash() || len(a.Hash()) != 16 {
		t.Errorf("hashes of one source: %q and %q", a.Hash(), b.Hash())
	}
	s := small()
	s.Lexicons[0].Words = list("en", "fence*")
	if c := compile(t, s); c.Hash() == a.Hash() {
		t.Error("another rule, the same hash")
	}
}

func TestTagIsPureAndConcurrent(t *testing.T) {
	t.Parallel()
	p := compile(t, small())
	texts := []string{"Iraq's walls on the border, said Mohammed al-Sudani; Sudani left Qaem in Anbar.", "Barzani", "", "القائم قرب الحدود"}
	want := make([]item.Tagged, len(texts))
	for i, s := range texts {
		want[i] = p.Tag(item.Item{Body: s})
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 200 {
				k := (i + n) % len(texts)
				if d := cmp.Diff(want[k], p.Tag(item.Item{Body: texts[k]})); d != "" {
					t.Error(d)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestNames(t *testing.T) {
	t.Parallel()
	n := compile(t, small()).Names()
	for _, tt := range []struct {
		kind item.Kind
		name string
		want string
	}{
		{item.Place, "al-qaem", "al-qaem"},
		{item.Place, "AL-QĀEM", "al-qaem"},
		{item.Place, "القائم", "al-qaem"},
		{item.Place, "العراق", "iraq"},
		{item.Actor, "Sudani", "sudani"},
		{item.Actor, "Barzani", ""},
		{item.Theme, "Border wall", "border-wall"},
		{item.Actor, "iraq", ""},
		{"", "iraq", ""},
	} {
		if id, ok := n.Resolve(tt.kind, tt.name); id != tt.want || ok != (tt.want != "") {
			t.Errorf("Resolve(%s, %q) = %q, %v, want %q", tt.kind, tt.name, id, ok, tt.want)
		}
	}
	for _, tt := range []struct {
		kind       item.Kind
		name, want string
	}{{item.Place, "anber", "anbar"}, {item.Place, "al-qaeem", "al-qaem"}, {item.Place, "zzzzzz", ""}, {item.Theme, "wall", "border-wall"}, {item.Place, "", ""}} {
		if got := n.Suggest(tt.kind, tt.name); got != tt.want {
			t.Errorf("Suggest(%s, %q) = %q, want %q", tt.kind, tt.name, got, tt.want)
		}
	}
}

func TestEntries(t *testing.T) {
	t.Parallel()
	for _, e := range compile(t, small()).Entries() {
		if e.ID == "al-qaem" {
			if d := cmp.Diff(tagger.Entry{Kind: item.Place, ID: "al-qaem", Name: "al-Qaem", In: []string{"anbar", "iraq"}, Aliases: []string{"al-Qaem", "القائم", "Qaem"}}, e); d != "" {
				t.Error(d)
			}
			return
		}
	}
	t.Error("al-qaem is not among the entries")
}

// checkTagged fails unless all that Tag promises of its output holds.
func checkTagged(tb testing.TB, in item.Item, out item.Tagged) {
	tb.Helper()
	last := ""
	for _, tag := range out.Tags {
		if tag.Key() <= last {
			tb.Errorf("%s after %s", tag.Key(), last)
		}
		last = tag.Key()
		if tag.Implied != (len(tag.Evidence) == 0) {
			tb.Errorf("%s: implied %v with %d pieces of evidence", tag.Key(), tag.Implied, len(tag.Evidence))
		}
		for _, e := range tag.Evidence {
			src := in.Body
			if e.Field == "title" {
				src = in.Title
			}
			if e.Start < 0 || e.End > len(src) || e.Start >= e.End || src[e.Start:e.End] != e.Text {
				tb.Errorf("%s: evidence %+v is not in the text", tag.Key(), e)
			}
		}
	}
}

// alike is a pack whose rules share names.
func alike() tagger.Source {
	like := func(id string) []tagger.Ref { return []tagger.Ref{{Text: id}} }
	named := func(id, in string, names ...string) tagger.Entity {
		return tagger.Entity{Kind: item.Place, ID: id, In: in, Blocks: []tagger.Block{{Plain: list("en", names...)}}}
	}
	a, b, c, d := named("a", "lebanon", "Tripoli"), named("b", "libya", "Tripoli"), named("c", "north", "Zed"), named("d", "south", "Zed")
	a.Like, b.Prominent, c.Like = like("b"), true, like("d")
	return tagger.Source{Pack: "alike", Entities: []tagger.Entity{
		a, b, c, d, named("lebanon", "", "Lebanon"), named("libya", "", "Libya"), named("north", "lebanon", "North Country"), named("south", "lebanon", "South Country"),
		{Kind: item.Actor, ID: "pmf", Blocks: []tagger.Block{{Strong: list("en", "Popular Mobilization Forces"), Acronyms: list("en", "PMF")}}},
		{Kind: item.Actor, ID: "fury", Blocks: []tagger.Block{{Strong: list("en", "Popular Mountain Fury"), Acronyms: list("en", "PMF")}}, Like: like("pmf"), Beside: tagger.Operand{Refs: like("place:libya")}, Prominent: true},
		{Kind: item.Actor, ID: "fury-club", Blocks: []tagger.Block{{Plain: list("en", "Fury")}}},
	}}
}

func TestNear(t *testing.T) {
	t.Parallel()
	at := func(id, in string, lat, lon float64) tagger.Entity {
		return tagger.Entity{Kind: item.Place, ID: id, In: in, Located: true, Lat: lat, Lon: lon, Blocks: []tagger.Block{{Plain: list("en", "Town of "+id)}}}
	}
	src := tagger.Source{Pack: "near", Entities: []tagger.Entity{
		at("land", "", 33, 44), at("west", "land", 33.5, 41.5), at("qaem", "west", 34.37, 41.09), at("ramadi", "west", 33.43, 43.3),
		at("capital", "land", 33.3152, 44.3661), at("quarter", "capital", 33.3128, 44.3615),
		at("suva", "", -18.1416, 178.4419), at("apia", "", -13.8333, -171.7667), at("pole", "", 90, 0),
		{Kind: item.Place, ID: "nowhere", In: "west", Blocks: []tagger.Block{{Plain: list("en", "Nowhere")}}},
	}}
	n := compile(t, src).Names()
	for _, tt := range []struct {
		lat, lon, km float64
		want         string
	}{
		{34.37, 41.09, 0, "qaem"},
		{33.6, 41.5, 50, ""}, // the middle of a province
		{34.37, 41.09, 229.1, "qaem"},
		{34.37, 41.09, 229.2, "qaem west ramadi"}, // by the law of cosines 229.18 km
		{33.3152, 44.3661, 0.1, ""},               // a city that holds a quarter
		{33.3152, 44.3661, 0.6, "capital quarter"},
		{33.3, 44.3, 1000, "quarter capital land ramadi west qaem"},
		{-18, 180, 170, "suva"},
		{-18, -180, 170, "suva"}, // the other side of the date line
		{90, 123, 1, "pole"},
		{-90, 0, 1000, ""},
	} {
		if got := strings.Join(n.Near(tt.lat, tt.lon, tt.km), " "); got != tt.want {
			t.Errorf("Near(%v, %v, %v) = %q, want %q", tt.lat, tt.lon, tt.km, got, tt.want)
		}
	}
}

// Names that rules share must not make a text take more than linear time.
func TestFloodOfSenses(t *testing.T) {
	t.Parallel()
	p := compile(t, alike())
	for _, flood := range []string{"Tripoli, Lebanon ", "Tripoli in Libya. ", "Zed ", "Pakistan Muslim Front (PMF) "} {
		it := item.Item{Body: strings.Repeat(flood, 30000) + " Popular Mobilization Forces (PMF)", Lang: "en"}
		checkTagged(t, it, p.Tag(it))
	}
}

func FuzzTag(f *testing.F) {
	packs := []*tagger.Pack{compile(f, small()), compile(f, spelt()), compile(f, alike())}
	f.Add("Iraq's walls", "on the border of Iraq. Mohammed al-Sudani, Sudani; Barzani \xff القائم قرب الحدود Aleppo soap", "en")
	f.Add("IS", "al-Qaem crossing Bank of Baghdad rampart", "")
	f.Add("Moktada as-Sadr", "d’Abdel-Latif Rasheed, Mukteda es-Sadr’ın; Deir Ezzor", "tr")
	f.Add("Tripoli, Lebanon", "Tripoli, Libya. Tripoli; Pakistan Muslim Front (PMF), PMF (Popular Fury). Zed in Zed", "en")
	f.Fuzz(func(t *testing.T, title, body, lang string) {
		for _, p := range packs {
			it := item.Item{Title: title, Body: body, Lang: lang}
			out := p.Tag(it)
			checkTagged(t, it, out)
			if d := cmp.Diff(out, p.Tag(it)); d != "" {
				t.Error(d)
			}
			checkExplained(t, p, it, out)
		}
	})
}

// checkExplained fails unless Explain tells of each tag what Tag gives.
func checkExplained(tb testing.TB, p *tagger.Pack, it item.Item, out item.Tagged) {
	tb.Helper()
	var got []item.Tag
	for _, t := range p.Touched(it) {
		ex, ok := p.Explain(it, t.Kind, t.ID)
		if !ok {
			tb.Errorf("%s is touched and cannot be explained", t.Key())
		}
		if ex.Tag != nil {
			got = append(got, *ex.Tag)
		}
		counts := 0
		for _, m := range ex.Mentions {
			if m.Reason == "" {
				tb.Errorf("%s: %q has no reason", t.Key(), m.Text)
			}
			if m.Counts || m.Unsure {
				counts++
			}
		}
		implied := ex.Tag != nil && ex.Tag.Implied
		if named := ex.Tag != nil && t.Kind != item.Theme; !implied && named != (counts > 0) {
			tb.Errorf("%s: tag %v, %d mentions count", t.Key(), ex.Tag, counts)
		}
	}
	if d := cmp.Diff(out.Tags, got); d != "" {
		tb.Error(d)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := compile(t, small())
	for _, tt := range []struct {
		text, tag, want string
	}{
		{"Qaem was here.", "place:al-qaem", "its gate is shut"},
		{"Qaem, in Anbar", "place:al-qaem", "opened by sentence: "},
		{"The Bank of Baghdad", "place:baghdad", `stands inside "Bank of Baghdad" (actor:bank`},
		{"Aleppo soap", "place:aleppo", `stands inside "Aleppo soap" (a decoy`},
		{"Sudani spoke", "actor:sudani", "no title stands before it"},
		{"Barzani spoke", "actor:masrour", "whose is not clear"},
		{"Masrour Barzani met Nechirvan Barzani; Barzani spoke", "actor:masrour", `the surname goes to "Barzani" (actor:nechirvan`},
		{"Is it so?", "actor:is", "an acronym needs capitals"},
		{"the army of Rome", "actor:old-army", "until 2020-01-01"},
		{"The aleppo Pine", "place:aleppo", "lacks the capitals"},
	} {
		kind, id, _ := strings.Cut(tt.tag, ":")
		ex, ok := p.Explain(item.Item{Body: tt.text, Lang: "en"}, item.Kind(kind), id)
		if !ok || !strings.Contains(fmt.Sprint(ex.Mentions), tt.want) {
			t.Errorf("%s of %q: %v %+v, want %q", tt.tag, tt.text, ok, ex.Mentions, tt.want)
		}
	}
	if _, ok := p.Explain(item.Item{}, item.Actor, "nobody"); ok {
		t.Error("there is no actor nobody")
	}
}

// A text made only of names must not take more than linear time and memory.
func TestFloodOfNames(t *testing.T) {
	t.Parallel()
	p := compile(t, small())
	names := []string{"Iraq ", "Barzani ", "Sudani ", "Qaem ", "Masrour Barzani ", "walls ", "border ", "Bank of Baghdad. ", "Mohammed al-Sudani "}
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < 1<<20 {
		b.WriteString(names[r.IntN(len(names))])
	}
	it := item.Item{Body: b.String(), Lang: "en"}
	checkTagged(t, it, p.Tag(it))
}
