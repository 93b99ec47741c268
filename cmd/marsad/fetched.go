package main

import (
	"fmt"
	"sync"
	"time"

	"marsad/ingest"
)

// A fetchCount tells, while the first round of polls goes on, how far it is,
// and sums it up when every feed was asked once.
type fetchCount struct {
	con   *console
	total int
	start time.Time

	mu            sync.Mutex
	asked         map[string]bool
	items, failed int
	done          bool
}

func newFetchCount(con *console, total int) *fetchCount {
	return &fetchCount{con: con, total: total, start: time.Now(), asked: make(map[string]bool, total)}
}

// polled notes one poll. It is safe for concurrent use.
func (f *fetchCount) polled(r ingest.PollResult) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done || f.asked[r.Feed] {
		return
	}
	f.asked[r.Feed] = true
	f.items += r.New
	if r.Err != nil {
		f.failed++
	}
	text := fmt.Sprintf("%d/%d fetched · %s · %s (%.1f s)", len(f.asked), f.total,
		plural(f.items, "new article"), plural(f.failed, "error"), time.Since(f.start).Seconds())
	if f.done = len(f.asked) == f.total; f.done {
		f.con.Step("Feeds", text)
		return
	}
	f.con.Progress("  Feeds           " + text)
}
