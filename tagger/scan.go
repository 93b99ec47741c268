package tagger

import (
	"cmp"
	"time"
	"unicode"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
)

// The fields of an item that are read.
const (
	fieldTitle = iota
	fieldBody
	fields
)

func fieldName(f int8) string {
	if f == fieldTitle {
		return "title"
	}
	return "body"
}

// A hit is a name or word found in a field.
type hit struct {
	pattern    int32
	owner      int32
	tok, end   int32 // words [tok, end)
	start, len int32 // bytes of the name itself
	field      int8
	class      class
	state      hitState
	kinds      text.ReadingKind
	clause     string // which clause let it pass, as evidence says it
	why        why    // a dropped one: for what reason
	by         int32  // and by which hit, or clause
}

type hitState uint8

const (
	pending   hitState = iota
	accepted           // counts
	unsure             // a candidate
	contested          // counts once it is known whose it is
	dropped
)

// An alt is one way to read a word of the text that the pack knows.
type alt struct {
	id      int32
	state   int32 // of the trie, when it is the first word
	reading int32 // in scratch.reads; -1 is the word as it stands
	kinds   text.ReadingKind
}

// A scratch is the memory of one Tag, kept for the next.
type scratch struct {
	p            *Pack
	lang         string
	feed, source string
	langs        langs
	date         time.Time
	an           [fields]text.Analyzer
	texts        [fields]string
	toks         [fields][]text.Token
	sentences    [fields][]int32 // the first word of each sentence, and the end
	lower        [fields]bool    // no capital in it at all: capitals cannot be asked for

	alts  []alt
	altAt []int32 // alts of word i of the field at hand: altAt[i]:altAt[i+1]
	first []int32 // words of the field at hand that may begin a match
	reads []text.Reading

	sense    []sense   // of the entities whose names others bear too
	bindings []binding // of acronyms
	key      key       // of a word at hand
	spelled  []spelled // ways in which a word begins a name by its keys

	hits      []hit   // names, by field and place
	words     [][]hit // words, by lexicon, by field and place
	touched   []int32 // lexicons with hits
	live      []int32 // accepted hits of names, by field and place
	bearers   []int32 // per entity: how many accepted hits it has
	borne     []int32 // entities that have any
	within    []int32 // per entity: how many accepted hits it and the places in it have
	kinds     kindCounts
	last      []int32 // per entity, while surnames are judged: its last hit, plus one
	mentioned []int32 // entities with a last hit

	found    []evidence
	counted  []*hit // of a clause that counts
	links    []link
	order    []int32
	tagged   []item.Tag      // what Tag returns, before it is copied out
	evidence []item.Evidence // of all of tagged, one after another
	holders  []holder
	watch    int32 // the entity whose refused names Explain wants, or -1
	refused  []Mention
	called   []bool  // themes that an item has a reason to look at
	memo     []int8  // results of the conditions that themes share: 0 not known, 1 no, 2 yes
	asked    []int32 // those of memo that are known
}

type kindCounts struct{ actors, places int32 }

func newScratch(p *Pack) *scratch {
	return &scratch{
		p: p, watch: -1, words: make([][]hit, p.lexicons), bearers: make([]int32, len(p.entities)), within: make([]int32, len(p.entities)),
		last: make([]int32, len(p.entities)), called: make([]bool, len(p.themes)), memo: make([]int8, p.shared),
	}
}

// reset forgets the last item but keeps the memory.
func (s *scratch) reset() {
	for _, l := range s.touched {
		s.words[l] = s.words[l][:0]
	}
	s.forget()
	for _, n := range s.asked {
		s.memo[n] = 0
	}
	clear(s.called)
	s.touched, s.hits, s.live, s.found, s.asked = s.touched[:0], s.hits[:0], s.live[:0], s.found[:0], s.asked[:0]
	clear(s.tagged)
	clear(s.evidence)
	s.watch, s.refused = -1, nil
	s.tagged, s.evidence = s.tagged[:0], s.evidence[:0]
	s.texts = [fields]string{}
	s.lang, s.feed, s.source = "", "", ""
}

// scan collects all names and words of both fields.
func (s *scratch) scan() {
	for f := range int8(fields) {
		begun := len(s.hits)
		toks := s.an[f].Tokens(s.texts[f], s.lang)
		s.toks[f] = toks
		s.sentences[f] = s.sentences[f][:0]
		s.lower[f] = true
		for i := range toks {
			if toks[i].Flags&text.Capital != 0 {
				s.lower[f] = false
				break
			}
		}
		s.lookup(f, toks)
		for _, i := range s.first {
			mark := len(s.hits)
			s.begin(f, i)
			s.sort(mark)
		}
		s.transliterate(f, begun)
	}
}

// sort puts the hits from mark on, which all begin at one word, in order: the
// longer first, then by class (decoys first, surnames last).
func (s *scratch) sort(mark int) {
	for i := mark + 1; i < len(s.hits); i++ {
		for j := i; j > mark && compareHits(&s.hits[j], &s.hits[j-1]) < 0; j-- {
			s.hits[j], s.hits[j-1] = s.hits[j-1], s.hits[j]
		}
	}
}

func compareHits(a, b *hit) int {
	return cmp.Or(cmp.Compare(b.end, a.end), cmp.Compare(a.class, b.class), cmp.Compare(a.pattern, b.pattern))
}

// lookup finds, for every word, the ways to read it that the pack knows.
func (s *scratch) lookup(f int8, toks []text.Token) {
	d, an := s.p.dict, &s.an[f]
	s.alts, s.reads, s.first = s.alts[:0], s.reads[:0], s.first[:0]
	if cap(s.altAt) <= len(toks) {
		s.altAt = make([]int32, 0, 2*len(toks)+64)
	}
	altAt := s.altAt[:len(toks)+1]
	for i := range toks {
		t := &toks[i]
		altAt[i] = int32(len(s.alts))
		first := false
		if w := d.find(t.Hash, t.Term); w != nil {
			s.alts = append(s.alts, alt{id: w.next - 1, state: w.state, reading: -1})
			first = w.state != 0
		}
		if d.begun.Has(uint64(t.Stem)) {
			for _, st := range d.stemsOf(t.Stem) {
				if begins(t.Term, st.text) {
					first = s.stem(st.id, -1, 0) || first
				}
			}
		}
		for _, r := range an.AlternatesIn(t, &d.known, &d.begun) {
			n := int32(len(s.reads))
			if w := d.find(r.Hash, r.Term); w != nil {
				s.alts = append(s.alts, alt{id: w.next - 1, state: w.state, reading: n, kinds: r.Kind})
				first = first || w.state != 0
			}
			if r.Kind&^(text.Clitic|text.Article|text.Elision) == 0 { // a stem covers its own endings
				for _, st := range d.stemsOf(text.StemHash(r.Term)) {
					if begins(r.Term, st.text) {
						first = s.stem(st.id, n, r.Kind) || first
					}
				}
			}
			s.reads = append(s.reads, r)
		}
		if first {
			s.first = append(s.first, int32(i))
		}
	}
	altAt[len(toks)] = int32(len(s.alts))
	s.altAt = altAt
}

// stem adds a stem as a way to read a word; it reports whether one begins so.
func (s *scratch) stem(id, reading int32, kinds text.ReadingKind) bool {
	state := s.p.trie.begin(id)
	s.alts = append(s.alts, alt{id: id, state: state, reading: reading, kinds: kinds})
	return state != 0
}

func begins(term []byte, stem string) bool {
	return len(term) >= len(stem) && string(term[:len(stem)]) == stem
}

// begin follows the trie from the word i on.
func (s *scratch) begin(f int8, i int32) {
	alts := s.alts[s.altAt[i]:s.altAt[i+1]]
	for a := range alts {
		if at := &alts[a]; at.state != 0 {
			s.arrive(f, i, i, at.state, at.kinds, at, at, len(alts) > 1)
		}
	}
}

// arrive notes what ends in a state of the trie that was reached with the word
// i, and goes on. first and last are the readings in which the match began and
// has come here; twice says that a word had several, so that one match may come
// again.
func (s *scratch) arrive(f int8, from, i, state int32, kinds text.ReadingKind, first, last *alt, twice bool) {
	trie := s.p.trie
	node := trie.nodes[state]
	for _, pattern := range trie.accept[node.from:node.to] {
		s.record(f, pattern, from, i, kinds, first, last, twice)
	}
	n := i + 1
	if node.leaf || int(n) >= len(s.toks[f]) || s.toks[f][n].Flags&text.Break != 0 {
		return
	}
	alts := s.alts[s.altAt[n]:s.altAt[n+1]]
	for a := range alts {
		at := &alts[a]
		if next := trie.step(state, at.id); next != 0 {
			s.arrive(f, from, n, next, kinds|at.kinds, first, at, twice || len(alts) > 1)
		}
	}
}

// record notes a match if it stands as its pattern asks.
func (s *scratch) record(f int8, pattern, from, to int32, kinds text.ReadingKind, head, tail *alt, twice bool) {
	p := &s.p.patterns[pattern]
	if kinds&^p.kinds != 0 || p.langs != 0 && p.langs&s.langs == 0 || p.timed && !s.p.blocks[p.block].holdsOn(s.date) {
		if p.owner == s.watch && p.block >= 0 {
			s.refuse(f, pattern, from, to, kinds)
		}
		return
	}
	toks, an := s.toks[f], &s.an[f]
	start, end := toks[from].Start, toks[to].End
	if head.reading >= 0 {
		start, _ = an.Locate(toks[from], s.reads[head.reading])
	}
	if tail.reading >= 0 {
		_, end = an.Locate(toks[to], s.reads[tail.reading])
	}
	if !s.capitals(f, p, from, to, start, end) {
		if p.owner == s.watch && p.block >= 0 {
			s.refuse(f, pattern, from, to, kinds)
		}
		return
	}
	if p.strict >= 0 && !sameStrict(s.texts[f][start:end], s.p.stricts[p.strict]) && toks[from].Flags&text.Arabic != 0 && kinds&text.Clitic == 0 {
		if p.owner == s.watch && p.block >= 0 {
			s.refuse(f, pattern, from, to, kinds)
		}
		return
	}
	h := hit{
		pattern: pattern, owner: p.owner, class: p.class, field: f, tok: from, end: to + 1,
		start: int32(start), len: int32(end - start), kinds: kinds,
	}
	list := &s.hits
	if p.class == classWord {
		list = &s.words[p.owner]
		if len(*list) == 0 {
			s.touched = append(s.touched, p.owner)
		}
	}
	// One span is one hit, by whichever reading it was found first.
	for k := len(*list) - 1; twice && k >= 0; k-- {
		o := &(*list)[k]
		if o.tok != from || o.field != f {
			break
		}
		if o.pattern == pattern && o.end == h.end {
			return
		}
	}
	*list = append(*list, h)
}

// capitals reports whether a Latin name has the capitals that its pattern has.
func (s *scratch) capitals(f int8, p *pattern, from, to int32, start, end int) bool {
	if p.acronym {
		for _, r := range s.texts[f][start:end] {
			if unicode.IsLower(r) {
				return false
			}
		}
		return true
	}
	if p.caps == 0 || s.lower[f] {
		return true
	}
	for i := from; i <= to; i++ {
		if p.caps&(1<<(i-from)) == 0 || s.toks[f][i].Flags&text.Capital != 0 {
			continue
		}
		if i == from && start > s.toks[f][i].Start { // l'Irak
			if r, _ := utf8.DecodeRuneInString(s.texts[f][start:]); unicode.IsUpper(r) {
				continue
			}
		}
		return false
	}
	return true
}

// holdsOn reports whether a block's names hold on a date. Without a date only
// what still holds today does.
func (b *block) holdsOn(date time.Time) bool {
	if date.IsZero() {
		return b.until.IsZero()
	}
	return !date.Before(b.from) && (b.until.IsZero() || date.Before(b.until))
}

// surface is the whole words that a hit stood in.
func (s *scratch) surface(h *hit) (start, end int) {
	toks := s.toks[h.field]
	return toks[h.tok].Start, toks[h.end-1].End
}
