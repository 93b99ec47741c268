package story

import (
	"marsad/item"
	"marsad/text"
)

// eventWords is how many words of a body tell what it is about.
const eventWords = 64

// maxFeatures bounds the features of a text.
const maxFeatures = 48

// A class says what a feature is, and with it how much it tells before the
// window has seen how often it comes.
type class uint8

const (
	bodyWord class = iota
	titleWord
	usualWord
	number
	actorTag
	placeTag
	themeTag
)

// A feature is something that a text is about: the hash of a word's stem or of
// a tag, and in the lowest bits its class.
type feature uint32

const classBits = 3

func newFeature(h uint32, c class) feature { return feature(h<<classBits) | feature(c) }

func (f feature) class() class { return class(f & (1<<classBits - 1)) }

// key is equal for the same word whether in title or body.
func (f feature) key() uint32 { return uint32(f >> classBits) }

// titled reports whether a feature is a word of the title, or who and where.
func (f feature) titled() bool {
	c := f.class()
	return c == titleWord || c == actorTag || c == placeTag
}

// told reports whether a feature is the same in every language.
func (f feature) told() bool { return f.class() >= number }

// share is how often a feature of a class comes, when nothing is known of it,
// and weight what it counts for beside its rarity.
func (c class) share() float64 {
	switch c {
	case usualWord:
		return 0.08
	case number:
		return 0.03
	case actorTag:
		return 0.01
	case placeTag:
		return 0.01
	case themeTag:
		return 0.03
	default:
		return 0.004
	}
}

func (c class) weight() float64 {
	switch c {
	case titleWord:
		return 1.4
	case number:
		return 0.7
	case actorTag, placeTag:
		return 1.3
	default:
		return 1
	}
}

// Where a word stands.
const (
	inBody  = bodyWord
	inTitle = titleWord
)

// features collects what a text is about.
type features struct {
	list []feature
}

func (f *features) reset() { f.list = f.list[:0] }

// add takes a feature unless there is one of its key.
func (f *features) add(n feature) {
	if len(f.list) >= maxFeatures {
		return
	}
	for _, have := range f.list {
		if have.key() == n.key() {
			return
		}
	}
	f.list = append(f.list, n)
}

// word takes a word of a text.
func (f *features) word(r *reader, t *text.Token, w word, c class) {
	common := r.lexicon.common[t.Hash]
	switch {
	case common == grammar:
		return
	case w.number():
		f.add(newFeature(uint32(w)>>1, number))
		return
	case common == usual:
		c = usualWord
	}
	if len(t.Term) < 3 && t.Flags&text.AllCaps == 0 {
		return
	}
	f.add(newFeature(r.stem(t), c))
}

// tags takes the tags of an item, but not those that others imply.
func (f *features) tags(tags []item.Tag) {
	for i := range tags {
		t := &tags[i]
		if t.Implied || t.Status != item.Certain {
			continue
		}
		c := themeTag
		switch t.Kind {
		case item.Actor:
			c = actorTag
		case item.Place:
			c = placeTag
		case item.Theme:
		}
		h := text.Hash([]byte(t.Key()))
		f.add(newFeature(uint32(h>>32), c))
	}
}

// stemLetters is how many letters of a word without its ending are compared.
const stemLetters = 5

// stem hashes the beginning of a word, without what is joined to it.
func (r *reader) stem(t *text.Token) uint32 {
	term := t.Term
	if t.Flags&(text.Arabic|text.Apostrophe) != 0 {
		for _, alt := range r.analyzer.Alternates(*t) {
			if alt.Kind&text.Demonym == 0 && len(alt.Term) < len(term) && len(alt.Term) >= 4 {
				term = alt.Term
			}
		}
	}
	n := 0
	for i := range string(term) {
		if n == stemLetters {
			term = term[:i]
			break
		}
		n++
	}
	return uint32(text.Hash(term) >> 32)
}
