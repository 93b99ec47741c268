package story

import (
	"strings"

	"marsad/item"
)

// A record is what is remembered of a revision of an article.
type record struct {
	id, story, event item.ID
	// at is the time in the stream; seen is that of the article's first
	// revision; listed is the date of the article. All in Unix seconds.
	at, seen, listed int64
	source           uint32
	text             uint32 // equal for equal texts
	// kept is nil when nothing is compared with the text: it is empty, or the
	// story has it already.
	kept *kept
}

// kept is a text that others are compared with.
type kept struct {
	sketch
	// about is filed only for the first text of a story.
	about []feature
}

// A window holds the records of the last days, in the order of the stream. What
// is in it depends on nothing but those days.
type window struct {
	length  int64 // seconds
	limit   int
	now     int64 // the latest time in the stream; 0 before the first
	records []record
	gone    int    // how many at the start of records are
	base    uint32 // the number of records[0]; numbers wrap around
	latest  map[item.ID]uint32
	// texts counts the kept texts of each story.
	texts    map[item.ID]int
	prints   index
	features index
	// events lists the first records of each event's stories, oldest first.
	events  map[item.ID][]uint32
	roots   int // records in events
	scratch []uint32
}

func newWindow(length int64, limit int) *window {
	w := &window{length: length, limit: limit}
	w.clear()
	return w
}

// clear forgets everything.
func (w *window) clear() {
	*w = window{
		length: w.length, limit: w.limit,
		latest: map[item.ID]uint32{}, texts: map[item.ID]int{},
		events: map[item.ID][]uint32{},
		prints: newIndex(), features: newIndex(),
	}
}

// at returns the record of a number.
func (w *window) at(n uint32) *record { return &w.records[n-w.base] }

// spans reports whether a time of the stream is near enough to those before.
func (w *window) spans(at int64) bool {
	return w.now == 0 || at >= w.now-w.length && at <= w.now+w.length
}

// advance moves the window to a time.
func (w *window) advance(at int64) {
	w.now = max(w.now, at)
	for w.gone < len(w.records) && (w.records[w.gone].at < w.now-w.length || len(w.records)-w.gone >= w.limit) {
		w.drop()
	}
}

// add files a record; root tells that it is the first of its story.
func (w *window) add(r record) {
	n := w.base + uint32(len(w.records))
	w.records = append(w.records, r)
	w.latest[r.id] = n
	if r.kept == nil {
		return
	}
	w.texts[r.story]++
	w.scratch = r.kept.prints(w.scratch)
	for _, p := range w.scratch {
		w.prints.add(p, n)
	}
	if len(r.kept.about) == 0 {
		return
	}
	w.roots++
	w.events[r.event] = append(w.events[r.event], n)
	for _, f := range r.kept.about {
		w.features.add(f.key(), n)
	}
}

// drop forgets the oldest record.
func (w *window) drop() {
	n := w.base + uint32(w.gone)
	r := &w.records[w.gone]
	if w.latest[r.id] == n {
		delete(w.latest, r.id)
	}
	if r.kept != nil {
		w.unfile(r, n)
	}
	*r = record{}
	w.gone++
	if w.gone >= 1024 && w.gone*2 >= len(w.records) {
		left := copy(w.records, w.records[w.gone:])
		clear(w.records[left:])
		w.records = w.records[:left]
		w.base += uint32(w.gone)
		w.gone = 0
	}
}

func (w *window) unfile(r *record, n uint32) {
	if w.texts[r.story]--; w.texts[r.story] == 0 {
		delete(w.texts, r.story)
	}
	w.scratch = r.kept.prints(w.scratch)
	for _, p := range w.scratch {
		w.prints.remove(p, n)
	}
	if len(r.kept.about) == 0 {
		return
	}
	w.roots--
	if w.events[r.event] = w.events[r.event][1:]; len(w.events[r.event]) == 0 {
		delete(w.events, r.event)
	}
	for _, f := range r.kept.about {
		w.features.remove(f.key(), n)
	}
}

// open reports whether the group that began with an article takes more: the
// article came within the window, and an item dated listed is no further from
// its date.
func (w *window) open(id item.ID, listed int64) bool {
	n, ok := w.latest[id]
	if !ok {
		return false
	}
	r := w.at(n)
	return r.seen >= w.now-w.length && apart(listed, r.listed) <= w.length
}

// own returns an id that does not hold on to the caller's memory: the first
// article's, where it is remembered.
func (w *window) own(id item.ID) item.ID {
	if n, ok := w.latest[id]; ok {
		return w.at(n).id
	}
	return item.ID(strings.Clone(string(id)))
}

// has reports whether a story has a text already.
func (w *window) has(story item.ID, text uint32) bool {
	looked := 0
	for n := w.prints.chains[text].newest; n != 0 && looked < maxLookalikes; n = w.prints.nodes[n].older {
		if r := w.at(w.prints.nodes[n].record); r.story == story && r.text == text {
			return true
		}
		looked++
	}
	return false
}

func apart(a, b int64) int64 {
	if a < b {
		return b - a
	}
	return a - b
}
