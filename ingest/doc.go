// Package ingest turns feeds into items: it polls, fetches, parses and
// normalises, and hands what is new to a Publisher.
//
// What may be forgotten by its users: every byte that comes from outside is
// hostile until it is an item.Item. The HTTP client refuses private addresses
// after DNS, bodies are capped after decompression, XML is measured before it
// is parsed, and a panic in one feed ends that poll only. An item is published
// once per revision, whichever and however many feeds carry it (Known), and a
// feed's state is saved only after the publish of what it brought has been
// acknowledged: a crash costs one more fetch, never an article.
//
// The package knows no bus, no tags and no files; the clock enters an item only
// as the time of the fetch.
package ingest
