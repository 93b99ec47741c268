package story

import (
	"cmp"
	"slices"
	"time"

	"marsad/item"
	"marsad/text"
)

// What a Config's zero values stand for.
const (
	DefaultWindow   = 7 * 24 * time.Hour
	DefaultMaxItems = 1 << 20
)

// Config bounds a Grouper; zero values are the defaults.
type Config struct {
	// Window is how far back, in the time of the stream, copies and follow-ups
	// are looked for, and for how long a group takes others after its first item.
	Window time.Duration
	// MaxItems is how many items are remembered; the oldest are forgotten first.
	MaxItems int
}

// A Grouper gives every item of a stream its story and its event.
//
// It is a fold: what it answers depends on nothing but the items that it was
// given within the last Window, in their order. Groups have no limit to their
// members. Only one goroutine at a time may use it.
type Grouper struct {
	// Two windows, the one that was used last first. An item far from the time
	// of both begins the other one anew; so neither one wrong clock nor an
	// archive that is read beside the news makes today's stories forgotten.
	windows [2]*window
	reader  reader
	compare comparer
	events  eventFinder
	votes   map[uint32]int
	found   []candidate
	prints  []uint32
}

// New returns a Grouper that has seen nothing.
func New(c Config) *Grouper {
	if c.Window <= 0 {
		c.Window = DefaultWindow
	}
	if c.MaxItems <= 0 {
		c.MaxItems = DefaultMaxItems
	}
	g := &Grouper{reader: reader{lexicon: newLexicon()}, votes: map[uint32]int{}}
	for i := range g.windows {
		g.windows[i] = newWindow(int64(c.Window/time.Second), c.MaxItems)
	}
	return g
}

// Add takes the next item of the stream and returns the id of the first item of
// its story and that of its event: its own while it is alone. A revision has the
// story and the event of its article. t.Story is not looked at, nothing of t is
// kept.
func (g *Grouper) Add(t item.Tagged) (story, event item.ID) {
	w, r, s := g.read(&t)
	if n, ok := w.latest[r.id]; ok {
		r.story, r.event = w.at(n).story, w.at(n).event
	} else {
		g.assign(w, &r, &s)
	}
	g.keep(w, r, s)
	return r.story, r.event
}

// Restore takes an item of which an earlier run said that it is of that story
// (t.Story) and event, and leaves the Grouper as Add would have then. To go on
// after a restart, restore the items of the last Window in their order.
func (g *Grouper) Restore(t item.Tagged, event item.ID) {
	w, r, s := g.read(&t)
	r.story, r.event = w.own(cmp.Or(t.Story, r.id)), w.own(cmp.Or(event, r.id))
	g.keep(w, r, s)
}

// read finds the window of an item and what is to be remembered of it, but for
// its story and event. The sketch is valid until the next call.
func (g *Grouper) read(t *item.Tagged) (*window, record, sketch) {
	it := &t.Item
	r := record{
		seen:   unix(it.Seen),
		listed: unix(it.Listed),
		source: uint32(text.Hash([]byte(cmp.Or(it.Source, it.Feed)))),
	}
	r.at = max(r.seen, unix(it.Revised))
	if r.at == 0 {
		r.at = cmp.Or(g.windows[0].now, r.listed, 1)
	}
	r.seen = cmp.Or(r.seen, r.at)
	r.listed = cmp.Or(r.listed, unix(it.Published), r.seen)
	w := g.windowAt(r.at)
	w.advance(r.at)
	r.id = w.own(it.ID)

	s := g.reader.read(it)
	g.reader.about.tags(t.Tags)
	g.compare.hold(&s)
	r.text = s.textPrint()
	return w, r, s
}

// windowAt returns the window for a time, which becomes the one used last.
func (g *Grouper) windowAt(at int64) *window {
	switch {
	case g.windows[0].spans(at):
		return g.windows[0]
	case !g.windows[1].spans(at):
		g.windows[1].clear()
	}
	g.windows[0], g.windows[1] = g.windows[1], g.windows[0]
	return g.windows[0]
}

// keep files a record whose story and event are known.
func (g *Grouper) keep(w *window, r record, s sketch) {
	n, known := w.latest[r.id]
	if known && w.at(n).text == r.text {
		return // tagged again
	}
	root := !known && r.story == r.id
	if len(s.title)+len(s.body) > 0 && (root || w.open(r.story, r.listed)) &&
		w.texts[r.story] < maxTexts && !w.has(r.story, r.text) {
		k := &kept{sketch: s.clone()}
		if root {
			k.about = slices.Clone(g.reader.about.list)
		}
		r.kept = k
	}
	w.add(r)
}

// unix is a time in seconds, 0 for none.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
