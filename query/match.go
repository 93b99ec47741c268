package query

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
)

// Match reports whether the item satisfies n. It is what the index answers for
// the same tree and item. Ages are measured from the minute in which the item
// was first seen, unless At has resolved them.
func Match(n Node, d *Doc) bool {
	switch n := n.(type) {
	case And:
		for _, p := range n {
			if !Match(p, d) {
				return false
			}
		}
		return true
	case Or:
		for _, p := range n {
			if Match(p, d) {
				return true
			}
		}
		return false
	case Not:
		return !Match(n.X, d)
	case All:
		return true
	case Tag:
		_, ok := d.tags[string(n.Kind)+":"+n.ID]
		return ok
	case Around:
		return slices.ContainsFunc(n.Places, d.hasPlace)
	case Lang:
		return d.tagged.Item.Lang == n.Code
	case Source:
		for _, t := range n.Terms {
			if !d.source[t] {
				return false
			}
		}
		return true
	case Feed:
		return d.tagged.Item.Feed == n.Name
	case Story:
		return d.tagged.Story == n.ID
	case Event:
		return d.tagged.Event == n.ID
	case Range:
		return n.holds(d)
	default:
		return d.find(n, func(In, *words, []int32) bool { return true })
	}
}

// hasPlace reports whether d certainly carries the tag of a place.
func (d *Doc) hasPlace(id string) bool {
	_, ok := d.tags[string(item.Place)+":"+id]
	return ok
}

// holds reports whether d was listed in the range.
func (n Range) holds(d *Doc) bool {
	if !n.From.IsZero() && d.listed.Before(n.From.at(d.seen).At.Truncate(time.Minute)) {
		return false
	}
	return n.To.IsZero() || d.listed.Before(n.To.at(d.seen).At.Truncate(time.Minute))
}

// find calls found for each place of a text clause in title and body, with the
// occurrences that make it up, until found returns true; it reports whether
// found did. The slice is valid during the call only.
func (d *Doc) find(n Node, found func(In, *words, []int32) bool) bool {
	in := field(n)
	if in != Body && d.title.find(n, func(o []int32) bool { return found(Title, &d.title, o) }) {
		return true
	}
	return in != Title && d.body.find(n, func(o []int32) bool { return found(Body, &d.body, o) })
}

// field is the text that a text clause looks at.
func field(n Node) In {
	switch n := n.(type) {
	case Word:
		return n.In
	case Phrase:
		return n.In
	case Near:
		return n.In
	case Prefix:
		return n.In
	case Fuzzy:
		return n.In
	default:
		return Anywhere
	}
}

func (w *words) find(n Node, found func([]int32) bool) bool {
	if len(w.occs) == 0 {
		return false
	}
	switch n := n.(type) {
	case Word:
		return w.each(n.Term, found)
	case Phrase:
		return w.phrase(n.Terms, found)
	case Near:
		return w.near(n, found)
	case Prefix:
		return w.where(func(term string) bool { return strings.HasPrefix(term, n.Term) }, found)
	case Fuzzy:
		want := []rune(n.Term)
		return w.where(func(term string) bool {
			// An edit is at least one byte and at most four.
			if d := len(term) - len(n.Term); d > n.Distance*utf8.UTFMax || -d > n.Distance*utf8.UTFMax {
				return false
			}
			return within([]rune(term), want, n.Distance)
		}, found)
	default:
		return false
	}
}

// within reports whether a becomes b by at most limit changes of one letter.
func within(a, b []rune, limit int) bool {
	if d := len(a) - len(b); d > limit || -d > limit {
		return false
	}
	return text.Distance(a, b) <= limit
}

// each hands over every occurrence of one term.
func (w *words) each(term string, found func([]int32) bool) bool {
	for i := w.at(term); i != none; i = w.occs[i].next {
		if found([]int32{i}) {
			return true
		}
	}
	return false
}

// where hands over every occurrence of the terms that satisfy ok.
func (w *words) where(ok func(string) bool, found func([]int32) bool) bool {
	for i, o := range w.occs {
		if w.first[o.term] == int32(i) && ok(o.term) && w.each(o.term, found) { //nolint:gosec // see add
			return true
		}
	}
	return false
}

// phrase hands over every run of the terms at consecutive positions. It goes
// through the places of each term once, however often the others stand there.
func (w *words) phrase(terms []string, found func([]int32) bool) bool {
	at := make([]int32, len(terms)) // the place that each term has got to
	for k, t := range terms {
		if at[k] = w.at(t); at[k] == none {
			return false
		}
	}
	run := make([]int32, len(terms))
	return w.each(terms[0], func(first []int32) bool {
		run[0] = first[0]
		pos := w.occs[first[0]].pos
		for k := 1; k < len(terms); k++ {
			for at[k] != none && w.occs[at[k]].pos < pos+k {
				at[k] = w.occs[at[k]].next
			}
			if at[k] == none || w.occs[at[k]].pos != pos+k {
				return false
			}
			run[k] = at[k]
		}
		return found(run)
	})
}

// near hands over the occurrences of the first of each group of windows that
// hold all of the terms.
func (w *words) near(n Near, found func([]int32) bool) bool {
	terms := slices.Compact(slices.Sorted(slices.Values(n.Terms)))
	places := make([][]int32, len(terms))
	positions := make([][]int, len(terms))
	for k, t := range terms {
		for i := w.at(t); i != none; i = w.occs[i].next {
			places[k] = append(places[k], i)
			positions[k] = append(positions[k], w.occs[i].pos)
		}
	}
	pick := make([]int32, len(terms))
	return Windows(positions, n.Span(), func(at []int) bool {
		for k, i := range at {
			pick[k] = places[k][i]
		}
		return found(pick)
	})
}

// Span is the greatest difference between the positions of the first and the
// last of the near words.
func (n Near) Span() int { return n.Distance + len(n.Terms) - 1 }

// Windows finds where near words stand together. positions are, for each
// distinct word, its positions in ascending order; a window takes one of each so
// that the greatest and the least differ by at most span. For every least
// position that begins a window, found is called with the index of the position
// taken of each word, until it returns true; Windows reports whether it did.
func Windows(positions [][]int, span int, found func(at []int) bool) bool {
	at := make([]int, len(positions))
	for {
		least, low, high := 0, 0, 0
		for k, p := range positions {
			if at[k] >= len(p) {
				return false
			}
			v := p[at[k]]
			if k == 0 || v < low {
				least, low = k, v
			}
			if k == 0 || v > high {
				high = v
			}
		}
		if high-low <= span && found(at) {
			return true
		}
		at[least]++
	}
}
