package ingest

import (
	"encoding/binary"

	"marsad/item"
)

// sampleSize is the number of items of a document that are remembered.
const sampleSize = 16

// sampleOf remembers items of a document, as many as sampleSize, evenly spread
// from the first to the last: four bytes of each id. Documents drop their items
// from one end, so the share of a sample that is still there is the share of the
// document that is.
func sampleOf(items []item.Item) []byte {
	n := min(len(items), sampleSize)
	if n == 0 {
		return nil
	}
	out := make([]byte, 0, 4*n)
	for i := range n {
		at := 0
		if n > 1 {
			at = i * (len(items) - 1) / (n - 1)
		}
		out = binary.LittleEndian.AppendUint32(out, shortID(items[at].ID))
	}
	return out
}

// overlap is the share of sample that items hold; ok is false without a sample.
func overlap(sample []byte, items []item.Item) (share float64, ok bool) {
	if len(sample) < 4 {
		return 0, false
	}
	have := make(map[uint32]bool, len(items))
	for _, it := range items {
		have[shortID(it.ID)] = true
	}
	found, all := 0, len(sample)/4
	for i := range all {
		if have[binary.LittleEndian.Uint32(sample[4*i:])] {
			found++
		}
	}
	return float64(found) / float64(all), true
}

func shortID(id item.ID) uint32 {
	b, ok := parseID(string(id))
	if !ok {
		return 0
	}
	return binary.LittleEndian.Uint32(b[:])
}
