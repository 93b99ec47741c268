package alert

import (
	"slices"

	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// A Matcher compares items with a Set. The zero Matcher is ready; it keeps its
// buffers, so one that is used again and again allocates nothing for an item
// that no watch can match. It is not for concurrent use.
type Matcher struct {
	analyzer   text.Analyzer
	set        *Set
	seen       []uint32 // unit → generation in which it became a candidate
	generation uint32
	candidates []uint32
	matches    []Match

	tagged item.Tagged
	terms  terms // the item's words, when read
	isRead bool
	bare   *query.Doc // the item without its text
	full   *query.Doc
}

// A Match says that an item satisfies a watch's query.
type Match struct {
	// Watch belongs to the set and must not be changed.
	Watch *Watch
	node  query.Node
}

// Match returns the watches whose query t satisfies, in the order of the set's
// distinct queries; valid until the next call. t must not be changed until then.
func (m *Matcher) Match(s *Set, t item.Tagged) []Match {
	m.begin(s, t)
	m.collect(s.always)
	for _, tag := range t.Tags {
		if tag.Status == item.Certain {
			m.collect(s.tags[tagKey{tag.Kind, tag.ID}])
		}
	}
	if len(s.feeds) > 0 {
		m.collect(s.feeds[t.Item.Feed])
	}
	if len(s.events) > 0 {
		m.collect(s.events[t.Event])
	}
	if len(s.stories) > 0 {
		m.collect(s.stories[t.Story])
	}
	if len(s.words) > 0 || len(s.prefixes) > 0 {
		m.read()
	}
	slices.Sort(m.candidates)
	for _, n := range m.candidates {
		u := &s.units[n]
		if !m.satisfied(u) {
			continue
		}
		for _, w := range u.watches {
			m.matches = append(m.matches, Match{Watch: w, node: u.node})
		}
	}
	return m.matches
}

func (m *Matcher) begin(s *Set, t item.Tagged) {
	m.generation++
	if m.set != s || m.generation == 0 {
		m.set, m.generation = s, 1
		m.seen = make([]uint32, len(s.units))
	}
	m.candidates, m.matches = m.candidates[:0], m.matches[:0]
	m.tagged, m.isRead, m.bare, m.full = t, false, nil, nil
}

func (m *Matcher) collect(units []uint32) {
	for _, n := range units {
		if m.seen[n] != m.generation {
			m.seen[n] = m.generation
			m.candidates = append(m.candidates, n)
		}
	}
}

// read cuts the text into words, once for each item: it keeps them and collects
// the units that are anchored at one of them or at its beginning. A word stands
// under its folded form and under each of its readings, as in search.
func (m *Matcher) read() {
	if m.isRead {
		return
	}
	m.isRead = true
	m.terms.reset()
	for _, s := range [...]string{m.tagged.Item.Title, m.tagged.Item.Body} {
		for _, t := range m.analyzer.Tokens(s, m.tagged.Item.Lang) {
			m.readWord(t.Hash, t.Term)
			for _, r := range m.analyzer.Readings(t) {
				m.readWord(r.Hash, r.Term)
			}
		}
	}
}

func (m *Matcher) readWord(hash uint64, term []byte) {
	m.terms.add(hash)
	m.collect(m.set.words[hash])
	for _, n := range m.set.lengths {
		if n > len(term) {
			break
		}
		m.collect(m.set.prefixes[string(term[:n])])
	}
}

// satisfied evaluates a candidate: first as far as tags and single words tell,
// which settles most, and only then on the text analysed in full.
func (m *Matcher) satisfied(u *unit) bool {
	if m.bare == nil {
		bare := m.tagged
		bare.Item.Title, bare.Item.Body = "", ""
		m.bare = query.NewDoc(&m.analyzer, bare)
	}
	switch m.glance(u.plan) {
	case no:
		return false
	case yes:
		return true
	default:
		return query.Match(u.node, m.document())
	}
}

// document is the item, analysed in full, once.
func (m *Matcher) document() *query.Doc {
	if m.full == nil {
		m.full = query.NewDoc(&m.analyzer, m.tagged)
	}
	return m.full
}

type finding int8

const (
	no finding = iota - 1
	unknown
	yes
)

// glance evaluates n without positions in the text.
func (m *Matcher) glance(n query.Node) finding {
	switch n := n.(type) {
	case query.And:
		all := yes
		for _, p := range n {
			if all = min(all, m.glance(p)); all == no {
				break
			}
		}
		return all
	case query.Or:
		any := no
		for _, p := range n {
			if any = max(any, m.glance(p)); any == yes {
				break
			}
		}
		return any
	case query.Not:
		return -m.glance(n.X)
	case query.Word:
		if !m.has(n.Term) {
			return no
		}
		if n.In == query.Anywhere {
			return yes
		}
		return unknown
	case query.Phrase:
		return m.all(n.Terms)
	case query.Near:
		return m.all(n.Terms)
	case query.Prefix, query.Fuzzy:
		return unknown
	default:
		if query.Match(n, m.bare) {
			return yes
		}
		return no
	}
}

func (m *Matcher) has(term string) bool {
	m.read()
	return m.terms.has(text.Hash([]byte(term)))
}

// all says whether words may stand together: not, when one of them is missing.
func (m *Matcher) all(terms []string) finding {
	for _, t := range terms {
		if !m.has(t) {
			return no
		}
	}
	return unknown
}

// The most places an alert gives for one clause and in all.
const (
	maxClauseReasons = 3
	maxReasons       = 30
)

// Why returns what satisfied the query of a match of the last call of Match: a
// few places for each clause, evidence of tags and matched words.
func (m *Matcher) Why(x Match) []Reason {
	var out []Reason
	count := make(map[string]int)
	for _, h := range query.Why(x.node, m.document()) {
		if count[h.Clause]++; count[h.Clause] > maxClauseReasons || len(out) == maxReasons {
			continue
		}
		r := Reason{Clause: h.Clause}
		if h.Field == string(query.Title) || h.Field == string(query.Body) {
			r.Field, r.Start, r.End, r.Text = h.Field, h.Start, h.End, h.Text
		}
		out = append(out, r)
	}
	return out
}
