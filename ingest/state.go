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
	// LastNew is the time of the last poll that brought something new, also if
	// another feed had brought it before.
	LastNew time.Time `json:"last_new,omitzero"`
	// Failures counts the failed polls since the last good one. Since is the time
	// of the first of them, for a feed that is gone of its end, and otherwise of
	// the first good poll after the last failure.
	Failures int       `json:"failures,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	// Penalty is the weight of the failures, by which the interval is stretched.
	Penalty     float64 `json:"penalty,omitempty"`
	LastProblem Problem `json:"last_problem,omitempty"`
	LastError   string  `json:"last_error,omitempty"`
	// FirstGone is the time of the first 410 in a row; Gone ends the polling.
	FirstGone time.Time `json:"first_gone,omitzero"`
	Gone      bool      `json:"gone,omitempty"`
	// Address is polled instead of URL since permanent redirects led there often
	// enough; Move is one that did not yet.
	Address string `json:"address,omitempty"`
	Move    Move   `json:"move,omitzero"`
	// Via is the host that the address redirects to, when it is another.
	Via string `json:"via,omitempty"`

	// Interval is the time between two polls that the feed's rhythm asks for, 0
	// while it is unknown; Peak the share of the document that was replaced in
	// an hour at its busiest, a memory that fades.
	Interval time.Duration `json:"interval,omitempty"`
	Peak     float64       `json:"peak,omitempty"`
	// Sample is of the items of the last whole document, see sampleOf.
	Sample []byte `json:"sample,omitempty"`
	// Asked is what that document asked of its readers.
	Asked Asked `json:"asked,omitzero"`
	// Gaps counts the polls that shared no item with the one before, LastGap is
	// the time of the last: items may have come and gone between them.
	Gaps    int       `json:"gaps,omitempty"`
	LastGap time.Time `json:"last_gap,omitzero"`
	Stats   Stats     `json:"stats,omitzero"`
	// Early is what polls saw that tell nothing of the rhythm yet.
	Early Early `json:"early,omitzero"`

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
	StateQuiet   State = "quiet" // nothing new for three times its own rhythm
	StateFailing State = "failing"
	StateGone    State = "gone" // answered 410 twice; not polled any more
	StatePaused  State = "paused"
)

// FeedStatus is what there is to show of a feed.
type FeedStatus struct {
	Name  string `json:"name"`
	URL   string `json:"url"`
	State State  `json:"state"`
	// Address is polled instead of URL, to which the publisher has moved; empty
	// if he has not.
	Address string `json:"address,omitempty"`
	// Since is when State began, zero while unknown: of a failing feed the first
	// failure, of a quiet one the last new article.
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
	Problem Problem `json:"problem,omitempty"`
	Error   string  `json:"error,omitempty"`
	Note    string  `json:"note,omitempty"`
	Title   string  `json:"title,omitempty"`
	Lang    string  `json:"lang,omitempty"`
	// Every is the present interval.
	Every  time.Duration `json:"every"`
	Sample bool          `json:"sample,omitempty"`
	// Gaps counts the polls before which items may have been lost.
	Gaps    int       `json:"gaps,omitempty"`
	LastGap time.Time `json:"last_gap,omitzero"`
	// PerDay is the number of new articles a day, Known the share of what a poll
	// reads that was there before, Lag the median time from publication to our
	// fetch; all of the last weeks, and 0 while unknown.
	PerDay float64       `json:"per_day,omitempty"`
	Known  float64       `json:"known,omitempty"`
	Lag    time.Duration `json:"lag,omitempty"`
	// Push is nil while there is nobody to subscribe to.
	Push *PushStatus `json:"push,omitempty"`
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
	// Gap says that no item was there at the poll before: some may be lost.
	Gap  bool
	Took time.Duration
	// Err is nil for a good poll.
	Err *Error
}
