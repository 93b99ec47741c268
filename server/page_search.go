package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"marsad/index"
	"marsad/item"
	"marsad/query"
)

const (
	titleRunes   = 300
	snippetBytes = 420
	facetValues  = 8
)

// A searchView is what the search page shows.
type searchView struct {
	Query, Sort string
	Problem     *queryProblem // the query cannot be read; nothing else is set then
	Parts       []part
	Suggestion  *link
	Total       uint64
	TookMS      int64
	Hits        []hitView
	Facets      []facetView
	Times       []link
	Sorts       []link
	First, Next string
	Wider       *link // the same search without its time limits
	WiderTotal  uint64
}

// A queryProblem shows a query and where it is wrong.
type queryProblem struct {
	Problem *Problem
	Query   []segment
}

// A link is a link with its text; Here marks the state that is shown.
type link struct {
	Text, Href string
	Here       bool
}

// A part is one of the conditions that the query was understood as, and the
// search without it.
type part struct{ Text, Without string }

// A hitView is one article in a list.
type hitView struct {
	Item    item.Item
	Title   []segment
	Snippet []segment
	Tags    []chip
}

// A chip is a tag in a list; it narrows the search.
type chip struct {
	Kind      item.Kind
	ID        string
	Href      string
	Candidate bool
	Why       string
}

// A facetView is one facet.
type facetView struct {
	Name, Title string
	Values      []facetValue
}

type facetValue struct {
	Text, Only, Not string
	Count           int
	Here            bool
}

func (s *Server) searchPage(w http.ResponseWriter, r *http.Request) error {
	se, err := s.parseSearch(r, "q", "sort", "cursor")
	if err != nil {
		p := problemOf(err)
		if p.Start == nil {
			return err
		}
		q := strings.TrimSpace(r.URL.Query().Get("q")) // what could be read of it
		return s.render(w, r, p.Status, "search", "Search", searchView{
			Query: q, Problem: &queryProblem{Problem: p, Query: segments(q, 0, len(q), merge(q, []span{pointAt(q, *p.Start, *p.End)}))},
		})
	}
	se.facets = FacetNames()
	res, err := s.find(r.Context(), se)
	if err != nil {
		return err
	}
	v := s.searchView(se, res)
	if res.Total == 0 {
		if wide, ok := withoutTime(se.node); ok {
			all, err := s.find(r.Context(), search{node: wide, limit: 0, sort: index.ByDate})
			if err != nil {
				return err
			}
			v.WiderTotal = all.Total
			v.Wider = &link{Href: searchPath(queryText(wide), se.sort, "")}
		}
	}
	title := "Newest articles"
	if se.q != "" {
		title = se.q
	}
	return s.render(w, r, http.StatusOK, "search", title, v)
}

func (s *Server) searchView(se search, res index.Result) searchView {
	v := searchView{
		Query: se.q, Sort: se.sort, Total: res.Total, TookMS: res.Took.Milliseconds(),
		Parts: parts(se, s.zone), Suggestion: s.suggest(se), Times: times(se),
		Sorts: []link{
			{Text: "newest first", Href: searchPath(se.q, "", ""), Here: se.sort == index.ByDate},
			{Text: "best match first", Href: searchPath(se.q, "score", ""), Here: se.sort == index.ByScore},
		},
	}
	if se.cursor != "" {
		v.First = searchPath(se.q, se.sort, "")
	}
	if res.Cursor != "" {
		v.Next = searchPath(se.q, se.sort, res.Cursor)
	}
	for _, h := range res.Hits {
		v.Hits = append(v.Hits, newHitView(se, h))
	}
	for _, name := range FacetNames() {
		if f := s.newFacetView(se, name, res.Facets[name]); len(f.Values) > 0 {
			v.Facets = append(v.Facets, f)
		}
	}
	return v
}

func newHitView(se search, h index.Hit) hitView {
	i := h.Tagged.Item
	found := offsets(h)
	v := hitView{
		Item:    i,
		Title:   titleSegments(i.Title, titleRunes, toSpans(found["title"])),
		Snippet: snippet(i.Body, snippetBytes, toSpans(found["body"])),
	}
	if len(v.Title) == 0 {
		v.Title = []segment{{Text: "(no title)"}}
	}
	for _, t := range h.Tagged.Tags {
		if t.Implied {
			continue
		}
		c := chip{
			Kind: t.Kind, ID: t.ID, Candidate: t.Status == item.Candidate,
			Href: searchPath(narrow(se, t.Key()), se.sort, ""),
		}
		if c.Candidate { // a search by tag does not count possibilities
			c.Href = "/items/" + string(i.ID) + "#why"
		}
		if len(t.Evidence) > 0 {
			c.Why = line(t.Evidence[0].Text, 60)
		}
		v.Tags = append(v.Tags, c)
	}
	return v
}

func toSpans(offsets [][2]int) []span {
	out := make([]span, len(offsets))
	for i, o := range offsets {
		out[i] = span{o[0], o[1]}
	}
	return out
}

func (s *Server) newFacetView(se search, name string, counts []index.FacetCount) facetView {
	f := facetView{Name: name, Title: map[string]string{
		"place": "Places", "actor": "Actors", "theme": "Themes", "lang": "Languages", "source": "Sources",
	}[name]}
	has := conditions(se.node)
	for _, c := range counts {
		if len(f.Values) == facetValues {
			break
		}
		term := term(name, c.Value)
		f.Values = append(f.Values, facetValue{
			Text: s.facetText(name, c.Value), Count: c.Count, Here: slices.Contains(has, s.canonical(term)),
			Only: searchPath(narrow(se, term), se.sort, ""),
			Not:  searchPath(narrow(se, "-"+term), se.sort, ""),
		})
	}
	return f
}

// facetText is how people call a value of a facet.
func (s *Server) facetText(name, value string) string {
	switch kind := item.Kind(name); {
	case name == "lang":
		return languageName(value)
	case kind.Valid():
		return s.views.label(kind, value)
	default:
		return line(value, 40)
	}
}

// canonical is a condition as the parser spells it, so that it can be compared.
func (s *Server) canonical(term string) string {
	n, err := s.parse(term)
	if err != nil {
		return term
	}
	return n.String()
}

// parts returns the conditions of a query that must all hold, each with the
// search without it.
func parts(se search, zone *time.Location) []part {
	if _, ok := se.node.(query.All); ok {
		return nil
	}
	and, ok := se.node.(query.And)
	if !ok {
		return []part{{Text: partText(se.node, zone), Without: searchPath("", se.sort, "")}}
	}
	out := make([]part, len(and))
	for i, n := range and {
		rest := slices.Concat(and[:i], and[i+1:])
		out[i] = part{Text: partText(n, zone), Without: searchPath(queryText(conjunction(rest)), se.sort, "")}
	}
	return out
}

// partText is a condition as a page states it: as the query language writes it,
// moments in the reader's own zone.
func partText(n query.Node, zone *time.Location) string {
	r, ok := n.(query.Range)
	if !ok {
		return n.String()
	}
	var out []string
	for _, b := range []struct {
		word  string
		bound query.Bound
	}{{"since", r.From}, {"before", r.To}} {
		switch {
		case b.bound.IsZero():
		case b.bound.At.IsZero():
			out = append(out, b.word+":"+b.bound.String())
		default:
			out = append(out, b.word+" "+moment(b.bound.At, zone))
		}
	}
	return strings.Join(out, " ")
}

// conditions returns the conditions of a query that must all hold, as text.
func conditions(n query.Node) []string {
	and, ok := n.(query.And)
	if !ok {
		return []string{n.String()}
	}
	out := make([]string, len(and))
	for i, p := range and {
		out[i] = p.String()
	}
	return out
}

// conjunction is the query that asks for all of the parts.
func conjunction(parts []query.Node) query.Node {
	switch len(parts) {
	case 0:
		return query.All{}
	case 1:
		return parts[0]
	default:
		return query.And(parts)
	}
}

// queryText is the text of a query in the search box, where everything is "".
func queryText(n query.Node) string {
	if _, ok := n.(query.All); ok {
		return ""
	}
	return n.String()
}

// narrow returns the query with one more condition. It keeps what the reader
// typed rather than the canonical spelling, which has lost its marks and case.
func narrow(se search, term string) string {
	if slices.Contains(conditions(se.node), term) {
		return se.q
	}
	switch se.node.(type) {
	case query.All:
		return term
	case query.Or:
		return "(" + se.q + ") " + term
	default:
		return se.q + " " + term
	}
}

// term is a condition on a field as the query language writes it.
func term(field, value string) string {
	if value != "" && value[0] != '-' && !strings.ContainsFunc(value, func(r rune) bool {
		return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return field + ":" + value
	}
	return field + `:"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// withoutTime returns the query without its time limits, or false when it has
// none among the conditions that must all hold.
func withoutTime(n query.Node) (query.Node, bool) {
	and, ok := n.(query.And)
	if !ok {
		and = query.And{n}
	}
	rest := slices.DeleteFunc(slices.Clone(and), func(n query.Node) bool {
		_, ok := n.(query.Range)
		return ok
	})
	return conjunction(rest), len(rest) < len(and)
}

// times returns links to the same search in a shorter time; none when the
// query states a time itself.
func times(se search) []link {
	if _, ok := withoutTime(se.node); ok {
		return nil
	}
	var out []link
	for _, t := range [][2]string{{"24 hours", "since:24h"}, {"7 days", "since:7d"}, {"30 days", "since:30d"}} {
		out = append(out, link{Text: t[0], Href: searchPath(narrow(se, t[1]), se.sort, "")})
	}
	return out
}

// suggest returns the search by tag for a search by words that are names of the
// pack: "القائم" finds one spelling, place:al-qaem all of them in every script.
func (s *Server) suggest(se search) *link {
	if s.o.Names == nil {
		return nil
	}
	names := s.o.Names()
	if names == nil {
		return nil
	}
	and, ok := se.node.(query.And)
	if !ok {
		and = query.And{se.node}
	}
	var out []query.Node
	found := false
	for i := 0; i < len(and); {
		tag, n := longestName(names, and[i:])
		if n == 0 {
			out = append(out, and[i])
			i++
			continue
		}
		if !slices.Contains(out, query.Node(tag)) {
			out = append(out, tag)
		}
		found = true
		i += n
	}
	if !found {
		return nil
	}
	q := conjunction(out).String()
	return &link{Text: q, Href: searchPath(q, se.sort, "")}
}

// longestName returns the tag whose name the first n of the parts spell, with
// the greatest n; 0 when they spell none.
func longestName(names query.Names, parts []query.Node) (query.Tag, int) {
	const longest = 5
	var words []string
	var best query.Tag
	n := 0
	for i, p := range parts[:min(len(parts), longest)] {
		switch p := p.(type) {
		case query.Word:
			if p.In != query.Anywhere {
				return best, n
			}
			words = append(words, p.Term)
		case query.Phrase:
			if p.In != query.Anywhere {
				return best, n
			}
			words = append(words, p.Terms...)
		default:
			return best, n
		}
		for _, kind := range item.Kinds() {
			if id, ok := names.Resolve(kind, strings.Join(words, " ")); ok {
				best, n = query.Tag{Kind: kind, ID: id}, i+1
				break
			}
		}
	}
	return best, n
}

// pointAt returns the stretch of q that an error is about, at least one
// character where there is one.
func pointAt(q string, start, end int) span {
	start = runeStart(q, min(max(start, 0), len(q)))
	end = min(max(end, start), len(q))
	for end < len(q) && (end == start || runeStart(q, end) != end) {
		end++
	}
	return span{start, end}
}

// searchPath is the address of a search; what is default is left out.
func searchPath(q, sort, cursor string) string {
	v := url.Values{}
	if q != "" {
		v.Set("q", q)
	}
	if sort != "" && sort != index.ByDate {
		v.Set("sort", sort)
	}
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	if len(v) == 0 {
		return "/"
	}
	return "/?" + v.Encode()
}
