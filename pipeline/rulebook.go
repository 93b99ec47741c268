package pipeline

import (
	"fmt"

	"marsad/item"
	"marsad/tagger"
)

// A rulebook is a pack with what people call its tags.
type rulebook struct {
	*tagger.Pack
	labels map[item.Kind]map[string]string
}

func newRulebook(pack *tagger.Pack) *rulebook {
	b := &rulebook{Pack: pack, labels: map[item.Kind]map[string]string{}}
	for _, k := range item.Kinds() {
		b.labels[k] = map[string]string{}
	}
	for _, e := range pack.Entries() {
		b.labels[e.Kind][e.ID] = e.Name
	}
	return b
}

// label is how people call a tag; "" when the pack does not know it.
func (b *rulebook) label(kind item.Kind, id string) string { return b.labels[kind][id] }

// String sums the pack up: "iraq-syria: 140 actors, 101 places, 54 themes".
func (b *rulebook) String() string {
	return fmt.Sprintf("%s: %d actors, %d places, %d themes",
		b.Name(), len(b.labels[item.Actor]), len(b.labels[item.Place]), len(b.labels[item.Theme]))
}
