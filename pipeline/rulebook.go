package pipeline

import (
	"fmt"

	"marsad/item"
	"marsad/tagger"
)

// A rulebook is a pack with what it says of its tags.
type rulebook struct {
	*tagger.Pack
	entries map[item.Kind]map[string]tagger.Entry
}

func newRulebook(pack *tagger.Pack) *rulebook {
	b := &rulebook{Pack: pack, entries: map[item.Kind]map[string]tagger.Entry{}}
	for _, k := range item.Kinds() {
		b.entries[k] = map[string]tagger.Entry{}
	}
	for _, e := range pack.Entries() {
		b.entries[e.Kind][e.ID] = e
	}
	return b
}

// label is how people call a tag; "" when the pack does not know it.
func (b *rulebook) label(kind item.Kind, id string) string { return b.entries[kind][id].Name }

// entry is what the pack says of a tag, and whether it knows it.
func (b *rulebook) entry(kind item.Kind, id string) (tagger.Entry, bool) {
	e, ok := b.entries[kind][id]
	return e, ok
}

// String sums the pack up: "iraq-syria: 140 actors, 101 places, 54 themes".
func (b *rulebook) String() string {
	return fmt.Sprintf("%s: %d actors, %d places, %d themes",
		b.Name(), len(b.entries[item.Actor]), len(b.entries[item.Place]), len(b.entries[item.Theme]))
}
