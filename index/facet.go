package index

import (
	"fmt"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search"

	"marsad/item"
)

const (
	// facetValues is the most values returned of a facet.
	facetValues = 50
	// facetDays is the most days.
	facetDays = 400
	// facetTags is the most tags of all kinds counted at once.
	facetTags = 20_000
)

// A FacetCount is how many of the items found have a value. A day's value is
// YYYY-MM-DD, in UTC.
type FacetCount struct {
	Value string
	Count int
}

// addFacets asks for facets. Actors, places and themes are one field of Bleve's,
// which is gone through once for all three.
func addFacets(req *bleve.SearchRequest, names []string) error {
	if len(names) > MaxFacets {
		return fmt.Errorf("%w: %d facets are more than %d", ErrRequest, len(names), MaxFacets)
	}
	for _, name := range names {
		if !validFacet(name) {
			return fmt.Errorf("%w: no facet %q; there are %s", ErrRequest, name, strings.Join(Facets(), ", "))
		}
		field, size := facetField(name)
		req.AddFacet(field, bleve.NewFacetRequest(field, size))
	}
	return nil
}

func facetField(name string) (field string, size int) {
	switch name {
	case "lang":
		return fieldLang, facetValues
	case "source":
		return fieldName, facetValues
	case "feed":
		return fieldFeed, facetValues
	case "day":
		return fieldDay, facetDays
	default:
		return fieldTags, facetTags
	}
}

// countFacets reads Bleve's counts: most first and by name among equals; days
// newest first.
func countFacets(names []string, found search.FacetResults) map[string][]FacetCount {
	if len(names) == 0 {
		return nil
	}
	out := make(map[string][]FacetCount, len(names))
	for _, name := range names {
		counts := []FacetCount{}
		field, _ := facetField(name)
		prefix := ""
		if item.Kind(name).Valid() {
			prefix = name + ":"
		}
		if f := found[field]; f != nil && f.Terms != nil {
			for _, t := range f.Terms.Terms() {
				value, ok := strings.CutPrefix(t.Term, prefix)
				if !ok || len(counts) == facetValues && name != "day" {
					continue
				}
				if name == "day" && len(value) == 8 {
					value = value[:4] + "-" + value[4:6] + "-" + value[6:]
				}
				counts = append(counts, FacetCount{Value: value, Count: t.Count})
			}
		}
		if name == "day" {
			slices.SortFunc(counts, func(a, b FacetCount) int { return strings.Compare(b.Value, a.Value) })
		}
		out[name] = counts
	}
	return out
}
