package index

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search"

	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// Limits of one request.
const (
	MaxLimit  = 200
	MaxFacets = 5
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
	// Sort is ByDate (also when empty) or ByScore.
	Sort string
	// Facets are up to MaxFacets of Facets.
	Facets []string
	// Highlight asks for the places in each hit that satisfy the query.
	Highlight bool
}

// A Result is a page of hits.
type Result struct {
	// Total is the number of items that satisfy the query, all pages together.
	Total uint64
	Hits  []Hit
	// Facets are the counts over all of Total, by the name that was asked for.
	Facets map[string][]FacetCount
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
	x.engineMu.RLock()
	defer x.engineMu.RUnlock()
	found, err := x.engine.index.SearchInContext(ctx, req)
	if err != nil {
		return Result{}, searchError(err)
	}
	res = Result{Total: found.Total, Facets: countFacets(r.Facets, found.Facets)}
	if res.Hits, err = x.hits(tree, r.Highlight, found.Hits); err != nil {
		return Result{}, err
	}
	if n := len(found.Hits); n > 0 && n == r.Limit {
		res.Cursor = r.cursor(found.Hits[n-1])
	}
	res.Took = time.Since(start)
	return res, nil
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
	switch r.Sort {
	case ByDate:
		req.Sort = search.SortOrder{&search.SortDocID{Desc: true}}
		req.Score = "none"
	case ByScore:
		req.Sort = search.SortOrder{&search.SortScore{Desc: true}, &search.SortDocID{Desc: true}}
	default:
		return nil, fmt.Errorf("%w: sort %q is neither %q nor %q", ErrRequest, r.Sort, ByDate, ByScore)
	}
	if r.Cursor != "" {
		after, err := r.after()
		if err != nil {
			return nil, err
		}
		req.SearchAfter = after
	}
	if err := addFacets(req, r.Facets); err != nil {
		return nil, err
	}
	if r.Limit > 0 {
		req.Fields = []string{fieldDoc}
	}
	return req, nil
}

// hits reads the items that were found.
func (x *Index) hits(tree query.Node, highlight bool, found search.DocumentMatchCollection) ([]Hit, error) {
	if len(found) == 0 {
		return nil, nil
	}
	a := x.analyzers.Get().(*text.Analyzer)
	defer x.analyzers.Put(a)
	hits := make([]Hit, 0, len(found))
	for _, f := range found {
		stored, ok := f.Fields[fieldDoc].(string)
		if !ok {
			return nil, fmt.Errorf("read the item %s: nothing is stored", itemOf(f.ID))
		}
		h := Hit{Score: f.Score}
		if err := item.DecodeTagged([]byte(stored), &h.Tagged); err != nil {
			return nil, fmt.Errorf("read the item %s: %w", itemOf(f.ID), err)
		}
		if highlight {
			h.Highlights = map[string][]query.Stretch{}
			title, body := query.Highlights(tree, query.NewDoc(a, h.Tagged))
			if len(title) > 0 {
				h.Highlights[fieldTitle] = title
			}
			if len(body) > 0 {
				h.Highlights[fieldBody] = body
			}
		}
		hits = append(hits, h)
	}
	return hits, nil
}

// key is what a cursor must agree with: the order and the query as it was asked.
func (r Request) key() string {
	sum := crc32.ChecksumIEEE([]byte(r.Query.String()))
	return r.Sort[:1] + strconv.FormatUint(uint64(sum), 16)
}

// cursor asks for what comes after the hit.
func (r Request) cursor(last *search.DocumentMatch) string {
	score := "0"
	if r.Sort == ByScore {
		score = strconv.FormatFloat(last.Score, 'g', -1, 64)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(r.key() + " " + score + " " + last.ID))
}

// after reads a cursor as the sort key that Bleve goes on from.
func (r Request) after() ([]string, error) {
	bad := fmt.Errorf("%w: the cursor is not one of this query and order", ErrRequest)
	if len(r.Cursor) > 256 {
		return nil, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(r.Cursor)
	if err != nil {
		return nil, bad
	}
	parts := strings.SplitN(string(b), " ", 3)
	if len(parts) != 3 || parts[0] != r.key() || len(parts[2]) != 20 {
		return nil, bad
	}
	score, err := strconv.ParseFloat(parts[1], 64)
	if err != nil || math.IsNaN(score) {
		return nil, bad
	}
	if r.Sort == ByScore {
		return []string{parts[1], parts[2]}, nil
	}
	return []string{parts[2]}, nil
}

// Facets lists the facets that a search may count.
func Facets() []string {
	return []string{"actor", "place", "theme", "lang", "source", "feed", "day"}
}

// validFacet reports whether name is one of Facets.
func validFacet(name string) bool { return slices.Contains(Facets(), name) }
