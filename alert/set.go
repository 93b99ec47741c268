package alert

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"marsad/internal/field"
	"marsad/internal/printable"
	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// A Set is a number of watches, compiled. It does not change and may be used by
// any number of Matchers at once.
//
// An item is not compared with every watch. Each query has a cover: anchors
// (tags, words, beginnings of words, feeds, stories, events) of which an item that
// satisfies the query must have at least one. The anchors that an item has lead
// to the few queries that can match, and only those are evaluated.
type Set struct {
	units  []unit
	count  int // watches
	maxAge time.Duration

	tags     map[tagKey][]uint32
	feeds    map[string][]uint32
	stories  map[item.ID][]uint32
	events   map[item.ID][]uint32
	words    map[uint64][]uint32 // by text.Hash
	prefixes map[string][]uint32
	lengths  []int // of prefixes in bytes, ascending
	always   []uint32
}

// A unit is one query and the watches that have it.
type unit struct {
	node    query.Node
	plan    query.Node // node, with what is cheap to look at first
	watches []*Watch
}

type tagKey struct {
	kind item.Kind
	id   string
}

// CompileWatches compiles watches; a MaxAge of zero becomes that of
// DefaultConfig. It returns every query that cannot be read, under the path
// "[2].query" of its watch, and no set when there is one.
func CompileWatches(watches []Watch, o query.Options) (*Set, []*field.Error) {
	s := &Set{
		tags:     make(map[tagKey][]uint32),
		feeds:    make(map[string][]uint32),
		stories:  make(map[item.ID][]uint32),
		events:   make(map[item.ID][]uint32),
		words:    make(map[uint64][]uint32),
		prefixes: make(map[string][]uint32),
		count:    len(watches),
	}
	var errs []*field.Error
	known := make(map[string]uint32, len(watches)) // canonical query → unit
	for i, w := range watches {
		node, err := query.Parse(w.Query, o)
		if err != nil {
			errs = append(errs, queryError(fmt.Sprintf("[%d].query", i), w.Query, err))
			continue
		}
		if w.MaxAge == 0 {
			w.MaxAge = defaultMaxAge
		}
		s.maxAge = max(s.maxAge, w.MaxAge)
		canonical := node.String()
		n, ok := known[canonical]
		if !ok {
			n = uint32(len(s.units)) //nolint:gosec // memory ends before 2³² watches
			known[canonical] = n
			s.units = append(s.units, unit{node: node, plan: plan(node)})
			s.anchor(n, cover(node))
		}
		w.To = slices.Clone(w.To)
		s.units[n].watches = append(s.units[n].watches, &w)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	for p := range s.prefixes {
		if !slices.Contains(s.lengths, len(p)) {
			s.lengths = append(s.lengths, len(p))
		}
	}
	slices.Sort(s.lengths)
	if len(watches) == 0 {
		s.maxAge = defaultMaxAge
	}
	return s, nil
}

// Compile compiles the configuration's watches; see CompileWatches. Paths begin
// with "watches".
func (c Config) Compile(o query.Options) (*Set, []*field.Error) {
	watches := slices.Clone(c.Watches)
	for i := range watches {
		if watches[i].MaxAge == 0 {
			watches[i].MaxAge = c.MaxAge
		}
	}
	s, errs := CompileWatches(watches, o)
	return s, field.Under("watches", errs)
}

// queryError says in which character of the query the mistake is.
func queryError(path, q string, err error) *field.Error {
	var at *query.Error
	if !errors.As(err, &at) {
		return field.Errorf(path, "%s", err)
	}
	pos := min(max(at.Pos, 0), len(q))
	e := field.Errorf(path, "%s, at character %d of the query", at.Msg, utf8.RuneCountInString(q[:pos])+1)
	if end := min(max(at.End, pos), len(q)); strings.TrimSpace(q[pos:end]) != "" {
		e.What += fmt.Sprintf(" (%s)", printable.Clip(printable.Clean(q[pos:end]), 40))
	}
	e.Hint = at.Hint
	return e
}

// Len returns the number of watches.
func (s *Set) Len() int { return s.count }

// Unanchored returns the ids of the watches whose query cannot be narrowed down
// by any tag, word, feed or story (a negation, a language or a fuzzy word
// alone). Each of them costs time on every item.
func (s *Set) Unanchored() []string {
	var ids []string
	for _, n := range s.always {
		for _, w := range s.units[n].watches {
			ids = append(ids, w.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// anchor files unit n under the anchors of its cover.
func (s *Set) anchor(n uint32, c []anchor) {
	if c == nil {
		s.always = append(s.always, n)
		return
	}
	for _, a := range c {
		switch node := a.node.(type) {
		case query.Tag:
			file(s.tags, tagKey{node.Kind, node.ID}, n)
		case query.Feed:
			file(s.feeds, node.Name, n)
		case query.Story:
			file(s.stories, node.ID, n)
		case query.Event:
			file(s.events, node.ID, n)
		case query.Word:
			file(s.words, text.Hash([]byte(node.Term)), n)
		case query.Prefix:
			file(s.prefixes, node.Term, n)
		}
	}
}

func file[K comparable](m map[K][]uint32, k K, n uint32) {
	if list := m[k]; len(list) == 0 || list[len(list)-1] != n {
		m[k] = append(list, n)
	}
}

// plan returns n with the parts of each And and Or in the order in which it pays
// to look at them: those that need no text first.
func plan(n query.Node) query.Node {
	order := func(parts []query.Node) []query.Node {
		out := make([]query.Node, len(parts))
		for i, p := range parts {
			out[i] = plan(p)
		}
		slices.SortStableFunc(out, func(a, b query.Node) int { return effort(a) - effort(b) })
		return out
	}
	switch n := n.(type) {
	case query.And:
		return query.And(order(n))
	case query.Or:
		return query.Or(order(n))
	case query.Not:
		return query.Not{X: plan(n.X)}
	default:
		return n
	}
}

// effort is 1 when the text must be cut into words to evaluate n, 2 when their
// positions matter too.
func effort(n query.Node) int {
	most := 0
	query.Walk(n, func(p query.Node) bool {
		switch p.(type) {
		case query.Word:
			most = max(most, 1)
		case query.Phrase, query.Near, query.Prefix, query.Fuzzy:
			most = max(most, 2)
		}
		return true
	})
	return most
}

// An anchor is a Tag, Feed, Story, Word or Prefix. Its cost is a guess at how
// often items have it; only the order matters.
type anchor struct {
	node query.Node
	cost float64
}

// The costs keep to two rules: what can be looked up without cutting the text
// into words is cheaper than a word, and a longer word is rarer than a short
// one.
const (
	costStory  = 0.001
	costFeed   = 1
	costTag    = 2
	costPlace  = 3 // a country stands on many items
	costWord   = 1000
	costPrefix = 2000
)

// cover returns anchors of which every item that satisfies n has at least one,
// the cheapest it finds; nil when there are none.
func cover(n query.Node) []anchor {
	switch n := n.(type) {
	case query.And:
		var best []anchor
		for _, p := range n {
			if c := cover(p); c != nil && cost(c) < cost(best) {
				best = c
			}
		}
		return best
	case query.Or:
		var all []anchor
		for _, p := range n {
			c := cover(p)
			if c == nil {
				return nil
			}
			all = append(all, c...)
		}
		return all
	case query.Tag:
		if n.Kind == item.Place {
			return []anchor{{n, costPlace}}
		}
		return []anchor{{n, costTag}}
	case query.Around:
		places := make([]anchor, len(n.Places))
		for i, id := range n.Places {
			places[i] = anchor{query.Tag{Kind: item.Place, ID: id}, costPlace}
		}
		return places
	case query.Feed:
		return []anchor{{n, costFeed}}
	case query.Story, query.Event:
		return []anchor{{n, costStory}}
	case query.Word:
		return []anchor{wordAnchor(n.Term)}
	case query.Prefix:
		return []anchor{{n, costPrefix / letters(n.Term)}}
	case query.Phrase:
		return longest(n.Terms)
	case query.Near:
		return longest(n.Terms)
	default:
		// Not, All, Fuzzy, Lang, Source, Range: too common, or not to be looked
		// up at all.
		return nil
	}
}

// cost of no cover at all is infinite.
func cost(c []anchor) float64 {
	if c == nil {
		return math.Inf(1)
	}
	var sum float64
	for _, a := range c {
		sum += a.cost
	}
	return sum
}

func wordAnchor(term string) anchor {
	return anchor{query.Word{Term: term}, costWord / letters(term)}
}

// longest is the longest of words that must all be there.
func longest(terms []string) []anchor {
	if len(terms) == 0 {
		return nil
	}
	best := wordAnchor(terms[0])
	for _, t := range terms[1:] {
		if a := wordAnchor(t); a.cost < best.cost {
			best = a
		}
	}
	return []anchor{best}
}

func letters(term string) float64 { return float64(max(1, utf8.RuneCountInString(term))) }
