package story

import (
	"math"
	"slices"
	"time"
)

// What makes a text long enough to be told by its body or its title.
const (
	minShingles = 10 // different shingles of a body; below, it says nothing
	shortBody   = 30 // words; below, the title has a say
	minTitle    = 6  // words of a title that tells a text by itself
	minLetters  = 24 // bytes of their letters
	longTitle   = 9  // words of a title that no two outlets find by chance
	teaser      = 45 // words; above, a body is an account of its own
)

// How long after one another two texts are told by their titles alone: what
// says no more may be said again (daily programmes, live pages).
const (
	titleLife    = 72 * time.Hour
	ownTitleLife = 12 * time.Hour // in one feed
	// daily is how far apart a feed's texts that differ in numbers are no update
	// but today's rates and tomorrow's.
	daily = 18 * time.Hour
)

// A verdict says how two texts are related.
type verdict uint8

const (
	unrelated verdict = iota
	// swapped: one text's words with another name or number in the title, as
	// templates have them; not even one event.
	swapped
	// updated: the same text with other numbers.
	updated
	// copied: the same text.
	copied
)

// pair says what else is known of two texts.
type pair struct {
	own bool          // from one source
	gap time.Duration // between their dates
}

// A comparer holds one text and compares others with it.
type comparer struct {
	s     *sketch
	table shingleSet
	nums  map[uint64]word // what number stands between which words of the body
	have  map[word]bool   // the numbers of title and body
	other map[word]bool
}

// hold takes the text to compare others with; s stays in use.
func (c *comparer) hold(s *sketch) {
	c.s = s
	c.table.reset()
	for i := range len(s.body) - 2 {
		c.table.add(shingle(s.body[i], s.body[i+1], s.body[i+2]), i)
	}
	s.shingles = c.table.n
	if c.nums == nil {
		c.nums, c.have, c.other = map[uint64]word{}, map[word]bool{}, map[word]bool{}
	}
	clear(c.nums)
	for i, w := range s.body {
		if w.number() {
			c.nums[between(s.body, i)] = w
		}
	}
	numbers(c.have, s)
}

// numbers collects the numbers of a text.
func numbers(set map[word]bool, s *sketch) {
	clear(set)
	for _, ws := range [][]word{s.title, s.body} {
		for _, w := range ws {
			if w.number() {
				set[w] = true
			}
		}
	}
}

// between is the place of a word: its neighbours.
func between(ws []word, i int) uint64 {
	var l, r word
	if i > 0 {
		l = ws[i-1]
	}
	if i+1 < len(ws) {
		r = ws[i+1]
	}
	return uint64(l)<<32 | uint64(r)
}

// overlap is how much two bodies share.
type overlap struct {
	mine, other float64 // the share of each one's shingles
	less, more  float64 // the share of the smaller's, of the larger's
	words       int     // of the smaller
	start       bool    // what is shared stands at the start of the larger
	lead        float64 // how much of one's first words stands at the other's start
}

func (c *comparer) overlap(o *sketch) (v overlap) {
	a, b := c.s.body, o.body
	c.table.stamp++
	var both, early, lead int
	reachA, reachB := reach(len(b)), reach(len(a))
	for i := range len(b) - 2 {
		at, first := c.table.match(shingle(b[i], b[i+1], b[i+2]))
		if !first {
			continue
		}
		both++
		if at <= reachA && i <= reachB {
			early++
		}
		if i < leadWords && at < 2*leadWords {
			lead++
		}
	}
	v.mine = float64(both) / float64(max(c.s.shingles, 1))
	v.other = float64(both) / float64(max(o.shingles, 1))
	v.less, v.more = max(v.mine, v.other), min(v.mine, v.other)
	v.words = min(len(a), len(b))
	v.lead = float64(lead) / float64(max(1, min(leadWords, len(b)-2)))
	v.start = float64(early) >= 0.9*float64(both)
	return v
}

// leadWords is how many words begin a text.
const leadWords = 24

// reach is how far into a longer text a shorter one at its start may stretch.
func reach(words int) int { return words + words/2 + 12 }

// compare tells how the text held is related to another, and how alike they
// are, from 0 to 3, to choose among several.
func (c *comparer) compare(o *sketch, p pair) (verdict, float64) {
	t := titlesOf(c.s, o)
	if c.s.shingles < minShingles || o.shingles < minShingles {
		return c.byTitle(o, t, p)
	}
	v := c.overlap(o)
	score := v.less + v.more + t.alike
	switch {
	case v.less >= 0.75 && (v.more >= 0.7 || v.more >= 0.5 && t.alike >= 0.6):
		return c.near(o, t, v, p), score
	case v.less >= 0.8:
		// One is the other's beginning: a teaser. What quotes the other, or
		// goes on to tell more under its own title, is a text of its own.
		if c.renumbered(o) || t.numbers {
			return updated, score
		}
		if v.start && t.alike >= 0.85 && t.left == 0 && !p.own {
			return copied, score
		}
	case t.template() && v.less >= 0.4:
		return swapped, score
	case t.same && !p.own && v.words < teaser && len(c.s.title) >= longTitle && p.gap <= titleLife:
		return copied, score // one article, each outlet with its own teaser
	}
	return unrelated, score
}

// near judges two texts whose bodies are the same but for details.
func (c *comparer) near(o *sketch, t titles, v overlap, p pair) verdict {
	switch {
	case t.numbers || c.renumbered(o):
		if p.own && p.gap >= daily {
			return swapped
		}
		return updated
	case t.same:
		return copied
	case t.alike >= 0.3 && exchanged(c.s, o):
		return swapped
	case p.own && (v.lead < 0.5 || t.alike < 0.4 || t.left > 0 && !borrowed(c.s, o)):
		// One source that gives one body to different titles has a boilerplate,
		// unless the titles are made of it; different sources have retitled what
		// an agency sent.
		return unrelated
	case t.left == 1 && t.alike >= 0.7 && v.words < 2*shortBody && !borrowed(c.s, o):
		// "Turkey raises rates" and "Egypt raises rates" over a body that names
		// neither: as likely a template as one retitled in a single word.
		return swapped
	case t.template() && v.words < shortBody && (p.own || v.less < 0.9 || v.words < shortBody/2):
		return swapped
	}
	return copied
}

// exchanged reports whether each title has a word that the other has not, and
// the body below it likewise: a template that was filled in twice.
func exchanged(a, b *sketch) bool { return ownWord(a, b) && ownWord(b, a) }

// borrowed reports whether one title has a word that the other has not, but the
// body below the other has.
func borrowed(a, b *sketch) bool {
	return slices.ContainsFunc(a.title, func(w word) bool { return !slices.Contains(b.title, w) && slices.Contains(b.body, w) }) ||
		slices.ContainsFunc(b.title, func(w word) bool { return !slices.Contains(a.title, w) && slices.Contains(a.body, w) })
}

// ownWord reports whether a has a word in title and body that b has in neither.
func ownWord(a, b *sketch) bool {
	for i, w := range a.title {
		if slices.Contains(a.body, w) && !slices.Contains(b.body, w) &&
			!slices.Contains(b.title, w) && !slices.Contains(b.bones, a.bones[i]) {
			return true
		}
	}
	return false
}

// byTitle judges two texts of which one has no body to speak of.
func (c *comparer) byTitle(o *sketch, t titles, p pair) (verdict, float64) {
	life := titleLife
	if p.own {
		life = ownTitleLife
	}
	bodies := 0.0
	if len(c.s.body) > 0 && len(o.body) > 0 {
		bodies = c.overlap(o).more
	}
	switch {
	case t.same && hashWords(0, c.s.body) == hashWords(0, o.body) && len(c.s.title)+len(c.s.body) >= minTitle:
		return copied, 3
	case t.numbers || t.template():
		return swapped, t.alike
	case t.same && c.s.titleTells() && o.titleTells() && p.gap <= life:
		return copied, t.alike + bodies
	}
	return unrelated, t.alike
}

// renumbered reports whether a number of one body is another one in the other,
// between the same words.
func (c *comparer) renumbered(o *sketch) bool {
	have := false
	for i, w := range o.body {
		if !w.number() {
			continue
		}
		mine, ok := c.nums[between(o.body, i)]
		if !ok || mine == w {
			continue
		}
		if !have {
			numbers(c.other, o)
			have = true
		}
		if !c.have[w] || !c.other[mine] {
			return true
		}
	}
	return false
}

// titles is how two titles are related.
type titles struct {
	same    bool    // but for a label before one of them
	alike   float64 // the share of words in both, spellings of names joined
	numbers bool    // each has a number that the other has not
	left    int     // how many words the one with fewer of its own has
}

// template reports whether two titles are one with words exchanged.
func (t titles) template() bool { return !t.same && t.left > 0 && t.alike >= 0.5 }

func titlesOf(a, b *sketch) (t titles) {
	n, m := len(a.title), len(b.title)
	if n == 0 && m == 0 {
		return titles{same: true, alike: 1}
	}
	t.same = equalBones(a.bones, b.bones) || equalBones(a.bones[a.label:], b.bones) || equalBones(a.bones, b.bones[b.label:])
	var used [maxTitle]bool
	both := 0
	var onlyA, onlyB int
	for i, w := range a.bones {
		found := false
		for j, x := range b.bones {
			if !used[j] && (w == x || a.title[i] == b.title[j]) {
				used[j], found = true, true
				both++
				break
			}
		}
		if !found && a.title[i].number() {
			onlyA++
		}
	}
	for j := range b.bones {
		if !used[j] && b.title[j].number() {
			onlyB++
		}
	}
	t.numbers = onlyA > 0 && onlyB > 0
	t.alike = 2 * float64(both) / math.Max(1, float64(n+m))
	t.left = min(n, m) - both
	return t
}

func equalBones(a, b []word) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A shingleSet holds the different shingles of one text.
type shingleSet struct {
	slots [1024]slot // more than three times maxBody, so probes are short
	gen   uint32
	stamp uint32
	n     int
}

type slot struct {
	shingle, gen, stamp uint32
	at                  int32
}

func (t *shingleSet) reset() { t.gen++; t.n = 0 }

func (t *shingleSet) add(h uint32, at int) {
	for i := h; ; i++ {
		s := &t.slots[i%uint32(len(t.slots))]
		if s.gen != t.gen {
			*s = slot{shingle: h, gen: t.gen, stamp: t.stamp, at: int32(at)}
			t.n++
			return
		}
		if s.shingle == h {
			return
		}
	}
}

// match returns where a shingle stands, and whether it is in the set and was
// not matched under this stamp before.
func (t *shingleSet) match(h uint32) (at int, first bool) {
	for i := h; ; i++ {
		s := &t.slots[i%uint32(len(t.slots))]
		if s.gen != t.gen {
			return 0, false
		}
		if s.shingle == h {
			if s.stamp == t.stamp {
				return 0, false
			}
			s.stamp = t.stamp
			return int(s.at), true
		}
	}
}
