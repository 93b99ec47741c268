package alert

import (
	"slices"

	"marsad/item"
	"marsad/query"
)

// Brought reports whether a match of the last call of Match rests on what this
// revision of the article brought: on the whole of it for a first revision and
// for one of which nobody knows what it added. Of an edited article, a matched
// word or the evidence of a matched tag has to lie in Item.Added. A tag without
// evidence (a country that holds a named town) stands on that of the other tags
// of its kind; a query that asks for nothing in the text (a source, a language)
// is content with any addition.
func (m *Matcher) Brought(x Match) bool {
	it := &m.tagged.Item
	if it.Revised.IsZero() || slices.Contains(it.Flags, item.FlagAddedUnknown) {
		return true
	}
	if len(it.Added) == 0 {
		return false
	}
	hits := query.Why(x.node, m.document())
	if len(hits) >= query.MaxHits { // not all of them; the one that counts may be missing
		return true
	}
	inText := false
	for _, h := range hits {
		switch h.Field {
		case string(query.Title), string(query.Body):
			inText = true
			if added(it, h.Field, h.Start, h.End) {
				return true
			}
		case string(item.Place), string(item.Actor), string(item.Theme):
			inText = true
			if m.broughtKind(item.Kind(h.Field)) {
				return true
			}
		}
	}
	return !inText
}

// broughtKind reports whether evidence of a tag of a kind lies in what was
// added.
func (m *Matcher) broughtKind(kind item.Kind) bool {
	for _, t := range m.tagged.Tags {
		if t.Kind != kind || t.Status != item.Certain {
			continue
		}
		for _, e := range t.Evidence {
			if added(&m.tagged.Item, e.Field, e.Start, e.End) {
				return true
			}
		}
	}
	return false
}

// added reports whether bytes of a field touch what was added.
func added(it *item.Item, field string, start, end int) bool {
	return slices.ContainsFunc(it.Added, func(s item.Span) bool {
		return s.Field == field && s.Start < end && start < s.End
	})
}
