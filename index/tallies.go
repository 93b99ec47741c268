package index

import (
	"fmt"
	"sync"
	"time"
)

const (
	// talliesKept is how many tallies are kept.
	talliesKept = 64
	// tallyWorth is how many items a tally must have counted to be kept.
	tallyWorth = 5000
	// tallyPerItem is for how long a tally is good for each item it counted: some
	// ten times as long as counting takes.
	tallyPerItem = 10 * time.Microsecond
	// tallyLongest bounds it.
	tallyLongest = 10 * time.Second
)

// tallies keeps the large tallies for a moment, since pages that many look at,
// the newest articles above all, ask for the same counts again and again. What is
// kept is at most as old as ten times what counting it again would take, 10
// seconds at most. It is safe for concurrent use; tallies in it are not changed.
type tallies struct {
	mu   sync.Mutex
	kept map[string]keptTally
}

type keptTally struct {
	tally *tally
	at    time.Time
}

// tallyKey names what is counted of which items. Ages stay ages in it.
func tallyKey(r Request, w wanted) string { return fmt.Sprintf("%+v %s", w, r.Query) }

func (k keptTally) good(now time.Time) bool {
	age := now.Sub(k.at)
	return age >= 0 && age < min(time.Duration(k.tally.items)*tallyPerItem, tallyLongest)
}

func (c *tallies) get(key string, now time.Time) *tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.kept[key]; ok && k.good(now) {
		return k.tally
	}
	return nil
}

func (c *tallies) put(key string, t *tally, now time.Time) {
	if t.items < tallyWorth {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]keptTally{}
	}
	oldest, at := "", now
	for name, k := range c.kept {
		if !k.good(now) {
			delete(c.kept, name)
		} else if oldest == "" || k.at.Before(at) {
			oldest, at = name, k.at
		}
	}
	if len(c.kept) >= talliesKept {
		delete(c.kept, oldest)
	}
	c.kept[key] = keptTally{t, now}
}
