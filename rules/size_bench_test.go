package rules_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"marsad/item"
	"marsad/tagger"
	"marsad/text"
)

// vocabulary lists the words of the news as they are written, each once.
func vocabulary(items []item.Item) (names, words []string) {
	var a text.Analyzer
	seen := map[string]bool{}
	for _, it := range items {
		for _, t := range a.Tokens(it.Body, it.Lang) {
			if len(t.Term) < 4 || t.Flags&text.Latin == 0 {
				continue
			}
			w := it.Body[t.Start:t.End]
			if seen[w] {
				continue
			}
			seen[w] = true
			if t.Flags&text.Capital != 0 && t.Flags&text.SentenceStart == 0 {
				names = append(names, w)
			} else {
				words = append(words, w)
			}
		}
	}
	return names, words
}

// invented is a pack of n names and 300 themes with every feature in use.
func invented(n int, items []item.Item) tagger.Source {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same pack each time
	names, vocabulary := vocabulary(items)
	draw := func(from []string) string { return strings.Map(letters, from[r.IntN(len(from))]) }
	list := func(text ...string) []tagger.Words {
		w := tagger.Words{Lang: "en"}
		for _, t := range text {
			w.Text = append(w.Text, tagger.Word{Text: t})
		}
		return []tagger.Words{w}
	}
	src := tagger.Source{Pack: "invented"}
	lexicon := func(id string, n int) string {
		var ws []string
		for range n {
			ws = append(ws, draw(vocabulary))
		}
		src.Lexicons = append(src.Lexicons, tagger.Lexicon{ID: id, Words: list(ws...)})
		return id
	}
	op := func(ids ...string) []tagger.Operand {
		var out []tagger.Operand
		for _, id := range ids {
			out = append(out, tagger.Operand{Refs: []tagger.Ref{{Text: id}}})
		}
		return out
	}
	cue := lexicon("cue", 10)
	seen := map[string]bool{}
	for len(seen) < n {
		full := draw(names) + " " + draw(names)
		if len(seen)%8 == 0 { // one in eight is a single word, gated
			full = draw(names) + draw(vocabulary)[:1]
		}
		if len(seen)%40 == 0 {
			full = draw(names)
		}
		if seen[text.Fold(full)] || strings.TrimSpace(full) == "" {
			continue
		}
		seen[text.Fold(full)] = true
		e := tagger.Entity{Kind: item.Actor, ID: fmt.Sprintf("e%d", len(seen)), Blocks: []tagger.Block{{Plain: list(full)}}}
		if len(seen)%3 == 0 {
			e.Kind, e.Blocks[0] = item.Place, tagger.Block{Gated: list(full), Gate: []tagger.Clause{{Scope: tagger.Sentence, Any: op(cue)}}}
		}
		src.Entities = append(src.Entities, e)
	}
	for i := range 300 {
		one, other, third := lexicon(fmt.Sprintf("a%d", i), 6), lexicon(fmt.Sprintf("b%d", i), 6), lexicon(fmt.Sprintf("c%d", i), 3)
		src.Themes = append(src.Themes, tagger.Theme{
			ID: fmt.Sprintf("t%d", i), TitleBoost: 1.5, LeadBoost: 1.2, Threshold: 1,
			Any: []tagger.Clause{
				{Scope: tagger.Near, Max: 8, Of: op(one, other)},
				{Scope: tagger.Sentence, Of: op(one, third), Ordered: true, Weight: 0.5},
				{Scope: tagger.Doc, Any: op(third), Count: 2, Weight: 0.3},
			},
			None:       []tagger.Clause{{Scope: tagger.Doc, Any: op(third, cue), Count: 9}},
			Modalities: []tagger.Modality{{Name: "planned", Cues: op(cue)}},
		})
	}
	return src
}

func letters(r rune) rune {
	if r == '*' {
		return -1
	}
	return r
}

func BenchmarkSize(b *testing.B) {
	items, size := news(b, 10000)
	for _, n := range []int{2000, 20000, 50000} {
		src := invented(n, items)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began := time.Now()
		p, mistakes := tagger.Compile(src)
		load := time.Since(began)
		if len(mistakes) > 0 {
			b.Fatalf("%d mistakes, %+v", len(mistakes), mistakes[0])
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.Run(fmt.Sprintf("names=%d", n), func(b *testing.B) {
			tags, evidence := 0, 0
			pass(b, items, size, func(it item.Item) {
				for _, t := range p.Tag(it).Tags {
					tags++
					evidence += len(t.Evidence)
				}
			})
			b.ReportMetric(float64(tags)/float64(b.N*len(items)), "tags/item")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "pack-MB")
			b.ReportMetric(load.Seconds(), "load-s")
		})
	}
}
