package ingest

import (
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"marsad/item"
)

// Known remembers which articles have been published, in which revisions, and
// under which time they stand in lists. It is a fold over the ITEMS stream:
// nothing in it is lost with it, because applying the stream again gives the
// same. One Known serves every feed, so an article that two feeds carry is
// published once. Safe for concurrent use.
//
// What is new goes through three steps: Admit reserves it, the caller publishes
// it, then Apply (published) or Abort (not published) settles it.
type Known struct {
	mu      sync.Mutex
	entries map[key]entry
	// older holds the revisions before the last one, of articles with several.
	older    map[key][]uint64
	reserved map[key]reservation
	seq      uint64
	// epoch counts the days on which Prune was called: a day on which nothing
	// was polled does not age what is remembered.
	epoch    uint16
	pruneDay int64
}

type key [16]byte

// An entry is 32 bytes: there may be millions.
type entry struct {
	last uint64 // hash of the last revision
	at   uint64 // position of the last record in ITEMS, 0 while unknown
	// listed and seen are unix seconds of the first revision.
	listed, seen uint32
	revised      uint32 // unix seconds of the last revision, 0 for the first
	touched      uint16 // epoch in which a feed last carried it
	revisions    uint16
}

// A reservation is a revision that somebody is publishing.
type reservation struct {
	rev  uint64
	done chan struct{}
}

const (
	// keepRevisions is the number of revisions that are told apart per article:
	// a text that flips between a few variants is published once per variant.
	keepRevisions = 8
	// calmAfter is the number of revisions after which an article is published
	// at most once an hour: more than keepRevisions variants in turn would
	// otherwise be news at every poll for ever.
	calmAfter = 32
	// pruneAfter is the number of days of polling after which an article that no
	// feed carries any more is forgotten.
	pruneAfter = 60
)

// NewKnown returns a Known that remembers nothing.
func NewKnown() *Known {
	return &Known{entries: map[key]entry{}, older: map[key][]uint64{}, reserved: map[key]reservation{}}
}

// Admit reports whether it is to be published, and if so reserves it until
// Apply or Abort. A revision of a known article is given the Seen and Listed of
// the first one, and as Revised the time of the fetch (its own Seen).
//
// When another caller has reserved the article, settled is not nil: it is
// closed when that one is settled, and Admit has to be asked again. Until then
// nobody can say whether it has been published.
func (k *Known) Admit(it *item.Item) (fresh bool, settled <-chan struct{}) {
	id, rev, ok := parseRevision(it.Revision)
	if !ok {
		return false, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if r, taken := k.reserved[id]; taken {
		return false, r.done
	}
	if e, known := k.entries[id]; known {
		if e.touched != k.epoch {
			e.touched = k.epoch
			k.entries[id] = e
		}
		if e.last == rev || slices.Contains(k.older[id], rev) {
			return false, nil
		}
		fetched := it.Seen
		if e.revisions >= calmAfter && fetched.Unix()-int64(e.revised) < int64(time.Hour/time.Second) {
			return false, nil
		}
		it.Seen, it.Listed, it.Revised = time.Unix(int64(e.seen), 0).UTC(), time.Unix(int64(e.listed), 0).UTC(), fetched
	}
	k.reserved[id] = reservation{rev, make(chan struct{})}
	return true, nil
}

// Abort gives back what Admit reserved, because it could not be published.
func (k *Known) Abort(it item.Item) {
	id, rev, ok := parseRevision(it.Revision)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.settle(id, rev)
}

// Apply records that it has been published: after the publish was acknowledged,
// or when the stream is read again. Applying an item twice changes nothing.
func (k *Known) Apply(it item.Item) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.apply(it)
}

// ApplyAt is Apply for the record at a position of the ITEMS stream. Records are
// applied in their order; Seq is the last one's position.
func (k *Known) ApplyAt(seq uint64, it item.Item) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.apply(it)
	if id, ok := parseID(string(it.ID)); ok {
		if e, known := k.entries[id]; known {
			e.at = max(e.at, seq)
			k.entries[id] = e
		}
	}
	k.seq = max(k.seq, seq)
}

// At returns the position in the ITEMS stream of the last record of an article,
// and false when it is not known.
func (k *Known) At(id item.ID) (seq uint64, ok bool) {
	b, ok := parseID(string(id))
	if !ok {
		return 0, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	seq = k.entries[b].at
	return seq, seq > 0
}

// Seq returns the position of the ITEMS stream up to which everything has been
// applied.
func (k *Known) Seq() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seq
}

// Len returns the number of articles remembered.
func (k *Known) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.entries)
}

// Lookup returns the times of the first revision of an article, in UTC.
func (k *Known) Lookup(id item.ID) (seen, listed time.Time, ok bool) {
	b, ok := parseID(string(id))
	if !ok {
		return seen, listed, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.entries[b]
	if !ok {
		return seen, listed, false
	}
	return time.Unix(int64(e.seen), 0).UTC(), time.Unix(int64(e.listed), 0).UTC(), true
}

// Prune ages what is remembered by one day and forgets articles that no feed
// has carried on 60 days of polling. It does so once per day (UTC) of now and
// returns how many it forgot.
func (k *Known) Prune(now time.Time) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	day := now.Unix() / (24 * 60 * 60)
	if day <= k.pruneDay {
		return 0
	}
	first := k.pruneDay == 0
	k.pruneDay = day
	if first {
		return 0
	}
	k.epoch++
	n := 0
	for id, e := range k.entries {
		if k.epoch-e.touched > pruneAfter { // unsigned: right across the overflow too
			delete(k.entries, id)
			delete(k.older, id)
			n++
		}
	}
	return n
}

func (k *Known) apply(it item.Item) {
	id, rev, ok := parseRevision(it.Revision)
	if !ok {
		return
	}
	defer k.settle(id, rev)
	e, known := k.entries[id]
	if !known {
		k.entries[id] = entry{last: rev, listed: seconds(it.Listed), seen: seconds(it.Seen), touched: k.epoch, revisions: 1}
		return
	}
	e.touched = k.epoch
	if e.last != rev && !slices.Contains(k.older[id], rev) {
		old := append(k.older[id], e.last)
		if len(old) > keepRevisions-1 {
			old = append(old[:0], old[len(old)-(keepRevisions-1):]...)
		}
		k.older[id] = old
		e.last, e.revised = rev, seconds(it.Revised)
		if e.revisions < 1<<16-1 {
			e.revisions++
		}
	}
	k.entries[id] = e
}

// settle lets those go on who wait for this revision of id. Another revision,
// which the stream may bring at the same time, settles nothing.
func (k *Known) settle(id key, rev uint64) {
	if r, taken := k.reserved[id]; taken && r.rev == rev {
		close(r.done)
		delete(k.reserved, id)
	}
}

// seconds returns t as unix seconds, 0 for what lies outside 1970 to 2106.
func seconds(t time.Time) uint32 {
	if s := t.Unix(); s > 0 && s < 1<<32 {
		return uint32(s)
	}
	return 0
}

func parseRevision(r item.Revision) (id key, rev uint64, ok bool) {
	if len(r) != 32+1+16 || r[32] != '-' {
		return id, 0, false
	}
	id, ok = parseID(string(r[:32]))
	if !ok {
		return id, 0, false
	}
	var b [8]byte
	if _, err := hex.Decode(b[:], []byte(r[33:])); err != nil {
		return id, 0, false
	}
	for _, c := range b {
		rev = rev<<8 | uint64(c)
	}
	return id, rev, true
}

func parseID(s string) (id key, ok bool) {
	if len(s) != 32 {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}
