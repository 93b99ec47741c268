package index_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"marsad/index"
	"marsad/item"
)

const newsFile = "../../shared/news/entries-2026-01.jsonl.gz"

// loadNews reads up to n items of the news corpus, with a few tags each as the
// pack would give them. It skips the test when the corpus is not there.
func loadNews(tb testing.TB, n int) []index.Entry {
	tb.Helper()
	f, err := os.Open(filepath.FromSlash(newsFile))
	if err != nil {
		tb.Skip("no news corpus:", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	var entries []index.Entry
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(entries) < n {
		var in struct {
			Feed, Title, Description, Link, Lang string
			Published                            time.Time
		}
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			tb.Fatal(err)
		}
		seq := uint64(len(entries) + 1)
		id := item.NewID(in.Feed, in.Link, in.Title)
		u, err := url.Parse(in.Feed)
		if err != nil {
			tb.Fatal(err)
		}
		t := item.Tagged{
			Item: item.Item{
				ID: id, Revision: item.NewRevision(id, in.Title, in.Description),
				Feed: in.Feed, Source: u.Host, URL: in.Link, GUID: in.Link,
				Title: in.Title, Body: in.Description, Lang: in.Lang[:min(2, len(in.Lang))],
				Published: in.Published.UTC(), PublishedRaw: in.Published.String(),
				Seen: in.Published.UTC(), Listed: in.Published.UTC().Truncate(time.Second), Backfill: true,
			},
			Pack: "0123456789abcdef", Story: id, Seq: seq,
		}
		for k := range int(seq % 4) {
			name := in.Title[:min(8, len(in.Title))]
			t.Tags = append(t.Tags, item.Tag{
				Kind: item.Kinds()[k], ID: fmt.Sprintf("tag-%d", (int(seq)*7+k)%97), Status: item.Certain, Rule: "iraq-syria/rule",
				Evidence: []item.Evidence{{Field: "title", Start: 0, End: len(name), Text: name}},
			})
		}
		entries = append(entries, index.Entry{Seq: seq, ID: t.ID(), Tagged: t})
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return entries
}

// BenchmarkIndexNews writes the whole news corpus durably. The same code, given
// prepared entries, is "Bleve alone" of the replay's report.
func BenchmarkIndexNews(b *testing.B) {
	entries := loadNews(b, 1<<30)
	for _, size := range []int{500, 1000, 2000, 4000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			for b.Loop() {
				dir := filepath.Join(b.TempDir(), "index")
				cfg := index.DefaultConfig()
				cfg.Batch = size
				x, err := index.Open(b.Context(), dir, cfg, slog.New(slog.DiscardHandler), nil)
				if err != nil {
					b.Fatal(err)
				}
				cpu, start := cpuTime(b), time.Now()
				for i := 0; i < len(entries); i += 500 {
					if err := x.Add(b.Context(), entries[i:min(i+500, len(entries))]); err != nil {
						b.Fatal(err)
					}
				}
				if err := x.Flush(b.Context()); err != nil {
					b.Fatal(err)
				}
				n := float64(len(entries))
				b.ReportMetric(n/time.Since(start).Seconds(), "items/s")
				b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/n, "cpu-µs/item")
				b.ReportMetric(float64(folderSize(b, dir))/n, "disk-B/item")
				if err := x.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if runtime.GOOS == "windows" {
		return 0
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func folderSize(tb testing.TB, dir string) (n int64) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // files come and go while segments are merged
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
