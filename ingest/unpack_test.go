package ingest_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"marsad/ingest"
)

// Every encoding that is asked for is read; bombs, torn streams and claims of
// huge windows end early, in little memory. Not parallel: it looks at the
// memory.
func TestEncodings(t *testing.T) {
	good := []byte(feedOf(goodItem(1) + goodItem(2)))
	zeros := bytes.Repeat([]byte(" "), 100<<20)
	files := map[string]struct {
		encoding string
		body     []byte
		want     ingest.Problem
	}{
		"gzip": {"gzip", packed("gzip", good), ""}, "x-gzip": {"X-GZip", packed("gzip", good), ""}, "gzip unsaid": {"", packed("gzip", good), ""},
		"br": {"br", packed("br", good), ""}, "zstd": {"zstd", packed("zstd", good), ""}, "none": {"identity", good, ""},
		"gzip bomb": {"gzip", packed("gzip", zeros), ingest.ProblemTooLarge},
		"br bomb":   {"br", packed("br", zeros), ingest.ProblemTooLarge}, "zstd bomb": {"zstd", packed("zstd", zeros), ingest.ProblemTooLarge},
		"bomb below the cap": {"gzip", packed("gzip", zeros[:5<<20]), ingest.ProblemTooLarge},
		"much air":           {"br", packed("br", append(good, zeros[:1<<19]...)), ""},
		"bomb unsaid":        {"", packed("gzip", zeros), ingest.ProblemTooLarge},
		"gzip torn":          {"gzip", packed("gzip", good)[:60], ingest.ProblemShort}, "br torn": {"br", packed("br", good)[:60], ingest.ProblemShort},
		"zstd torn": {"zstd", packed("zstd", good)[:60], ingest.ProblemShort},
		"no gzip":   {"gzip", good, ingest.ProblemShort}, "no br": {"br", good, ingest.ProblemShort}, "no zstd": {"zstd", good, ingest.ProblemShort},
		// A frame header that claims a window of 2 GB.
		"zstd window": {"zstd", append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8}, make([]byte, 100)...), ingest.ProblemShort},
		"zstd empty":  {"zstd", nil, ingest.ProblemEmpty}, "br empty": {"br", nil, ingest.ProblemEmpty}, "gzip empty": {"gzip", nil, ingest.ProblemEmpty},
		"compress": {"compress", good, ingest.ProblemEncoding}, "two": {"gzip, br", good, ingest.ProblemEncoding},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := files[strings.ReplaceAll(r.URL.Path[1:], "_", " ")]
		if f.encoding != "" {
			w.Header().Set("Content-Encoding", f.encoding)
		}
		if _, err := w.Write(f.body); err != nil {
			return
		}
	}))
	defer server.Close()
	cfg := ingest.Config{Concurrency: 1, MaxBody: 10 << 20}
	for name := range files {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: name, URL: server.URL + "/" + strings.ReplaceAll(name, " ", "_"), AllowPrivate: []string{"127.0.0.1/32"}})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	results, _ := pollOnce(t, cfg, newMemory(), ingest.NewKnown())
	runtime.ReadMemStats(&after)
	for name, f := range files {
		var got ingest.Problem
		if e := results[name].Err; e != nil {
			got = e.Problem
		}
		if got != f.want || f.want == "" && results[name].Items != 2 {
			t.Errorf("%s: %+v, want problem %q", name, results[name], f.want)
		}
	}
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 256 {
		t.Errorf("%d MB allocated for %d small answers", mb, len(files))
	}
}

// A web page instead of a feed is an error that offers the feeds which the page
// names.
func TestPageOffersFeeds(t *testing.T) {
	t.Parallel()
	pages := map[string]struct {
		page string
		want []string
	}{
		"/one": {`<!DOCTYPE html><html><head><title>x</title><LINK REL="Alternate" TYPE="application/rss+xml; charset=utf-8" HREF="feed?a=1&amp;b=2"></head>`, []string{"/feed?a=1&b=2"}},
		"/two": {`<html><head><base href="/news/"><link rel="alternate" type="application/atom+xml" href="atom"><link rel=alternate type=application/feed+json href=/json>` +
			`<link rel="alternate" type="application/atom+xml" href="atom"></head>`, []string{"/news/atom", "/json"}},
		"/none":       {`<html><head><link rel="stylesheet" type="text/css" href="x"><link rel="alternate" hreflang="ar" href="/ar"></head>`, nil},
		"/wicked":     {`<html><head><link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"><link rel="alternate" type="application/rss+xml" href="ftp://x.example/"></head>`, nil},
		"/body":       {`<html><head></head><body><link rel="alternate" type="application/rss+xml" href="/planted"></body></html>`, nil},
		"/many":       {`<html>` + strings.Repeat(`<link rel="alternate" type="application/rss+xml" href="/x">`, 1000) + strings.Repeat("<link "+strings.Repeat(`a="b" `, 1000)+">", 10), []string{"/x"}},
		"/unfinished": {`<html><link rel="alternate" type="application/rss+xml" href="`, nil},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if _, err := w.Write([]byte(pages[r.URL.Path].page)); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	cfg := ingest.Config{}
	for path := range pages {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: path, URL: server.URL + path, AllowPrivate: []string{"127.0.0.1/32"}})
	}
	results, _ := pollOnce(t, cfg, newMemory(), ingest.NewKnown())
	for path, p := range pages {
		e := results[path].Err
		if e == nil || e.Problem != ingest.ProblemNotAFeed {
			t.Errorf("%s: %v", path, e)
			continue
		}
		var want []string
		for _, w := range p.want {
			want = append(want, server.URL+w)
		}
		if strings.Join(e.Feeds, " ") != strings.Join(want, " ") || len(want) > 0 && !strings.Contains(e.Error(), want[0]) {
			t.Errorf("%s: %v offers %q, want %q", path, e, e.Feeds, want)
		}
	}
}
