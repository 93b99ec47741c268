package tagger

import "marsad/text"

type textToken = text.Token

// maxClauseEvidence bounds how many places a clause of a theme is shown by.
const maxClauseEvidence = 8

// theme judges a theme: its weight and whether it holds; what it rests on is
// left in s.found.
func (s *scratch) theme(t *theme) (certain, candidate bool) {
	s.found = s.found[:0]
	// What most items of the world fail comes first.
	for i := range t.all {
		if !s.holds(&t.all[i], nil, false) {
			return false, false
		}
	}
	sum := 0.0
	for i := range t.any {
		if c := &t.any[i]; s.holds(c, nil, true) {
			sum += c.weight
		}
	}
	if sum < t.threshold/2 {
		return false, false
	}
	for i := range t.none {
		if s.holds(&t.none[i], nil, false) {
			return false, false
		}
	}
	return sum >= t.threshold, true
}

// together evaluates a clause that has no anchor: its operands must stand
// together, in one window, one sentence, the title, or anywhere.
func (s *scratch) together(c *clause, keep bool) bool {
	for i := range c.of {
		if !s.somewhere(&c.of[i]) {
			return false
		}
	}
	n := 0
	if len(c.of) > 0 {
		lead := &c.of[0]
		for f := range int8(fields) {
			if c.scope == Title && f != fieldTitle {
				continue
			}
			s.each(lead, f, 0, int32(len(s.toks[f])), func(h *hit) bool {
				mark := len(s.found)
				if keep {
					s.found = append(s.found, evidence{h: h, clause: c.text})
				}
				for i := range c.of[1:] {
					if !s.partner(c, &c.of[i+1], h, keep) {
						s.found = s.found[:mark]
						return false
					}
				}
				if len(c.any) > 0 {
					ok := false
					for i := range c.any {
						if s.partner(c, &c.any[i], h, keep) {
							ok = true
							break
						}
					}
					if !ok {
						s.found = s.found[:mark]
						return false
					}
				}
				n++
				return !keep || n >= maxClauseEvidence
			})
		}
		return n > 0
	}
	for i := range c.any {
		for f := range int8(fields) {
			if c.scope == Title && f != fieldTitle {
				continue
			}
			s.each(&c.any[i], f, 0, int32(len(s.toks[f])), func(h *hit) bool {
				if keep {
					s.found = append(s.found, evidence{h: h, clause: c.text})
				}
				n++
				return !keep || n >= maxClauseEvidence
			})
			if n > 0 && !keep {
				return true
			}
		}
	}
	return n > 0
}

// partner finds an operand where a clause wants it beside the lead.
func (s *scratch) partner(c *clause, o *operand, lead *hit, keep bool) bool {
	take := func(h *hit) bool {
		if h == lead || overlapping(h, lead) && c.scope != Doc && c.scope != Title {
			return false
		}
		if keep {
			s.found = append(s.found, evidence{h: h, clause: c.text})
		}
		return true
	}
	switch c.scope {
	case Near:
		n := s.sentence(lead)
		return s.each(o, lead.field, lead.tok-c.max-s.p.longest, lead.end+c.max+1, func(h *hit) bool {
			return gap(h, lead) <= c.max && s.sentence(h) == n && take(h)
		})
	case Sentence:
		first, last := s.sentenceBounds(lead)
		return s.each(o, lead.field, first, last, take)
	case Title:
		return s.each(o, fieldTitle, 0, int32(len(s.toks[fieldTitle])), take)
	default:
		for f := range int8(fields) {
			if s.each(o, f, 0, int32(len(s.toks[f])), take) {
				return true
			}
		}
		return false
	}
}
