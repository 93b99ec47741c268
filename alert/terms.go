package alert

// terms is a set of folded words, by their hashes, that is emptied in no time.
// The zero terms is empty.
type terms struct {
	slots      []termSlot // a power of two, at most half full
	count      int
	generation uint32
}

type termSlot struct {
	hash       uint64
	generation uint32
}

func (t *terms) reset() {
	t.count = 0
	if t.generation++; t.generation == 0 {
		clear(t.slots)
		t.generation = 1
	}
}

func (t *terms) add(hash uint64) {
	if 2*t.count >= len(t.slots) {
		t.grow()
	}
	s := t.find(hash)
	if s.generation != t.generation {
		*s = termSlot{hash, t.generation}
		t.count++
	}
}

func (t *terms) has(hash uint64) bool {
	return t.count > 0 && t.find(hash).generation == t.generation
}

// find returns the slot that holds hash or would take it.
func (t *terms) find(hash uint64) *termSlot {
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.generation != t.generation || s.hash == hash {
			return s
		}
	}
}

func (t *terms) grow() {
	if t.generation == 0 {
		t.generation = 1
	}
	old := t.slots
	t.slots = make([]termSlot, max(1024, 2*len(old)))
	for _, s := range old {
		if s.generation == t.generation {
			*t.find(s.hash) = s
		}
	}
}
