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

// LookUpAll makes the pack look up every word, whatever its role.
func (p *Pack) LookUpAll() {
	for i := range p.dict.roles {
		p.dict.roles[i] = ^role(0)
	}
}
