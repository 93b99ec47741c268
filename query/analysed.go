package query

import (
	"strings"
	"time"

	"marsad/item"
	"marsad/text"
)

// A Doc is an item made ready for Match and Why: its words and its tags. It is
// read only, so several goroutines may match it at once.
type Doc struct {
	tagged item.Tagged
	title  words
	body   words
	tags   map[string]int // key of a certain tag → its place in tagged.Tags
	source map[string]bool
	// listed and seen are whole minutes; see Range.
	listed, seen time.Time
}

// NewDoc analyses t. The analyzer may be used again at once; t is kept and must
// not be changed.
func NewDoc(a *text.Analyzer, t item.Tagged) *Doc {
	d := &Doc{
		tagged: t,
		tags:   make(map[string]int, len(t.Tags)),
		source: map[string]bool{},
		listed: t.Item.Listed.UTC().Truncate(time.Minute),
		seen:   t.Item.Seen.UTC(),
	}
	if d.seen.IsZero() {
		d.seen = t.Item.Listed.UTC()
	}
	d.title = analyse(a, t.Item.Title, t.Item.Lang)
	d.body = analyse(a, t.Item.Body, t.Item.Lang)
	for i, tag := range t.Tags {
		if tag.Status == item.Certain {
			d.tags[tag.Key()] = i
		}
	}
	for w := range strings.FieldsSeq(text.Fold(t.Item.Source)) {
		d.source[w] = true
	}
	return d
}

// Tagged is the item the document was made from.
func (d *Doc) Tagged() item.Tagged { return d.tagged }

// words is one analysed text: every term with the places where it stands.
type words struct {
	text  string
	occs  []occurrence
	first map[string]int32 // term → its first occurrence
	last  map[string]int32
}

// An occurrence is one place of one term; next leads to the term's next place.
type occurrence struct {
	term       string
	pos        int
	start, end int
	next       int32
}

const none = int32(-1)

func analyse(a *text.Analyzer, s, lang string) words {
	w := words{text: s}
	if s == "" {
		return w
	}
	tokens := a.Tokens(s, lang)
	w.occs = make([]occurrence, 0, len(tokens)+len(tokens)/2)
	w.first = make(map[string]int32, len(tokens))
	w.last = make(map[string]int32, len(tokens))
	for _, t := range tokens {
		w.add(t.Term, t.Pos, t.Start, t.End)
		for _, r := range a.Readings(t) {
			w.add(r.Term, t.Pos, r.Start, r.End)
		}
	}
	return w
}

func (w *words) add(term []byte, pos, start, end int) {
	i := int32(len(w.occs)) //nolint:gosec // a text has far fewer than 2³¹ words
	o := occurrence{pos: pos, start: start, end: end, next: none}
	if l, ok := w.last[string(term)]; ok {
		o.term = w.occs[l].term
		w.occs[l].next = i
	} else {
		o.term = string(term)
		w.first[o.term] = i
	}
	w.last[o.term] = i
	w.occs = append(w.occs, o)
}

// at is the first occurrence of term, or none.
func (w *words) at(term string) int32 {
	if i, ok := w.first[term]; ok {
		return i
	}
	return none
}
