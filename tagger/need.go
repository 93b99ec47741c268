package tagger

import (
	"fmt"
	"slices"
)

// needs tell, in one place for all blocks, what must stand in an item before one
// of a block's clauses can hold: the numbers of lists in Pack.wants. Most items
// have nothing of it, and the clauses, which lie apart, are not looked at.
type needs struct{ reject, gate int32 }

// The first lists of Pack.wants.
const (
	wantsNothing = iota // there is no clause
	wantsAny            // a clause may hold whatever stands there
)

// provide numbers what the clauses of the blocks need; equal lists are one.
func (p *Pack) provide() {
	words := p.lexiconSizes()
	p.wants = make([][]set, wantsAny+1)
	numbers := map[string]int32{}
	number := func(clauses []clause) int32 {
		var all []set
		for i := range clauses {
			some, ok := p.need(&clauses[i], words)
			if !ok {
				return wantsAny
			}
			for _, set := range some {
				if !slices.Contains(all, set) {
					all = append(all, set)
				}
			}
		}
		if len(all) == 0 {
			return wantsNothing
		}
		key := fmt.Sprint(all)
		if _, ok := numbers[key]; !ok {
			numbers[key] = int32(len(p.wants))
			p.wants = append(p.wants, all)
		}
		return numbers[key]
	}
	p.needs = make([]needs, len(p.blocks))
	for i := range p.blocks {
		p.needs[i] = needs{reject: number(p.blocks[i].reject), gate: number(p.blocks[i].gate)}
	}
}

// possible reports whether clauses that need a list may hold.
func (s *scratch) possible(list int32) bool {
	if list == wantsAny {
		return true
	}
	sets := s.p.wants[list]
	for i := range sets {
		if s.present(&sets[i]) {
			return true
		}
	}
	return false
}
