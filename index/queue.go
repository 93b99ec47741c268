package index

import (
	"sync"
	"time"
)

// A queue holds the entries that are to be written, gives them out in batches,
// and knows how far everything has landed. Its rules:
//
//   - batches are taken in order, and an item that is being written is not taken
//     again before that has landed: revisions land in order;
//   - a batch carries a position only if all before it has landed, and a higher
//     one than any before: what the engine holds after a crash is never too high.
type queue struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever something changes

	pending []pendingEntry
	bytes   int // of the texts in pending
	closed  bool
	flushes int // callers that wait for everything to be written: no lingering

	batches []*batch // being written, in order
	writing map[string]struct{}

	landed    position // everything up to here has landed
	submitted position // the highest position given to the engine
	// sure: the engine's position is known to be landed. When it may be behind
	// (batches that overlap do not land in order), a position is written alone
	// as soon as there is nothing else to write.
	sure bool
}

type pendingEntry struct {
	Entry
	doc   string // its document id
	since time.Time
}

// size is what the entry's texts weigh.
func (e pendingEntry) size() int { return len(e.Tagged.Item.Title) + len(e.Tagged.Item.Body) }

// maxText bounds the text of one batch, which takes some twenty times as much
// memory while it is written.
const maxText = 2 << 20

// full reports whether Add must wait; mu is held.
func (q *queue) full(most int) bool { return len(q.pending) >= 2*most || q.bytes >= 2*maxText }

// A batch is some entries on their way. A batch without any carries only a
// position.
type batch struct {
	entries []pendingEntry
	last    position
	// carries is the position that is written with it; none when it is zero.
	carries position
	// alone: no other batch was being written beside this one.
	alone  bool
	landed bool
}

func (q *queue) init() {
	q.changed = make(chan struct{})
	q.writing = map[string]struct{}{}
	q.sure = true
}

// broadcast tells everybody who waits that something has changed; mu is held.
func (q *queue) broadcast() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// wake ends all waiting after the index's context has ended.
func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.broadcast()
}

// take returns the next batch of at most most entries or nil, and then until
// when to wait for a fuller one (zero: for a change); mu is held.
func (q *queue) take(most int, linger time.Duration, now time.Time) (*batch, time.Time) {
	if len(q.pending) == 0 {
		if len(q.batches) == 0 && !q.sure {
			return q.start(&batch{last: q.landed}), time.Time{}
		}
		return nil, time.Time{}
	}
	if enough := len(q.pending) >= most || q.bytes >= maxText; !enough && q.flushes == 0 {
		wait := linger
		if len(q.pending) >= most/8 {
			wait *= 5 // a flood: fuller batches cost half as much
		}
		if until := q.pending[0].since.Add(wait); now.Before(until) {
			return nil, until
		}
	}
	n, bytes := 0, 0
	for n < len(q.pending) && n < most && bytes < maxText {
		if _, busy := q.writing[q.pending[n].doc]; busy {
			break
		}
		bytes += q.pending[n].size()
		n++
	}
	if n == 0 {
		return nil, time.Time{}
	}
	b := &batch{entries: q.pending[:n:n]}
	b.last = position{b.entries[n-1].Seq, b.entries[n-1].ID}
	q.bytes -= bytes
	if q.pending = q.pending[n:]; len(q.pending) == 0 {
		q.pending = nil // let go of the array
	}
	for _, e := range b.entries {
		q.writing[e.doc] = struct{}{}
	}
	return q.start(b), time.Time{}
}

// start puts b among the batches that are being written.
func (q *queue) start(b *batch) *batch {
	b.alone = len(q.batches) == 0
	for _, other := range q.batches {
		other.alone = false
	}
	b.carries = q.landed
	if b.alone {
		b.carries = b.last
	}
	if b.carries.seq <= q.submitted.seq && len(b.entries) > 0 {
		b.carries = position{}
	} else {
		q.submitted = b.carries
	}
	q.batches = append(q.batches, b)
	q.broadcast()
	return b
}

// land notes that b is durable.
func (q *queue) land(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b.landed = true
	for _, e := range b.entries {
		delete(q.writing, e.doc)
	}
	for len(q.batches) > 0 && q.batches[0].landed {
		q.landed = q.batches[0].last
		q.batches = q.batches[1:]
	}
	q.sure = b.alone && b.carries == b.last
	q.broadcast()
}

// idle reports whether everything that was added is durable, the position too;
// mu is held.
func (q *queue) idle() bool {
	return len(q.pending) == 0 && len(q.batches) == 0 && q.sure
}
