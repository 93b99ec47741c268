package index

import (
	"fmt"
	"time"

	bquery "github.com/blevesearch/bleve/v2/search/query"

	"marsad/item"
	"marsad/query"
)

const (
	// titleBoost is how much more a word counts in the title than in the body.
	titleBoost = 2
	// filterBoost is what tags, languages, dates … count beside words: next to
	// nothing, and more than nothing, of which Bleve makes NaN.
	filterBoost = 1e-3
)

// compile turns a tree whose ages are resolved into Bleve's queries. The limits
// of package query bound what it makes.
func compile(n query.Node) (bquery.Query, error) {
	switch n := n.(type) {
	case query.And:
		return compileAnd(n)
	case query.Or:
		parts := make([]bquery.Query, 0, len(n))
		for _, p := range n {
			q, err := compile(p)
			if err != nil {
				return nil, err
			}
			parts = append(parts, q)
		}
		return anyOf(parts), nil
	case query.Not:
		return compileAnd(query.And{n})
	case query.All:
		return bquery.NewMatchAllQuery(), nil
	case query.Tag:
		return keyword(fieldTags, string(n.Kind)+":"+n.ID), nil
	case query.Lang:
		return keyword(fieldLang, n.Code), nil
	case query.Feed:
		return keyword(fieldFeed, n.Name), nil
	case query.Around:
		parts := make([]bquery.Query, 0, len(n.Places))
		for _, id := range n.Places {
			parts = append(parts, keyword(fieldTags, string(item.Place)+":"+id))
		}
		return anyOf(parts), nil
	case query.Story:
		return keyword(fieldKey, keyTerm('s', n.ID)), nil
	case query.Event:
		return anyOf([]bquery.Query{
			keyword(fieldKey, keyTerm('e', n.ID)),
			bquery.NewBooleanQuery([]bquery.Query{keyword(fieldKey, keyTerm('s', n.ID))}, nil, []bquery.Query{keyword(fieldKey, keyApart)}),
		}), nil
	case query.Source:
		parts := make([]bquery.Query, 0, len(n.Terms))
		for _, t := range n.Terms {
			parts = append(parts, keyword(fieldSource, t))
		}
		return allOf(parts), nil
	case query.Range:
		return compileRange(n), nil
	case query.Word:
		return in(n.In, func(field string) boosted {
			q := bquery.NewTermQuery(n.Term)
			q.SetField(field)
			return q
		}), nil
	case query.Phrase:
		return in(n.In, func(field string) boosted { return bquery.NewPhraseQuery(n.Terms, field) }), nil
	case query.Near:
		return in(n.In, func(field string) boosted { return &nearQuery{near: n, field: field} }), nil
	case query.Prefix:
		return in(n.In, func(field string) boosted {
			q := bquery.NewPrefixQuery(n.Term)
			q.SetField(field)
			return q
		}), nil
	case query.Fuzzy:
		return in(n.In, func(field string) boosted {
			q := bquery.NewFuzzyQuery(n.Term)
			q.SetField(field)
			q.SetFuzziness(n.Distance)
			return q
		}), nil
	default:
		return nil, fmt.Errorf("%w: a clause of the kind %T", ErrRequest, n)
	}
}

// compileAnd puts what is denied beside what is asked for: Bleve has no query
// that is only a negation.
func compileAnd(n query.And) (bquery.Query, error) {
	var must, not []bquery.Query
	for _, p := range n {
		to := &must
		if no, ok := p.(query.Not); ok {
			to, p = &not, no.X
		} else if _, ok := p.(query.All); ok {
			continue
		}
		q, err := compile(p)
		if err != nil {
			return nil, err
		}
		*to = append(*to, q)
	}
	if len(must) == 0 {
		must = append(must, bquery.NewMatchAllQuery())
	}
	if len(not) == 0 {
		return allOf(must), nil
	}
	return bquery.NewBooleanQuery([]bquery.Query{allOf(must)}, nil, not), nil
}

func allOf(parts []bquery.Query) bquery.Query {
	if len(parts) == 1 {
		return parts[0]
	}
	return bquery.NewConjunctionQuery(parts)
}

func anyOf(parts []bquery.Query) bquery.Query {
	switch len(parts) {
	case 0:
		return bquery.NewMatchNoneQuery()
	case 1:
		return parts[0]
	}
	return bquery.NewDisjunctionQuery(parts)
}

// boosted is a query that can be made to count more.
type boosted interface {
	bquery.Query
	SetBoost(b float64)
}

// in asks for a text clause in the title, the body or either.
func in(in query.In, make func(field string) boosted) bquery.Query {
	title, body := make(fieldTitle), make(fieldBody)
	title.SetBoost(titleBoost)
	switch in {
	case query.Title:
		return title
	case query.Body:
		return body
	default:
		return bquery.NewDisjunctionQuery([]bquery.Query{title, body})
	}
}

func keyword(field, term string) bquery.Query {
	q := bquery.NewTermQuery(term)
	q.SetField(field)
	q.SetBoost(filterBoost)
	return q
}

// The times that a range may reach: what docID can hold.
const (
	firstMinute = 0
	lastMinute  = (1<<32 - 1) / 60
)

// compileRange asks for the years, months, days, hours and minutes that make up
// the range: some 200 terms at most, and a handful where it begins and ends at
// midnight.
func compileRange(n query.Range) bquery.Query {
	from, to := int64(firstMinute), int64(lastMinute)+1
	if !n.From.IsZero() {
		from = min(max(n.From.At.Unix()/60, firstMinute), lastMinute+1)
	}
	if !n.To.IsZero() {
		to = min(max(n.To.At.Unix()/60, firstMinute), lastMinute+1)
	}
	if from == firstMinute && to == lastMinute+1 {
		return bquery.NewMatchAllQuery()
	}
	var parts []bquery.Query
	at, end := time.Unix(from*60, 0).UTC(), time.Unix(to*60, 0).UTC()
	for at.Before(end) {
		next, field, layout := largest(at, end)
		parts = append(parts, keyword(field, at.Format(layout)))
		at = next
	}
	return anyOf(parts)
}

// largest is the largest unit of the calendar that begins at a time and does not
// pass end: its end, field and layout.
func largest(at, end time.Time) (next time.Time, field, layout string) {
	midnight := at.Hour() == 0 && at.Minute() == 0
	switch {
	case midnight && at.Day() == 1 && at.Month() == time.January && !at.AddDate(1, 0, 0).After(end):
		return at.AddDate(1, 0, 0), fieldTime, "2006"
	case midnight && at.Day() == 1 && !at.AddDate(0, 1, 0).After(end):
		return at.AddDate(0, 1, 0), fieldTime, "200601"
	case midnight && !at.AddDate(0, 0, 1).After(end):
		return at.AddDate(0, 0, 1), fieldDay, "20060102"
	case at.Minute() == 0 && !at.Add(time.Hour).After(end):
		return at.Add(time.Hour), fieldTime, "2006010215"
	default:
		return at.Add(time.Minute), fieldTime, "200601021504"
	}
}
