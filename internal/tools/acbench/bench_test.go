// Package acbench measures two general Aho-Corasick libraries on the text and
// the names of BenchmarkTagging, so that its figures have something beside them.
// It is a module of its own: the project itself does without them.
package acbench

import (
	"runtime"
	"testing"
	"time"

	anknown "github.com/anknown/ahocorasick"
	"github.com/cloudflare/ahocorasick"

	"marsad/internal/corpus"
	"marsad/item"
	"marsad/text"
)

// BenchmarkGeneral searches text that is folded beforehand, which the libraries
// are spared, for the 20,000 names, folded too. They find letters, not words.
func BenchmarkGeneral(b *testing.B) {
	all, _ := corpus.News(b, 1<<20)
	var names []string
	for _, e := range corpus.Invented(20000, corpus.Gather(all)).Entities {
		for _, block := range e.Blocks {
			for _, words := range append(append(append(block.Strong, block.Plain...), block.Gated...), block.Backref...) {
				for _, w := range words.Text {
					names = append(names, text.Fold(w.Text))
				}
			}
		}
	}
	items, size := all[:20000], int64(0)
	for i := range items {
		it := &items[i]
		size += int64(len(it.Title) + len(it.Body))
		it.Title, it.Body = text.Fold(it.Title), text.Fold(it.Body)
	}
	run(b, "cloudflare", items, size, func() func(string) int {
		m := ahocorasick.NewStringMatcher(names)
		return func(s string) int { return len(m.Match([]byte(s))) }
	})
	run(b, "anknown", items, size, func() func(string) int {
		runes := make([][]rune, len(names))
		for i, n := range names {
			runes[i] = []rune(n)
		}
		m := new(anknown.Machine)
		if err := m.Build(runes); err != nil {
			b.Fatal(err)
		}
		return func(s string) int { return len(m.MultiPatternSearch([]rune(s), false)) }
	})
}

func run(b *testing.B, name string, items []item.Item, size int64, build func() func(string) int) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began := time.Now()
		match := build()
		load := time.Since(began)
		runtime.GC()
		runtime.ReadMemStats(&after)
		found := 0
		corpus.Pass(b, items, size, func(it *item.Item) { found += match(it.Title) + match(it.Body) })
		b.ReportMetric(float64(found)/float64(b.N*len(items)), "found/item")
		b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/1e6, "pack-MB")
		b.ReportMetric(load.Seconds(), "load-s")
	})
}
