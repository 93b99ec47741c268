package story

import (
	"cmp"
	"slices"
	"time"

	"marsad/item"
)

// How much is looked at for one item, so that no text can make it slow.
const (
	// maxLookalikes is how many of the newest texts with one print are counted.
	maxLookalikes = 48
	// maxCandidates is how many texts are compared.
	maxCandidates = 12
	// maxTexts is how many different texts of a story others are compared with.
	maxTexts = 32
)

// A candidate is a text that has prints in common with the new one.
type candidate struct {
	record uint32
	votes  int
}

// assign finds the story and the event of a new item.
func (g *Grouper) assign(w *window, r *record, s *sketch) {
	r.story, r.event = r.id, r.id
	var (
		best   *record
		score  float64
		update *record
		swaps  []item.ID // the stories it has no event in common with, however alike
	)
	for _, c := range g.candidates(w, s) {
		o := w.at(c.record)
		v, alike := g.compare.compare(&o.kept.sketch, pair{
			own: o.source == r.source,
			gap: time.Duration(apart(o.listed, r.listed)) * time.Second,
		})
		switch v {
		case copied:
			if (best == nil || alike > score) && w.open(o.story, r.listed) {
				best, score = o, alike
			}
		case updated:
			if update == nil && w.open(o.event, r.listed) {
				update = o
			}
		case swapped:
			swaps = append(swaps, o.story)
		case unrelated:
		}
	}
	switch {
	case best != nil:
		r.story, r.event = best.story, best.event
	case update != nil:
		r.event = update.event
	default:
		r.event = cmp.Or(g.events.find(w, r, g.reader.about.list, s.lang, swaps), r.id)
	}
}

// candidates returns the texts that share most prints with s, best first.
func (g *Grouper) candidates(w *window, s *sketch) []candidate {
	clear(g.votes)
	g.found = g.found[:0]
	g.prints = s.prints(g.prints)
	for _, p := range g.prints {
		looked := 0
		for n := w.prints.chains[p].newest; n != 0 && looked < maxLookalikes; n = w.prints.nodes[n].older {
			g.votes[w.prints.nodes[n].record]++
			looked++
		}
	}
	for n, votes := range g.votes {
		g.found = append(g.found, candidate{n, votes})
	}
	slices.SortFunc(g.found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.votes, a.votes), cmp.Compare(int32(b.record-a.record), 0))
	})
	g.found = g.found[:min(len(g.found), maxCandidates)]
	return g.found
}
