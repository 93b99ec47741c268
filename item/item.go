// Package item holds the values that flow through Marsad: items as feeds
// publish them, the tags that rules give them, and the identities of both.
//
// It imports the standard library only and does no I/O, so every other package
// may import it. The JSON tags are the one wire form: streams written years ago
// are read with them, so a field may be added and never renamed or reused.
package item

import "time"

// An Item is one revision of one article, as a feed published it.
//
// Texts are plain UTF-8 (no HTML) in the feed's own spelling: evidence offsets
// are byte offsets into Title and Body. An Item is a value; nothing in it is
// changed after ingest made it.
type Item struct {
	// ID names the article, whatever its revision and whichever feed carried it.
	ID ID `json:"id"`
	// Revision names this text of the article.
	Revision Revision `json:"rev"`

	// Feed is the configured name of the feed that carried it first.
	Feed string `json:"feed"`
	// Source is the publisher as readers know it: the feed's title or the host.
	Source string `json:"source,omitempty"`
	// URL is the address as the feed gave it, absolute, http or https; empty
	// when the feed gave none that can be used.
	URL string `json:"url,omitempty"`
	// GUID is the feed's own identifier, byte for byte.
	GUID string `json:"guid,omitempty"`

	Title string `json:"title,omitempty"`
	// Body is the text of the article or its summary; paragraphs are separated
	// by a blank line.
	Body string `json:"body,omitempty"`
	// Added are the sentences of Title and Body that did not stand in the
	// revision before, in order (title first) and not overlapping. It is empty
	// for the first revision, where everything is new, for an edit that only took
	// away, and for a revision with the flag "added-unknown".
	Added  []Span `json:"added,omitempty"`
	Author string `json:"author,omitempty"`
	// Categories are what the feed files it under; Enclosures the files that it
	// attaches: pictures, sound, video.
	Categories []string    `json:"categories,omitempty"`
	Enclosures []Enclosure `json:"enclosures,omitempty"`
	// Lang is a BCP 47 primary language (en, ar, ckb, kmr, fa, tr, fr, …), or
	// "und" when it could not be told.
	Lang string `json:"lang,omitempty"`

	// Published is the date that the feed states, in UTC; zero when it states
	// none that can be read. One more than a day ahead of the fetch is cut to
	// that and flagged "date-future". PublishedRaw is what the feed wrote.
	Published    time.Time `json:"published,omitzero"`
	PublishedRaw string    `json:"published_raw,omitempty"`
	// Seen is the time of the first complete fetch that carried the article, in
	// UTC. It is the same for every revision.
	Seen time.Time `json:"seen,omitzero"`
	// Revised is the time of the fetch that brought this revision, in UTC; zero
	// for the first.
	Revised time.Time `json:"revised,omitzero"`
	// Listed is the time under which the article stands in every list: Published
	// of the first revision, or Seen where that is missing or lies in the
	// future. It never changes, so a list's order is stable; whole seconds, UTC.
	Listed time.Time `json:"listed,omitzero"`

	// Backfill marks an item that was not news when it came: from a feed's
	// first fetch, or replayed from an archive. It never alerts.
	Backfill bool `json:"backfill,omitempty"`
	// Sample marks an item of the demo's invented feeds.
	Sample bool `json:"sample,omitempty"`
	// Flags says what ingest had to mend or doubt, for instance "date-missing",
	// "date-unreadable", "date-future", "title-cut", "body-cut", "partial-feed".
	Flags []string `json:"flags,omitempty"`
}

// FlagAddedUnknown says that a revision was published without its predecessor at
// hand, so that nobody knows what in it is new.
const FlagAddedUnknown = "added-unknown"

// A Span is a part of an item's text: the bytes of Field, "title" or "body", from
// Start up to End.
type Span struct {
	Field string `json:"field"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// An Enclosure is a file that a feed attaches to an item.
type Enclosure struct {
	// URL is absolute, http or https.
	URL string `json:"url"`
	// Type is the media type, Length the size in bytes, as the feed states them;
	// empty and 0 when it does not.
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"`
}

// Kind is what a tag names.
type Kind string

// The kinds of tags.
const (
	Actor Kind = "actor"
	Place Kind = "place"
	Theme Kind = "theme"
)

// Kinds lists every kind, in the order in which they are shown.
func Kinds() []Kind { return []Kind{Actor, Place, Theme} }

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return k == Actor || k == Place || k == Theme }

// Status tells how sure a tag is.
type Status string

// A certain tag counts in searches and watches; a candidate is shown as a
// possibility only.
const (
	Certain   Status = "certain"
	Candidate Status = "candidate"
)

// A Tag says that an item mentions an actor or a place, or is about a theme.
type Tag struct {
	Kind   Kind   `json:"kind"`
	ID     string `json:"id"`
	Status Status `json:"status"`
	// Rule names the rule that gave the tag, as pack/file-local id.
	Rule string `json:"rule,omitempty"`
	// Implied marks a place that holds a mentioned place (iraq for al-qaem) and
	// is not named itself; it has no evidence.
	Implied  bool       `json:"implied,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	// Confidence is how likely the tag is right, above 0 and at most 1, by the
	// way in which it was found; 0 in records of before it was told.
	Confidence float64 `json:"confidence,omitempty"`
	// Modality says that a theme is not told as a fact: "planned", "denied", or
	// what else a rule calls it. Empty is a fact.
	Modality string `json:"modality,omitempty"`
}

// Key is the tag as one term, "kind:id".
func (t Tag) Key() string { return string(t.Kind) + ":" + t.ID }

// Evidence is one place in an item's text that a tag rests on.
type Evidence struct {
	// Field is "title" or "body".
	Field string `json:"field"`
	// Start and End are byte offsets into that field of the name itself,
	// without clitic or suffix; Text is exactly the slice between them.
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
	// Surface is the whole word or words the name stood in, when that is more
	// than Text.
	Surface string `json:"surface,omitempty"`
	// Clause says which clause of the rule the name satisfied.
	Clause string `json:"clause,omitempty"`
}

// Tagged is an item with its tags: what the index holds and watches look at.
type Tagged struct {
	Item Item `json:"item"`
	// Tags are sorted by kind (actor, place, theme) and id, each id once.
	Tags []Tag `json:"tags,omitempty"`
	// Pack is the hash of the rule pack that gave the tags.
	Pack string `json:"pack,omitempty"`
	// Story is the id of the first item of the group of copies this item
	// belongs to; the item's own id while it is alone.
	Story ID `json:"story,omitempty"`
	// Event is the id of the first item of the group of stories that tell of one
	// event: follow-ups, translations; the item's own id while it is alone, empty
	// in records of before it was told. It folds lists and never stops an alert.
	Event ID `json:"event,omitempty"`
	// Seq is the position in the ITEMS stream of the record this was made from.
	Seq uint64 `json:"seq,omitempty"`
}

// ID is the record's identity in the TAGGED stream: the revision and the pack
// that tagged it, so that tagging twice changes nothing.
func (t Tagged) ID() string { return string(t.Item.Revision) + "+" + t.Pack }
