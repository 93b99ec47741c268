// Package corpus gives benchmarks real text and a rule pack made of its words.
//
// The texts are data beside the project, not in it: where they are missing, a
// benchmark is skipped.
package corpus

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"marsad/item"
	"marsad/text"
)

// longestLine bounds one entry of a file.
const longestLine = 4 << 20

// News returns the first n items of ten days of the world's news, each with the
// language that its text is in, and the bytes of their titles and bodies.
func News(tb testing.TB, n int) (items []item.Item, size int64) {
	tb.Helper()
	z, err := gzip.NewReader(open(tb, "news/entries-2026-01.jsonl.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	return read(tb, z, n, func(line []byte) (item.Item, error) {
		var e struct{ Title, Description string }
		err := json.Unmarshal(line, &e)
		return item.Item{Title: e.Title, Body: e.Description, Lang: text.Identify(e.Title+"\n"+e.Description, "")}, err
	})
}

// Region returns the labelled items on Iraq and Syria, in seven languages, in
// which every eighth word belongs to a name, and their bytes.
func Region(tb testing.TB) (items []item.Item, size int64) {
	tb.Helper()
	return read(tb, open(tb, "gold/dev-docs.jsonl"), 1<<20, func(line []byte) (item.Item, error) {
		var e struct{ Title, Body, Lang string }
		err := json.Unmarshal(line, &e)
		return item.Item{Title: e.Title, Body: e.Body, Lang: e.Lang}, err
	})
}

func read(tb testing.TB, r io.Reader, n int, parse func(line []byte) (item.Item, error)) (items []item.Item, size int64) {
	tb.Helper()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for len(items) < n && lines.Scan() {
		it, err := parse(lines.Bytes())
		if err != nil {
			tb.Fatal(err)
		}
		size += int64(len(it.Title) + len(it.Body))
		items = append(items, it)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return items, size
}

// open opens a file of the folder "shared" that stands beside one of the folders
// that hold the benchmark.
func open(tb testing.TB, name string) *os.File {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		f, err := os.Open(filepath.Join(up, "shared", name))
		if err == nil {
			tb.Cleanup(func() { f.Close() })
			return f
		}
		if up == filepath.Dir(up) {
			tb.Skipf("the texts are not here: %s", name)
		}
	}
}
