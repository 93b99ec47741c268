package server

import (
	"context"
	"errors"
	"slices"

	"marsad/item"
	"marsad/query"
)

// A Suggestion is a query that finds something where the one asked found nothing.
type Suggestion struct {
	Query string `json:"query"`
	Total uint64 `json:"total"`
	// Why says what is other: "name" (a word read as a name of the rule pack),
	// "time" (without its dates), "term" (without the condition that nothing
	// satisfies together with the others).
	Why string `json:"why"`
}

// suggestParts bounds the conditions that are left out in turn.
const suggestParts = 8

// Suggest looks for queries near n, which found nothing, that find something:
// one of each sort at most. names may be nil; count tells how much a query finds.
func Suggest(ctx context.Context, n query.Node, names query.Names, count func(context.Context, query.Node) (uint64, error)) ([]Suggestion, error) {
	var out []Suggestion
	try := func(why string, nodes ...query.Node) error {
		var best Suggestion
		for _, n := range nodes {
			total, err := count(ctx, n)
			if err != nil {
				return err
			}
			if total > best.Total {
				best = Suggestion{Query: n.String(), Total: total, Why: why}
			}
		}
		if best.Total > 0 && !slices.ContainsFunc(out, func(s Suggestion) bool { return s.Query == best.Query }) {
			out = append(out, best)
		}
		return nil
	}
	and, ok := n.(query.And)
	if !ok {
		and = query.And{n}
	}
	var errs []error
	if names != nil {
		if named, ok := withNames(and, names); ok {
			errs = append(errs, try("name", named))
		}
	}
	if wide, ok := withoutTime(n); ok && len(and) > 1 {
		errs = append(errs, try("time", wide))
	}
	var fewer []query.Node
	for i := range and[:min(len(and), suggestParts)] {
		if _, dated := and[i].(query.Range); len(and) > 1 && !dated {
			fewer = append(fewer, conjunction(slices.Concat(and[:i], and[i+1:])))
		}
	}
	errs = append(errs, try("term", fewer...))
	return out, errors.Join(errs...)
}

// withNames reads words as the names of the pack that they are or are nearest to.
func withNames(and query.And, names query.Names) (query.Node, bool) {
	out, changed := slices.Clone(and), false
	for i, p := range and {
		w, ok := p.(query.Word)
		if !ok || w.In != query.Anywhere {
			continue
		}
		for _, near := range []bool{false, true} {
			for _, kind := range item.Kinds() {
				id, found := names.Resolve(kind, w.Term)
				if near && !found {
					id = names.Suggest(kind, w.Term)
				}
				if _, done := out[i].(query.Tag); id != "" && !done {
					out[i], changed = query.Tag{Kind: kind, ID: id}, true
				}
			}
		}
	}
	var once query.And // two words may be of one name
	for _, n := range out {
		if !slices.Contains(conditions(once), n.String()) {
			once = append(once, n)
		}
	}
	return conjunction(once), changed
}
