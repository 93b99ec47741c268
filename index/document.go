package index

import (
	"fmt"
	"strings"
	"time"

	api "github.com/blevesearch/bleve_index_api"

	"marsad/item"
	"marsad/text"
)

// A document is one item as Bleve takes it. It is made whole before Bleve sees
// it: Bleve analyses in goroutines of its own, where a panic ends the daemon.
type document struct {
	id     string
	fields []docField
	plain  uint64
}

// ID is the document's identity.
func (d *document) ID() string { return d.id }

// Size is what the document takes in memory, roughly.
func (d *document) Size() int { return int(d.plain) * 4 } //nolint:gosec // texts are bounded

// VisitFields calls v for each field.
func (d *document) VisitFields(v api.FieldVisitor) {
	for i := range d.fields {
		v(&d.fields[i])
	}
}

// VisitComposite has nothing to visit.
func (d *document) VisitComposite(api.CompositeFieldVisitor) {}

// HasComposite is false.
func (d *document) HasComposite() bool { return false }

// NumPlainTextBytes is the length of the text.
func (d *document) NumPlainTextBytes() uint64 { return d.plain }

// AddIDField has nothing to do: the id is a field from the beginning.
func (d *document) AddIDField() {}

// StoredFieldsBytes is not counted.
func (d *document) StoredFieldsBytes() uint64 { return 0 }

// Indexed is true.
func (d *document) Indexed() bool { return true }

// A docField is one field of a document, analysed.
type docField struct {
	name    string
	options api.FieldIndexingOptions
	value   []byte // only of stored fields
	length  int
	terms   api.TokenFrequencies
}

// Name is the field's name.
func (f *docField) Name() string { return f.name }

// Value is what is stored.
func (f *docField) Value() []byte { return f.value }

// ArrayPositions is nil.
func (f *docField) ArrayPositions() []uint64 { return nil }

// EncodedFieldType is text.
func (f *docField) EncodedFieldType() byte { return 't' }

// Analyze has nothing left to do.
func (f *docField) Analyze() {}

// Options is how the field is kept.
func (f *docField) Options() api.FieldIndexingOptions { return f.options }

// AnalyzedLength is the number of words.
func (f *docField) AnalyzedLength() int { return f.length }

// AnalyzedTokenFrequencies is the terms.
func (f *docField) AnalyzedTokenFrequencies() api.TokenFrequencies { return f.terms }

// NumPlainTextBytes is the length of what is stored.
func (f *docField) NumPlainTextBytes() uint64 { return uint64(len(f.value)) }

// A builder makes the documents of one batch. It is for one goroutine. What it
// makes is valid until reset, except strings, which live as long as needed.
type builder struct {
	analyzer text.Analyzer

	freqs slab[api.TokenFreq]
	locs  slab[*api.TokenLocation]
	maps  []api.TokenFrequencies
	used  int
	docs  slab[document]
	cells slab[docField]

	// positions[p] is the location at position p, shared by every document:
	// Bleve only reads it.
	positions []*api.TokenLocation
	// single are the terms of fields that have one of few values.
	single map[string]api.TokenFrequencies
	// minutes are the terms of fieldTime of one minute, by its number.
	minutes map[int64]api.TokenFrequencies

	words wordTable
}

func newBuilder() *builder {
	return &builder{single: map[string]api.TokenFrequencies{}, minutes: map[int64]api.TokenFrequencies{}}
}

const (
	// maxShared bounds the values of which terms are kept between documents.
	maxShared = 10_000
	// maxReused bounds the terms of a map that is used again.
	maxReused = 128
)

// reset makes everything built so far invalid and its memory free to use again.
func (b *builder) reset() {
	b.freqs.reset()
	b.locs.reset()
	b.docs.reset()
	b.cells.reset()
	for i, m := range b.maps[:b.used] {
		if len(m) > maxReused {
			b.maps[i] = api.TokenFrequencies{} // going through a large map is slow even when it is empty
		} else {
			clear(m)
		}
	}
	b.used = 0
	if len(b.single) > maxShared {
		clear(b.single)
	}
	if len(b.minutes) > maxShared {
		clear(b.minutes)
	}
}

// build makes the document of t.
func (b *builder) build(t item.Tagged) (*document, error) {
	const most = 14
	it := t.Item
	d := &b.docs.take(1)[0]
	*d = document{id: docID(it), fields: b.cells.take(most)[:0], plain: uint64(len(it.Title) + len(it.Body))}

	if d.id == "" {
		return nil, fmt.Errorf("%q is not the id of an item", it.ID)
	}
	stored, err := item.AppendTagged(make([]byte, 0, d.plain+d.plain/4+1024), t)
	if err != nil {
		return nil, fmt.Errorf("encode the item: %w", err)
	}

	add := func(name string, o api.FieldIndexingOptions, terms api.TokenFrequencies, length int, value []byte) {
		if len(terms) > 0 || value != nil {
			d.fields = append(d.fields, docField{name: name, options: o, terms: terms, length: length, value: value})
		}
	}
	id := b.terms(d.id)
	id[d.id].SetFrequency(1)
	add(fieldID, optID, id, 1, []byte(d.id))
	add(fieldDoc, api.StoreField, nil, 0, stored)
	terms, n := b.text(it.Title, it.Lang)
	add(fieldTitle, optText, terms, n, nil)
	terms, n = b.text(it.Body, it.Lang)
	add(fieldBody, optText, terms, n, nil)
	terms = b.tags(t.Tags)
	add(fieldTags, optFacet, terms, len(terms), nil)
	add(fieldLang, optFacet, b.one(it.Lang), 1, nil)
	add(fieldFeed, optFacet, b.one(it.Feed), 1, nil)
	add(fieldName, optFacet, b.one(it.Source), 1, nil)
	terms = b.source(it.Source)
	add(fieldSource, optKeyword, terms, len(terms), nil)
	terms = b.keys(t)
	add(fieldKey, optKeyword, terms, len(terms), nil)
	if t.Story != "" && t.Story != it.ID {
		add(fieldCopy, optFacet, b.terms(storyBytes(t.Story)), 1, nil)
	}
	add(fieldSeen, optFacet, b.one(seenTerm(it.Seen)), 1, nil)
	listed := time.Unix(int64(clampTime(it.Listed.Unix())), 0).UTC()
	add(fieldDay, optKeyword, b.one(listed.Format("20060102")), 1, nil)
	terms = b.minute(listed)
	add(fieldTime, optKeyword, terms, len(terms), nil)
	return d, nil
}

// terms is the given terms, each once, without positions; empty ones are left
// out.
func (b *builder) terms(values ...string) api.TokenFrequencies {
	m := b.newMap()
	freqs := b.freqs.take(len(values))
	for i, v := range values {
		if v != "" {
			m[v] = &freqs[i]
		}
	}
	return m
}

func (b *builder) newMap() api.TokenFrequencies {
	if b.used == len(b.maps) {
		b.maps = append(b.maps, api.TokenFrequencies{})
	}
	b.used++
	return b.maps[b.used-1]
}

// one is the terms of a field with one value, which many documents share.
func (b *builder) one(value string) api.TokenFrequencies {
	if value == "" {
		return nil
	}
	m, ok := b.single[value]
	if !ok {
		m = shared(value)
		b.single[value] = m
	}
	return m
}

// shared is terms that outlive a batch.
func shared(values ...string) api.TokenFrequencies {
	m := make(api.TokenFrequencies, len(values))
	for _, v := range values {
		m[v] = &api.TokenFreq{}
	}
	return m
}

func (b *builder) source(name string) api.TokenFrequencies {
	if name == "" {
		return nil
	}
	key := "\x00" + name // apart from one's
	m, ok := b.single[key]
	if !ok {
		m = shared(strings.Fields(text.Fold(name))...)
		b.single[key] = m
	}
	return m
}

func (b *builder) tags(tags []item.Tag) api.TokenFrequencies {
	m := b.newMap()
	freqs := b.freqs.take(len(tags))
	for i, t := range tags {
		if t.Status == item.Certain {
			m[t.Key()] = &freqs[i]
		}
	}
	return m
}

func (b *builder) keys(t item.Tagged) api.TokenFrequencies {
	keys := make([]string, 0, 4)
	if t.Story != "" {
		keys = append(keys, keyTerm('s', t.Story))
	}
	if t.Story != t.Item.ID {
		keys = append(keys, keyTerm('i', t.Item.ID))
	}
	if t.Event != t.Story {
		keys = append(keys, keyApart)
		if t.Event != "" {
			keys = append(keys, keyTerm('e', t.Event))
		}
	}
	return b.terms(keys...)
}

func (b *builder) minute(t time.Time) api.TokenFrequencies {
	key := t.Unix() / 60
	m, ok := b.minutes[key]
	if !ok {
		m = shared(t.Format("2006"), t.Format("200601"), t.Format("2006010215"), t.Format("200601021504"))
		b.minutes[key] = m
	}
	return m
}

// text is the words of s and their readings with their positions, and how many
// words there are.
func (b *builder) text(s, lang string) (api.TokenFrequencies, int) {
	if s == "" {
		return nil, 0
	}
	w := &b.words
	tokens := b.analyzer.Tokens(s, lang)
	w.reset(len(tokens))
	for _, t := range tokens {
		w.add(t.Term, t.Hash, t.Pos)
		for _, r := range b.analyzer.Readings(t) {
			w.add(r.Term, r.Hash, t.Pos)
		}
	}
	m := b.newMap()
	freqs := b.freqs.take(len(w.terms))
	locs := b.locs.take(len(w.places))
	all := string(w.bytes)
	for i, t := range w.terms {
		f := &freqs[i]
		f.Locations, locs = locs[:0:t.count], locs[t.count:]
		f.SetFrequency(int(t.count))
		m[all[t.start:t.end]] = f // Bleve takes the term from the key alone
	}
	for _, p := range w.places {
		f := &freqs[p.term]
		f.Locations = append(f.Locations, b.position(int(p.pos)))
	}
	return m, len(tokens)
}

// position is the location at a position, counted from 1 as Bleve does.
func (b *builder) position(p int) *api.TokenLocation {
	for p >= len(b.positions) {
		block := make([]api.TokenLocation, 256)
		for i := range block {
			block[i].Position = len(b.positions) + 1
			b.positions = append(b.positions, &block[i])
		}
	}
	return b.positions[p]
}
