package story_test

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"marsad/item"
	"marsad/story"
	"marsad/text"
)

// newsItems are ten days of the world's news, tagged, in the order of their
// dates.
func newsItems(tb testing.TB) []item.Tagged {
	tb.Helper()
	p := pack(tb)
	var out []item.Tagged
	for _, e := range lines[struct{ Feed, Title, Description, Link, Published, Lang string }](tb, "news/entries-2026-01.jsonl.gz") {
		at, err := time.Parse(time.RFC3339, e.Published)
		if err != nil {
			tb.Fatal(err)
		}
		at = at.UTC()
		out = append(out, p.Tag(item.Item{
			ID: item.NewID(e.Link), Feed: e.Feed, Title: e.Title, Body: e.Description,
			Lang: text.Identify(e.Title+"\n"+e.Description, e.Lang), Seen: at, Listed: at,
		}))
	}
	slices.SortStableFunc(out, func(a, b item.Tagged) int { return a.Item.Seen.Compare(b.Item.Seen) })
	return out
}

// BenchmarkNews groups ten days of the world's news; items/cpu-s includes the
// collector's work, heap-MB is what the window
// of seven days holds at the end.
func BenchmarkNews(b *testing.B) {
	items := newsItems(b)
	var g *story.Grouper
	began := cpu(b)
	for b.Loop() {
		g = story.New(story.Config{})
		for _, it := range items {
			g.Add(it)
		}
	}
	b.ReportMetric(float64(b.N*len(items))/(cpu(b)-began).Seconds(), "items/cpu-s")
	with := heap()
	runtime.KeepAlive(g)
	g = nil
	b.ReportMetric(float64(with-heap())/(1<<20), "heap-MB")
}

// cpu is the time that the process has computed: unlike the clock it means the
// same on a busy machine.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
