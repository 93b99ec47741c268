package index

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/blevesearch/bleve/v2/search"
	bquery "github.com/blevesearch/bleve/v2/search/query"
	api "github.com/blevesearch/bleve_index_api"
)

// quarter is the step in which a tally counts time: every zone of today is apart
// from UTC by a whole number of them, so buckets of any zone are made of them.
const quarter = 15 * 60

// A wanted says what a tally is to count; what is not wanted costs nothing.
type wanted struct {
	tags, langs, names, feeds, times, stories bool
	// over are tags, kind:id, to count over time.
	over []string
}

// none reports whether there is nothing to count.
func (w wanted) none() bool {
	return !w.tags && !w.langs && !w.names && !w.feeds && !w.times && !w.stories
}

// fields are those that must be read of each item.
func (w wanted) fields() []string {
	var f []string
	for field, on := range map[string]bool{
		fieldTags: w.tags || len(w.over) > 0, fieldLang: w.langs, fieldName: w.names, fieldFeed: w.feeds, fieldCopy: w.stories,
	} {
		if on {
			f = append(f, field)
		}
	}
	return f
}

// A tally is what was counted of the items that satisfy a query, in one pass over
// them: Bleve's facets would take one of their own for every field, and cannot
// see the time in an item's id.
type tally struct {
	items   int
	byField map[string]counts
	// quarters is the items by Listed, in quarters of an hour since 1970.
	quarters map[uint32]int
	over     map[string]map[uint32]int
	stories  map[string]struct{} // while counting
	distinct uint64              // stories
}

// counts is items by value.
type counts map[string]*int

func (c counts) add(value []byte) {
	if n, ok := c[string(value)]; ok { // no copy is made for looking up
		*n++
		return
	}
	one := 1
	c[string(value)] = &one
}

func newTally(w wanted) *tally {
	t := &tally{byField: map[string]counts{}, quarters: map[uint32]int{}, over: map[string]map[uint32]int{}, stories: map[string]struct{}{}}
	for _, f := range w.fields() {
		t.byField[f] = counts{}
	}
	for _, tag := range w.over {
		t.over[tag] = map[uint32]int{}
	}
	return t
}

// count adds the items of the engine that satisfy q.
func (t *tally) count(ctx context.Context, e *engine, q bquery.Query, w wanted) (err error) {
	r, err := e.core.Reader()
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	s, err := q.Searcher(ctx, r, e.index.Mapping(), search.SearcherOptions{Score: "none"})
	if err != nil {
		return searchError(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	values, err := r.DocValueReader(w.fields())
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	c := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r}
	var at uint32
	var story string
	withTime, withID := w.times || len(w.over) > 0, w.times || w.stories || len(w.over) > 0
	visit := func(field string, term []byte) {
		if field == fieldCopy {
			story = string(term)
			return
		}
		t.byField[field].add(term)
		if field == fieldTags && len(t.over) > 0 {
			if m, ok := t.over[string(term)]; ok {
				m[at]++
			}
		}
	}
	for {
		if t.items%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		d, err := s.Next(c)
		if err != nil {
			return fmt.Errorf("count: %w", err)
		}
		if d == nil {
			t.distinct, t.stories = uint64(len(t.stories)), nil
			return nil
		}
		t.items++
		if withID {
			id, err := r.ExternalID(d.IndexInternalID)
			if err != nil {
				return fmt.Errorf("count: %w", err)
			}
			if withTime && len(id) >= 4 {
				at = binary.BigEndian.Uint32([]byte(id[:4])) / quarter
				t.quarters[at]++
			}
			if w.stories && len(id) == 20 {
				story = hex.EncodeToString([]byte(id[4 : 4+keyBytes]))
			}
		}
		if len(t.byField) > 0 {
			if err := values.VisitDocValues(d.IndexInternalID, visit); err != nil {
				return fmt.Errorf("count: %w", err)
			}
		}
		if w.stories {
			t.stories[story] = struct{}{}
		}
		c.DocumentMatchPool.Put(d)
	}
}

// termCounts is how many items of the engine have each of the terms in a field,
// and how many items there are.
func (e *engine) termCounts(ctx context.Context, field string, terms []string) (n []uint64, all uint64, err error) {
	r, err := e.core.Reader()
	if err != nil {
		return nil, 0, fmt.Errorf("count: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if all, err = r.DocCount(); err != nil {
		return nil, 0, fmt.Errorf("count: %w", err)
	}
	n = make([]uint64, len(terms))
	for i, term := range terms {
		if n[i], err = termCount(ctx, r, field, term); err != nil {
			return nil, 0, fmt.Errorf("count: %w", err)
		}
	}
	return n, all, nil
}

func termCount(ctx context.Context, r api.IndexReader, field, term string) (n uint64, err error) {
	t, err := r.TermFieldReader(ctx, []byte(term), field, false, false, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	return t.Count(), nil
}

// quarterTime is the beginning of a quarter of an hour.
func quarterTime(q uint32) time.Time { return time.Unix(int64(q)*quarter, 0).UTC() }
