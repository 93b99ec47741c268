package tagger

import (
	"fmt"
	"strings"
)

// calls lists, by what is found in an item, the themes that then have to be
// looked at. A theme is filed under the rarest of what its clauses need, so
// that most items need to look at few themes.
type calls struct {
	byLexicon, byEntity [][]int32
	always              []int32
	must                []int32 // by theme: the first condition of its "all", or -1
}

// arm files the themes, and numbers the conditions that they share.
func (p *Pack) arm() {
	p.calls = calls{byLexicon: make([][]int32, p.lexicons), byEntity: make([][]int32, len(p.entities))}
	words := p.lexiconSizes()
	numbers := map[string]int32{}
	for n := range p.themes {
		t := &p.themes[n]
		for _, list := range [][]clause{t.all, t.none} {
			for i := range list {
				key := list[i].key()
				if _, ok := numbers[key]; !ok {
					numbers[key] = int32(len(numbers))
				}
				list[i].shared = numbers[key]
			}
		}
		must := int32(-1)
		if len(t.all) > 0 {
			must = t.all[0].shared
		}
		p.calls.must = append(p.calls.must, must)
		p.file(int32(n), t, words)
	}
	p.shared = len(numbers)
}

// lexiconSizes counts the words of each lexicon.
func (p *Pack) lexiconSizes() []int {
	words := make([]int, p.lexicons)
	for i := range p.patterns {
		if p.patterns[i].class == classWord {
			words[p.patterns[i].owner]++
		}
	}
	return words
}

// file files a theme under what its clauses need.
func (p *Pack) file(n int32, t *theme, words []int) {
	var sets []set
	for i := range t.any {
		need, ok := p.need(&t.any[i], words)
		if !ok {
			p.calls.always = append(p.calls.always, n)
			return
		}
		sets = append(sets, need...)
	}
	put := func(list *[]int32) {
		if l := len(*list); l == 0 || (*list)[l-1] != n {
			*list = append(*list, n)
		}
	}
	for _, set := range sets {
		if set.of == setLexicon {
			put(&p.calls.byLexicon[set.index])
			continue
		}
		for e := range p.entities {
			if p.of(int32(e), &set) {
				put(&p.calls.byEntity[e])
			}
		}
	}
}

// need returns sets of which one must be found for a clause to hold; not ok
// when it may hold without.
func (p *Pack) need(c *clause, words []int) (sets []set, ok bool) {
	if c.not || c.scope == Lang || c.scope == Origin {
		return nil, false
	}
	least := 0
	try := func(some []set) {
		if cost := p.cost(some, words); !ok || cost < least {
			sets, least, ok = some, cost, true
		}
	}
	if c.scope == Nested {
		for i := range c.nested {
			if some, ok := p.need(&c.nested[i], words); ok {
				try(some)
			}
		}
		return sets, ok
	}
	for i := range c.of {
		try(c.of[i].sets)
	}
	if len(c.any) > 0 {
		var some []set
		for i := range c.any {
			some = append(some, c.any[i].sets...)
		}
		try(some)
	}
	return sets, ok
}

// cost guesses how often one of the sets is found.
func (p *Pack) cost(sets []set, words []int) int {
	n := 0
	for i := range sets {
		switch sets[i].of {
		case setLexicon:
			n += 4 * words[sets[i].index]
		case setEntity:
			n++
		case setWithin:
			n += 8
		case setKindOf:
			n += len(p.entities)
		}
	}
	return n
}

// key is equal for clauses that hold for the same items.
func (c *clause) key() string {
	var b strings.Builder
	c.write(&b)
	return b.String()
}

func (c *clause) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s %v %d %d %v %v %v %q[", c.scope, c.not, c.max, c.count, c.ordered, c.any, c.of, c.langs)
	for i := range c.nested {
		c.nested[i].write(b)
	}
	b.WriteString("]")
}

// call marks the themes that what was found calls for.
func (s *scratch) call() {
	mark := func(list []int32) {
		for _, n := range list {
			s.called[n/64] |= 1 << (n % 64)
		}
	}
	mark(s.p.calls.always)
	for _, l := range s.touched {
		mark(s.p.calls.byLexicon[l])
	}
	for _, e := range s.borne {
		mark(s.p.calls.byEntity[e])
	}
}
