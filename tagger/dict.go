package tagger

import (
	"unicode/utf8"

	"marsad/text"
)

// A dict maps folded words to ids: an open-addressed table behind a bit filter
// that most words of a text do not pass.
type dict struct {
	known  text.Filter
	roles  [1 << roleBits]role // by the low bits of hashes of words and stems
	slots  []slot              // by the high bits of the hash
	shift  uint
	hashes []uint64
	words  []string
	// stems are the words that may go on (reopen*), those with equal first
	// letters together; stemSlots finds these by text.StemHash of as many letters
	// as they have, four at most. begun knows the first three of all.
	begun     text.Filter
	stems     []stem
	stemSlots []stemSlot
	stemShift uint
	ongoing   [][]alt // the stems that a word begins with; the first is none
}

// A role is what a word may be in a match, so that most words of a text, being
// none, need no look at the table. The low three bits are about words without a
// capital, the next about those that have one.
type role uint8

const (
	roleAlone role = 1 << iota // the whole of it
	roleFirst                  // the first of several
	roleLater                  // one of the others
	roleAny   = roleAlone | roleFirst | roleLater

	roleShift = 3
	roleBits  = 17
)

// role returns what a word of a text may be: sure about what it cannot be. A
// loose text is one whose small letters say nothing.
func (d *dict) role(t *text.Token, loose uint) role {
	const low = 1<<roleBits - 1
	r := d.roles[t.Hash&low] | d.roles[t.Stem&low] | d.roles[t.LongStem&low]
	r >>= roleShift * (uint(t.Flags/text.Capital)&1 | loose)
	r |= -role(t.Flags / text.Varied & 1) // behind a clitic or an ending it may be anything
	if t.Flags&text.Break != 0 {
		r &^= roleLater
	}
	return r & roleAny
}

// A slot holds all that is asked about most words: half a line of memory.
//
// Of the first eight bytes of a word its hash and the other bytes leave no doubt,
// so only these stand here (text.Hash takes eight bytes at once, and each step of
// it has an inverse).
type slot struct {
	hash  uint64
	next  int32 // word id + 1; 0 is free
	state int32 // of the trie, when the word is the first of a match
	stems int32 // in dict.ongoing
	size  uint8 // of the word; 0 when it is too long to stand here
	rest  [inlined - hashed]byte
}

const (
	hashed  = 8
	inlined = hashed + 11
)

type stem struct {
	text       string
	id         int32
	head, mask uint64 // its first eight bytes, and which of them there are
}

// begins reports whether a term, of which h is the head, begins with the stem.
func (s *stem) begins(term []byte, h uint64) bool {
	if h&s.mask != s.head || len(term) < len(s.text) {
		return false
	}
	return len(s.text) <= 8 || string(term[8:len(s.text)]) == s.text[8:]
}

// head is the first eight bytes of a term in one number.
func head[T []byte | string](term T) (h uint64) {
	for i := range min(8, len(term)) {
		h |= uint64(term[i]) << (8 * i)
	}
	return h
}

// A stemSlot says that stems[from:to] begin with the letters of a hash.
type stemSlot struct {
	hash     uint32
	from, to int32
}

// seal builds the table for the words collected.
func (d *dict) seal(t *trie, roles map[int32]role) {
	bits := uint(4)
	for 1<<bits < 2*len(d.words)+1 {
		bits++
	}
	d.shift = 64 - bits
	d.slots = make([]slot, 1<<bits)
	d.ongoing = append(d.ongoing, nil)
	for id, h := range d.hashes {
		d.known.Add(h)
		at := h >> d.shift
		for d.slots[at].next != 0 {
			at = (at + 1) & uint64(len(d.slots)-1)
		}
		s := slot{hash: h, next: int32(id) + 1, state: t.begin(int32(id))}
		w := d.words[id]
		if len(w) <= inlined {
			s.size = uint8(len(w)) //nolint:gosec // it fits
			copy(s.rest[:], w[min(hashed, len(w)):])
		}
		if stems := d.stemsIn(t, []byte(w)); len(stems) > 0 {
			s.stems = int32(len(d.ongoing))
			d.ongoing = append(d.ongoing, stems)
		}
		d.slots[at] = s
		d.roles[h&(1<<roleBits-1)] |= roles[int32(id)]
	}
}

// has reports whether there may be a word or stems of a hash.
func (d *dict) has(hash uint64) bool { return d.roles[hash&(1<<roleBits-1)] != 0 }

// find returns the slot of a folded word, or nil.
func (d *dict) find(hash uint64, term []byte) *slot {
	for at := hash >> d.shift; ; at = (at + 1) & uint64(len(d.slots)-1) {
		s := &d.slots[at]
		if s.next == 0 {
			return nil
		}
		if s.hash != hash {
			continue
		}
		switch n := len(term); {
		case int(s.size) == n && n <= hashed:
			return s
		case int(s.size) == n && n <= inlined:
			if string(s.rest[:n-hashed]) == string(term[hashed:]) {
				return s
			}
		case s.size == 0 && d.words[s.next-1] == string(term):
			return s
		}
	}
}

// stemsIn lists the stems that a word begins with as ways to read it, those
// filed under its first four letters and its first three.
func (d *dict) stemsIn(t *trie, word []byte) (found []alt) {
	if len(d.stemSlots) == 0 {
		return nil
	}
	long, short, h := text.StemHash(word, text.LongStemLetters), text.StemHash(word, text.StemLetters), head(word)
	for _, hash := range [...]uint32{long, short} {
		list := d.stemsOf(hash)
		for i := range list {
			if st := &list[i]; st.begins(word, h) {
				found = append(found, alt{id: st.id, state: t.begin(st.id), reading: -1})
			}
		}
	}
	return found
}

// stemsOf returns the stems whose first letters hash to h.
func (d *dict) stemsOf(h uint32) []stem {
	for at := h >> d.stemShift; d.stemSlots[at].hash != 0; at = (at + 1) & uint32(len(d.stemSlots)-1) {
		if slot := &d.stemSlots[at]; slot.hash == h {
			return d.stems[slot.from:slot.to]
		}
	}
	return nil
}

// sealStems builds the table for the stems.
func (d *dict) sealStems(byHash map[uint32][]stem, roles map[int32]role) {
	bits := uint(4)
	for 1<<bits < 2*len(byHash)+1 {
		bits++
	}
	d.stemShift = 32 - bits
	d.stemSlots = make([]stemSlot, 1<<bits)
	for h, list := range byHash {
		for _, st := range list {
			d.begun.Add(uint64(text.StemHash([]byte(st.text), text.StemLetters)))
			d.roles[h&(1<<roleBits-1)] |= roles[st.id]
		}
		at := h >> d.stemShift
		for d.stemSlots[at].hash != 0 {
			at = (at + 1) & uint32(len(d.stemSlots)-1)
		}
		from := int32(len(d.stems))
		d.stems = append(d.stems, list...)
		d.stemSlots[at] = stemSlot{hash: h, from: from, to: int32(len(d.stems))}
	}
}

// A builder numbers words while patterns are compiled.
type dictBuilder struct {
	d     *dict
	ids   map[string]int32
	stems map[string]int32
	begun map[uint32][]stem // by the hash that files them
	next  int32
}

func newDictBuilder() *dictBuilder {
	return &dictBuilder{d: &dict{}, ids: map[string]int32{}, stems: map[string]int32{}, begun: map[uint32][]stem{}}
}

// word returns the id of a whole word: its index in dict.words. Stems are
// numbered from -1 down.
func (b *dictBuilder) word(term string) int32 {
	id, ok := b.ids[term]
	if !ok {
		id = int32(len(b.d.words))
		b.ids[term] = id
		b.d.words = append(b.d.words, term)
		b.d.hashes = append(b.d.hashes, text.Hash([]byte(term)))
	}
	return id
}

// stem returns the id of a word that may go on: a negative number.
func (b *dictBuilder) stem(term string) int32 {
	id, ok := b.stems[term]
	if !ok {
		b.next--
		id = b.next
		b.stems[term] = id
		h := text.StemHash([]byte(term), min(utf8.RuneCountInString(term), text.LongStemLetters))
		b.begun[h] = append(b.begun[h], stem{text: term, id: id, head: head(term), mask: ^uint64(0) >> (64 - 8*min(8, len(term)))})
	}
	return id
}

// A trie maps sequences of word ids to patterns: (state, id) → state in an
// open-addressed table. State 0 is the root, whose edges stand apart: with the
// words, and here for stems.
type trie struct {
	root   []int32 // by word id, until the dict has them
	stems  []int32 // by the number of a stem, ^id
	edges  []edge
	shift  uint
	some   []uint64 // a bit for a quarter of each slot: most steps lead nowhere
	nodes  []node   // one more than states
	accept []ending // patterns that end at a state, state after state
}

// An ending is a pattern that ends at a state, with what most matches fail.
type ending struct {
	pattern int32
	langs   langs
	kinds   text.ReadingKind
	timed   bool
	owner   int32
	block   int32
	caps    uint16 // as maxWords
	acronym bool
	class   class
}

type edge struct {
	key  uint64 // state<<32 | id, plus one; 0 is free
	next int32
}

// A node is a state: where its patterns begin in trie.accept, which end where
// the next state's begin, times two; the low bit says that no edge leaves it.
type node uint32

func (n node) leaf() bool { return n&1 != 0 }

// ends lists the patterns that end at a state.
func (t *trie) ends(state int32) []ending { return t.accept[t.nodes[state]>>1 : t.nodes[state+1]>>1] }

type trieBuilder struct {
	edges  map[uint64]int32
	accept [][]int32
	roles  map[int32]role // of words and stems
}

func newTrieBuilder() *trieBuilder {
	return &trieBuilder{edges: map[uint64]int32{}, accept: [][]int32{nil}, roles: map[int32]role{}}
}

func edgeKey(state, id int32) uint64 { return uint64(uint32(state))<<32 | uint64(uint32(id)) }

// add adds a pattern; caps says which of its words need a capital.
func (b *trieBuilder) add(ids []int32, caps uint32, pattern int32) {
	state := int32(0)
	for i, id := range ids {
		r := roleLater
		switch {
		case len(ids) == 1:
			r = roleAlone
		case i == 0:
			r = roleFirst
		}
		if b.roles[id] |= r << roleShift; caps>>i&1 == 0 {
			b.roles[id] |= r
		}
		next, ok := b.edges[edgeKey(state, id)]
		if !ok {
			next = int32(len(b.accept))
			b.accept = append(b.accept, nil)
			b.edges[edgeKey(state, id)] = next
		}
		state = next
	}
	b.accept[state] = append(b.accept[state], pattern)
}

func (b *trieBuilder) seal(patterns []pattern) *trie {
	bits := uint(4)
	for 1<<bits < 2*len(b.edges)+1 {
		bits++
	}
	t := &trie{edges: make([]edge, 1<<bits), some: make([]uint64, 1<<bits/16), shift: 64 - bits, nodes: make([]node, len(b.accept)+1)}
	for i, list := range b.accept {
		t.nodes[i] = node(len(t.accept))<<1 | 1
		for _, n := range list {
			p := &patterns[n]
			t.accept = append(t.accept, ending{
				pattern: n, langs: p.langs, kinds: p.kinds, timed: p.timed, owner: p.owner, block: p.block, caps: uint16(p.caps), acronym: p.acronym, class: p.class,
			})
		}
	}
	t.nodes[len(b.accept)] = node(len(t.accept)) << 1
	for k, v := range b.edges {
		t.nodes[k>>32] &^= 1
		if k>>32 == 0 {
			t.setRoot(int32(uint32(k)), v)
			continue
		}
		h := k * spread
		bit := h >> (t.shift - 2)
		t.some[bit/64] |= 1 << (bit % 64)
		at := h >> t.shift
		for t.edges[at].key != 0 {
			at = (at + 1) & uint64(len(t.edges)-1)
		}
		t.edges[at] = edge{key: k + 1, next: v}
	}
	return t
}

// spread scatters keys over the high bits.
const spread = 0x9E3779B97F4A7C15

func (t *trie) setRoot(id, state int32) {
	edges := &t.root
	if id < 0 {
		edges, id = &t.stems, ^id
	}
	for int(id) >= len(*edges) {
		*edges = append(*edges, 0)
	}
	(*edges)[id] = state
}

// begin returns the state behind an edge of the root, or 0.
func (t *trie) begin(id int32) int32 {
	if id >= 0 {
		if int(id) < len(t.root) {
			return t.root[id]
		}
		return 0
	}
	if int(^id) < len(t.stems) {
		return t.stems[^id]
	}
	return 0
}

// step returns the state behind an edge, or 0.
func (t *trie) step(state, id int32) int32 {
	key := edgeKey(state, id)
	h := key * spread
	if bit := h >> (t.shift - 2); t.some[bit/64]&(1<<(bit%64)) == 0 {
		return 0
	}
	for at := h >> t.shift; ; at = (at + 1) & uint64(len(t.edges)-1) {
		switch e := &t.edges[at]; e.key {
		case key + 1:
			return e.next
		case 0:
			return 0
		}
	}
}
