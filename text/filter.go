package text

const filterBits = 18

// A Filter is a set of hashes that says "no" for sure and "yes" perhaps: one
// bit for each, by its low bits. It fits a core's nearest memory, so most words
// of a text are done with there.
type Filter struct{ bits [1 << filterBits / 64]uint64 }

// Add puts a hash into the set.
func (f *Filter) Add(h uint64) { f.bits[h>>6&(1<<(filterBits-6)-1)] |= 1 << (h & 63) }

// Bit is 1 when a hash may be in the set, else 0.
func (f *Filter) Bit(h uint64) uint { return uint(f.bits[h>>6&(1<<(filterBits-6)-1)] >> (h & 63) & 1) }

// Has reports whether a hash may be in the set.
func (f *Filter) Has(h uint64) bool { return f.Bit(h) != 0 }
