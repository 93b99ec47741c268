package server

import (
	"context"
	"sync"
	"time"
)

// Status is the daemon's health as /api/v1/status, the status page and `marsad
// status` show it. All times are UTC; a zero time means "never".
type Status struct {
	Version string `json:"version"`
	// Sample says that the daemon shows the demo's invented news.
	Sample  bool      `json:"sample,omitempty"`
	Started time.Time `json:"started,omitzero"`
	// Ready is false while starting and while polling is paused by a full disk;
	// Reason says why.
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"`

	Polling   Polling    `json:"polling"`
	Index     Index      `json:"index"`
	Disk      Disk       `json:"disk"`
	Streams   []Stream   `json:"streams"`
	Stages    []Stage    `json:"stages"`
	Receivers []Receiver `json:"receivers,omitempty"`
	Feeds     []Feed     `json:"feeds"`
	// Retag is absent while the archive was never tagged again since the start.
	Retag *Retag `json:"retag,omitempty"`
	// Parked are the latest records that could not be processed, newest first;
	// ParkedTotal counts all of them.
	Parked      []Parked `json:"parked,omitempty"`
	ParkedTotal uint64   `json:"parked_total"`
}

// Polling says whether feeds are being asked.
type Polling struct {
	Paused bool `json:"paused"`
	// Why is the reason of a pause, in a sentence that says what to do.
	Why string `json:"why,omitempty"`
}

// Index is the state of the search index.
type Index struct {
	Articles uint64 `json:"articles"`
	// Error says why the index does not take new articles; empty when it does.
	Error string `json:"error,omitempty"`
	// Rebuilt says why the index was begun anew at this start, if it was.
	Rebuilt string `json:"rebuilt,omitempty"`
}

// Disk is the room on the data folder's file system, in bytes.
type Disk struct {
	Path  string `json:"path,omitempty"`
	Total uint64 `json:"total"`
	Free  uint64 `json:"free"`
	// Used is the size of the data folder, 0 when it is not known.
	Used uint64 `json:"used,omitempty"`
	// PauseBelow is the free room below which polling pauses.
	PauseBelow uint64 `json:"pause_below,omitempty"`
}

// Stream is one stream of the bus.
type Stream struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	// First and Last are the sequences of the oldest and newest record.
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	// Lost counts records that the store can no longer read; any but 0 is an
	// alarm.
	Lost uint64 `json:"lost,omitempty"`
}

// Stage is how far one stage has read its stream.
type Stage struct {
	Name     string `json:"name"`
	Stream   string `json:"stream"`
	Position uint64 `json:"position"`
	// Lag is how many records wait.
	Lag   uint64 `json:"lag"`
	Error string `json:"error,omitempty"`
}

// Receiver is the queue of one receiver of alerts.
type Receiver struct {
	Name    string `json:"name"`
	Pending uint64 `json:"pending"`
	// Dead counts alerts that were given up.
	Dead  uint64 `json:"dead"`
	Error string `json:"error,omitempty"`
}

// FeedState is the health of a feed in a word.
type FeedState string

// The states of a feed. A new feed has not been fetched yet; a quiet one has
// been silent for long by its own rhythm.
const (
	FeedNew     FeedState = "new"
	FeedOK      FeedState = "ok"
	FeedQuiet   FeedState = "quiet"
	FeedFailing FeedState = "failing"
	FeedGone    FeedState = "gone"
	FeedPaused  FeedState = "paused"
)

// FeedStates lists the states, the best first.
func FeedStates() []FeedState {
	return []FeedState{FeedOK, FeedNew, FeedQuiet, FeedFailing, FeedGone, FeedPaused}
}

// broken reports whether a feed brings nothing though it should.
func (s FeedState) broken() bool { return s == FeedFailing || s == FeedGone }

// Feed is one configured feed.
type Feed struct {
	Name string `json:"name"`
	// URL is the address without user name, password and query, which may be
	// secret.
	URL   string    `json:"url"`
	State FeedState `json:"state"`
	// Since is when a feed that is not ok came into its state.
	Since time.Time `json:"since,omitzero"`
	// Error is the last error in words, empty when the last fetch went well.
	Error string `json:"error,omitempty"`
	// Note says what had to be mended or left out of the last document.
	Note string `json:"note,omitempty"`
	// MovedTo is the address that the publisher has moved it to for good.
	MovedTo string `json:"moved_to,omitempty"`
	// Failures counts the failed fetches since the last good one.
	Failures int       `json:"failures,omitempty"`
	Items    uint64    `json:"items"`
	LastPoll time.Time `json:"last_poll,omitzero"`
	LastItem time.Time `json:"last_item,omitzero"`
	NextPoll time.Time `json:"next_poll,omitzero"`
	// EveryS is the time between two polls by the feed's rhythm, in seconds.
	EveryS int64 `json:"every_s,omitempty"`
	// PerDay is the number of new articles a day, Repeats the share of what a
	// poll brings that was there before, LagS the time from publication to the
	// poll that brought an article, in seconds, the median.
	PerDay  float64 `json:"per_day,omitempty"`
	Repeats float64 `json:"repeats,omitempty"`
	LagS    int64   `json:"lag_s,omitempty"`
	// Gaps counts the polls that had no article in common with the one before:
	// some may have been lost. LastGap is the time of the last.
	Gaps    int       `json:"gaps,omitempty"`
	LastGap time.Time `json:"last_gap,omitzero"`
	// Hub is the address, without its query, of the hub that is to push the feed,
	// PushUntil the time until which it has promised to, HubNote why it has not.
	Hub       string    `json:"hub,omitempty"`
	PushUntil time.Time `json:"push_until,omitzero"`
	HubNote   string    `json:"hub_note,omitempty"`
}

// Parked is a record that could not be processed and was put aside.
type Parked struct {
	Stage  string    `json:"stage"`
	Stream string    `json:"stream"`
	Seq    uint64    `json:"seq"`
	ID     string    `json:"id"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at,omitzero"`
}

// failing counts the feeds that bring nothing though they should.
func (s Status) failing() int {
	n := 0
	for _, f := range s.Feeds {
		if f.State.broken() {
			n++
		}
	}
	return n
}

// statusCache asks for the status at most once a second, however many pages
// show it. It is safe for concurrent use.
type statusCache struct {
	get func(context.Context) (Status, error)

	mu   sync.Mutex
	last Status
	err  error
	at   time.Time
}

const statusAge = time.Second

func (c *statusCache) status(ctx context.Context) (Status, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && time.Since(c.at) < statusAge {
		return c.last, c.err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c.last, c.err = c.get(ctx)
	if ctx.Err() == nil { // do not hand one client's impatience to the next
		c.at = time.Now()
	}
	return c.last, c.err
}

// forget makes the next status a new one, after a change that is to be seen.
func (c *statusCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}
