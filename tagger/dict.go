package tagger

import (
	"unicode/utf8"

	"marsad/text"
)

// A dict maps folded words to ids: an open-addressed table behind a bit filter
// that most words of a text do not pass.
type dict struct {
	filter []uint64 // one bit per hash, by its low bits
	slots  []int32  // word id + 1, by the high bits
	shift  uint
	hashes []uint64
	words  []string
	// stems lists, by the hash of their first stemKey letters, the words that
	// may go on (reopen*).
	stems      map[uint64][]stem
	stemFilter []uint64
}

type stem struct {
	text string
	id   int32
}

const (
	stemKey    = 3 // letters of a stem that are hashed
	filterBits = 18
)

func newDict() *dict {
	return &dict{
		filter: make([]uint64, 1<<filterBits/64), stemFilter: make([]uint64, 1<<filterBits/64),
		stems: map[uint64][]stem{},
	}
}

// seal builds the table for the words collected in ids.
func (d *dict) seal() {
	bits := uint(4)
	for 1<<bits < 2*len(d.words)+1 {
		bits++
	}
	d.shift = 64 - bits
	d.slots = make([]int32, 1<<bits)
	for id, h := range d.hashes {
		d.filter[h>>6&(1<<(filterBits-6)-1)] |= 1 << (h & 63)
		at := h >> d.shift
		for d.slots[at] != 0 {
			at = (at + 1) & uint64(len(d.slots)-1)
		}
		d.slots[at] = int32(id) + 1
	}
}

// find returns the id of a folded word, or -1.
func (d *dict) find(hash uint64, term []byte) int32 {
	if d.filter[hash>>6&(1<<(filterBits-6)-1)]&(1<<(hash&63)) == 0 {
		return -1
	}
	for at := hash >> d.shift; d.slots[at] != 0; at = (at + 1) & uint64(len(d.slots)-1) {
		id := d.slots[at] - 1
		if d.hashes[id] == hash && d.words[id] == string(term) {
			return id
		}
	}
	return -1
}

// stemHash hashes the first stemKey letters; false when there are fewer.
func stemHash(term []byte) (uint64, bool) {
	at := 0
	for range stemKey {
		if at >= len(term) {
			return 0, false
		}
		if term[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := utf8.DecodeRune(term[at:])
		at += size
	}
	return text.Hash(term[:at]), true
}

// stemsOf returns the stems that a word may begin with.
func (d *dict) stemsOf(term []byte) []stem {
	if len(d.stems) == 0 {
		return nil
	}
	h, ok := stemHash(term)
	if !ok || d.stemFilter[h>>6&(1<<(filterBits-6)-1)]&(1<<(h&63)) == 0 {
		return nil
	}
	return d.stems[h]
}

// A builder numbers words while patterns are compiled.
type dictBuilder struct {
	d     *dict
	ids   map[string]int32
	stems map[string]int32
	next  int32
}

func newDictBuilder() *dictBuilder {
	return &dictBuilder{d: newDict(), ids: map[string]int32{}, stems: map[string]int32{}}
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
		h, _ := stemHash([]byte(term))
		b.d.stems[h] = append(b.d.stems[h], stem{text: term, id: id})
		b.d.stemFilter[h>>6&(1<<(filterBits-6)-1)] |= 1 << (h & 63)
	}
	return id
}

// A trie maps sequences of word ids to patterns: (state, id) → state in an
// open-addressed table. State 0 is the root, whose edges are dense, for most
// matches end there.
type trie struct {
	root   []int32  // by word id
	stems  []int32  // by the number of a stem, ^id
	keys   []uint64 // state<<32 | id, plus one; 0 is free
	next   []int32
	shift  uint
	accept [][]int32 // patterns that end at a state
}

type trieBuilder struct {
	edges  map[uint64]int32
	accept [][]int32
}

func newTrieBuilder() *trieBuilder {
	return &trieBuilder{edges: map[uint64]int32{}, accept: [][]int32{nil}}
}

func edge(state, id int32) uint64 { return uint64(uint32(state))<<32 | uint64(uint32(id)) }

func (b *trieBuilder) add(ids []int32, pattern int32) {
	state := int32(0)
	for _, id := range ids {
		next, ok := b.edges[edge(state, id)]
		if !ok {
			next = int32(len(b.accept))
			b.accept = append(b.accept, nil)
			b.edges[edge(state, id)] = next
		}
		state = next
	}
	b.accept[state] = append(b.accept[state], pattern)
}

func (b *trieBuilder) seal() *trie {
	bits := uint(4)
	for 1<<bits < 2*len(b.edges)+1 {
		bits++
	}
	t := &trie{keys: make([]uint64, 1<<bits), next: make([]int32, 1<<bits), shift: 64 - bits, accept: b.accept}
	for k, v := range b.edges {
		if k>>32 == 0 {
			t.setRoot(int32(uint32(k)), v)
			continue
		}
		at := t.slot(k)
		for t.keys[at] != 0 {
			at = (at + 1) & uint64(len(t.keys)-1)
		}
		t.keys[at], t.next[at] = k+1, v
	}
	return t
}

func (t *trie) slot(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> t.shift }

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

// step returns the state behind an edge, or 0.
func (t *trie) step(state, id int32) int32 {
	if state == 0 {
		edges := t.root
		if id < 0 {
			edges, id = t.stems, ^id
		}
		if int(id) < len(edges) {
			return edges[id]
		}
		return 0
	}
	key := edge(state, id)
	for at := t.slot(key); t.keys[at] != 0; at = (at + 1) & uint64(len(t.keys)-1) {
		if t.keys[at] == key+1 {
			return t.next[at]
		}
	}
	return 0
}
