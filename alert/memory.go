package alert

import (
	"encoding/hex"

	"marsad/item"
)

// A memory holds the last so many (watch, story) pairs.
type memory struct {
	keys map[[16]byte]struct{}
	ring [][16]byte
	next int
	size int
}

func newMemory(size int) *memory {
	return &memory{keys: make(map[[16]byte]struct{}), size: size}
}

// pair is the identity of the alert as bytes: half the size in memory.
func pair(watch string, story item.ID) (key [16]byte) {
	_, _ = hex.Decode(key[:], []byte(NewID(watch, story)))
	return key
}

func (m *memory) has(key [16]byte) bool {
	_, ok := m.keys[key]
	return ok
}

func (m *memory) add(watch string, story item.ID) {
	key := pair(watch, story)
	if m.has(key) {
		return
	}
	m.keys[key] = struct{}{}
	if len(m.ring) < m.size {
		m.ring = append(m.ring, key)
		return
	}
	delete(m.keys, m.ring[m.next])
	m.ring[m.next] = key
	m.next = (m.next + 1) % m.size
}
