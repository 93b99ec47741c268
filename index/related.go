package index

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"marsad/item"
	"marsad/query"
)

const (
	// MaxRelated is the most co-occurring tags that may be asked for.
	MaxRelated = 50
	// relatedLeast is how many items must have a tag for it to be told: of one
	// item anything is a coincidence.
	relatedLeast = 2
	// relatedLooked bounds the tags of which the counts over all are looked up.
	relatedLooked = 200
)

// A RelatedTag is a tag that stands beside what was asked for more often than
// elsewhere.
type RelatedTag struct {
	Kind item.Kind
	ID   string
	// Count is how many of the items found have it.
	Count int
	// Lift is how many times as often the items found have it as all items do.
	Lift float64
}

// related lists up to n of the tags of a tally, those first that the result says
// most of: count × log(lift), so that neither a tag that everything has nor one
// that is rare everywhere comes before one that is frequent just here. What the
// query names is left out, and the places that hold a place it names, as those
// come with it.
func (x *Index) related(ctx context.Context, t *tally, tree query.Node, n int, place func(id string) Place) ([]RelatedTag, error) {
	if n == 0 {
		return nil, nil
	}
	named := namedTags(tree, place)
	type candidate struct {
		term  string
		count int
	}
	var terms []candidate
	for term, count := range t.byField[fieldTags] {
		if *count >= relatedLeast && !named[term] {
			terms = append(terms, candidate{term, *count})
		}
	}
	slices.SortFunc(terms, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.term, b.term))
	})
	terms = terms[:min(len(terms), relatedLooked)]
	names := make([]string, len(terms))
	for i, c := range terms {
		names[i] = c.term
	}
	base, all, err := x.engine.termCounts(ctx, fieldTags, names)
	if err != nil {
		return nil, err
	}
	type ranked struct {
		RelatedTag
		weight float64
	}
	var found []ranked
	for i, c := range terms {
		if base[i] == 0 || all == 0 {
			continue // taken away meanwhile
		}
		lift := float64(c.count) / float64(t.items) / (float64(base[i]) / float64(all))
		if lift <= 1 {
			continue
		}
		kind, id, _ := strings.Cut(c.term, ":")
		found = append(found, ranked{RelatedTag{item.Kind(kind), id, c.count, lift}, float64(c.count) * math.Log(lift)})
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(b.weight, a.weight) })
	out := make([]RelatedTag, 0, n)
	for _, r := range found[:min(len(found), n)] {
		out = append(out, r.RelatedTag)
	}
	return out, nil
}

// namedTags are the tags that a query names, as terms, and the places that hold
// those.
func namedTags(tree query.Node, place func(id string) Place) map[string]bool {
	named := map[string]bool{}
	name := func(kind item.Kind, id string) {
		named[string(kind)+":"+id] = true
		if kind == item.Place && place != nil {
			for _, up := range place(id).In {
				named[string(kind)+":"+up] = true
			}
		}
	}
	query.Walk(tree, func(n query.Node) bool {
		switch n := n.(type) {
		case query.Tag:
			name(n.Kind, n.ID)
		case query.Around:
			for _, id := range n.Places {
				name(item.Place, id)
			}
		}
		return true
	})
	return named
}
