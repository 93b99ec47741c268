package tagger

import (
	"slices"
	"strings"
)

// How strongly an item speaks for one of several rules that bear a name.
const (
	speaksNot      = iota
	speaksDoc      // what tells it stands somewhere
	speaksSentence // in the sentence of the name
	speaksBeside   // right beside the name: "Tripoli, Lebanon", "Lebanon's Tripoli"
	speaksNamed    // another of its names stands in the item
)

// A sense is how strongly the item as a whole speaks for an entity.
type sense struct {
	entity int32
	speaks int
}

// accept lets a name count, unless another rule bears it too: which of them is
// meant is judged once it is known what else stands in the item.
func (s *scratch) accept(i int) {
	h := &s.hits[i]
	h.state = accepted
	if h.owner < 0 || h.class == classTitled || len(s.p.entities[h.owner].like) == 0 {
		return
	}
	from, to := s.sameSpan(i)
	for k := from; k < to; k++ {
		o := &s.hits[k]
		if o.state == dropped || o.class == classTitled || o.class == classBackref || !slices.Contains(s.p.entities[h.owner].like, o.owner) {
			continue
		}
		h.state = contested
		if o.state == accepted {
			o.state = contested
		}
	}
}

// sameSpan returns the hits [from, to) that stand on the words of hit i.
func (s *scratch) sameSpan(i int) (from, to int) {
	h := &s.hits[i]
	same := func(o *hit) bool { return o.field == h.field && o.tok == h.tok && o.end == h.end }
	for from = i; from > 0 && same(&s.hits[from-1]); from-- {
	}
	for to = i + 1; to < len(s.hits) && same(&s.hits[to]); to++ {
	}
	return from, to
}

// senses decides which of the rules that bear a name is meant: the one for
// which the item speaks most, as a whole and then around the name; else the
// prominent one; else none, and what they have in common is a candidate.
func (s *scratch) senses() {
	s.sense = s.sense[:0]
	some := false
	for i := range s.hits {
		if h := &s.hits[i]; h.state == contested && !s.inside(i) {
			some = true
			s.note(h.owner, s.speaks(h))
		}
	}
	for i := 0; some && i < len(s.hits); i++ {
		if s.hits[i].state != contested {
			continue
		}
		from, to := s.sameSpan(i)
		s.choose(from, to)
		i = to - 1
	}
}

// note keeps the strongest that speaks for an entity.
func (s *scratch) note(entity int32, speaks int) {
	at := slices.IndexFunc(s.sense, func(o sense) bool { return o.entity == entity })
	if at < 0 {
		s.sense = append(s.sense, sense{entity: entity, speaks: speaks})
		return
	}
	s.sense[at].speaks = max(s.sense[at].speaks, speaks)
}

// speaks says how strongly the item speaks for the owner of a name that others
// bear too.
func (s *scratch) speaks(h *hit) int {
	e := &s.p.entities[h.owner]
	const apart = 2 // words between: "Tripoli in northern Lebanon"
	switch {
	case s.bearers[h.owner] > 0:
		return speaksNamed
	case !s.somewhere(&e.told):
		return speaksNot
	case s.nearest(&e.told, h, 0, apart, true, nil) || s.nearest(&e.told, h, 0, 0, false, nil):
		return speaksBeside
	case s.window(&e.told, h, -1, true, nil):
		return speaksSentence
	}
	return speaksDoc
}

// choose decides among the contested hits of one span, s.hits[from:to].
func (s *scratch) choose(from, to int) {
	whole := func(h *hit) int {
		at := slices.IndexFunc(s.sense, func(o sense) bool { return o.entity == h.owner })
		return s.sense[at].speaks
	}
	prominent := func(h *hit) int {
		if s.p.entities[h.owner].prominent {
			return 1
		}
		return 0
	}
	present := func(*hit) int { return 1 } // the rivals' gates were shut
	for _, by := range []func(*hit) int{present, whole, s.speaks, prominent} {
		if best := s.foremost(from, to, by); best >= 0 {
			for k := from; k < to; k++ {
				switch h := &s.hits[k]; {
				case h.state != contested:
				case h.owner == s.hits[best].owner:
					h.state = accepted
				default:
					h.drop(whySense, int32(best))
				}
			}
			return
		}
	}
	s.leaveOpen(from, to)
}

// foremost returns the hit of the entity for which by gives most, or -1 when
// there is none, or more than one.
func (s *scratch) foremost(from, to int, by func(*hit) int) int {
	best, most := -1, 0
	for k := from; k < to; k++ {
		h := &s.hits[k]
		if h.state != contested {
			continue
		}
		switch n := by(h); {
		case n > most:
			best, most = k, n
		case n == most && best >= 0 && s.hits[best].owner != h.owner:
			best = -1
		}
	}
	return best
}

// leaveOpen makes a candidate of the nearest place that holds all the rules
// that a name may stand for, or of each when there is none.
func (s *scratch) leaveOpen(from, to int) {
	var ids []string
	var common []int32
	first := -1
	for k := from; k < to; k++ {
		h := &s.hits[k]
		if h.state != contested {
			continue
		}
		e := &s.p.entities[h.owner]
		if !slices.Contains(ids, e.id) {
			ids = append(ids, e.id)
		}
		if first < 0 {
			first, common = k, slices.Clone(e.ancestry)
		}
		common = slices.DeleteFunc(common, func(up int32) bool { return !slices.Contains(e.ancestry, up) })
	}
	clause := "one of " + strings.Join(ids, ", ")
	for k := from; k < to; k++ {
		h := &s.hits[k]
		switch {
		case h.state != contested:
		case len(common) == 0:
			h.state, h.clause = unsure, clause
		case k == first:
			h.state, h.clause, h.owner = unsure, clause, common[0]
		default:
			h.drop(whyOpen, int32(first))
		}
	}
}
