package rules_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"marsad/item"
	"marsad/rules"
	"marsad/text"
)

// news reads the first items of ten days of the world's news.
func news(b *testing.B, n int) (items []item.Item, size int64) {
	b.Helper()
	f, err := os.Open("../../shared/news/entries-2026-01.jsonl.gz")
	if err != nil {
		b.Skipf("the news are not here: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() && len(items) < n {
		var e struct{ Title, Description string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			b.Fatal(err)
		}
		it := item.Item{Title: e.Title, Body: e.Description, Lang: text.Identify(e.Title+"\n"+e.Description, "")}
		size += int64(len(it.Title) + len(it.Body))
		items = append(items, it)
	}
	return items, size
}

// gold reads the labelled items: text in which every eighth word is a hit.
func gold(b *testing.B) (items []item.Item, size int64) {
	b.Helper()
	f, err := os.Open("../../shared/gold/dev-docs.jsonl")
	if err != nil {
		b.Skipf("the labelled items are not here: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var it item.Item
		if err := json.Unmarshal(lines.Bytes(), &struct {
			Title *string
			Body  *string
			Lang  *string
		}{&it.Title, &it.Body, &it.Lang}); err != nil {
			b.Fatal(err)
		}
		size += int64(len(it.Title) + len(it.Body))
		items = append(items, it)
	}
	return items, size
}

// pass runs each over all items, again and again. Beside what the clock says it
// reports MB per second of this thread's own time, which a busy machine does
// not spoil.
func pass(b *testing.B, items []item.Item, size int64, each func(item.Item)) {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.SetBytes(size)
	b.ReportAllocs()
	began := threadTime(b)
	for b.Loop() {
		for i := range items {
			each(items[i])
		}
	}
	spent := threadTime(b) - began
	b.ReportMetric(float64(size)*float64(b.N)/1e6/spent.Seconds(), "cpuMB/s")
	b.ReportMetric(float64(len(items)*b.N)/b.Elapsed().Seconds(), "items/s")
}

// threadTime is the processor time that this thread has used.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(1 /* RUSAGE_THREAD */, &u); err != nil {
		b.Skipf("this system does not tell a thread's time: %v", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkNews(b *testing.B) {
	p, err := rules.Load(rules.IraqSyria())
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, items []item.Item, size int64, each func(item.Item)) {
		b.Run(name, func(b *testing.B) { pass(b, items, size, each) })
	}
	items, size := news(b, 20000)
	labelled, goldSize := gold(b)
	var a text.Analyzer
	run("world/fold+tokens", items, size, func(it item.Item) { a.Tokens(it.Title, it.Lang); a.Tokens(it.Body, it.Lang) })
	run("world/tag", items, size, func(it item.Item) { p.Tag(it) })
	run("region/fold+tokens", labelled, goldSize, func(it item.Item) { a.Tokens(it.Title, it.Lang); a.Tokens(it.Body, it.Lang) })
	run("region/tag", labelled, goldSize, func(it item.Item) { p.Tag(it) })
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := rules.Load(rules.IraqSyria()); err != nil {
			b.Fatal(err)
		}
	}
}
