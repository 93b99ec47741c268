package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"marsad/index"
	"marsad/query"
)

const (
	defaultLimit = 20
	maxLimit     = index.MaxLimit
	maxLines     = 1_000_000 // of what streams
	maxCursor    = 512
)

// A search is what the parameters of a request ask for.
type search struct {
	q      string
	node   query.Node
	limit  int
	cursor string
	sort   string
	// collapse asks for one hit a story.
	collapse bool
	counting
}

// apiSearch answers /api/v1/search.
func (s *Server) apiSearch(w http.ResponseWriter, r *http.Request) error {
	se, err := s.parseSearch(r, "q", "limit", "cursor", "sort", "collapse", "facets", "histogram", "over", "related")
	if err != nil {
		return err
	}
	res, err := s.find(r.Context(), se)
	if err != nil {
		return err
	}
	out := NewResults(se.q, se.node, res, s.o.Sample)
	if res.Total == 0 {
		var names query.Names
		if s.o.Names != nil {
			names = s.o.Names()
		}
		out.Suggestions, err = Suggest(r.Context(), se.node, names, func(ctx context.Context, n query.Node) (uint64, error) {
			res, err := s.find(ctx, search{node: n, sort: index.ByDate})
			return res.Total, err
		})
		if err != nil {
			return err
		}
	}
	writeJSON(w, out)
	return nil
}

// parseSearch reads the parameters of a search; another one than known is an
// error, since a mistyped "sort" would go unnoticed.
func (s *Server) parseSearch(r *http.Request, known ...string) (search, error) {
	values, err := parameters(r, known...)
	if err != nil {
		return search{}, err
	}
	se := search{q: strings.TrimSpace(values.Get("q")), cursor: values.Get("cursor"), limit: defaultLimit}
	if l := values.Get("limit"); l != "" {
		n, err := strconv.Atoi(l)
		limit := maxLimit
		if streams(r.URL.Path) {
			limit = maxLines
		}
		if err != nil || n < 0 || n > limit {
			return search{}, badRequest("limit is %q", line(l, 20)).
				hint("write 0 to " + strconv.Itoa(limit) + "; search.jsonl, .csv and .geojson stream all")
		}
		se.limit = n
	}
	if len(se.cursor) > maxCursor {
		return search{}, badRequest("the cursor is longer than %d bytes", maxCursor).hint(cursorHint)
	}
	switch se.sort = values.Get("sort"); se.sort {
	case "":
		se.sort = index.ByDate
	case index.ByDate, index.ByScore, index.BySeen:
	default:
		return search{}, badRequest("sort is %q", line(se.sort, 20)).
			hint(`write "date" (newest first), "score" (best match first) or "seen" (first seen last)`)
	}
	switch values.Get("collapse") {
	case "":
	case "story":
		se.collapse = true
	default:
		return search{}, badRequest("collapse is %q", line(values.Get("collapse"), 20)).hint(`write "story", or leave it out`)
	}
	if se.counting, err = parseCounting(values, s.zone); err != nil {
		return search{}, err
	}
	se.node, err = s.parse(se.q)
	return se, err
}

// parameters reads the query part of a request's address. It refuses what is
// malformed, which net/http passes over in silence, and parameters that are not
// known or given twice.
func parameters(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the parameters cannot be read: %s", line(err.Error(), 80)).hint("write ; as %3B, % as %25 and & as %26")
	}
next:
	for name, v := range values {
		if len(v) > 1 {
			return nil, badRequest("%s is given %d times", line(name, 40), len(v)).hint("give it once")
		}
		for _, k := range known {
			if name == k {
				continue next
			}
		}
		p := badRequest("unknown parameter %q", line(name, 40)).hint("there are no parameters here")
		if len(known) > 0 {
			p.Hint = "the parameters are " + strings.Join(known, ", ")
		}
		return nil, p
	}
	return values, nil
}

// parse reads a query; an empty one asks for everything.
func (s *Server) parse(q string) (query.Node, error) {
	if q == "" {
		return query.All{}, nil
	}
	o := query.Options{Now: time.Now(), Zone: s.zone}
	if s.o.Names != nil {
		o.Names = s.o.Names()
	}
	n, err := query.Parse(q, o)
	if err == nil {
		return n, nil
	}
	e, ok := errors.AsType[*query.Error](err)
	if !ok {
		return nil, err
	}
	return nil, &Problem{
		Type: typeBadQuery, Title: "The query cannot be read", Status: http.StatusBadRequest,
		Detail: e.Msg, Hint: e.Hint, Start: &e.Pos, End: &e.End,
	}
}

// find runs a search within the limits of the server.
func (s *Server) find(ctx context.Context, se search) (index.Result, error) {
	req := index.Request{
		Query: se.node, Now: time.Now(), Limit: se.limit, Cursor: se.cursor, Sort: se.sort, Highlight: true,
		Collapse: se.collapse, Facets: se.facets, Histogram: se.histogram, Related: se.related, Place: PlaceOf(s.o.Entry),
	}
	res, err := limited(ctx, s.slots, func(ctx context.Context) (index.Result, error) { return s.o.Search.Search(ctx, req) })
	if errors.Is(err, index.ErrRequest) {
		p := badRequest("%s", strings.TrimPrefix(err.Error(), index.ErrRequest.Error()+": "))
		if se.cursor != "" {
			p.Hint = cursorHint
		}
		return res, p
	}
	return res, err
}

const cursorHint = "a cursor is \"next\" of the page before, with the same q, sort and collapse; leave it out for the first page"
