package index

import "bytes"

// A wordTable gathers the distinct terms of one text and where they stand, with
// the hashes that the analysis has computed anyway.
type wordTable struct {
	bytes  []byte
	terms  []wordTerm
	places []wordPlace
	slots  []int32 // open addressing: place in terms + 1
	spare  []int32
}

type wordTerm struct {
	hash       uint64
	start, end int32 // in bytes
	count      int32
}

type wordPlace struct{ term, pos int32 }

// reset makes the table ready for a text of so many words.
func (w *wordTable) reset(words int) {
	w.bytes, w.terms, w.places = w.bytes[:0], w.terms[:0], w.places[:0]
	size := 64
	for size < 4*words {
		size *= 2
	}
	if size > len(w.spare) {
		w.spare = make([]int32, size)
	}
	w.slots = w.spare[:size]
	clear(w.slots)
}

//nolint:gosec // texts are far shorter than 2³¹ bytes
func (w *wordTable) add(term []byte, hash uint64, pos int) {
	if 2*len(w.terms) >= len(w.slots) {
		w.grow()
	}
	mask := uint64(len(w.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		n := w.slots[i]
		if n == 0 {
			w.terms = append(w.terms, wordTerm{hash: hash, start: int32(len(w.bytes)), end: int32(len(w.bytes) + len(term)), count: 1})
			w.bytes = append(w.bytes, term...)
			n = int32(len(w.terms))
			w.slots[i] = n
		} else if t := &w.terms[n-1]; t.hash == hash && bytes.Equal(w.bytes[t.start:t.end], term) {
			t.count++
		} else {
			continue
		}
		w.places = append(w.places, wordPlace{n - 1, int32(pos)})
		return
	}
}

//nolint:gosec // see add
func (w *wordTable) grow() {
	w.slots = make([]int32, 2*len(w.slots))
	mask := uint64(len(w.slots) - 1)
	for n, t := range w.terms {
		i := t.hash & mask
		for w.slots[i] != 0 {
			i = (i + 1) & mask
		}
		w.slots[i] = int32(n + 1)
	}
}
