package tagger

import (
	"cmp"
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
	out := item.Tagged{Item: it, Pack: p.hash}
	if it.Lang == "" {
		it.Lang = text.Identify(it.Title+"\n"+it.Body, "")
	}
	s.it = &it
	s.texts = [fields]string{it.Title, it.Body}
	s.langs = langsOfItem(it.Lang)
	s.date = cmp.Or(it.Published, it.Listed, it.Seen)
	s.scan()
	s.judge()
	out.Tags = s.tags()
	return out
}

// tags writes down what was judged.
func (s *scratch) tags() []item.Tag {
	var out []item.Tag
	order := make([]int32, 0, len(s.hits))
	for i := range s.hits {
		if h := &s.hits[i]; h.owner >= 0 && (h.state == accepted || h.state == unsure) {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return cmp.Compare(s.p.entities[s.hits[a].owner].rank, s.p.entities[s.hits[b].owner].rank)
	})
	for i := 0; i < len(order); {
		owner := s.hits[order[i]].owner
		j := i
		for j < len(order) && s.hits[order[j]].owner == owner {
			j++
		}
		out = append(out, s.entityTag(owner, order[i:j]))
		i = j
	}
	out = s.imply(out)
	for i := range s.p.themes {
		t := &s.p.themes[i]
		certain, candidate := s.theme(t)
		if !candidate {
			continue
		}
		tag := item.Tag{Kind: item.Theme, ID: t.id, Status: item.Candidate, Rule: t.rule}
		if certain {
			tag.Status = item.Certain
		}
		tag.Evidence = s.themeEvidence()
		out = append(out, tag)
	}
	return out
}

// entityTag makes the tag of an actor or place of its hits: certain with the
// evidence that makes it so, else a candidate.
func (s *scratch) entityTag(owner int32, hits []int32) item.Tag {
	e := &s.p.entities[owner]
	tag := item.Tag{Kind: e.kind, ID: e.id, Status: item.Candidate, Rule: e.rule}
	want := unsure
	if slices.ContainsFunc(hits, func(i int32) bool { return s.hits[i].state == accepted }) {
		tag.Status, want = item.Certain, accepted
	}
	var last *hit
	for _, i := range hits {
		h := &s.hits[i]
		if h.state != want || len(tag.Evidence) >= maxEvidence {
			continue
		}
		if last != nil && last.field == h.field && last.tok <= h.tok && h.end <= last.end {
			continue // the same mention by another of its names
		}
		last = h
		clause := h.class.String()
		if h.clause != "" {
			clause += ": " + h.clause
		}
		tag.Evidence = append(tag.Evidence, s.evidence(h, clause))
	}
	return tag
}

func (s *scratch) evidence(h *hit, clause string) item.Evidence {
	src := s.texts[h.field]
	end := int(h.start + h.len)
	ev := item.Evidence{Field: fieldName(h.field), Start: int(h.start), End: end, Text: src[h.start:end], Clause: clause}
	if from, to := s.surface(h); from != int(h.start) || to != end {
		ev.Surface = src[from:to]
	}
	return ev
}

// themeEvidence is what the theme judged last rests on.
func (s *scratch) themeEvidence() []item.Evidence {
	slices.SortStableFunc(s.found, func(a, b evidence) int {
		return cmp.Or(cmp.Compare(a.h.field, b.h.field), cmp.Compare(a.h.start, b.h.start), cmp.Compare(b.h.len, a.h.len))
	})
	var out []item.Evidence
	for i, ev := range s.found {
		if i > 0 && ev.h.field == s.found[i-1].h.field && ev.h.start == s.found[i-1].h.start && ev.h.len == s.found[i-1].h.len {
			continue
		}
		if len(out) < maxEvidence {
			out = append(out, s.evidence(ev.h, ev.clause))
		}
	}
	return out
}

// imply adds the places that hold the places found. tags holds actors and
// places in order; the result does too.
func (s *scratch) imply(tags []item.Tag) []item.Tag {
	status := map[int32]item.Status{}
	for _, i := range s.live {
		if h := &s.hits[i]; h.owner >= 0 {
			for _, up := range s.p.entities[h.owner].ancestry {
				status[up] = item.Certain
			}
		}
	}
	for i := range s.hits {
		if h := &s.hits[i]; h.state == unsure {
			for _, up := range s.p.entities[h.owner].ancestry {
				if status[up] == "" {
					status[up] = item.Candidate
				}
			}
		}
	}
	if len(status) == 0 {
		return tags
	}
	for i := range tags {
		for up, st := range status {
			if tags[i].Kind == item.Place && s.p.entities[up].id == tags[i].ID {
				if st == item.Certain && tags[i].Status == item.Candidate {
					tags[i].Status, tags[i].Implied, tags[i].Evidence = item.Certain, true, nil
				}
				delete(status, up)
			}
		}
	}
	for up, st := range status {
		e := &s.p.entities[up]
		tags = append(tags, item.Tag{Kind: e.kind, ID: e.id, Status: st, Rule: e.rule, Implied: true})
	}
	slices.SortFunc(tags, func(a, b item.Tag) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return tags
}
