package tagger

import "slices"

const (
	// maxClauseEvidence bounds how many places a clause of a theme is shown by.
	maxClauseEvidence = 8
	// maxChain bounds how many ways an ordered clause follows at once.
	maxChain = 16
	// leadSentences are what readers see of a body first.
	leadSentences = 2
)

// theme judges a theme: its weight and whether it holds; what it rests on is
// left in s.found.
func (s *scratch) theme(t *theme) (certain, candidate bool) {
	s.found = s.found[:0]
	// What most items of the world fail comes first.
	for i := range t.all {
		if !s.known(&t.all[i]) {
			return false, false
		}
	}
	sum := s.weigh(t)
	if sum < t.threshold/2 {
		return false, false
	}
	for i := range t.none {
		if s.known(&t.none[i]) {
			return false, false
		}
	}
	return sum >= t.threshold, true
}

// weigh sums the weights of the clauses that hold.
func (s *scratch) weigh(t *theme) float64 {
	sum := 0.0
	for i := range t.any {
		mark := len(s.found)
		if c := &t.any[i]; s.holds(c, nil, true) {
			sum += c.weight * s.boost(t, s.found[mark:])
		}
	}
	return sum
}

// boost is how many times more a clause weighs for where it was found.
func (s *scratch) boost(t *theme, found []evidence) float64 {
	by := 1.0
	for _, ev := range found {
		switch {
		case ev.h.field == fieldTitle:
			by = max(by, t.title)
		case s.sentence(ev.h) < leadSentences:
			by = max(by, t.lead)
		}
	}
	return by
}

// modality is what the theme judged last is instead of a fact: when each of the
// sentences that it rests on holds a cue, the one that is listed first.
func (s *scratch) modality(t *theme) string {
	best := len(t.modalities)
	if !slices.ContainsFunc(t.modalities, func(m modality) bool { return s.somewhere(&m.cues) }) {
		return ""
	}
	for _, ev := range s.found {
		at := slices.IndexFunc(t.modalities, func(m modality) bool { return s.window(&m.cues, ev.h, -1, true, nil) })
		if at < 0 {
			return ""
		}
		best = min(best, at)
	}
	if best == len(t.modalities) {
		return ""
	}
	return t.modalities[best].name
}

// An answer is the result of a condition that themes share.
type answer uint8

const (
	notAsked answer = iota
	no
	yes
)

// known evaluates a condition of themes, once an item for all that share it.
func (s *scratch) known(c *clause) bool {
	if s.memo[c.shared] == notAsked {
		s.memo[c.shared] = no
		if s.holds(c, nil, false) {
			s.memo[c.shared] = yes
		}
		s.asked = append(s.asked, c.shared)
	}
	return s.memo[c.shared] == yes
}

// together evaluates a clause that has no anchor: its operands must stand
// together, in one window, one sentence, the title, or anywhere.
func (s *scratch) together(c *clause, keep bool) bool {
	for i := range c.of {
		if !s.somewhere(&c.of[i]) {
			return false
		}
	}
	if c.scope == Doc && len(c.of) == 0 && c.count <= 1 && !keep {
		return s.someOf(c.any)
	}
	want, n := max(int(c.count), 1), 0
	s.counted = s.counted[:0]
	// enough counts a hit and says whether to look no further.
	enough := func(h *hit) bool {
		if want > 1 && !s.count(h) {
			return false
		}
		n++
		return n >= want && (!keep || n >= maxClauseEvidence)
	}
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
				if !s.company(c, h, keep) {
					s.found = s.found[:mark]
					return false
				}
				return enough(h)
			})
		}
		return n >= want
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
				return enough(h)
			})
			if n >= want && !keep {
				return true
			}
		}
	}
	return n >= want
}

// someOf reports whether one of the operands stands anywhere.
func (s *scratch) someOf(any []operand) bool {
	for i := range any {
		if s.somewhere(&any[i]) {
			return true
		}
	}
	return false
}

// count notes that a hit counts; false when another at its place did.
func (s *scratch) count(h *hit) bool {
	for _, o := range s.counted {
		if o.field == h.field && o.tok == h.tok {
			return false
		}
	}
	s.counted = append(s.counted, h)
	return true
}

// company reports whether a clause has beside its first operand, the lead, all
// the others.
func (s *scratch) company(c *clause, lead *hit, keep bool) bool {
	if c.ordered {
		if !s.chain(c, lead, keep) {
			return false
		}
	} else {
		for i := range c.of[1:] {
			if !s.partner(c, &c.of[i+1], lead, keep) {
				return false
			}
		}
	}
	if len(c.any) == 0 {
		return true
	}
	for i := range c.any {
		if s.partner(c, &c.any[i], lead, keep) {
			return true
		}
	}
	return false
}

// A link is a hit that follows another in an ordered clause.
type link struct {
	h  *hit
	up int
}

// chain follows the operands of an ordered clause from the lead on.
func (s *scratch) chain(c *clause, lead *hit, keep bool) bool {
	s.links = append(s.links[:0], link{h: lead, up: -1})
	n, from := s.sentence(lead), 0
	for i := range c.of[1:] {
		to := len(s.links)
		for k := from; k < to; k++ {
			prev := s.links[k].h
			last := prev.end + c.max + 1
			if c.scope == Sentence {
				_, last = s.sentenceBounds(lead)
			}
			s.each(&c.of[i+1], lead.field, prev.end, last, func(h *hit) bool {
				if s.sentence(h) == n && !slices.ContainsFunc(s.links[to:], func(l link) bool { return l.h == h }) {
					s.links = append(s.links, link{h: h, up: k})
				}
				return len(s.links)-to >= maxChain
			})
		}
		if len(s.links) == to {
			return false
		}
		from = to
	}
	for at := from; keep && s.links[at].up >= 0; at = s.links[at].up {
		s.found = append(s.found, evidence{h: s.links[at].h, clause: c.text})
	}
	return true
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
