package query

import (
	"cmp"
	"slices"
	"time"

	"marsad/item"
)

// MaxHits bounds what Why returns for one item.
const MaxHits = 1000

// A Hit is one place of an item that satisfies a clause of a query.
type Hit struct {
	// Field is "title" or "body" for a place in the text; otherwise what was
	// compared: "lang", "source", "feed", "story", "event", "listed" or the kind
	// of a tag without evidence (a place that holds a named one).
	Field string
	// Start and End are byte offsets into the title or body as the feed spelled
	// them; both are 0 in other fields.
	Start, End int
	// Text is what stands there.
	Text string
	// Clause is the canonical spelling of the clause that is satisfied.
	Clause string
}

// Why returns the places of the item that satisfy clauses of n, clause by
// clause as they stand in the query and in each by field (title first) and
// offset. Clauses under a negation and parts of n that are not satisfied give
// nothing. A word of a name is given without its clitic or suffix when the query
// matched it without. It returns nil when the item does not satisfy n, and at
// most MaxHits places.
func Why(n Node, d *Doc) []Hit {
	if !Match(n, d) {
		return nil
	}
	var hits []Hit
	why(n, d, &hits)
	return hits
}

func why(n Node, d *Doc, hits *[]Hit) {
	if len(*hits) >= MaxHits {
		return
	}
	switch n := n.(type) {
	case And:
		for _, p := range n {
			why(p, d, hits)
		}
	case Or:
		for _, p := range n {
			if Match(p, d) {
				why(p, d, hits)
			}
		}
	case Not, All:
	default:
		found := clauseHits(n, d)
		*hits = append(*hits, found[:min(len(found), MaxHits-len(*hits))]...)
	}
}

// clauseHits is the places that satisfy one clause.
func clauseHits(n Node, d *Doc) []Hit {
	clause := n.String()
	value := func(field, text string) []Hit { return []Hit{{Field: field, Text: text, Clause: clause}} }
	switch n := n.(type) {
	case Lang:
		return value("lang", d.tagged.Item.Lang)
	case Source:
		return value("source", d.tagged.Item.Source)
	case Feed:
		return value("feed", d.tagged.Item.Feed)
	case Story:
		return value("story", string(d.tagged.Story))
	case Event:
		return value("event", string(d.tagged.Event))
	case Range:
		return value("listed", d.tagged.Item.Listed.UTC().Format(time.RFC3339))
	case Tag:
		return tagHits(n, d, clause)
	case Around:
		var hits []Hit
		for _, id := range n.Places {
			if d.hasPlace(id) {
				hits = append(hits, tagHits(Tag{item.Place, id}, d, clause)...)
			}
		}
		return hits
	}
	var hits []Hit
	d.find(n, func(in In, w *words, occs []int32) bool {
		if _, ok := n.(Phrase); ok {
			hits = append(hits, w.hit(in, w.occs[occs[0]].start, w.occs[occs[len(occs)-1]].end, clause))
		} else {
			for _, i := range occs {
				hits = append(hits, w.hit(in, w.occs[i].start, w.occs[i].end, clause))
			}
		}
		return len(hits) >= MaxHits
	})
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(-cmp.Compare(a.Field, b.Field), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	return slices.Compact(hits)
}

func (w *words) hit(in In, start, end int, clause string) Hit {
	return Hit{Field: string(in), Start: start, End: end, Text: w.text[start:end], Clause: clause}
}

func tagHits(n Tag, d *Doc, clause string) []Hit {
	t := d.tagged.Tags[d.tags[string(n.Kind)+":"+n.ID]]
	if len(t.Evidence) == 0 {
		return []Hit{{Field: string(n.Kind), Text: n.ID, Clause: clause}}
	}
	var hits []Hit
	for _, e := range t.Evidence {
		hits = append(hits, Hit{Field: e.Field, Start: e.Start, End: e.End, Text: e.Text, Clause: clause})
	}
	return hits
}

// Highlights returns the places of Why that lie in the title and in the body,
// joined where they touch or overlap, in order. Evidence of tags is included.
func Highlights(n Node, d *Doc) (title, body []Stretch) {
	for _, h := range Why(n, d) {
		switch h.Field {
		case string(Title):
			title = addStretch(title, h, d.tagged.Item.Title)
		case string(Body):
			body = addStretch(body, h, d.tagged.Item.Body)
		}
	}
	return join(title), join(body)
}

// A Stretch is a part of a text: the bytes from Start up to End.
type Stretch struct{ Start, End int }

// addStretch adds the place of h unless it does not lie in the text, as evidence
// of another text would.
func addStretch(to []Stretch, h Hit, text string) []Stretch {
	if h.Start < 0 || h.End > len(text) || h.Start >= h.End {
		return to
	}
	return append(to, Stretch{h.Start, h.End})
}

// join sorts stretches and makes one of those that overlap or touch.
func join(s []Stretch) []Stretch {
	slices.SortFunc(s, func(a, b Stretch) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	out := s[:0]
	for _, x := range s {
		if n := len(out); n > 0 && x.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, x.End)
			continue
		}
		out = append(out, x)
	}
	return out
}
