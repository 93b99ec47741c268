package text_test

import (
	"testing"

	"marsad/internal/corpus"
	"marsad/item"
	"marsad/text"
)

// BenchmarkFloor measures what no tagger can be faster than: walking over the
// runes of the news, and folding them. BenchmarkTagging of package tagger goes
// on from there.
func BenchmarkFloor(b *testing.B) {
	items, size := corpus.News(b, 20000)
	b.Run("runes", func(b *testing.B) {
		n := 0
		corpus.Pass(b, items, size, func(it *item.Item) {
			for range it.Title {
				n++
			}
			for range it.Body {
				n++
			}
		})
		b.ReportMetric(float64(n)/float64(b.N), "runes")
	})
	b.Run("fold", func(b *testing.B) {
		var buf []byte
		corpus.Pass(b, items, size, func(it *item.Item) {
			buf = text.FoldOnly(text.FoldOnly(buf[:0], it.Title), it.Body)
		})
	})
}
