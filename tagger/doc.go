// Package tagger finds the actors, places and themes of a rule pack in items.
//
// A Pack is compiled once from plain Go values (package rules reads them from
// YAML) and is then immutable: Tag is a pure function of the item and the pack,
// safe for concurrent use, and gives equal, equally ordered output for equal
// input. What may be forgotten when using it: tries, folding, gates, which of
// several overlapping names wins.
//
// An item is read in this order: all names and words are collected by one trie
// over folded words, names of two words or more in other romanisations by a
// second one over keys; acronyms that the item gives another meaning are
// dropped; strong, plain and titled names are accepted; which of several rules
// that bear a name is meant is told by what else stands there; gated names are
// judged by what stands around them; surnames are referred back to their
// bearers; a name inside a longer name is dropped unless exposed; themes are
// judged last, over words and tags.
package tagger
