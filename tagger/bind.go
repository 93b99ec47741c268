package tagger

import (
	"marsad/text"
)

// A binding is what an item says an acronym stands for.
type binding struct {
	name string // the acronym, as its rule has it
	own  bool   // it is its rule's meaning
	by   int32  // the hit beside which another stands
}

// bind drops acronyms that the item itself gives another meaning: "Pakistan
// Muslim Front (PMF)", "PMF (product-market fit)". One meaning holds for the
// whole item, unless it gives the rule's own, too.
func (s *scratch) bind() {
	s.bindings = s.bindings[:0]
	for i := range s.hits {
		h := &s.hits[i]
		if h.state != pending || h.owner < 0 || !s.p.patterns[h.pattern].acronym {
			continue
		}
		own, expanded := s.expansion(h)
		if !expanded {
			continue
		}
		if b := s.bound(h); b != nil {
			b.own = b.own || own
		} else {
			s.bindings = append(s.bindings, binding{name: s.p.texts[h.pattern], own: own, by: int32(i)})
		}
	}
	for i := 0; len(s.bindings) > 0 && i < len(s.hits); i++ {
		h := &s.hits[i]
		if h.state != pending || h.owner < 0 || !s.p.patterns[h.pattern].acronym {
			continue
		}
		if b := s.bound(h); b != nil && !b.own {
			h.drop(whyBound, b.by)
		}
	}
}

// bound returns what the item says of an acronym, or nil.
func (s *scratch) bound(h *hit) *binding {
	for i := range s.bindings {
		b := &s.bindings[i]
		if b.name == s.p.texts[h.pattern] && s.hits[b.by].owner == h.owner {
			return b
		}
	}
	return nil
}

// expansion reports whether the words whose initials an acronym is stand before
// it, with it in brackets, or behind it in brackets; and whether they are, by
// half at least, words of the rule's own names.
func (s *scratch) expansion(h *hit) (own, expanded bool) {
	src := s.texts[h.field]
	end := int(h.start + h.len)
	switch {
	case h.end-h.tok != 1:
	case h.start > 0 && src[h.start-1] == '(' && end < len(src) && src[end] == ')':
		return s.initials(h, h.tok-1, -1)
	case end+1 < len(src) && src[end:end+2] == " (":
		return s.initials(h, h.tok+1, 1)
	}
	return false, false
}

// initials reads words from one on, backwards or forwards, by the letters of an
// acronym. Short words between may have no letter in it.
func (s *scratch) initials(h *hit, from int32, step int32) (own, expanded bool) {
	const short = 3
	toks := s.toks[h.field]
	letters := toks[h.tok].Term
	known, left := 0, len(letters)
	for at := from; left > 0; at += step {
		if at < 0 || int(at) >= len(toks) || toks[at].Sentence != toks[h.tok].Sentence {
			return false, false
		}
		t := &toks[at]
		letter := letters[len(letters)-left]
		if step < 0 {
			letter = letters[left-1]
		}
		if len(t.Term) > 0 && t.Term[0] == letter {
			left--
			if s.p.expansions[h.owner][t.Hash] {
				known++
			}
		} else if len(t.Term) > short {
			return false, false
		}
		// No expansion goes over a comma; the bracket itself is no matter.
		if left > 0 && (step < 0 && t.Flags&text.Break != 0 || step > 0 && at > from && t.Flags&text.Break != 0) {
			return false, false
		}
	}
	return 2*known >= len(letters), true
}

// expand notes the words of the names of rules that have acronyms.
func (c *compiler) expand() {
	c.p.expansions = map[int32]map[uint64]bool{}
	for i := range c.p.patterns {
		if p := &c.p.patterns[i]; p.acronym && p.owner >= 0 {
			c.p.expansions[p.owner] = map[uint64]bool{}
		}
	}
	for i := range c.p.patterns {
		p := &c.p.patterns[i]
		words := c.p.expansions[p.owner]
		if p.owner < 0 || p.class == classWord || words == nil {
			continue
		}
		for _, t := range c.an.Tokens(c.p.texts[i], "") {
			words[t.Hash] = true
		}
	}
}
