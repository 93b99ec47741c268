package tagger

import (
	"cmp"
	"math/bits"
	"slices"

	"marsad/item"
	"marsad/text"
)

// maxEvidence bounds the evidence of one tag: a longer list tells nobody more.
const maxEvidence = 32

// Tag returns the item with its tags, sorted by kind and id, each id once;
// places carry their ancestors as implied tags. It depends on the item and the
// pack alone and may be called by many goroutines at once. An item without a
// language is identified first (Item.Lang itself stays as it was). Story and
// Seq are left to the caller.
func (p *Pack) Tag(it item.Item) item.Tagged {
	s, _ := p.scratch.Get().(*scratch)
	defer func() {
		s.reset()
		p.scratch.Put(s)
	}()
	s.read(&it)
	return item.Tagged{Item: it, Pack: p.hash, Tags: s.tags()}
}

// read finds and judges the names of an item.
func (s *scratch) read(it *item.Item) {
	s.open(it)
	s.scan()
	s.judge()
}

// open takes an item up.
func (s *scratch) open(it *item.Item) {
	s.lang, s.feed, s.source = it.Lang, it.Feed, it.Source
	if s.lang == "" {
		s.lang = text.Identify(it.Title+"\n"+it.Body, "")
	}
	s.texts = [fields]string{it.Title, it.Body}
	s.langs = langsOfItem(s.lang)
	s.date = cmp.Or(it.Published, it.Listed, it.Seen)
}

// tags writes down what was judged.
func (s *scratch) tags() []item.Tag {
	s.order = s.order[:0]
	for i := range s.hits {
		if h := &s.hits[i]; h.owner >= 0 && (h.state == accepted || h.state == unsure) {
			s.order = append(s.order, int32(i))
		}
	}
	slices.SortStableFunc(s.order, func(a, b int32) int {
		return cmp.Compare(s.p.entities[s.hits[a].owner].rank, s.p.entities[s.hits[b].owner].rank)
	})
	for i := 0; i < len(s.order); {
		owner := s.hits[s.order[i]].owner
		j := i
		for j < len(s.order) && s.hits[s.order[j]].owner == owner {
			j++
		}
		s.entityTag(owner, s.order[i:j])
		i = j
	}
	s.imply()
	s.call()
	for n, some := range s.called {
		for ; some != 0; some &= some - 1 {
			i := 64*n + bits.TrailingZeros64(some)
			if must := s.p.calls.must[i]; must < 0 || s.memo[must] != no {
				s.themeTag(&s.p.themes[i])
			}
		}
	}
	return s.handOver()
}

// themeTag makes the tag of a theme if it holds.
func (s *scratch) themeTag(t *theme) {
	certain, candidate := s.theme(t)
	if !candidate {
		return
	}
	tag := item.Tag{Kind: item.Theme, ID: t.id, Status: item.Candidate, Rule: t.rule, Confidence: candidateConfidence, Modality: s.modality(t)}
	if certain {
		tag.Status, tag.Confidence = item.Certain, themeConfidence
	}
	mark := len(s.evidence)
	s.themeEvidence()
	s.put(tag, mark)
}

// put adds a tag with the evidence from mark on.
func (s *scratch) put(t item.Tag, mark int) {
	t.Evidence = s.evidence[mark:]
	s.tagged = append(s.tagged, t)
}

// handOver copies the tags into memory of their own, all evidence in one piece.
func (s *scratch) handOver() []item.Tag {
	if len(s.tagged) == 0 {
		return nil
	}
	out := slices.Clone(s.tagged)
	all := make([]item.Evidence, 0, len(s.evidence))
	for i := range out {
		if len(out[i].Evidence) == 0 {
			out[i].Evidence = nil
			continue
		}
		mark := len(all)
		all = append(all, out[i].Evidence...)
		out[i].Evidence = all[mark:len(all):len(all)]
	}
	return out
}

// entityTag makes the tag of an actor or place of its hits: certain with the
// evidence that makes it so, else a candidate.
func (s *scratch) entityTag(owner int32, hits []int32) {
	e := &s.p.entities[owner]
	tag := item.Tag{Kind: e.kind, ID: e.id, Status: item.Candidate, Rule: e.rule, Confidence: candidateConfidence}
	want := unsure
	for _, i := range hits {
		if h := &s.hits[i]; h.state == accepted {
			tag.Status, want = item.Certain, accepted
			tag.Confidence = max(tag.Confidence, s.confidence(h))
		}
	}
	var last *hit
	mark := len(s.evidence)
	for _, i := range hits {
		h := &s.hits[i]
		if h.state != want || len(s.evidence)-mark >= maxEvidence {
			continue
		}
		if last != nil && last.field == h.field && last.tok <= h.tok && h.end <= last.end {
			continue // the same mention by another of its names
		}
		last = h
		clause := h.clause
		if clause == "" {
			clause = h.class.String()
		}
		s.show(h, clause)
	}
	s.put(tag, mark)
}

// confidence is how often what counts as a hit does is right.
func (s *scratch) confidence(h *hit) float64 {
	if s.p.patterns[h.pattern].roman {
		return h.class.confidence() - keyDoubt
	}
	return h.class.confidence()
}

// show adds a piece of evidence.
func (s *scratch) show(h *hit, clause string) {
	src := s.texts[h.field]
	end := int(h.start + h.len)
	ev := item.Evidence{Field: fieldName(h.field), Start: int(h.start), End: end, Text: src[h.start:end], Clause: clause}
	if from, to := s.surface(h); from != int(h.start) || to != end {
		ev.Surface = src[from:to]
	}
	s.evidence = append(s.evidence, ev)
}

// themeEvidence adds what the theme judged last rests on.
func (s *scratch) themeEvidence() {
	slices.SortStableFunc(s.found, func(a, b evidence) int {
		return cmp.Or(cmp.Compare(a.h.field, b.h.field), cmp.Compare(a.h.start, b.h.start), cmp.Compare(b.h.len, a.h.len))
	})
	mark := len(s.evidence)
	for i, ev := range s.found {
		if i > 0 && ev.h.field == s.found[i-1].h.field && ev.h.start == s.found[i-1].h.start && ev.h.len == s.found[i-1].h.len {
			continue
		}
		if len(s.evidence)-mark < maxEvidence {
			s.show(ev.h, ev.clause)
		}
	}
}

// A holder is a place that holds a place found.
type holder struct {
	entity     int32
	certain    bool
	confidence float64
}

// imply adds the places that hold the places found. s.tagged holds actors and
// places in order, and does so afterwards.
func (s *scratch) imply() {
	s.holders = s.holders[:0]
	for _, i := range s.order {
		h := &s.hits[i]
		confidence := candidateConfidence
		if h.state == accepted {
			confidence = s.confidence(h)
		}
		for _, up := range s.p.entities[h.owner].ancestry {
			at := slices.IndexFunc(s.holders, func(o holder) bool { return o.entity == up })
			if at < 0 {
				at = len(s.holders)
				s.holders = append(s.holders, holder{entity: up})
			}
			o := &s.holders[at]
			o.certain = o.certain || h.state == accepted
			o.confidence = max(o.confidence, confidence)
		}
	}
	if len(s.holders) == 0 {
		return
	}
	named := len(s.tagged)
next:
	for _, o := range s.holders {
		e := &s.p.entities[o.entity]
		tag := item.Tag{Kind: e.kind, ID: e.id, Status: item.Candidate, Rule: e.rule, Confidence: o.confidence, Implied: true}
		if o.certain {
			tag.Status = item.Certain
		}
		for i := range s.tagged[:named] {
			if t := &s.tagged[i]; t.Kind == item.Place && t.ID == e.id {
				if o.certain && t.Status == item.Candidate {
					*t = tag
				}
				continue next
			}
		}
		s.tagged = append(s.tagged, tag)
	}
	slices.SortFunc(s.tagged, func(a, b item.Tag) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
}
