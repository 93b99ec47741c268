package tagger

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
)

// A roman index finds names of two words or more in other romanisations than
// the pack lists (Moktada as-Sadr for Muqtada al-Sadr): a trie over keys, beside
// the one over words. Names of one word have no keys: too many would be common
// words.
type roman struct {
	dict *dict // nil when no name has keys
	trie *trie
	// first and later tell the words that may begin a name, and go on with it: of
	// the words of a text few do, and only these need a key.
	first, later openings
	// next tells the same for the words that may follow in each state of the trie.
	next []mask
}

// A mask is a small set of openings, by their text.StemHash.
type mask uint64

func maskOf(stem uint32) mask { return 1 << (stem >> 26) }

// openings are the beginnings of words, three letters by their text.StemHash.
type openings [1 << openingBits / 64]uint64

const openingBits = 15

func (o *openings) add(stem uint32) {
	at := stem >> (32 - openingBits)
	o[at>>6] |= 1 << (at & 63)
}

// bit is 1 if words with these first letters may be among those added, else 0.
func (o *openings) bit(stem uint32) uint64 {
	at := stem >> (32 - openingBits)
	return o[at>>6] >> (at & 63) & 1
}

const (
	minKeyed   = 2  // words of a name with keys, articles not counted
	minLetters = 6  // letters of all keys of a name together
	maxSpelled = 64 // sequences of keys that one name may have
	maxArticle = 3  // letters of the article
	// keyDoubt is how much less sure a name is that was found by its keys.
	keyDoubt = 0.03
)

// A romanBuilder collects the keys of names while a pack is compiled.
type romanBuilder struct {
	dict *dictBuilder
	trie *trieBuilder
	seen map[string][]owned // by the keys of a name
}

func newRomanBuilder() romanBuilder {
	return romanBuilder{dict: newDictBuilder(), trie: newTrieBuilder(), seen: map[string][]owned{}}
}

func (b *romanBuilder) seal(patterns []pattern) roman {
	if len(b.seen) == 0 {
		return roman{}
	}
	r := roman{dict: b.dict.d, trie: b.trie.seal(patterns)}
	first, later, masks := map[string]bool{}, map[string]bool{}, map[string]mask{}
	for k := range b.trie.edges {
		w, begun := r.dict.words[uint32(k)], first
		if k>>32 != 0 {
			begun = later
		}
		for n := range len(w) + 1 {
			begun[w[:n]] = true
		}
		if w == "bin" {
			begun["ibn"] = true
		}
	}
	openingsOf(func(stem uint32, beginning string) {
		if first[beginning] {
			r.first.add(stem)
		}
		if later[beginning] {
			r.later.add(stem)
		}
		masks[beginning] |= maskOf(stem)
	})
	r.next = make([]mask, len(b.trie.accept))
	for k := range b.trie.edges {
		r.next[k>>32] |= following(r.dict.words[uint32(k)], masks)
	}
	r.dict.seal(r.trie, b.trie.roles)
	r.trie.root = nil
	return r
}

// following is the mask of the openings of the words that have a key; masks has
// them by the beginnings of keys. A key of other letters may have any opening.
func following(w string, masks map[string]mask) (m mask) {
	for n := range len(w) + 1 {
		m |= masks[w[:n]]
		if n > 0 && (w[n-1] < 'a' || w[n-1] > 'z') {
			return ^mask(0)
		}
	}
	if w == "bin" {
		m |= masks["ibn"]
	}
	return m
}

// openingsOf lists all first three letters of words with the beginnings of the
// keys of such words.
func openingsOf(take func(stem uint32, beginning string)) {
	var letters []string
	for c := 'a'; c <= 'z'; c++ {
		letters = append(letters, string(c))
	}
	letters = append(letters, dotless)
	var k key
	for _, a := range letters {
		for _, b := range letters {
			for _, c := range letters {
				three := []byte(a + b + c)
				k.opening(three)
				take(text.StemHash(three, text.StemLetters), string(k.i[:k.ni]))
				take(text.StemHash(three, text.StemLetters), string(k.a[:k.na]))
			}
		}
	}
}

// find returns the slot of a key, or nil.
func (r *roman) find(word []byte) *slot { return r.dict.find(text.Hash(word), word) }

// transliterated is the clause of a name that was found by its keys.
func (c class) transliterated() string {
	if c == classPlain {
		return "plain, transliterated"
	}
	return "strong, transliterated"
}

// keyed reports whether the names of a block are looked for in other spellings:
// as it says, else those of people and places.
func keyed(e *Entity, translit *bool) bool {
	if translit != nil {
		return *translit
	}
	return e.Kind == item.Place || e.Type == "person"
}

// romanise adds the keys of a name that has any. toks are its words and p the
// pattern of its spelling.
func (c *compiler) romanise(o owned, toks []text.Token, p pattern, translit *bool) {
	if o.class != classStrong && o.class != classPlain || p.acronym || !keyed(&c.src.Entities[o.entity], translit) {
		return
	}
	words, ok := content(o.word.Text, toks)
	if !ok || len(words) < minKeyed {
		return
	}
	p.roman, p.caps, p.strict = true, 0, -1
	for _, spelled := range spellings(words) {
		var name strings.Builder
		ids, letters := make([]int32, len(spelled)), 0
		for i, w := range spelled {
			ids[i] = c.roman.dict.word(w)
			letters += len(w)
			name.WriteString(w + " ")
		}
		if letters < minLetters {
			continue
		}
		list := c.roman.seen[name.String()]
		if slices.ContainsFunc(list, func(k owned) bool { return k.block == o.block && k.class == o.class }) {
			continue
		}
		c.roman.seen[name.String()] = append(list, o)
		c.roman.trie.add(ids, p.caps, int32(len(c.p.patterns)))
		c.put(p, len(ids))
	}
}

// A part is a word of a name, and whether the article stands before it.
type part struct {
	word    []byte
	article bool
}

// content lists the words of a name without articles; not ok when it is no
// romanised name: one is in Latin script and has a capital in each word, which
// phrases such as "Kurdish region of Iraq" have not.
func content(s string, toks []text.Token) (parts []part, ok bool) {
	before := false
	for i, t := range toks {
		if t.Flags&text.Latin == 0 || t.Flags&(text.Digits|text.Dotted) != 0 || i > 0 && t.Flags&text.Break != 0 {
			return nil, false
		}
		if i+1 < len(toks) && article(t.Term, toks[i+1].Term, s[t.End:toks[i+1].Start] == "-") {
			before = true
			continue
		}
		if t.Flags&text.Capital == 0 && !particle(t.Term) {
			return nil, false
		}
		parts = append(parts, part{word: t.Term, article: before})
		before = false
	}
	return parts, true
}

// spellings lists the sequences of keys that a name may be found by: word by
// word, and with an article joined to its word (Deir Ezzor), or a servant's name
// to his lord's (Abdulrahman), as long as two words stay.
func spellings(parts []part) [][]string {
	var out [][]string
	add := func(words [][]byte) {
		if len(words) < minKeyed {
			return
		}
		some := [][]string{nil}
		for _, w := range words {
			var k key
			if !k.of(w) {
				return
			}
			var more [][]string
			for _, word := range k.words() {
				for _, s := range some {
					more = append(more, append(slices.Clone(s), string(word)))
				}
			}
			some = more[:min(len(more), maxSpelled)]
		}
		out = append(out, some...)
	}
	plain := make([][]byte, len(parts))
	for i, p := range parts {
		plain[i] = p.word
	}
	add(plain)
	for i, p := range parts {
		for _, joined := range joinings(p) {
			with := slices.Clone(plain)
			with[i] = joined
			add(with)
		}
		if i+1 < len(parts) && slices.Contains([]string{"abd", "abdul", "abdel", "abdal"}, string(p.word)) {
			for _, servant := range []string{"abdul", "abdel", "abd"} {
				with := slices.Clone(plain)
				with[i] = append([]byte(servant), parts[i+1].word...)
				add(slices.Delete(with, i+1, i+2))
			}
		}
	}
	return out
}

// joinings are the ways to write an article and its word as one.
func joinings(p part) [][]byte {
	if !p.article {
		return nil
	}
	var out [][]byte
	for _, vowel := range []byte("ae") {
		out = append(out, append([]byte{vowel, 'l'}, p.word...))
		if strings.IndexByte("sdrtzn", p.word[0]) >= 0 {
			out = append(out, append([]byte{vowel, p.word[0]}, p.word...))
		}
	}
	return out
}

// likenesses finds names of two rules that differ in their spelling alone.
func (c *compiler) likenesses() {
	told := map[[2]int32]bool{}
	names := make([]string, 0, len(c.roman.seen))
	for k := range c.roman.seen {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		list := c.roman.seen[k]
		for i, a := range list {
			for _, b := range list[:i] {
				if a.entity == b.entity || slices.Contains(c.p.entities[a.entity].like, b.entity) || !c.overlap(a.block, b.block) || text.Fold(a.word.Text) == text.Fold(b.word.Text) || told[[2]int32{a.entity, b.entity}] {
					continue
				}
				told[[2]int32{a.entity, b.entity}] = true
				c.mistake(a.word.Pos, "say \"translit: false\" in one of them", "%q of %s here and %q of %s at %s:%d are one name in another spelling",
					a.word.Text, c.p.entities[a.entity].id, b.word.Text, c.p.entities[b.entity].id, b.word.Pos.File, b.word.Pos.Line)
			}
		}
	}
}

// transliterate finds, in a field, the names by their keys. The hits of the
// field begin at mark; a name that stands there as a rule spells it is not
// looked for again.
func (s *scratch) transliterate(f int8, mark int) {
	if s.p.roman.dict == nil || s.lower[f] {
		return
	}
	r, toks, exact := &s.p.roman, s.toks[f], len(s.hits)
	for i := 0; i+1 < len(toks); i++ {
		t, next := &toks[i], &toks[i+1]
		// One test that nearly all words fail: with two it would cost twice as much.
		if r.first.bit(t.Stem)&uint64(t.Flags/text.Capital)|uint64(t.Flags&text.Apostrophe) == 0 {
			continue
		}
		if next.Flags&(text.Latin|text.Break) != text.Latin || !s.goesOn(f, int32(i)+1) {
			continue
		}
		if t.Flags&(text.Latin|text.Capital) == text.Latin|text.Capital {
			s.openName(t.Term, t.Start)
		}
		if t.Flags&text.Apostrophe != 0 {
			for _, alt := range s.an[f].Alternates(*t) {
				if alt.Kind != text.Elision {
					continue
				}
				start, _ := s.an[f].Locate(*t, alt)
				if first, _ := utf8.DecodeRuneInString(s.texts[f][start:]); unicode.IsUpper(first) { // d'Ahmed
					s.openName(alt.Term, start)
				}
			}
		}
		for _, way := range s.spelled {
			s.follow(f, int32(i), int32(i), way, mark, exact)
		}
		s.spelled = s.spelled[:0]
	}
	if len(s.hits) > exact {
		slices.SortStableFunc(s.hits[mark:], func(a, b hit) int { return cmp.Or(cmp.Compare(a.tok, b.tok), compareHits(&a, &b)) })
	}
}

// goesOn reports whether a name that begins before the word i of a field may go
// on with it.
func (s *scratch) goesOn(f int8, i int32) bool {
	t := &s.toks[f][i]
	return t.Flags&text.Capital != 0 && s.p.roman.later.bit(t.Stem) != 0 || particle(t.Term) || s.article(f, i)
}

// article reports whether the word i of a field is the article of the next.
func (s *scratch) article(f int8, i int32) bool {
	toks := s.toks[f]
	if int(i)+1 >= len(toks) || len(toks[i].Term) > maxArticle || toks[i+1].Flags&text.Break != 0 {
		return false
	}
	return article(toks[i].Term, toks[i+1].Term, s.texts[f][toks[i].End:toks[i+1].Start] == "-")
}

// openName notes the states to which the keys of a first word lead. start is the
// byte where it stands.
func (s *scratch) openName(term []byte, start int) {
	if !s.key.of(term) {
		return
	}
	for _, word := range s.key.words() {
		if w := s.p.roman.find(word); w != nil && w.state != 0 {
			s.spelled = append(s.spelled, spelled{state: w.state, start: int32(start)})
		}
	}
}

// A spelled is a state of the trie of keys, and where in the text the name begins.
type spelled struct {
	state, start int32
}

// follow goes on from the word i of a field, in which a state was reached.
func (s *scratch) follow(f int8, from, i int32, way spelled, mark, exact int) {
	r, toks := &s.p.roman, s.toks[f]
	if r.trie.nodes[way.state].leaf() {
		return
	}
	n := i + 1
	if n < int32(len(toks)) && toks[n].Flags&text.Break == 0 && s.article(f, n) {
		n++
	}
	if n >= int32(len(toks)) {
		return
	}
	t := &toks[n]
	if t.Flags&text.Break != 0 || t.Flags&text.Latin == 0 || t.Flags&text.Capital == 0 && !particle(t.Term) {
		return
	}
	// What stands before an apostrophe may have another opening.
	if t.Stem != 0 && t.Flags&text.Apostrophe == 0 && r.next[way.state]&maskOf(t.Stem) == 0 {
		return
	}
	step := func(term []byte, kinds text.ReadingKind, end int) {
		if !s.key.of(term) {
			return
		}
		var states [2]int32 // what follows makes keys of its own
		for k, word := range s.key.words() {
			if w := r.find(word); w != nil {
				states[k] = r.trie.step(way.state, w.next-1)
			}
		}
		for _, next := range states {
			if next == 0 {
				continue
			}
			for _, ending := range r.trie.ends(next) {
				s.recordKeyed(ending.pattern, f, from, n, way.start, int32(end), kinds, mark, exact)
			}
			if kinds == 0 {
				s.follow(f, from, n, spelled{state: next, start: way.start}, mark, exact)
			}
		}
	}
	step(t.Term, 0, t.End)
	if t.Flags&text.Apostrophe != 0 || s.langs&(langOf("tr")|langOf("kmr")) != 0 {
		for _, alt := range slices.Clone(s.an[f].Alternates(*t)) {
			if alt.Kind&^(text.Suffix|text.Dotless) == 0 {
				_, end := s.an[f].Locate(*t, alt)
				step(alt.Term, alt.Kind, end)
			}
		}
	}
}

// recordKeyed notes a name found by its keys, unless it is known there.
func (s *scratch) recordKeyed(pattern int32, f int8, from, to, start, end int32, kinds text.ReadingKind, mark, exact int) {
	p := &s.p.patterns[pattern]
	if p.timed && !s.p.blocks[p.block].holdsOn(s.date) {
		return
	}
	for k := len(s.hits) - 1; k >= exact && s.hits[k].tok == from; k-- { // found by another key
		if o := &s.hits[k]; o.end == to+1 && o.owner == p.owner {
			return
		}
	}
	// A name that stands there as it is spelled wins.
	at, _ := slices.BinarySearchFunc(s.hits[mark:exact], from-s.p.longest, func(o hit, tok int32) int { return cmp.Compare(o.tok, tok) })
	for k := mark + at; k < exact && s.hits[k].tok <= from; k++ {
		if o := &s.hits[k]; o.end > to {
			return
		}
	}
	s.hits = append(s.hits, hit{
		pattern: pattern, owner: p.owner, block: p.block, class: p.class, field: f, tok: from, end: to + 1,
		start: start, len: end - start, kinds: kinds, clause: p.class.transliterated(),
	})
}
