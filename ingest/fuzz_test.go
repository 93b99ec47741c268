package ingest_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"marsad/ingest"
)

// checkItems fails when a normalised document breaks the contract of item.Item.
func checkItems(t *testing.T, n *ingest.Normaliser, doc *ingest.Document) {
	t.Helper()
	base, err := url.Parse("https://news.example/feeds/rss.xml")
	if err != nil {
		t.Fatal(err)
	}
	feed := ingest.Feed{Name: "wire", URL: base.String()}
	seen := map[string]bool{}
	for _, it := range n.Items(doc, feed, base, fetchedAt()) {
		if !it.ID.Valid() || it.Revision.Item() != it.ID || seen[string(it.ID)] {
			t.Fatalf("identity: %+v", it)
		}
		seen[string(it.ID)] = true
		for _, s := range append([]string{it.Title, it.Body, it.Author, it.Source, it.GUID, it.URL, it.PublishedRaw}, it.Categories...) {
			if !utf8.ValidString(s) {
				t.Fatalf("not UTF-8: %q", s)
			}
		}
		if strings.ContainsAny(it.Title, "\n\r\x00") || strings.ContainsAny(it.Body, "\r\x00") || strings.Contains(it.Body, "\n\n\n") {
			t.Fatalf("breaks or controls: %q %q", it.Title, it.Body)
		}
		if strings.TrimSpace(it.Title) != it.Title || len(it.Title) > 1<<10 || len(it.Body) > 512<<10 || it.Title == "" && it.Body == "" {
			t.Fatalf("text: %q %.100q", it.Title, it.Body)
		}
		if it.URL != "" {
			if u, err := url.Parse(it.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
				t.Fatalf("address %q", it.URL)
			}
		}
		if it.Listed.IsZero() || it.Listed.After(fetchedAt()) || it.Listed.Nanosecond() != 0 || !it.Seen.Equal(fetchedAt()) || it.Published.After(fetchedAt().Add(24*time.Hour)) || it.Lang == "" {
			t.Fatalf("times or language: %+v", it)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/feeds/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden.json") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 8<<10 {
			f.Add(b, "text/xml; charset=utf-8")
		}
	}
	n := ingest.NewNormaliser(ingest.Config{})
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		doc, err := ingest.Decode(body, contentType, "ar", 100)
		if err != nil {
			if e, ok := errors.AsType[*ingest.Error](err); !ok || e.What == "" || e.Hint == "" {
				t.Fatalf("error %#v, want an *ingest.Error in words", err)
			}
			return
		}
		if len(doc.Entries) > 100 {
			t.Fatalf("%d entries, want at most 100", len(doc.Entries))
		}
		checkItems(t, n, doc)
	})
}

func FuzzNormalise(f *testing.F) {
	f.Add("Title &amp; <b>more</b>", "<p>a<br>b</p>", "", "https://news.example/a-b-c?x=1", "g", "Thu, 19 Nov 2026 08:00:00 GMT", false)
	f.Add("\u202bعنوان", "a\n\n\nb", "<div hidden>x<div></div>", "//x/../y", "", "2026-11-19", true)
	f.Add("&amp;lt;p&amp;gt;", "&lt;p&gt;x", "<", "http:/a", "\xff", "19/11/26", false)
	n := ingest.NewNormaliser(ingest.Config{})
	f.Fuzz(func(t *testing.T, title, description, content, link, guid, published string, plain bool) {
		e := ingest.Entry{
			Title: title, Description: description, Content: content, Link: link, GUID: guid, Published: published, Plain: plain,
			Author: title, Source: description, Categories: []string{title, content}, Lang: guid,
		}
		checkItems(t, n, &ingest.Document{Title: title, Language: guid, Entries: []ingest.Entry{e, e}})
	})
}

// The canonical form of an address is its own canonical form: it shows as one
// identity for the address and for the address that ingest made of it.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"https://www.news.example/a-b-c/?b=2&a=1&utm_source=x#f", "HTTP://M.News.Example:80//a//b/amp", "/rel?x=%zz&y=%41", "https://bücher.example/ü?ü=ü",
		"http://http://x/y", "https:\\\\x\\y", "//x/y z", "https://x.example/?&&=1&amp;amp;b", "https://[::1]:8080/a%2fb", "https://www.google.com/url?q=https://a.example/b-c",
	} {
		f.Add(s)
	}
	n := ingest.NewNormaliser(ingest.Config{})
	feed := ingest.Feed{Name: "f", URL: "https://base.example/rss"}
	f.Fuzz(func(t *testing.T, link string) {
		it, err := n.Item(ingest.Entry{Title: "t", Link: link, GUID: "g"}, feed, fetchedAt())
		if err != nil {
			t.Fatal(err)
		}
		if it.URL == "" {
			return
		}
		again, err := n.Item(ingest.Entry{Title: "t", Link: it.URL, GUID: "g"}, feed, fetchedAt())
		if err != nil {
			t.Fatal(err)
		}
		if again.ID != it.ID {
			t.Errorf("%q is one article, and as %q another", link, it.URL)
		}
	})
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte("marsad-known-1\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := ingest.NewKnown().Restore(strings.NewReader(string(b))); err != nil && !errors.Is(err, ingest.ErrSnapshot) {
			t.Fatalf("error %v, want ErrSnapshot", err)
		}
	})
}

// Whatever a page holds, what it offers are at most five addresses that could be
// configured.
func FuzzFeedLinks(f *testing.F) {
	f.Add([]byte(`<html><head><base href="/a/"><link rel="alternate" type="application/rss+xml" href="feed"></head>`))
	f.Add([]byte(`<link rel=alternate type=application/atom+xml href=//other.example/x?y=1&amp;z=2#f>`))
	f.Add([]byte(`<link rel="alternate" type="application/rss+xml" href="javascript:1"><body>`))
	base, err := url.Parse("https://news.example/page/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		links := ingest.FeedLinks(page, base)
		if len(links) > 5 {
			t.Errorf("%d links", len(links))
		}
		for _, link := range links {
			if errs := (ingest.Config{Feeds: []ingest.Feed{{Name: "a", URL: link}}}).Validate(); len(errs) > 0 {
				t.Errorf("%q: %v", link, errs)
			}
		}
	})
}

// Headers about a document's age lead to a wait between nothing and a day.
func FuzzLifetime(f *testing.F) {
	f.Add("public, max-age=600", "Thu, 19 Nov 2026 10:00:00 GMT", "Thu, 19 Nov 2026 08:00:00 GMT", "5")
	f.Add(`max-age="99999999999999999999"`, "0", "", "-1")
	f.Add("no-cache,,=,max-age", "Sun, 06-Nov-94 08:49:37 GMT", "x", "")
	f.Fuzz(func(t *testing.T, cache, expires, date, age string) {
		h := http.Header{"Cache-Control": {cache}, "Expires": {expires}, "Date": {date}, "Age": {age}}
		if d := ingest.Lifetime(h, fetchedAt()); d < 0 || d > 24*time.Hour {
			t.Errorf("%s", d)
		}
	})
}

// No packed body gives more than the limit, or costs more.
func FuzzUnpack(f *testing.F) {
	for _, enc := range []string{"gzip", "br", "zstd"} {
		f.Add(enc, packed(enc, []byte(feedOf(goodItem(1)))))
		f.Add(enc, packed(enc, make([]byte, 1<<20)))
	}
	f.Add("identity", []byte("<rss/>"))
	f.Fuzz(func(t *testing.T, enc string, body []byte) {
		out, err := ingest.Unpack(enc, body, 1<<18)
		if len(out) > 1<<18 && err == nil {
			t.Errorf("%d bytes", len(out))
		}
	})
}
