// Package query is Marsad's one query language: it parses what people type into
// a tree and tells whether an analysed item satisfies the tree and why. The
// search box, the command line, the API, saved searches and watches all use it;
// index compiles the same trees for its engine and is tested against Match.
//
// The language (docs/queries.md has its grammar): words are ANDed; OR, AND and
// NOT (or a leading -) in capitals; parentheses; "phrases"; "near words"~5;
// prefix*; fuzzy~1; * for everything; and the fields
//
//	actor: place: theme:   a tag, by its id or by any name in any script
//	near:LAT,LON,KM        the places of the pack within some kilometres
//	lang:                  the language of the item (en, ar, ckb, …)
//	source: feed:          the publisher's name (all words), the configured feed
//	title: body:           words, phrases, … in one of the texts only
//	story: event:          the story and the event an item belongs to
//	since: after: before:  dates (2026-01-05, 2026-01-05T14:30) or ages (7d, 24h)
//
// A field takes one value or a group: place:(anbar OR "دير الزور"). Words match
// the title or the body. "since:" includes the day or minute it names, "after:"
// begins when that has ended, and "before:" ends when it begins.
//
// Text is compared by the words that package text finds: a word of an item
// stands under its folded form and under each of its readings (without clitic or
// suffix); a word of a query is folded only. A clause that folds to nothing is an
// error, never dropped.
//
// Ages stay ages in the tree, so that a watch or a saved search moves with time:
// At resolves them for a search; Match measures them from the time at which the
// item was first seen, so that a replay gives the same answers as the day did.
//
// The package does no I/O, keeps no state and reads no clock.
package query
