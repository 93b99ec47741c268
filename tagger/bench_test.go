package tagger_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"marsad/internal/corpus"
	"marsad/item"
	"marsad/rules"
	"marsad/tagger"
	"marsad/text"
)

// BenchmarkTagging measures the parts of tagging one upon the other, on ten days
// of the world's news and on texts about the region: docs/performance.md has
// the table.
func BenchmarkTagging(b *testing.B) {
	b.Run("world", func(b *testing.B) {
		items, size := corpus.News(b, 20000)
		stages(b, items, size)
		words := sync.OnceValue(func() corpus.Words {
			all, _ := corpus.News(b, 1<<20)
			return corpus.Gather(all)
		})
		for _, n := range []int{2000, 20000, 50000} {
			b.Run(fmt.Sprintf("names=%d", n), func(b *testing.B) { inventedPack(b, corpus.Invented(n, words()), items, size) })
		}
	})
	b.Run("region", func(b *testing.B) {
		items, size := corpus.Region(b)
		stages(b, items, size)
	})
}

// stages measures words alone, and what the shipped pack adds to them.
func stages(b *testing.B, items []item.Item, size int64) {
	b.Helper()
	p, err := rules.Load(rules.IraqSyria())
	if err != nil {
		b.Fatal(err)
	}
	var a text.Analyzer
	run := func(name string, each func(*item.Item)) {
		b.Run(name, func(b *testing.B) { corpus.Pass(b, items, size, each) })
	}
	run("tokens", func(it *item.Item) { a.Tokens(it.Title, it.Lang); a.Tokens(it.Body, it.Lang) })
	run("shipped/trie", func(it *item.Item) { p.Scan(it) })
	run("shipped/tag", func(it *item.Item) { p.Tag(*it) })
}

// inventedPack measures matching alone and tagging with a pack, the memory that
// it keeps and how long its compilation takes.
func inventedPack(b *testing.B, src tagger.Source, items []item.Item, size int64) {
	b.Helper()
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
	runtime.KeepAlive(src)
	b.Run("trie", func(b *testing.B) {
		found, words := 0, 0
		corpus.Pass(b, items, size, func(it *item.Item) {
			f, w := p.Scan(it)
			found += f
			words += w
		})
		b.ReportMetric(float64(words)/float64(found), "words/hit")
	})
	b.Run("tag", func(b *testing.B) {
		tags, evidence := 0, 0
		corpus.Pass(b, items, size, func(it *item.Item) {
			for _, t := range p.Tag(*it).Tags {
				tags++
				evidence += len(t.Evidence)
			}
		})
		b.ReportMetric(float64(tags)/float64(b.N*len(items)), "tags/item")
		b.ReportMetric(float64(evidence)/float64(b.N*len(items)), "evidence/item")
		b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/1e6, "pack-MB")
		b.ReportMetric(load.Seconds(), "load-s")
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := rules.Load(rules.IraqSyria()); err != nil {
			b.Fatal(err)
		}
	}
}
