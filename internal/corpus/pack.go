package corpus

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"marsad/item"
	"marsad/tagger"
	"marsad/text"
)

// The measures of an invented pack follow the pack that ships.
const (
	themes         = 300
	namesPerEntity = 4
	tops           = 20   // places that hold the others
	famous         = 600  // names left out, and
	commonest      = 6000 // words: so a hit stands at every eighth word
	pool           = 6000 // words that the lexicons are drawn from
)

// Words are the names and words of a corpus, the most frequent first.
type Words struct{ full, single, plain []string }

// Gather lists what stands in the bodies of items: runs of capitalised words,
// single ones inside a sentence, and common words of English and pairs of them.
func Gather(items []item.Item) Words {
	var (
		a                   text.Analyzer
		full, single, plain = ranking{}, ranking{}, ranking{}
	)
	name := func(t text.Token) bool {
		return t.Flags&text.Capital != 0 && t.Flags&(text.SentenceStart|text.Digits) == 0 && len(t.Term) >= 4
	}
	word := func(t text.Token) bool {
		return t.Flags&text.Latin != 0 && t.Flags&(text.Capital|text.Digits|text.Apostrophe) == 0 && len(t.Term) >= 4
	}
	for i := range items {
		body := items[i].Body
		toks := a.Tokens(body, items[i].Lang)
		for k, t := range toks {
			next := k+1 < len(toks) && toks[k+1].Flags&text.Break == 0
			switch {
			case name(t):
				single.add(t.Term, body[t.Start:t.End])
				for n := k + 1; n < min(k+3, len(toks)) && toks[n].Flags&text.Break == 0 && name(toks[n]); n++ {
					full.add(nil, body[t.Start:toks[n].End])
				}
			case word(t) && items[i].Lang == "en":
				plain.add(t.Term, string(t.Term))
				if next && word(toks[k+1]) {
					plain.add(nil, body[t.Start:toks[k+1].End])
				}
			}
		}
	}
	return Words{full.list(), single.list(), plain.list()}
}

// A ranking counts phrases by their folded form.
type ranking map[string]*phrase

type phrase struct {
	written string
	count   int
}

func (r ranking) add(term []byte, written string) {
	key := string(term)
	if term == nil {
		key = text.Fold(written)
	}
	if r[key] == nil {
		r[key] = &phrase{written: written}
	}
	r[key].count++
}

func (r ranking) list() []string {
	keys := slices.SortedFunc(maps.Keys(r), func(x, y string) int {
		return cmp.Or(cmp.Compare(r[y].count, r[x].count), cmp.Compare(x, y))
	})
	out := make([]string, 0, len(keys))
	for _, k := range keys {
		// A star would be an operator, and few capitals an acronym.
		if w := r[k].written; !strings.Contains(w, "*") && (len(w) > 6 || w != strings.ToUpper(w)) {
			out = append(out, w)
		}
	}
	return out
}

// Invented returns a pack of n names, a corpus' most frequent but for the most
// famous, and 300 themes over its words, with every feature in use: gates, refusals, surnames,
// places in places, nearness, order, counts, weights, boosts, modalities. It is
// the same each time.
func Invented(n int, words Words) tagger.Source {
	m := maker{
		r:     rand.New(rand.NewPCG(1, 2)), //nolint:gosec // the same pack each time
		words: words,
		src:   tagger.Source{Pack: "invented"},
	}
	take(&m.words.full, famous)
	take(&m.words.single, famous)
	m.words.plain = m.words.plain[commonest:min(commonest+pool, len(m.words.plain))]
	cue, refusal := m.lexicon("cue", 20), m.lexicon("refusal", 20)
	for i := range n / namesPerEntity {
		m.entity(i, cue, refusal)
	}
	for i := range themes {
		m.theme(i, cue)
	}
	m.mend()
	return m.src
}

// mend looks for no other spelling of a name that the loader says is one of
// another rule's in another spelling, as its hint asks: the news misspell names.
func (m *maker) mend() {
	_, mistakes := tagger.Compile(m.src)
	for _, mistake := range mistakes {
		m.src.Entities[mistake.Pos.Line-1].Blocks[0].Translit = new(bool)
	}
}

type maker struct {
	r     *rand.Rand
	words Words
	src   tagger.Source
}

// entity adds an actor or place of four names: four full ones, or three and one
// that needs its context.
func (m *maker) entity(i int, cue, refusal string) {
	e := tagger.Entity{Kind: item.Actor, ID: fmt.Sprintf("e%d", i)}
	if i%3 == 0 || i < tops {
		e.Kind = item.Place
		if i >= tops {
			e.In = fmt.Sprintf("e%d", i%tops)
		}
	}
	b := tagger.Block{Unsure: true}
	if i%2 == 0 {
		one := list(take(&m.words.single, 1))
		if i%4 == 0 {
			b.Gated = one
			b.Gate = []tagger.Clause{
				{Scope: tagger.Before, Max: 3, Any: refs(cue)},
				{Scope: tagger.Sentence, Any: refs("place:*", cue)},
			}
		} else {
			b.Backref = one
		}
		b.Reject = []tagger.Clause{{Scope: tagger.Near, Max: 2, Any: refs(refusal)}}
		b.Plain = list(take(&m.words.full, namesPerEntity-1))
	} else {
		b.Strong = list(take(&m.words.full, namesPerEntity))
	}
	for _, ws := range [][]tagger.Words{b.Strong, b.Plain, b.Gated, b.Backref} {
		for _, w := range ws {
			for k := range w.Text {
				w.Text[k].Pos.Line = i + 1
			}
		}
	}
	e.Blocks = []tagger.Block{b}
	m.src.Entities = append(m.src.Entities, e)
}

// take removes the first n of a list.
func take(from *[]string, n int) []string {
	n = min(n, len(*from))
	out := (*from)[:n]
	*from = (*from)[n:]
	return out
}

func (m *maker) theme(i int, cue string) {
	one, other := m.lexicon(fmt.Sprintf("a%d", i), 10), m.lexicon(fmt.Sprintf("b%d", i), 10)
	third := m.lexicon(fmt.Sprintf("c%d", i), 5)
	about := "actor:*"
	if i%2 == 0 {
		about = fmt.Sprintf("in:e%d", i%tops)
	}
	m.src.Themes = append(m.src.Themes, tagger.Theme{
		ID: fmt.Sprintf("t%d", i), TitleBoost: 1.5, LeadBoost: 1.2, Threshold: 1,
		Any: []tagger.Clause{
			{Scope: tagger.Near, Max: 8, Of: refs(one, other)},
			{Scope: tagger.Sentence, Of: refs(one, third), Ordered: true, Weight: 0.5},
			{Scope: tagger.Title, Of: refs(third, other), Weight: 1},
			{Scope: tagger.Doc, Any: refs(third), Count: 2, Weight: 0.3},
		},
		All:        []tagger.Clause{{Scope: tagger.Doc, Any: refs(about)}},
		None:       []tagger.Clause{{Scope: tagger.Doc, Any: refs(third, cue), Count: 9}},
		Modalities: []tagger.Modality{{Name: "planned", Cues: refs(cue)}},
	})
}

// lexicon adds a lexicon of n words, of which every fifth may go on.
func (m *maker) lexicon(id string, n int) string {
	var ws []string
	for i := range n {
		w := m.words.plain[m.r.IntN(len(m.words.plain))]
		if i%5 == 0 {
			w += "*"
		}
		ws = append(ws, w)
	}
	m.src.Lexicons = append(m.src.Lexicons, tagger.Lexicon{ID: id, Words: list(ws)})
	return id
}

func list(written []string) []tagger.Words {
	w := tagger.Words{Lang: "en"}
	for _, t := range written {
		w.Text = append(w.Text, tagger.Word{Text: t})
	}
	return []tagger.Words{w}
}

func refs(ids ...string) []tagger.Operand {
	var out []tagger.Operand
	for _, id := range ids {
		out = append(out, tagger.Operand{Refs: []tagger.Ref{{Text: id}}})
	}
	return out
}
