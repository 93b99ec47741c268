package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"marsad/alert"
	"marsad/config"
	"marsad/index"
	"marsad/internal/workspace"
	"marsad/item"
	"marsad/pipeline"
)

// BenchmarkReplayNews replays ten days of the world's news through all stages
// with the durable settings on, from first publish to searchable and watched,
// and then gives the same documents to the index alone, in the same run. The
// targets: items/s at least 2,000 and ratio at most 1.8 on two cores. See
// docs/performance.md.
func BenchmarkReplayNews(b *testing.B) {
	news := readNews(b)
	for b.Loop() {
		dir := b.TempDir()
		var docs []item.Tagged
		before := cpu(b)
		rep := replayNews(b, dir, news, func(t item.Tagged) { docs = append(docs, t) })
		spent := cpu(b) - before
		n := float64(len(docs))
		b.ReportMetric(float64(rep.Published)/rep.Elapsed.Seconds(), "items/s")
		b.ReportMetric(float64(spent.Microseconds())/n, "cpu-µs/item")

		before = cpu(b)
		alone := indexAlone(b, b.TempDir(), docs)
		b.ReportMetric(n/alone.Seconds(), "bleve-items/s")
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/n, "bleve-cpu-µs/item")
		b.ReportMetric(rep.Elapsed.Seconds()/alone.Seconds(), "ratio")
		size, err := workspace.Dir(dir).Used()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size)/n, "disk-B/item")
		b.Logf("published %.1fs, tagged %.1fs, searchable %.1fs, watched %.1fs; the index alone %.1fs",
			rep.PublishedIn.Seconds(), rep.TaggedIn.Seconds(), rep.IndexedIn.Seconds(), rep.WatchedIn.Seconds(), alone.Seconds())
	}
}

// replayNews runs one replay in dir, with thirty watches.
func replayNews(b *testing.B, dir string, news []byte, onTagged func(item.Tagged)) pipeline.ReplayReport {
	b.Helper()
	c := config.Default()
	c.Data = workspace.Dir(filepath.Join(dir, "data"))
	c.Roles = []config.Role{config.Tag, config.Index, config.Alert}
	for i, q := range []string{
		"place:al-qaem theme:border-wall", "place:iraq", "place:syria theme:airstrike", "actor:sdf", "actor:pmf",
		"place:sayyida-zainab-shrine", "theme:oil-exports place:iraq", `"border crossing" iraq`, `"prime minister" baghdad`, "kurdish forces",
	} {
		for j := range 3 {
			c.Alert.Watches = append(c.Alert.Watches, alert.Watch{ID: fmt.Sprintf("w%d-%d", i, j), Query: q})
		}
	}
	p, err := pipeline.New(b.Context(), pipeline.Options{Config: c, Log: slog.New(slog.DiscardHandler), OnTagged: onTagged})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	rep, err := p.Replay(ctx, bytes.NewReader(news), pipeline.ReplayOptions{Live: true})
	if err != nil {
		b.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if err := p.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	return rep
}

// indexAlone gives docs to an index of the same mapping with the best batches
// and both cores, and returns the time until all are durable.
func indexAlone(b *testing.B, dir string, docs []item.Tagged) time.Duration {
	b.Helper()
	c := index.DefaultConfig()
	x, err := index.Open(b.Context(), filepath.Join(dir, "index"), c, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	start := time.Now()
	for from := 0; from < len(docs); from += c.Batch {
		batch := docs[from:min(from+c.Batch, len(docs))]
		entries := make([]index.Entry, len(batch))
		for i, t := range batch {
			entries[i] = index.Entry{Seq: uint64(from + i + 1), ID: t.ID(), Tagged: t}
		}
		if err := x.Add(b.Context(), entries); err != nil {
			b.Fatal(err)
		}
	}
	if err := x.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func readNews(tb testing.TB) []byte {
	tb.Helper()
	f, err := os.Open("../../shared/news/entries-2026-01.jsonl.gz")
	if err != nil {
		tb.Skip("needs the shared news beside the project: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// cpu is the processor time that this process has used.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
