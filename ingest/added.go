package ingest

import (
	"context"
	"strings"
	"time"

	"marsad/item"
	"marsad/text"
)

const (
	// shingle is the number of words in a row by which a passage is known again.
	shingle = 4
	// betweenSentences stands before a sentence and is no part of it.
	betweenSentences = " \n\"'«“‘("
	// maxAdded bounds the spans of an item; the last reaches to the end.
	maxAdded = 64
	// lookBack bounds the time in which one poll asks for earlier revisions.
	lookBack = 10 * time.Second
)

// A Predecessor returns the last published revision of an article, and false
// when it is not to be had. It is called from several goroutines at once.
type Predecessor func(ctx context.Context, id item.ID) (item.Item, bool, error)

// markAdded says of those of items that are revisions what they bring.
func (p *Poller) markAdded(ctx context.Context, items []item.Item) {
	var c *comparer
	limited, cancel := context.WithTimeout(ctx, lookBack)
	defer cancel()
	for i := range items {
		it := &items[i]
		if it.Revised.IsZero() {
			continue
		}
		if before, ok := p.previous(limited, it.ID); ok {
			if c == nil {
				c = &comparer{norm: p.norm, before: map[uint64]struct{}{}}
			}
			it.Added = c.added(before, *it)
		} else {
			it.Flags = append(it.Flags, item.FlagAddedUnknown)
		}
	}
}

func (p *Poller) previous(ctx context.Context, id item.ID) (item.Item, bool) {
	if p.opts.Previous == nil || ctx.Err() != nil {
		return item.Item{}, false
	}
	before, ok, err := p.opts.Previous(ctx, id)
	if err != nil && ctx.Err() == nil {
		p.log.WarnContext(ctx, "the earlier text of an edited article cannot be read; what the edit added stays unknown", "item", string(id), "err", err)
	}
	return before, ok && err == nil && before.ID == id
}

// A comparer tells what of a text is new against another. It keeps its buffers
// and is for one goroutine.
type comparer struct {
	norm     *Normaliser
	analyzer text.Analyzer
	words    []uint64
	// before holds the rows of one to shingle words of the earlier text.
	before map[uint64]struct{}
}

// added returns the sentences of after that hold a row of words which before
// does not. Words are compared folded, in one row through the whole field:
// punctuation, case, spelling variants and the order of sentences are no news,
// nor are counters and relative times.
func (c *comparer) added(before, after item.Item) []item.Span {
	clear(c.before)
	for _, s := range [...]string{before.Title, before.Body} {
		c.learn(c.norm.stable(s), before.Lang)
	}
	spans := c.field(nil, "title", after.Title, after.Lang)
	return c.field(spans, "body", after.Body, after.Lang)
}

func (c *comparer) learn(s, lang string) {
	c.words = c.words[:0]
	for _, t := range c.analyzer.Tokens(s, lang) {
		c.words = append(c.words, t.Hash)
	}
	for i := range c.words {
		var h uint64
		for _, w := range c.words[i:min(i+shingle, len(c.words))] {
			h = row(h, w)
			c.before[h] = struct{}{}
		}
	}
}

// row is the hash of a row of words with another one behind.
func row(h, word uint64) uint64 {
	h = (h ^ word) * 0x9E3779B97F4A7C15
	return h ^ h>>29
}

// field appends what is new in one field.
func (c *comparer) field(spans []item.Span, name, s, lang string) []item.Span {
	moving := c.norm.moving(s)
	first := len(spans)
	toks := c.analyzer.Tokens(s, lang)
	for from := 0; from < len(toks); {
		c.words = c.words[:0]
		to := from
		for ; to < len(toks) && (to == from || toks[to].Sentence == toks[from].Sentence); to++ {
			for len(moving) > 0 && moving[0][1] <= toks[to].Start {
				moving = moving[1:]
			}
			if len(moving) == 0 || toks[to].End <= moving[0][0] {
				c.words = append(c.words, toks[to].Hash)
			}
		}
		if c.isNew() {
			start, end := toks[from].Start, len(s)
			if to < len(toks) {
				end = toks[from].Start + len(strings.TrimRight(s[start:toks[to].Start], betweenSentences))
			}
			// What follows without an old sentence between is one passage.
			if n := len(spans); n > first && (n == maxAdded || strings.Trim(s[spans[n-1].End:start], betweenSentences) == "") {
				spans[n-1].End = end
			} else {
				spans = append(spans, item.Span{Field: name, Start: start, End: end})
			}
		}
		from = to
	}
	return spans
}

// isNew reports whether words hold a row that the earlier text does not.
func (c *comparer) isNew() bool {
	n := min(shingle, len(c.words))
	for i := 0; i+n <= len(c.words) && n > 0; i++ {
		var h uint64
		for _, w := range c.words[i : i+n] {
			h = row(h, w)
		}
		if _, old := c.before[h]; !old {
			return true
		}
	}
	return false
}
