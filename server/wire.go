package server

import (
	"time"

	"marsad/index"
	"marsad/item"
	"marsad/query"
)

// A Hit is one article found: an element of Results, a line of search.jsonl
// and of `marsad search --json`. Fields may be added and never renamed.
type Hit struct {
	ID    item.ID `json:"id"`
	Title string  `json:"title"`
	// Body is the text or summary; paragraphs are separated by a blank line.
	Body string `json:"body,omitempty"`
	URL  string `json:"url,omitempty"`
	// Source is the publisher's name, Feed the configured feed.
	Source string `json:"source,omitempty"`
	Feed   string `json:"feed"`
	Lang   string `json:"lang"`
	// Published is what the feed states, Seen the first fetch; both in UTC, and
	// a missing one is left out.
	Published time.Time `json:"published,omitzero"`
	Seen      time.Time `json:"seen,omitzero"`
	// Tags are sorted by kind and id; evidence offsets are bytes of Title and
	// Body.
	Tags []item.Tag `json:"tags"`
	// Score is the relevance, of use within one reply only; absent when sorted
	// by date.
	Score float64 `json:"score,omitempty"`
	// Highlights are the byte offsets [start, end] in "title" and "body" of what
	// satisfied the query.
	Highlights map[string][][2]int `json:"highlights,omitempty"`
	// Copies is how many articles of the story satisfy the query, this one among
	// them, and Sources are up to 20 of their publishers; only when one article a
	// story was asked for.
	Copies  int      `json:"copies,omitempty"`
	Sources []string `json:"sources,omitempty"`
	// Sample marks invented news of the demo.
	Sample bool `json:"sample,omitempty"`
}

// Results is the reply to a search.
type Results struct {
	// Query is the query as given, Understood how it was read.
	Query      string `json:"query"`
	Understood string `json:"understood"`
	Total      uint64 `json:"total"`
	Hits       []Hit  `json:"hits"`
	// Stories is how many stories the articles found belong to, told when one
	// article a story and something to be counted were asked for.
	Stories uint64 `json:"stories,omitempty"`
	// Facets are counts over all that was found, by the names asked for.
	Facets map[string][]Facet `json:"facets,omitempty"`
	// Histogram is the articles found over time.
	Histogram *Histogram `json:"histogram,omitempty"`
	// Related are the tags that stand out among the articles found, the most
	// telling first.
	Related []RelatedTag `json:"related,omitempty"`
	// Suggestions are queries that find something, when this one found nothing.
	Suggestions []Suggestion `json:"suggestions,omitempty"`
	// Next is the cursor of the next page, empty on the last.
	Next string `json:"next,omitempty"`
	// TookMS is how long the index searched, in milliseconds.
	TookMS float64 `json:"took_ms"`
	// Sample says that the daemon shows invented news.
	Sample bool `json:"sample,omitempty"`
}

// A Facet is one value and how many of the articles found have it.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// An Article is the reply to /api/v1/items/{id}: the hit and all else that is
// kept of the article.
type Article struct {
	Hit
	Revision   item.Revision `json:"rev"`
	Author     string        `json:"author,omitempty"`
	Categories []string      `json:"categories,omitempty"`
	// Enclosures are the files that the feed attaches.
	Enclosures   []item.Enclosure `json:"enclosures,omitempty"`
	PublishedRaw string           `json:"published_raw,omitempty"`
	// Revised is the fetch that brought this text, absent for the first.
	Revised time.Time `json:"revised,omitzero"`
	// Added are the sentences that this revision brought.
	Added []item.Span `json:"added,omitempty"`
	// Listed is the time under which the article stands in lists.
	Listed   time.Time `json:"listed,omitzero"`
	Backfill bool      `json:"backfill,omitempty"`
	Flags    []string  `json:"flags,omitempty"`
	// Story is the first article of the group of copies this one belongs to.
	Story item.ID `json:"story,omitempty"`
	// Event is the first article of the stories that tell of the same event.
	Event item.ID `json:"event,omitempty"`
	// Pack is the hash of the rule pack that tagged it.
	Pack string `json:"pack,omitempty"`
}

// FacetNames lists the facets of a search, in the order in which they are
// shown.
func FacetNames() []string { return []string{"place", "actor", "theme", "lang", "source"} }

// newHit returns the wire form of an index hit. It shares nothing that the
// caller may change but the tags.
func newHit(h index.Hit) Hit {
	hit := articleHit(h.Tagged)
	hit.Score = h.Score
	hit.Highlights = offsets(h)
	hit.Copies, hit.Sources = h.Copies, h.Sources
	return hit
}

// NewResults returns the wire form of a search: q as typed, n as parsed, r as
// found. sample says that the daemon or the data folder shows invented news.
func NewResults(q string, n query.Node, r index.Result, sample bool) Results {
	out := Results{
		Query: q, Understood: n.String(), Total: r.Total, Hits: make([]Hit, len(r.Hits)),
		Stories: r.Stories, Histogram: newHistogram(r.Histogram), Related: newRelated(r.Related),
		Next: r.Cursor, TookMS: float64(r.Took.Microseconds()) / 1000, Sample: sample,
	}
	for i, h := range r.Hits {
		out.Hits[i] = newHit(h)
	}
	if len(r.Facets) > 0 {
		out.Facets = make(map[string][]Facet, len(r.Facets))
	}
	for name, counts := range r.Facets {
		list := make([]Facet, len(counts))
		for i, c := range counts {
			list[i] = Facet{Value: c.Value, Count: c.Count}
		}
		out.Facets[name] = list
	}
	return out
}

// NewArticle returns the wire form of one article.
func NewArticle(t item.Tagged) Article {
	return Article{
		Hit: articleHit(t), Revision: t.Item.Revision, Author: t.Item.Author, Categories: t.Item.Categories,
		Enclosures: t.Item.Enclosures, Added: t.Item.Added,
		PublishedRaw: t.Item.PublishedRaw, Revised: t.Item.Revised, Listed: t.Item.Listed,
		Backfill: t.Item.Backfill, Flags: t.Item.Flags, Story: t.Story, Event: t.Event, Pack: t.Pack,
	}
}

// articleHit is what a hit and an article have in common.
func articleHit(t item.Tagged) Hit {
	i := t.Item
	tags := t.Tags
	if tags == nil {
		tags = []item.Tag{} // "tags":[] spares every client a case
	}
	lang := i.Lang
	if lang == "" {
		lang = "und"
	}
	return Hit{
		ID: i.ID, Title: i.Title, Body: i.Body, URL: i.URL, Source: i.Source, Feed: i.Feed, Lang: lang,
		Published: i.Published, Seen: i.Seen, Tags: tags, Sample: i.Sample,
	}
}

// offsets returns what satisfied the query, by field.
func offsets(h index.Hit) map[string][][2]int {
	if len(h.Highlights) == 0 {
		return nil
	}
	out := make(map[string][][2]int, len(h.Highlights))
	for field, stretches := range h.Highlights {
		for _, sp := range stretches {
			out[field] = append(out[field], [2]int{sp.Start, sp.End})
		}
	}
	return out
}
