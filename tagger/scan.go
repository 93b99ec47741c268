package tagger

import (
	"cmp"
	"slices"
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
	clause     string // which clause let it pass
}

type hitState uint8

const (
	pending  hitState = iota
	accepted          // counts
	unsure            // a candidate
	dropped
)

// An alt is one way to read a word of the text that the pack knows.
type alt struct {
	id      int32
	kinds   text.ReadingKind
	reading text.Reading
	exact   bool
}

// A scratch is the memory of one Tag, kept for the next.
type scratch struct {
	p     *Pack
	it    *item.Item
	langs langs
	date  time.Time
	an    [fields]text.Analyzer
	texts [fields]string
	toks  [fields][]text.Token
	lower [fields]bool // no capital in it at all: capitals cannot be asked for

	alts  []alt
	altAt []int32 // alts of word i of the field at hand: altAt[i]:altAt[i+1]

	hits      []hit   // names, by field and place
	words     [][]hit // words, by lexicon, by field and place
	touched   []int32 // lexicons with hits
	live      []int32 // accepted hits of names, by field and place
	bearers   []int32 // per entity: how many accepted hits it has
	borne     []int32 // entities that have any
	last      []int32 // per entity, while surnames are judged: its last hit, plus one
	mentioned []int32 // entities with a last hit

	found []evidence
	dedup map[hitKey]struct{}
}

type hitKey struct{ pattern, tok, end int32 }

func newScratch(p *Pack) *scratch {
	return &scratch{p: p, words: make([][]hit, p.lexicons), bearers: make([]int32, len(p.entities)), last: make([]int32, len(p.entities)), dedup: map[hitKey]struct{}{}}
}

// reset forgets the last item but keeps the memory.
func (s *scratch) reset() {
	for _, l := range s.touched {
		s.words[l] = s.words[l][:0]
	}
	for _, e := range s.borne {
		s.bearers[e] = 0
	}
	s.touched, s.borne, s.hits, s.live, s.found = s.touched[:0], s.borne[:0], s.hits[:0], s.live[:0], s.found[:0]
	s.it = nil
	s.texts = [fields]string{}
}

// scan collects all names and words of both fields.
func (s *scratch) scan() {
	for f := range int8(fields) {
		toks := s.an[f].Tokens(s.texts[f], s.it.Lang)
		s.toks[f] = toks
		s.lower[f] = !slices.ContainsFunc(toks, func(t text.Token) bool { return t.Flags&text.Capital != 0 })
		s.lookup(f, toks)
		for i := range toks {
			if s.altAt[i] < s.altAt[i+1] {
				s.walk(f, int32(i), int32(i), 0, 0, nil)
			}
		}
		clear(s.dedup)
	}
	// By place; at one place the longer first, then by class (decoys first,
	// surnames last).
	slices.SortStableFunc(s.hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.field, b.field), cmp.Compare(a.tok, b.tok), cmp.Compare(b.end, a.end), cmp.Compare(a.class, b.class), cmp.Compare(a.pattern, b.pattern))
	})
}

// lookup finds, for every word, the ways to read it that the pack knows.
func (s *scratch) lookup(f int8, toks []text.Token) {
	d, an := s.p.dict, &s.an[f]
	s.alts = s.alts[:0]
	s.altAt = append(s.altAt[:0], 0)
	for i := range toks {
		t := &toks[i]
		if id := d.find(t.Hash, t.Term); id >= 0 {
			s.alts = append(s.alts, alt{id: id, exact: true})
		}
		for _, st := range d.stemsOf(t.Term) {
			if begins(t.Term, st.text) {
				s.alts = append(s.alts, alt{id: st.id, exact: true})
			}
		}
		for _, r := range an.Alternates(*t) {
			if id := d.find(r.Hash, r.Term); id >= 0 {
				s.alts = append(s.alts, alt{id: id, kinds: r.Kind, reading: r})
			}
			if r.Kind&^(text.Clitic|text.Article) != 0 {
				continue // a stem covers its own endings
			}
			for _, st := range d.stemsOf(r.Term) {
				if begins(r.Term, st.text) {
					s.alts = append(s.alts, alt{id: st.id, kinds: r.Kind, reading: r})
				}
			}
		}
		s.altAt = append(s.altAt, int32(len(s.alts)))
	}
}

func begins(term []byte, stem string) bool {
	return len(term) >= len(stem) && string(term[:len(stem)]) == stem
}

// walk follows the trie over the readings of the words from i on. first and
// last are the readings in which the match began and goes on.
func (s *scratch) walk(f int8, from, i, state int32, kinds text.ReadingKind, first *alt) {
	toks := s.toks[f]
	for a := s.altAt[i]; a < s.altAt[i+1]; a++ {
		at := &s.alts[a]
		next := s.p.trie.step(state, at.id)
		if next == 0 {
			continue
		}
		head := first
		if i == from {
			head = at
		}
		for _, pattern := range s.p.trie.accept[next] {
			s.record(f, pattern, from, i, kinds|at.kinds, head, at)
		}
		if n := int(i) + 1; n < len(toks) && toks[n].Flags&text.Break == 0 && s.altAt[n] < s.altAt[n+1] {
			s.walk(f, from, i+1, next, kinds|at.kinds, head)
		}
	}
}

// record notes a match if it stands as its pattern asks.
func (s *scratch) record(f int8, pattern, from, to int32, kinds text.ReadingKind, head, tail *alt) {
	p := &s.p.patterns[pattern]
	if kinds&^p.kinds != 0 || p.langs != 0 && p.langs&s.langs == 0 {
		return
	}
	if p.block >= 0 && !s.p.blocks[p.block].holdsOn(s.date) {
		return
	}
	toks, an := s.toks[f], &s.an[f]
	start, end := toks[from].Start, toks[to].End
	if !head.exact {
		start, _ = an.Locate(toks[from], head.reading)
	}
	if !tail.exact {
		_, end = an.Locate(toks[to], tail.reading)
	}
	if !s.capitals(f, p, from, to, start, end) {
		return
	}
	if p.strict != "" && strictKey(s.texts[f][start:end]) != p.strict && toks[from].Flags&text.Arabic != 0 && kinds&text.Clitic == 0 {
		return
	}
	h := hit{
		pattern: pattern, owner: p.owner, class: p.class, field: f, tok: from, end: to + 1,
		start: int32(start), len: int32(end - start), kinds: kinds,
	}
	// One span is one hit, by whichever reading it was found first.
	key := hitKey{pattern: pattern, tok: from, end: to + 1}
	if _, ok := s.dedup[key]; ok {
		return
	}
	s.dedup[key] = struct{}{}
	if p.class == classWord {
		if len(s.words[p.owner]) == 0 {
			s.touched = append(s.touched, p.owner)
		}
		s.words[p.owner] = append(s.words[p.owner], h)
		return
	}
	s.hits = append(s.hits, h)
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
