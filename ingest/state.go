package ingest

import (
	"context"
	"time"

	"marsad/item"
)

// A Publisher accepts items. When Publish returns nil they are durable;
// publishing an item again is harmless. It may block until ctx ends.
type Publisher interface {
	Publish(ctx context.Context, items []item.Item) error
}

// States keeps what the poller has to remember of each feed. A saved state is
// durable when Save returns.
type States interface {
	// Load returns the state of the feed of that name, and whether there is one.
	Load(ctx context.Context, feed string) (FeedState, bool, error)
	Save(ctx context.Context, feed string, state FeedState) error
}

// FeedState is what is remembered of a feed between polls. It is saved after
// the publish of what the poll brought was acknowledged, never before: the
// validators in it vouch that everything behind them is in the stream.
type FeedState struct {
	// URL is the address that the rest was learnt from; at another one the feed
	// begins anew.
	URL string `json:"url"`
	// ETag and LastModified are the validators of the last whole document, byte
	// for byte, and ValidatorHost is the host that gave them.
	ETag          string `json:"etag,omitempty"`
	LastModified  string `json:"last_modified,omitempty"`
	ValidatorHost string `json:"validator_host,omitempty"`
	// ValidatorsLie says that the document was found changed under unchanged
	// validators; they are not used again.
	ValidatorsLie bool `json:"validators_lie,omitempty"`
	// BodyHash is of the last whole document that was published.
	BodyHash string `json:"body_hash,omitempty"`
	// LastFull is the time of the last whole document that was read.
	LastFull time.Time `json:"last_full,omitzero"`

	NextPoll  time.Time `json:"next_poll,omitzero"`
	LastCheck time.Time `json:"last_check,omitzero"`
	LastOK    time.Time `json:"last_ok,omitzero"`
	// LastNew is the time of the last poll that brought a new article.
	LastNew time.Time `json:"last_new,omitzero"`
	// Failures counts the failed polls since the last good one; Since is the
	// time of the first of them.
	Failures int       `json:"failures,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	// Penalty is the weight of the failures, by which the interval is stretched.
	Penalty     float64 `json:"penalty,omitempty"`
	LastProblem Problem `json:"last_problem,omitempty"`
	LastError   string  `json:"last_error,omitempty"`
	// FirstGone is the time of the first 410 in a row; Gone ends the polling.
	FirstGone time.Time `json:"first_gone,omitzero"`
	Gone      bool      `json:"gone,omitempty"`
	// FirstFetchDone says that the feed's first document has been published;
	// what comes later is news.
	FirstFetchDone bool `json:"first_fetch_done,omitempty"`

	// Title and Language are the feed's own; Items is the number of entries of
	// the last document, Published of the items it gave to the stream in all.
	Title     string `json:"title,omitempty"`
	Language  string `json:"language,omitempty"`
	Items     int    `json:"items,omitempty"`
	Published int64  `json:"published,omitempty"`
	// Note is a sentence about what had to be mended in the last document.
	Note string `json:"note,omitempty"`
}

// State names what a feed is doing, in one word for people.
type State string

// The states of a feed.
const (
	StateWaiting State = "waiting" // never polled yet
	StateOK      State = "ok"
	StateFailing State = "failing"
	StateGone    State = "gone"
	StatePaused  State = "paused"
)

// FeedStatus is what there is to show of a feed.
type FeedStatus struct {
	Name  string `json:"name"`
	URL   string `json:"url"`
	State State  `json:"state"`
	// Since is the time of the first failure of a failing feed.
	Since     time.Time `json:"since,omitzero"`
	LastCheck time.Time `json:"last_check,omitzero"`
	LastOK    time.Time `json:"last_ok,omitzero"`
	LastNew   time.Time `json:"last_new,omitzero"`
	NextPoll  time.Time `json:"next_poll,omitzero"`
	Polling   bool      `json:"polling,omitempty"`
	Items     int       `json:"items"`
	Published int64     `json:"published"`
	Failures  int       `json:"failures,omitempty"`
	// Problem and Error are of the last poll, empty when it was good; Error is
	// what happened and what to do.
	Problem Problem       `json:"problem,omitempty"`
	Error   string        `json:"error,omitempty"`
	Note    string        `json:"note,omitempty"`
	Title   string        `json:"title,omitempty"`
	Lang    string        `json:"lang,omitempty"`
	Every   time.Duration `json:"every"`
	Sample  bool          `json:"sample,omitempty"`
}

// PollResult tells what one poll brought.
type PollResult struct {
	Feed, URL string
	// First marks the feed's first document; its items are no news.
	First bool
	// NotModified says that the server, or the body's hash, told that nothing
	// changed.
	NotModified bool
	// Items is the number of items in the document, New of articles and Revised
	// of revisions that were published.
	Items, New, Revised int
	Partial             bool
	Took                time.Duration
	// Err is nil for a good poll.
	Err *Error
}
