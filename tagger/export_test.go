package tagger

import "marsad/item"

// Scan does the first half of Tag alone, folding, words and trie, and counts
// what it found.
func (p *Pack) Scan(it *item.Item) (found, words int) {
	s, _ := p.scratch.Get().(*scratch)
	defer func() {
		s.reset()
		p.scratch.Put(s)
	}()
	s.open(it)
	s.scan()
	for _, l := range s.touched {
		found += len(s.words[l])
	}
	for f := range s.toks {
		words += len(s.toks[f])
	}
	return found + len(s.hits), words
}

// LookUpAll makes the pack look at everything: every word, whatever its role,
// every opening, and every clause and theme, whatever they need.
func (p *Pack) LookUpAll() {
	for i := range p.dict.roles {
		p.dict.roles[i] = ^role(0)
	}
	for i := range p.roman.next {
		p.roman.next[i] = ^mask(0)
	}
	for i := range p.needs {
		p.needs[i] = needs{reject: wantsAny, gate: wantsAny}
	}
	for i := range p.calls.must {
		p.calls.must[i] = -1
	}
}
