package index

import (
	"context"

	"github.com/blevesearch/bleve/v2"
	bquery "github.com/blevesearch/bleve/v2/search/query"

	"marsad/item"
	"marsad/query"
)

const (
	// collapseRounds bounds how often a page is filled up when many hits are
	// copies of what is shown already; a page may come out short then.
	collapseRounds = 20
	// collapseLate bounds the copies that are looked through for one that was
	// there when the reader began.
	collapseLate = 50
	// storySources is the most sources told of a story.
	storySources = 20
)

// collapse fills a page with one hit for each story: the first in the order of
// the request of all its items that satisfy the query. What has been seen only
// after the reader began with the first page does not count in that, so that a
// fresh copy takes no story off the pages to come; within the second or so
// between being seen and being searchable it may.
//
// For each story the engine is asked anew, so a page costs the same at any depth
// and however many items there are.
func (x *Index) collapse(ctx context.Context, r Request, tree query.Node, req *bleve.SearchRequest) (hits []Hit, cursor string, total uint64, err error) {
	_, began, err := r.after()
	if err != nil {
		return nil, "", 0, err
	}
	known := map[item.ID]story{}
	for round := range collapseRounds {
		page := *req
		page.Sort = r.order()
		page.Size = min(max(2*(r.Limit-len(hits)), 20), MaxLimit)
		if r.Limit == 0 {
			page.Size = 0
		}
		found, err := x.engine.index.SearchInContext(ctx, &page)
		if err != nil {
			return nil, "", 0, searchError(err)
		}
		if round == 0 {
			total = found.Total
		}
		for _, f := range found.Hits {
			t, err := stored(f)
			if err != nil {
				return nil, "", 0, err
			}
			s, ok := known[t.Story]
			if t.Story == "" { // a record of before stories
				s = story{first: f.ID, copies: 1}
			} else if !ok {
				if s, err = x.story(ctx, r, req.Query, t.Story, f.ID, began); err != nil {
					return nil, "", 0, err
				}
				known[t.Story] = s
			}
			if s.first != f.ID {
				continue
			}
			h := x.hit(tree, r.Highlight, f.Score, t)
			h.Copies, h.Sources = s.copies, s.sources
			if h.Copies == 1 && t.Item.Source != "" {
				h.Sources = []string{t.Item.Source}
			}
			if hits = append(hits, h); len(hits) == r.Limit {
				return hits, r.cursor(f), total, nil
			}
		}
		if len(found.Hits) < page.Size || page.Size == 0 {
			return hits, "", total, nil
		}
		last := found.Hits[len(found.Hits)-1]
		cursor = r.cursor(last)
		req.SearchAfter = r.sortKey(last)
	}
	return hits, cursor, total, nil
}

// A story is what a page tells of one.
type story struct {
	first   string // the document that stands for it
	copies  int
	sources []string
}

// story finds the document that stands for a story among those that satisfy q,
// of which doc is one.
func (x *Index) story(ctx context.Context, r Request, q bquery.Query, id item.ID, doc string, began int64) (story, error) {
	n, _, err := x.engine.termCounts(ctx, fieldKey, []string{keyTerm('s', id)})
	if err != nil {
		return story{}, err
	}
	if n[0] <= 1 {
		return story{first: doc, copies: 1}, nil
	}
	size := 1
	if r.Cursor != "" {
		size = collapseLate
	}
	req := bleve.NewSearchRequestOptions(bquery.NewConjunctionQuery([]bquery.Query{keyword(fieldKey, keyTerm('s', id)), q}), size, 0, false)
	req.Sort = r.order()
	if r.Sort != ByScore {
		req.Score = "none"
	}
	if size > 1 {
		req.Fields = []string{fieldDoc}
	}
	req.AddFacet(fieldName, bleve.NewFacetRequest(fieldName, storySources))
	found, err := x.engine.index.SearchInContext(ctx, req)
	if err != nil {
		return story{}, searchError(err)
	}
	s := story{first: doc, copies: max(int(found.Total), 1)} //nolint:gosec // a number of documents
	for _, f := range found.Hits {
		if size > 1 {
			t, err := stored(f)
			if err != nil {
				return story{}, err
			}
			if t.Item.Seen.Unix() > began {
				continue
			}
		}
		s.first = f.ID
		break
	}
	if f := found.Facets[fieldName]; f != nil {
		for _, t := range f.Terms.Terms() {
			s.sources = append(s.sources, t.Term)
		}
	}
	return s, nil
}
