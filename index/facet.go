package index

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"marsad/item"
)

const (
	// facetValues is the most values returned of a facet.
	facetValues = 50
	// facetDays is the most days.
	facetDays = 400
)

// The levels of places, which are facets of their own.
const (
	LevelCountry     = "country"
	LevelGovernorate = "governorate"
	LevelTown        = "town"
)

// A Place is what counting needs to know of a place of the rule pack.
type Place struct {
	// Level is one of the levels, or "" for what is none of them: a river, a
	// region of several governorates.
	Level string
	// In lists the places that hold it.
	In []string
}

// A FacetCount is how many of the items found have a value. A day's value is
// YYYY-MM-DD, in UTC.
type FacetCount struct {
	Value string
	Count int
}

// Facets lists the facets that a search may count: country, governorate and town
// are the places of that level.
func Facets() []string {
	return []string{
		string(item.Actor), string(item.Place), LevelCountry, LevelGovernorate, LevelTown, string(item.Theme),
		"lang", "source", "feed", "day",
	}
}

// wantFacets checks the names of facets and adds what must be counted for them.
func (w *wanted) wantFacets(names []string) error {
	if len(names) > MaxFacets {
		return fmt.Errorf("%w: %d facets are more than %d", ErrRequest, len(names), MaxFacets)
	}
	for _, name := range names {
		if !slices.Contains(Facets(), name) {
			return fmt.Errorf("%w: no facet %q; there are %s", ErrRequest, name, strings.Join(Facets(), ", "))
		}
		switch name {
		case "lang":
			w.langs = true
		case "source":
			w.names = true
		case "feed":
			w.feeds = true
		case "day":
			w.times = true
		default:
			w.tags = true
		}
	}
	return nil
}

// facets reads the counts of a tally: most first and by value among equals; days
// newest first. place may be nil; no place is of any level then.
func (t *tally) facets(names []string, place func(id string) Place) map[string][]FacetCount {
	if len(names) == 0 {
		return nil
	}
	out := make(map[string][]FacetCount, len(names))
	for _, name := range names {
		switch name {
		case "lang":
			out[name] = t.byField[fieldLang].facet("", nil)
		case "source":
			out[name] = t.byField[fieldName].facet("", nil)
		case "feed":
			out[name] = t.byField[fieldFeed].facet("", nil)
		case "day":
			out[name] = t.days()
		case LevelCountry, LevelGovernorate, LevelTown:
			out[name] = t.byField[fieldTags].facet(string(item.Place)+":", func(id string) bool {
				return place != nil && place(id).Level == name
			})
		default:
			out[name] = t.byField[fieldTags].facet(name+":", nil)
		}
	}
	return out
}

// facet is the most frequent values with a prefix, without it, that are among
// those asked for; nil asks for all.
func (c counts) facet(prefix string, among func(value string) bool) []FacetCount {
	out := []FacetCount{}
	for term, n := range c {
		if value, ok := strings.CutPrefix(term, prefix); ok && (among == nil || among(value)) {
			out = append(out, FacetCount{Value: value, Count: *n})
		}
	}
	slices.SortFunc(out, func(a, b FacetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), facetValues)]
}

func (t *tally) days() []FacetCount {
	byDay := map[string]int{}
	for q, n := range t.quarters {
		byDay[quarterTime(q).Format("2006-01-02")] += n
	}
	out := []FacetCount{}
	for day, n := range byDay {
		out = append(out, FacetCount{Value: day, Count: n})
	}
	slices.SortFunc(out, func(a, b FacetCount) int { return strings.Compare(b.Value, a.Value) })
	return out[:min(len(out), facetDays)]
}
