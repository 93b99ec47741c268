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
	block      int32
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
	some  []int32 // words of the field at hand that the pack may know
	altAt []int32 // alts of the word some[k]: altAt[k]:altAt[k+1]
	first []int32 // the places in some of those that may begin a match
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
	called   []uint64 // themes that an item has a reason to look at, a bit each
	memo     []answer // to the conditions that themes share
	asked    []int32  // those of memo that are known
}

type kindCounts struct{ actors, places int32 }

func newScratch(p *Pack) *scratch {
	return &scratch{
		p: p, watch: -1, words: make([][]hit, p.lexicons), bearers: make([]int32, len(p.entities)), within: make([]int32, len(p.entities)),
		last: make([]int32, len(p.entities)), called: make([]uint64, len(p.themes)/64+1), memo: make([]answer, p.shared),
	}
}

// reset forgets the last item but keeps the memory.
func (s *scratch) reset() {
	for _, l := range s.touched {
		s.words[l] = s.words[l][:0]
	}
	s.forget()
	for _, n := range s.asked {
		s.memo[n] = notAsked
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
		for _, k := range s.first {
			mark := len(s.hits)
			s.begin(f, k)
			if len(s.hits) > mark+1 {
				s.sort(mark)
			}
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
	s.some = s.candidates(f, toks)
	altAt := append(s.altAt[:0], 0)
	for k, i := range s.some {
		t := &toks[i]
		first, known := false, false
		if d.has(t.Hash) {
			if w := d.find(t.Hash, t.Term); w != nil {
				s.alts = append(s.alts, alt{id: w.next - 1, state: w.state, reading: -1})
				first, known = w.state != 0, true
				if w.stems != 0 {
					stems := d.ongoing[w.stems]
					s.alts = append(s.alts, stems...)
					for n := range stems {
						first = first || stems[n].state != 0
					}
				}
			}
		}
		if !known && (d.has(uint64(t.LongStem)) || d.has(uint64(t.Stem))) {
			first = s.stems(t.LongStem, t.Stem, t.Term, -1, 0)
		}
		for _, r := range an.AlternatesIn(t, &d.known, &d.begun) {
			n := int32(len(s.reads))
			if w := d.find(r.Hash, r.Term); w != nil {
				s.alts = append(s.alts, alt{id: w.next - 1, state: w.state, reading: n, kinds: r.Kind})
				first = first || w.state != 0
			}
			if r.Kind&^(text.Clitic|text.Article|text.Elision) == 0 { // a stem covers its own endings
				long, short := text.StemHash(r.Term, text.LongStemLetters), text.StemHash(r.Term, text.StemLetters)
				first = s.stems(long, short, r.Term, n, r.Kind) || first
			}
			s.reads = append(s.reads, r)
		}
		if first {
			s.first = append(s.first, int32(k))
		}
		altAt = append(altAt, int32(len(s.alts)))
	}
	s.altAt = altAt
}

// candidates lists the words that may be of a match: a name of one word, one of
// a longer name whose next word may follow it, or one that follows such a one.
// It goes without branches, which could not be foretold.
func (s *scratch) candidates(f int8, toks []text.Token) []int32 {
	if cap(s.some) < len(toks) {
		s.some = make([]int32, 2*len(toks)+64)
	}
	d, some, n := s.p.dict, s.some[:len(toks)], 0
	if len(toks) == 0 {
		return some
	}
	loose := uint(0)
	if s.lower[f] || s.watch >= 0 { // Explain tells of names that lack a capital
		loose = 1
	}
	is, before := d.role(&toks[0], loose), role(0)
	for i := range toks {
		next := role(0)
		if i+1 < len(toks) {
			next = d.role(&toks[i+1], loose)
		}
		may := (is/roleAlone | is/roleFirst&(next/roleLater) | is/roleLater&before) & 1
		some[n] = int32(i)
		n += int(may)
		is, before = next, may
	}
	return some[:n]
}

// stems adds the stems that a word begins with as ways to read it, those filed
// under its first four letters and its first three; it reports whether a match
// may begin with one.
func (s *scratch) stems(long, short uint32, term []byte, reading int32, kinds text.ReadingKind) bool {
	first, h := false, head(term)
	for _, hash := range [...]uint32{long, short} {
		list := s.p.dict.stemsOf(hash)
		for i := range list {
			if st := &list[i]; st.begins(term, h) {
				state := s.p.trie.begin(st.id)
				s.alts = append(s.alts, alt{id: st.id, state: state, reading: reading, kinds: kinds})
				first = first || state != 0
			}
		}
	}
	return first
}

// begin follows the trie from the word some[k] on.
func (s *scratch) begin(f int8, k int32) {
	alts := s.alts[s.altAt[k]:s.altAt[k+1]]
	for a := range alts {
		if at := &alts[a]; at.state != 0 {
			s.arrive(f, k, k, at.state, at.kinds, at, at, len(alts) > 1)
		}
	}
}

// arrive notes what ends in a state of the trie that was reached from the word
// some[begun] with some[k], and goes on. first and last are the readings in which the match began and
// has come here; twice says that a word had several, so that one match may come
// again.
func (s *scratch) arrive(f int8, begun, k, state int32, kinds text.ReadingKind, first, last *alt, twice bool) {
	trie, i := s.p.trie, s.some[k]
	ends := trie.ends(state)
	for e := range ends {
		s.record(f, &ends[e], s.some[begun], i, kinds, first, last, twice)
	}
	n := k + 1
	if trie.nodes[state].leaf() || int(n) >= len(s.some) || s.some[n] != i+1 || s.toks[f][i+1].Flags&text.Break != 0 {
		return
	}
	alts := s.alts[s.altAt[n]:s.altAt[n+1]]
	for a := range alts {
		at := &alts[a]
		if next := trie.step(state, at.id); next != 0 {
			s.arrive(f, begun, n, next, kinds|at.kinds, first, at, twice || len(alts) > 1)
		}
	}
}

// record notes a match if it stands as its pattern asks.
func (s *scratch) record(f int8, p *ending, from, to int32, kinds text.ReadingKind, head, tail *alt, twice bool) {
	if kinds&^p.kinds != 0 || p.langs != 0 && p.langs&s.langs == 0 || p.timed && !s.p.blocks[s.p.patterns[p.pattern].block].holdsOn(s.date) {
		s.refuse(f, p, from, to, kinds)
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
		s.refuse(f, p, from, to, kinds)
		return
	}
	if toks[from].Flags&text.Arabic != 0 && kinds&text.Clitic == 0 && p.class != classWord {
		if strict := s.p.patterns[p.pattern].strict; strict >= 0 && !sameStrict(s.texts[f][start:end], s.p.stricts[strict]) {
			s.refuse(f, p, from, to, kinds)
			return
		}
	}
	h := hit{
		pattern: p.pattern, owner: p.owner, block: p.block, class: p.class, field: f, tok: from, end: to + 1,
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
		if o.pattern == p.pattern && o.end == h.end {
			return
		}
	}
	*list = append(*list, h)
}

// capitals reports whether a Latin name has the capitals that its pattern has.
func (s *scratch) capitals(f int8, p *ending, from, to int32, start, end int) bool {
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
