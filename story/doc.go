// Package story tells copies and follow-ups from new stories.
//
// A story is a group of copies: near-duplicate text, whichever feeds carried
// it and under whatever title. An event is a group of stories that tell of the
// same thing: follow-ups, updates, translations. A story is what one alert is
// about; an event only folds lists, as two accounts of one event both hold news.
//
// A [Grouper] is a pure fold over the stream of tagged items. It looks back over
// a window of seven days and can be rebuilt from what the stream holds of them.
//
// How a copy is found: folded words are cut into shingles of three; of these
// some are chosen by their own hash (winnowing, which finds any shared run of
// six words and so also a trimmed text, as hashes of the whole text do not);
// texts that share some are candidates, and the overlap of all their shingles
// decides, with an eye on numbers and names that were exchanged.
//
// What may be forgotten when using it: scripts, spellings, labels and source
// names in titles, datelines, restarts. What may not: items must come in stream
// order, and a Grouper belongs to one goroutine.
package story
