package index

import (
	"context"
	"slices"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	bquery "github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/searcher"
	api "github.com/blevesearch/bleve_index_api"

	"marsad/query"
)

// A nearQuery finds words that stand close together in one field, which Bleve
// has no query for: it asks for all of the words and then looks at their
// positions with the windows that the evaluator uses.
type nearQuery struct {
	near  query.Near
	field string
	boost bquery.Boost
}

// SetBoost makes the words count more.
func (q *nearQuery) SetBoost(b float64) { q.boost = bquery.Boost(b) }

// Searcher is called by Bleve.
func (q *nearQuery) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	terms := slices.Compact(slices.Sorted(slices.Values(q.near.Terms)))
	parts := make([]bquery.Query, 0, len(terms))
	for _, t := range terms {
		term := bquery.NewTermQuery(t)
		term.SetField(q.field)
		if q.boost != 0 {
			term.SetBoost(float64(q.boost))
		}
		parts = append(parts, term)
	}
	o.IncludeTermVectors = true
	s, err := allOf(parts).Searcher(ctx, r, m, o)
	if err != nil {
		return nil, err
	}
	positions := make([][]int, len(terms))
	return searcher.NewFilteringSearcher(ctx, s, func(_ *search.SearchContext, d *search.DocumentMatch) bool {
		for i, t := range terms {
			positions[i] = positions[i][:0]
			for _, l := range d.FieldTermLocations {
				if l.Field == q.field && l.Term == t {
					positions[i] = append(positions[i], int(l.Location.Pos)) //nolint:gosec // a position in a text
				}
			}
			slices.Sort(positions[i])
		}
		return query.Windows(positions, q.near.Span(), func([]int) bool { return true })
	}), nil
}
