package ingest

import "marsad/item"

const (
	// sampleSize is the number of items of a document that are remembered; most
	// documents are no longer.
	sampleSize = 64
	// hashSize is the number of bytes of an id that are kept: two items in a
	// document of a hundred look alike once in three thousand documents.
	hashSize = 3
)

type shortID [hashSize]byte

// sampleOf remembers items of a document, as many as sampleSize, evenly spread
// from the first to the last. Documents drop their items from one end, so the
// share of a sample that is still there is the share of the document that is,
// and none is left when all of the document is new.
func sampleOf(items []item.Item) []byte {
	n := min(len(items), sampleSize)
	out := make([]byte, 0, hashSize*n)
	for i := range n {
		at := 0
		if n > 1 {
			at = i * (len(items) - 1) / (n - 1)
		}
		id := shortOf(items[at])
		out = append(out, id[:]...)
	}
	return out
}

// overlap is the share of sample that items hold; ok is false without a sample.
func overlap(sample []byte, items []item.Item) (share float64, ok bool) {
	all := len(sample) / hashSize
	if all == 0 {
		return 0, false
	}
	have := make(map[shortID]bool, len(items))
	for _, it := range items {
		have[shortOf(it)] = true
	}
	found := 0
	for i := range all {
		if have[shortID(sample[hashSize*i:hashSize*(i+1)])] {
			found++
		}
	}
	return float64(found) / float64(all), true
}

func shortOf(it item.Item) (short shortID) {
	if id, ok := parseID(string(it.ID)); ok {
		short = shortID(id[:hashSize])
	}
	return short
}
