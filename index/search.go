package index

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search"
	bquery "github.com/blevesearch/bleve/v2/search/query"

	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// Limits of one request.
const (
	MaxLimit  = 200
	MaxFacets = 10
)

// ErrRequest is wrapped by the errors of Search that the one who asks can mend:
// a limit, a facet, a cursor, or a query that stands for too many words.
var ErrRequest = errors.New("bad search request")

// The orders of results.
const (
	// ByDate is newest first, by Item.Listed.
	ByDate = "date"
	// ByScore is best match first, newest first among equals.
	ByScore = "score"
	// BySeen is what was first seen last first, by Item.Seen: what is new to
	// Marsad, however old its publisher says it is.
	BySeen = "seen"
)

// A Request is one search.
type Request struct {
	// Query is what to look for; nil is everything.
	Query query.Node
	// Now is the time that ages in the query are counted from; zero is now.
	Now time.Time
	// Limit is the most hits to return, at most MaxLimit; 0 returns none (a
	// count, facets).
	Limit int
	// Cursor is Result.Cursor of the page before, or "". A cursor belongs to
	// its query and order.
	Cursor string
	// Sort is ByDate (also when empty), ByScore or BySeen.
	Sort string
	// Collapse asks for one hit for each story: the first in the order asked for
	// of its items that satisfy the query. A page may be short and yet have a
	// cursor, where hundreds of copies stand together.
	Collapse bool
	// Facets are up to MaxFacets of Facets.
	Facets []string
	// Histogram asks for counts over time; nil for none.
	Histogram *HistogramRequest
	// Related is how many co-occurring tags to tell, at most MaxRelated.
	Related int
	// Place tells of the places of the rule pack, for facets by level and for
	// Related; nil when there is no pack. It must be safe for concurrent use.
	Place func(id string) Place
	// Highlight asks for the places in each hit that satisfy the query.
	Highlight bool
}

// A Result is a page of hits.
type Result struct {
	// Total is the number of items that satisfy the query, all pages together.
	Total uint64
	Hits  []Hit
	// Stories is the number of stories in Total; it is told when the request
	// collapses and has something counted (Facets, Histogram, Related).
	Stories uint64
	// Facets are the counts over all of Total, by the name that was asked for.
	Facets map[string][]FacetCount
	// Histogram is nil unless asked for.
	Histogram *Histogram
	// Related are the tags that stand out among the items found, the most telling
	// first.
	Related []RelatedTag
	// Cursor asks for the next page; "" when this is the last.
	//
	// By date, items that arrive meanwhile neither push others onto a second
	// page nor off all pages. By score the score of what is there changes a
	// little when items arrive, so an item at the border of two pages may.
	Cursor string
	Took   time.Duration
}

// A Hit is one item that satisfies the query.
type Hit struct {
	Tagged item.Tagged
	// Score is comparable within one result; 0 by date.
	Score float64
	// Highlights are the places that satisfy the query, as byte ranges into
	// Tagged.Item's Title ("title") and Body ("body"): in order, apart from each
	// other; nil unless asked for.
	Highlights map[string][]query.Stretch
	// Copies is how many items of the story satisfy the query, this one among
	// them, and Sources are up to 20 of their publishers, those with most items
	// first; 0 and nil unless the request collapses.
	Copies  int
	Sources []string
}

// Search answers a request from what has landed at the moment. Errors of the
// request wrap ErrRequest; ctx's end stops it.
func (x *Index) Search(ctx context.Context, r Request) (res Result, err error) {
	start := time.Now()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a cut segment is an error, not the end
	defer func() {
		if p := recover(); p != nil {
			x.log.ErrorContext(ctx, "search panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			res, err = Result{}, fmt.Errorf("search the index: panic: %v", p)
		}
		x.observeSearch(start, err)
	}()
	if r.Query == nil {
		r.Query = query.All{}
	}
	if r.Now.IsZero() {
		r.Now = start
	}
	if r.Sort == "" {
		r.Sort = ByDate
	}
	tree := query.At(r.Query, r.Now)
	req, err := r.compile(tree)
	if err != nil {
		return Result{}, err
	}
	w, err := r.wanted()
	if err != nil {
		return Result{}, err
	}
	x.engineMu.RLock()
	defer x.engineMu.RUnlock()
	if r.Collapse {
		res.Hits, res.Cursor, res.Total, err = x.collapse(ctx, r, tree, req)
	} else {
		res.Hits, res.Cursor, res.Total, err = x.page(ctx, r, tree, req)
	}
	if err == nil {
		err = x.count(ctx, r, w, tree, req.Query, &res)
	}
	if err != nil {
		return Result{}, err
	}
	res.Took = time.Since(start)
	return res, nil
}

// count adds what a request wants counted over all that satisfies it.
func (x *Index) count(ctx context.Context, r Request, w wanted, tree query.Node, q bquery.Query, res *Result) (err error) {
	if w.none() {
		return nil
	}
	key, now := tallyKey(r, w), time.Now()
	t := x.tallies.get(key, now)
	if t == nil {
		t = newTally(w)
		if err := t.count(ctx, x.engine, q, w); err != nil {
			return err
		}
		x.tallies.put(key, t, now)
	}
	res.Stories = t.distinct
	res.Facets, res.Histogram = t.facets(r.Facets, r.Place), t.histogram(r.Histogram)
	res.Related, err = x.related(ctx, t, tree, r.Related, r.Place)
	return err
}

// wanted is what must be counted to answer the request.
func (r Request) wanted() (wanted, error) {
	w := wanted{tags: r.Related > 0}
	if r.Related < 0 || r.Related > MaxRelated {
		return w, fmt.Errorf("%w: %d related tags is not between 0 and %d", ErrRequest, r.Related, MaxRelated)
	}
	if err := w.wantFacets(r.Facets); err != nil {
		return w, err
	}
	if err := w.wantHistogram(r.Histogram); err != nil {
		return w, err
	}
	w.stories = r.Collapse && !w.none()
	return w, nil
}

// page reads the hits of a page, each item a hit.
func (x *Index) page(ctx context.Context, r Request, tree query.Node, req *bleve.SearchRequest) (hits []Hit, cursor string, total uint64, err error) {
	found, err := x.engine.index.SearchInContext(ctx, req)
	if err != nil {
		return nil, "", 0, searchError(err)
	}
	for _, f := range found.Hits {
		t, err := stored(f)
		if err != nil {
			return nil, "", 0, err
		}
		hits = append(hits, x.hit(tree, r.Highlight, f.Score, t))
	}
	if n := len(found.Hits); n > 0 && n == r.Limit {
		cursor = r.cursor(found.Hits[n-1])
	}
	return hits, cursor, found.Total, nil
}

func (x *Index) observeSearch(start time.Time, err error) {
	outcome := "ok"
	switch {
	case errors.Is(err, ErrRequest):
		outcome = "refused"
	case err != nil:
		outcome = "error"
	}
	x.m.searches.WithLabelValues(outcome).Inc()
	x.m.searching.Observe(time.Since(start).Seconds())
}

// searchError tells a query that stands for too many words from other failures.
func searchError(err error) error {
	if strings.Contains(err.Error(), "TooManyClauses") {
		return fmt.Errorf("%w: a prefix or fuzzy word stands for more than %d words; write more letters of it", ErrRequest, maxExpansion)
	}
	return fmt.Errorf("search the index: %w", err)
}

// compile checks the request and turns it into Bleve's.
func (r Request) compile(tree query.Node) (*bleve.SearchRequest, error) {
	if r.Limit < 0 || r.Limit > MaxLimit {
		return nil, fmt.Errorf("%w: limit %d is not between 0 and %d", ErrRequest, r.Limit, MaxLimit)
	}
	q, err := compile(tree)
	if err != nil {
		return nil, err
	}
	req := bleve.NewSearchRequestOptions(q, r.Limit, 0, false)
	if req.Sort = r.order(); req.Sort == nil {
		return nil, fmt.Errorf("%w: sort %q is none of %q, %q and %q", ErrRequest, r.Sort, ByDate, ByScore, BySeen)
	}
	if r.Sort != ByScore {
		req.Score = "none"
	}
	if req.SearchAfter, _, err = r.after(); err != nil {
		return nil, err
	}
	if r.Limit > 0 {
		req.Fields = []string{fieldDoc}
	}
	return req, nil
}

// order is the request's order as Bleve states it, made anew for each search,
// for Bleve keeps values in it; nil is none that there is.
func (r Request) order() search.SortOrder {
	newest := &search.SortDocID{Desc: true}
	switch r.Sort {
	case ByDate:
		return search.SortOrder{newest}
	case ByScore:
		return search.SortOrder{&search.SortScore{Desc: true}, newest}
	case BySeen:
		return search.SortOrder{&search.SortField{Field: fieldSeen, Type: search.SortFieldAsString, Desc: true}, newest}
	default:
		return nil
	}
}

// stored reads the item of a hit.
func stored(f *search.DocumentMatch) (t item.Tagged, err error) {
	s, ok := f.Fields[fieldDoc].(string)
	if !ok {
		return t, fmt.Errorf("read the item %s: nothing is stored", itemOf(f.ID))
	}
	if err := item.DecodeTagged([]byte(s), &t); err != nil {
		return t, fmt.Errorf("read the item %s: %w", itemOf(f.ID), err)
	}
	return t, nil
}

// hit makes the hit of an item.
func (x *Index) hit(tree query.Node, highlight bool, score float64, t item.Tagged) Hit {
	h := Hit{Tagged: t, Score: score}
	if !highlight {
		return h
	}
	a := x.analyzers.Get().(*text.Analyzer)
	defer x.analyzers.Put(a)
	h.Highlights = map[string][]query.Stretch{}
	title, body := query.Highlights(tree, query.NewDoc(a, t))
	if len(title) > 0 {
		h.Highlights[fieldTitle] = title
	}
	if len(body) > 0 {
		h.Highlights[fieldBody] = body
	}
	return h
}
