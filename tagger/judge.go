package tagger

import (
	"slices"
	"strings"

	"marsad/item"
)

// judge decides which names count.
func (s *scratch) judge() {
	s.prefer()
	s.bind()
	for i := range s.hits {
		if h := &s.hits[i]; h.state == pending && (h.class == classDecoy || h.class == classStrong) {
			s.accept(i)
		}
	}
	s.settle()
	// What needs no context but may be refused.
	for i := range s.hits {
		h := &s.hits[i]
		if h.state != pending {
			continue
		}
		switch h.class {
		case classPlain, classAcronym, classTitled:
			switch {
			case s.rejected(h):
			case h.class != classTitled || s.titled(h):
				s.accept(i)
			}
		default:
		}
	}
	s.settle()
	s.senses()
	s.settle()
	s.gates()
	s.senses()
	s.settle()
	s.backrefs()
	s.settle()
}

// settle lists the accepted names and drops, of these, the ones inside longer
// names and, of two of one kind that overlap, the later.
func (s *scratch) settle() {
	s.forget()
	s.live = s.live[:0]
	for i := range s.hits {
		h := &s.hits[i]
		if h.state != accepted {
			continue
		}
		if by := s.swallowed(h, s.live); by >= 0 {
			h.drop(whyInside, by)
			continue
		}
		if by := s.crossed(h, s.live); by >= 0 {
			h.drop(whyCrossed, by)
			continue
		}
		s.live = append(s.live, int32(i))
		if h.owner >= 0 {
			if s.bearers[h.owner] == 0 {
				s.borne = append(s.borne, h.owner)
			}
			s.bearers[h.owner]++
		}
	}
	for _, e := range s.borne {
		own, n := &s.p.entities[e], s.bearers[e]
		s.within[e] += n
		for _, up := range own.ancestry {
			s.within[up] += n
		}
		if own.kind == item.Actor {
			s.kinds.actors += n
		} else {
			s.kinds.places += n
		}
	}
}

// forget clears the counts of names.
func (s *scratch) forget() {
	for _, e := range s.borne {
		s.bearers[e], s.within[e] = 0, 0
		for _, up := range s.p.entities[e].ancestry {
			s.within[up] = 0
		}
	}
	s.borne, s.kinds = s.borne[:0], kindCounts{}
}

// prefer drops a name read behind a clitic or ending where the very word, as it
// stands, is a name too (Kirkuk is not "like Rkuk").
func (s *scratch) prefer() {
	for i := range s.hits {
		h := &s.hits[i]
		if h.kinds == 0 {
			continue
		}
		for j := i - 1; j >= 0 && s.hits[j].field == h.field && s.hits[j].tok == h.tok; j-- {
			if o := &s.hits[j]; o.end == h.end && o.kinds == 0 && o.owner != h.owner {
				h.drop(whyExact, int32(j))
			}
		}
		for j := i + 1; j < len(s.hits) && s.hits[j].field == h.field && s.hits[j].tok == h.tok; j++ {
			if o := &s.hits[j]; o.end == h.end && o.kinds == 0 && o.owner != h.owner {
				h.drop(whyExact, int32(j))
			}
		}
	}
}

// Why a name that was found does not count.
type why uint8

const (
	whyNone     why = iota
	whyExact        // another name is the very word that this one is read behind
	whyRejected     // a clause refuses it
	whyInside       // it stands inside a longer name
	whyCrossed      // a name that begins before it overlaps it
	whyOther        // the surname is another's
	whyAlone        // a surname without a full name
	whySense        // the item speaks for another rule that bears it
	whyOpen         // nothing tells which of several rules is meant
	whyBound        // the item gives the acronym another meaning
)

func (h *hit) drop(w why, by int32) { h.state, h.why, h.by = dropped, w, by }

func (s *scratch) block(h *hit) *block { return &s.p.blocks[h.block] }

// rejected drops a hit that a clause of its block refuses.
func (s *scratch) rejected(h *hit) bool {
	if !s.possible(s.p.needs[h.block].reject) {
		return false
	}
	b := s.block(h)
	for i := range b.reject {
		if s.holds(&b.reject[i], h, false) {
			h.drop(whyRejected, int32(i))
			return true
		}
	}
	return false
}

// titled reports whether a title stands before the name.
func (s *scratch) titled(h *hit) bool {
	b := s.block(h)
	return s.nearest(&b.titles, h, b.titleGap, 0, false, nil)
}

// gates judges gated names until none more passes: one may open for another.
func (s *scratch) gates() {
	for i := range s.hits {
		if h := &s.hits[i]; h.class == classGated && h.state == pending && !s.inside(i) {
			s.rejected(h)
		}
	}
	for changed, round := true, 0; changed && round < 4; round++ {
		changed = false
		for i := range s.hits {
			h := &s.hits[i]
			if h.class != classGated || h.state != pending {
				continue
			}
			if clause, ok := s.opened(h); ok {
				h.clause, changed = clause, true
				s.accept(i)
			}
		}
		s.settle()
	}
	for i := range s.hits {
		if h := &s.hits[i]; h.class == classGated && h.state == pending && s.block(h).unsure {
			h.state = unsure
		}
	}
}

// opened finds the clause of its gate that lets a name pass. A name that the
// item gives elsewhere without need of a gate passes too.
func (s *scratch) opened(h *hit) (string, bool) {
	if s.possible(s.p.needs[h.block].gate) {
		b := s.block(h)
		for i := range b.gate {
			if s.holds(&b.gate[i], h, false) {
				return b.gate[i].opened, true
			}
		}
	}
	if s.bearers[h.owner] > 0 {
		return "gated: named in full", true
	}
	return "", false
}

// backrefs refers surnames back to their bearers.
func (s *scratch) backrefs() {
	for i := 0; i < len(s.hits); {
		h := &s.hits[i]
		if h.class != classBackref {
			if h.state == accepted && h.owner >= 0 {
				s.mention(h.owner, i)
			}
			i++
			continue
		}
		j := i
		for j < len(s.hits) && s.hits[j].class == classBackref && s.hits[j].field == h.field && s.hits[j].tok == h.tok && s.hits[j].end == h.end {
			j++
		}
		s.backref(i, j)
		i = j
	}
	for _, e := range s.mentioned {
		s.last[e] = 0
	}
	s.mentioned = s.mentioned[:0]
}

// mention notes that an entity is named at hit i.
func (s *scratch) mention(owner int32, i int) {
	if s.last[owner] == 0 {
		s.mentioned = append(s.mentioned, owner)
	}
	s.last[owner] = int32(i) + 1
}

// backref decides among the bearers of one surname at one place: the one named
// last before it; else the only one named in full at all.
func (s *scratch) backref(i, j int) {
	best, last, only, bearers := -1, int32(0), -1, 0
	for k := i; k < j; k++ {
		h := &s.hits[k]
		if h.state != pending {
			continue
		}
		if s.inside(k) || s.rejected(h) {
			continue
		}
		if s.bearers[h.owner] == 0 {
			continue
		}
		bearers++
		only = k
		if at := s.last[h.owner]; at > last {
			best, last = k, at
		}
	}
	if best < 0 && bearers == 1 {
		best = only
	}
	for k := i; k < j; k++ {
		h := &s.hits[k]
		switch {
		case h.state != pending:
		case k == best:
			h.state = accepted
			s.mention(h.owner, k)
		case best < 0 && (s.bearers[h.owner] > 0 || s.block(h).unsure && bearers == 0):
			h.state = unsure
		case best >= 0:
			h.drop(whyOther, int32(best))
		default:
			h.drop(whyAlone, -1)
		}
	}
}

// inside drops a hit that lies in a longer accepted name.
func (s *scratch) inside(i int) bool {
	at, _ := slices.BinarySearch(s.live, int32(i))
	by := s.swallowed(&s.hits[i], s.live[:at])
	if by >= 0 {
		s.hits[i].drop(whyInside, by)
	}
	return by >= 0
}

// swallowed returns the longer name of a list that a hit lies in, or -1. The
// list ends before the hit: a name that holds it starts before it, or at the
// same word, and then sorts before it.
func (s *scratch) swallowed(h *hit, live []int32) int32 {
	for _, at := range slices.Backward(live) {
		o := &s.hits[at]
		if o.field != h.field || o.tok+s.p.longest < h.tok {
			return -1
		}
		if s.swallows(o, h) {
			return at
		}
	}
	return -1
}

// swallows reports whether a name in a longer one is not meant by itself.
func (s *scratch) swallows(outer, inner *hit) bool {
	if outer.tok > inner.tok || outer.end < inner.end {
		return false
	}
	if outer.end-outer.tok == inner.end-inner.tok {
		return outer.class == classDecoy && inner.class != classDecoy
	}
	if outer.owner < 0 || inner.owner < 0 {
		return outer.owner < 0
	}
	return !slices.Contains(s.p.entities[outer.owner].exposes, inner.owner)
}

// crossed returns a name of the same kind that overlaps h from before it, or -1.
func (s *scratch) crossed(h *hit, live []int32) int32 {
	if h.owner < 0 {
		return -1
	}
	for _, at := range slices.Backward(live) {
		o := &s.hits[at]
		if o.field != h.field || o.tok+s.p.longest < h.tok {
			return -1
		}
		if o.owner >= 0 && o.tok < h.tok && o.end > h.tok && o.end < h.end &&
			s.p.entities[o.owner].kind == s.p.entities[h.owner].kind {
			return at
		}
	}
	return -1
}

// evidence is a hit that a theme's clause rests on.
type evidence struct {
	h      *hit
	clause string
}

// holds evaluates a clause around a name (or, for themes, without one). With
// keep it notes the hits it rests on.
func (s *scratch) holds(c *clause, anchor *hit, keep bool) bool {
	return s.eval(c, anchor, keep) != c.not
}

func (s *scratch) eval(c *clause, anchor *hit, keep bool) bool {
	switch c.scope {
	case Lang:
		return slices.Contains(c.langs, s.lang)
	case Origin:
		return slices.ContainsFunc(c.langs, func(l string) bool {
			return strings.EqualFold(l, s.feed) || strings.EqualFold(l, s.source)
		})
	case Nested:
		for i := range c.nested {
			if !s.holds(&c.nested[i], anchor, keep) {
				return false
			}
		}
		return true
	case Before, After, Near, Sentence:
		if anchor != nil {
			return s.around(c, anchor)
		}
	case Title, Doc:
	}
	return s.together(c, keep)
}

// around evaluates a clause about what stands around a name.
func (s *scratch) around(c *clause, anchor *hit) bool {
	var take func(*hit) bool
	if c.count > 1 {
		n := int32(0)
		s.counted = s.counted[:0]
		take = func(h *hit) bool {
			if s.count(h) {
				n++
			}
			return n >= c.count
		}
	}
	one := func(o *operand) bool {
		switch c.scope {
		case Before:
			return s.nearest(o, anchor, c.max, 0, false, take)
		case After:
			return s.nearest(o, anchor, 0, c.max, true, take)
		case Near:
			return s.window(o, anchor, c.max, false, take)
		default:
			return s.window(o, anchor, -1, true, take)
		}
	}
	return s.combine(c, one)
}

// combine asks for one of Any and all of Of.
func (s *scratch) combine(c *clause, one func(*operand) bool) bool {
	for i := range c.of {
		if !one(&c.of[i]) {
			return false
		}
	}
	if len(c.any) == 0 {
		return true
	}
	for i := range c.any {
		if one(&c.any[i]) {
			return true
		}
	}
	return false
}

// nearest reports whether the operand stands in the anchor's sentence at most
// before words before it (or, with after, that many behind it).
func (s *scratch) nearest(o *operand, anchor *hit, before, behind int32, after bool, take func(*hit) bool) bool {
	sentence := s.sentence(anchor)
	return s.each(o, anchor.field, anchor.tok-before-s.p.longest, anchor.end+behind+1, func(h *hit) bool {
		if s.sentence(h) != sentence {
			return false
		}
		if after {
			return h.tok >= anchor.end && h.tok-anchor.end <= behind && (take == nil || take(h))
		}
		return h.end <= anchor.tok && anchor.tok-h.end <= before && (take == nil || take(h))
	})
}

// window reports whether the operand stands within max words of the anchor, or
// in its sentence.
func (s *scratch) window(o *operand, anchor *hit, maxGap int32, sentence bool, take func(*hit) bool) bool {
	if sentence {
		first, last := s.sentenceBounds(anchor)
		return s.each(o, anchor.field, first, last, func(h *hit) bool { return !overlapping(h, anchor) && (take == nil || take(h)) })
	}
	return s.each(o, anchor.field, anchor.tok-maxGap-s.p.longest, anchor.end+maxGap+1, func(h *hit) bool {
		return !overlapping(h, anchor) && gap(h, anchor) <= maxGap && (take == nil || take(h))
	})
}

func overlapping(a, b *hit) bool { return a.field == b.field && a.tok < b.end && b.tok < a.end }

// gap is how many words stand between two hits of one field; 0 when they overlap.
func gap(a, b *hit) int32 {
	return max(0, a.tok-b.end, b.tok-a.end)
}

func (s *scratch) sentence(h *hit) int { return s.toks[h.field][h.tok].Sentence }

// sentenceBounds are the words [first, last) of the sentence of a hit.
func (s *scratch) sentenceBounds(h *hit) (first, last int32) {
	toks, starts := s.toks[h.field], s.sentences[h.field]
	if len(starts) == 0 {
		for i := range toks {
			if toks[i].Sentence == len(starts) {
				starts = append(starts, int32(i))
			}
		}
		starts = append(starts, int32(len(toks)))
		s.sentences[h.field] = starts
	}
	n := toks[h.tok].Sentence
	return starts[n], starts[n+1]
}

// each calls try for the hits of an operand in the words [from, to) of a field,
// in order per alternative, until it returns true.
func (s *scratch) each(o *operand, field int8, from, to int32, try func(*hit) bool) bool {
	for i := range o.sets {
		set := &o.sets[i]
		if !s.present(set) {
			continue
		}
		if set.of == setLexicon {
			list := s.words[set.index]
			at := 0
			for low, high := 0, len(list); low < high; at = low {
				if mid := (low + high) / 2; before(&list[mid], field, from) {
					low = mid + 1
				} else {
					high = mid
				}
			}
			for ; at < len(list) && list[at].field == field && list[at].tok < to; at++ {
				if try(&list[at]) {
					return true
				}
			}
			continue
		}
		at := 0
		for low, high := 0, len(s.live); low < high; at = low {
			if mid := (low + high) / 2; before(&s.hits[s.live[mid]], field, from) {
				low = mid + 1
			} else {
				high = mid
			}
		}
		for ; at < len(s.live); at++ {
			h := &s.hits[s.live[at]]
			if h.field != field || h.tok >= to {
				break
			}
			if s.belongs(h, set) && try(h) {
				return true
			}
		}
	}
	return false
}

// before reports whether a hit stands before a word of a field.
func before(h *hit, field int8, tok int32) bool {
	return h.field < field || h.field == field && h.tok < tok
}

// belongs reports whether a name's hit is of a set.
func (s *scratch) belongs(h *hit, set *set) bool { return h.owner >= 0 && s.p.of(h.owner, set) }

// of reports whether an entity is of a set.
func (p *Pack) of(e int32, set *set) bool {
	switch set.of {
	case setEntity:
		return e == set.index
	case setWithin:
		return e == set.index || slices.Contains(p.entities[e].ancestry, set.index)
	case setKindOf:
		return p.entities[e].kind == set.kind
	case setLexicon:
	}
	return false
}

// present reports whether a set has any hit in the item.
func (s *scratch) present(set *set) bool {
	switch set.of {
	case setLexicon:
		return len(s.words[set.index]) > 0
	case setEntity:
		return s.bearers[set.index] > 0
	case setWithin:
		return s.within[set.index] > 0
	case setKindOf:
		return set.kind == item.Actor && s.kinds.actors > 0 || set.kind == item.Place && s.kinds.places > 0
	}
	return false
}

func (s *scratch) somewhere(o *operand) bool {
	for i := range o.sets {
		if s.present(&o.sets[i]) {
			return true
		}
	}
	return false
}
