package story

import (
	"cmp"
	"math"
	"slices"

	"marsad/item"
)

// How alike two stories of one event are at least: the closest two, and the new
// one and the others on average, lest one event leads to the next. Words alone
// must say more than words beside the same actors and places.
const (
	sameEvent = 0.24
	sameWords = 0.40
	sameTags  = 0.60 // of tags and numbers alone, in different languages
	onAverage = 0.6
)

// What two stories of one event have in common at least. One rare word is
// chance, and words that no title has are an outlet's boilerplate.
const (
	minShared   = 3
	minTitled   = 2
	minEvidence = 40
	minTold     = 4 // tags and numbers, in different languages
)

// perDay is how fast likeness fades with the days between two stories.
const perDay = 0.15

// ownSource is what likeness counts for within one source, whose columns and
// daily programmes are alike without telling of one thing.
const ownSource = 0.85

// How much the search for an event looks at.
const (
	maxNewest     = 32  // stories with one feature, the newest
	maxSteps      = 200 // stories in all, counted as often as they are met
	maxNeighbours = 8
	maxMembers    = 8 // of an event, of which the average is taken
)

// unseen is for how many stories counts what is known of features beforehand.
const unseen = 500

// value is how much a feature tells, by how rare it is among the stories in the
// window.
func (w *window) value(f feature) float64 {
	df := float64(w.features.count(f.key()))
	return f.class().weight() * math.Log((float64(w.roots)+unseen+1)/(df+1+unseen*f.class().share()))
}

// A neighbour is a story that may be of the same event.
type neighbour struct {
	record uint32
	score  float64
}

// valued is a feature with its value.
type valued struct {
	feature
	value float64
}

// An eventFinder finds the event that a story belongs to.
type eventFinder struct {
	mine   []valued // most telling first
	byKey  map[uint32]valued
	norm   float64 // the square of its length
	told   float64 // that of its tags and numbers
	lang   string
	source uint32
	listed int64
	score  []float64 // by record, zero between calls
	met    []uint32
	near   []neighbour
}

// find returns the event of a new story, or nothing. Those whose stories are in
// not are left out.
func (e *eventFinder) find(w *window, r *record, about []feature, lang string, not []item.ID) item.ID {
	e.hold(w, about)
	e.lang, e.source, e.listed = lang, r.source, r.listed
	e.search(w)
	for _, n := range e.near {
		if n.score < 1 {
			break
		}
		o := w.at(n.record)
		if !slices.Contains(not, o.story) && w.open(o.event, r.listed) && e.average(w, w.events[o.event]) >= onAverage {
			return o.event
		}
	}
	return ""
}

// hold takes the features to compare others with.
func (e *eventFinder) hold(w *window, about []feature) {
	if e.byKey == nil {
		e.byKey = map[uint32]valued{}
	}
	clear(e.byKey)
	e.mine, e.norm, e.told = e.mine[:0], 0, 0
	for _, f := range about {
		v := w.value(f)
		e.mine = append(e.mine, valued{f, v})
		e.byKey[f.key()] = valued{f, v}
		e.norm += v * v
		if f.told() {
			e.told += v * v
		}
	}
	slices.SortStableFunc(e.mine, func(a, b valued) int { return cmp.Compare(b.value, a.value) })
}

// search finds the nearest stories, nearest first.
func (e *eventFinder) search(w *window) {
	e.met, e.near = e.met[:0], e.near[:0]
	if len(e.score) < len(w.records) {
		e.score = make([]float64, 2*len(w.records))
	}
	steps := 0
	for _, m := range e.mine {
		looked := 0
		for n := w.features.chains[m.key()].newest; n != 0 && looked < maxNewest; n = w.features.nodes[n].older {
			looked++
			i := w.features.nodes[n].record - w.base
			if e.score[i] == 0 {
				e.met = append(e.met, i)
			}
			e.score[i] += m.value * m.value
		}
		if steps += looked; steps >= maxSteps {
			break
		}
	}
	for _, i := range e.met {
		e.offer(neighbour{w.base + i, e.score[i]})
		e.score[i] = 0
	}
	for i := range e.near {
		e.near[i].score = e.alike(w, e.near[i].record)
	}
	slices.SortFunc(e.near, nearest)
}

// offer keeps a story if it is among the nearest so far.
func (e *eventFinder) offer(n neighbour) {
	full := len(e.near) == maxNeighbours
	if full && nearest(e.near[maxNeighbours-1], n) < 0 {
		return
	}
	if full {
		e.near = e.near[:maxNeighbours-1]
	}
	i := len(e.near)
	for i > 0 && nearest(n, e.near[i-1]) < 0 {
		i--
	}
	e.near = slices.Insert(e.near, i, n)
}

// nearest puts the higher score first, then the older story.
func nearest(a, b neighbour) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(int32(a.record-b.record), 0))
}

// average returns how alike the story held and members of an event are.
func (e *eventFinder) average(w *window, members []uint32) float64 {
	var sum float64
	n := min(len(members), maxMembers)
	for i := range n {
		sum += e.alike(w, members[i*len(members)/n])
	}
	return sum / float64(max(n, 1))
}

// alike compares the story held with another, the cosine of what they tell,
// less the further their dates are apart, in terms of what is enough: 1 and more
// is one event.
func (e *eventFinder) alike(w *window, record uint32) float64 {
	const day = 24 * 60 * 60
	r := w.at(record)
	var words, told sum // told is all that does not depend on the language
	for _, f := range r.kept.about {
		v := valued{f, w.value(f)}
		mine, ok := e.byKey[f.key()]
		words.add(v, mine, ok)
		if f.told() {
			told.add(v, mine, ok)
		}
	}
	var score float64
	switch {
	case told.named >= 2 && told.shared >= minTold && r.kept.lang != e.lang:
		score = told.cosine(e.told) / sameTags
	case words.shared >= minShared && words.titled >= minTitled && words.dot >= minEvidence:
		score = words.cosine(e.norm) / (sameWords - (sameWords-sameEvent)*float64(min(words.named, 2))/2)
	}
	if r.source == e.source {
		score *= ownSource
	}
	return score / (1 + perDay*float64(apart(e.listed, r.listed))/day)
}

// A sum is what two stories have in common so far.
type sum struct {
	dot, norm             float64
	shared, titled, named int // features in both; of these, in a title; actors and places
}

// add takes a feature of one story and, if the other has it, the other's.
func (s *sum) add(v, mine valued, ok bool) {
	s.norm += v.value * v.value
	if !ok {
		return
	}
	s.dot += v.value * mine.value
	s.shared++
	if v.titled() || mine.titled() {
		s.titled++
	}
	if c := v.class(); c == actorTag || c == placeTag {
		s.named++
	}
}

// cosine takes the square of the other's length.
func (s *sum) cosine(norm float64) float64 {
	if s.dot == 0 {
		return 0
	}
	return s.dot / math.Sqrt(s.norm*norm)
}
