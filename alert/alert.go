// Package alert tells people that something they watch for was mentioned: once
// for each watch and story, in time, and why.
//
// Two halves meet at the ALERTS stream. The [Stage] reads tagged items, matches
// them against a compiled [Set] of watches and publishes an [Alert] for each
// (watch, story) that is new. A [Courier], one for each receiver, takes alerts
// from that receiver's queue and sends them, again and again on a schedule,
// until they arrive or are filed as dead letters.
//
// You may forget that there are queues, retries and crashes: an alert's and a
// delivery's identity are computed from their input, the stage may be given the
// same items twice, and a delivery is written into a [Ledger] before it is
// acknowledged. The promise is at least once, always under the same id.
package alert

import (
	"time"

	"marsad/item"
)

// An Alert says that a story matched a watch. The JSON tags are the wire form of
// the ALERTS stream and the body of a webhook: a field may be added and never
// renamed or reused.
type Alert struct {
	// ID is NewID(Watch, Story).
	ID string `json:"id"`
	// Watch and Query are the watch's id and its query as written; Priority is
	// the watch's.
	Watch    string   `json:"watch"`
	Query    string   `json:"query"`
	Priority Priority `json:"priority,omitempty"`
	// To names the receivers, as the watch had them when the alert rose.
	To []string `json:"to,omitempty"`

	// Story is the group of copies, Item and Revision the article of it that
	// matched first; the fields that follow are the article's.
	Story    item.ID       `json:"story"`
	Item     item.ID       `json:"item"`
	Revision item.Revision `json:"rev"`
	Title    string        `json:"title,omitempty"`
	URL      string        `json:"url,omitempty"`
	Source   string        `json:"source,omitempty"`
	Feed     string        `json:"feed,omitempty"`
	Lang     string        `json:"lang,omitempty"`
	// Published is what the feed states, zero when it states nothing; Seen is
	// when we first fetched the article, Revised when we fetched the edited text
	// that matched (zero when it is the first text). All are UTC.
	Published time.Time `json:"published,omitzero"`
	Seen      time.Time `json:"seen,omitzero"`
	Revised   time.Time `json:"revised,omitzero"`

	// Why lists what satisfied the query, a few places for each clause.
	Why []Reason `json:"why,omitempty"`
	// PageURL is the address of the article's page in our own web interface;
	// empty when no base URL is configured.
	PageURL string `json:"page,omitempty"`
	// Sample marks an alert on an item of the demo's invented feeds.
	Sample bool `json:"sample,omitempty"`
	// Seq is the position in the TAGGED stream of the record it rose from.
	Seq uint64 `json:"seq,omitempty"`
}

// A Reason is one place of the article that satisfied a clause of the query.
type Reason struct {
	// Clause is the clause as the query language writes it.
	Clause string `json:"clause"`
	// Field is "title" or "body", Start and End are byte offsets into it and
	// Text is the slice between them; all are zero for a clause that rests on no
	// place in the text (a source, an implied place).
	Field string `json:"field,omitempty"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text,omitempty"`
}

// NewID returns the identity of the alert of a watch on a story.
func NewID(watch string, story item.ID) string {
	return string(item.NewID("alert", watch, string(story)))
}

// DeliveryID returns the identity of an alert's delivery to a receiver: the same
// on each retry, so that the receiver can drop a repeat.
func DeliveryID(alertID, receiver string) string {
	return string(item.NewID("delivery", alertID, receiver))
}

// arrived is when the text that matched was fetched.
func (a Alert) arrived() time.Time {
	if !a.Revised.IsZero() {
		return a.Revised
	}
	return a.Seen
}
