package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/htmlindex"

	"marsad/internal/demo"
	"marsad/internal/demo/corpus"
)

const dripAfter = 20 * time.Second

// start is no whole second, as the clock's time never is.
func start() time.Time { return time.Date(2026, 11, 20, 9, 30, 15, 700e6, time.UTC) }

// A clock is a time that the test sets.
type clock struct{ since atomic.Int64 }

func (c *clock) now() time.Time          { return start().Add(time.Duration(c.since.Load())) }
func (c *clock) advance(d time.Duration) { c.since.Add(int64(d)) }

// serve runs a server on a clock that stands still at start.
func serve(t *testing.T) (*demo.Server, *clock) {
	t.Helper()
	c := &clock{}
	s, err := demo.Listen(t.Context(), c.now, dripAfter)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s, c
}

// A reply is what came back for a request.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// get sends a request and reads the reply to its end.
func get(t *testing.T, method, url string, header map[string]string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, body}
}

// An entry is what a reader makes of an item, whatever the feed's format.
type entry struct {
	Title, Text, Link, ID string
	Date                  time.Time
}

// A reading is what a reader makes of a feed.
type reading struct {
	Title, Lang string
	Entries     []entry
}

// read parses a feed of any of the four formats with nothing but what the
// document itself says.
func read(t *testing.T, body []byte) reading {
	t.Helper()
	if body[0] == '{' {
		return readJSON(t, body)
	}
	type link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
		Text string `xml:",chardata"`
	}
	type element struct {
		About       string `xml:"http://www.w3.org/1999/02/22-rdf-syntax-ns# about,attr"`
		Title       string `xml:"title"`
		Link        []link `xml:"link"`
		GUID        string `xml:"guid"`
		ID          string `xml:"id"`
		Description string `xml:"description"`
		Content     struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"content"`
		PubDate   string `xml:"pubDate"`
		DCDate    string `xml:"http://purl.org/dc/elements/1.1/ date"`
		Published string `xml:"published"`
	}
	type channel struct {
		Title    string    `xml:"title"`
		Language string    `xml:"language"`
		Items    []element `xml:"item"`
		Seq      []string  `xml:"items>Seq>li"`
	}
	var doc struct {
		XMLName xml.Name
		Lang    string    `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
		Title   string    `xml:"title"`
		Channel channel   `xml:"channel"`
		Items   []element `xml:"item"`
		Entries []element `xml:"entry"`
	}
	dec := xml.NewDecoder(bytes.NewReader(body))
	dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		enc, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return enc.NewDecoder().Reader(in), nil
	}
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	r := reading{Title: doc.Title + doc.Channel.Title, Lang: doc.Lang + doc.Channel.Language}
	for _, e := range append(append(doc.Channel.Items, doc.Items...), doc.Entries...) {
		got := entry{
			Title: e.Title, Text: e.Description + e.Content.Text,
			ID: e.GUID + e.ID + e.About, Date: date(t, e.PubDate+e.DCDate+e.Published),
		}
		for _, l := range e.Link {
			got.Link += l.Href + l.Text
		}
		r.Entries = append(r.Entries, got)
	}
	if doc.XMLName.Local == "RDF" && len(doc.Channel.Seq) != len(doc.Items) {
		t.Errorf("the channel lists %d items, %d follow", len(doc.Channel.Seq), len(doc.Items))
	}
	return r
}

func readJSON(t *testing.T, body []byte) reading {
	t.Helper()
	var doc struct {
		Version, Title, Language string
		Items                    []struct {
			ID, URL, Title string
			Text           string `json:"content_text"`
			HTML           string `json:"content_html"`
			Date           string `json:"date_published"`
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	if want := "https://jsonfeed.org/version/1.1"; doc.Version != want {
		t.Errorf("version %q, want %q", doc.Version, want)
	}
	r := reading{Title: doc.Title, Lang: doc.Language}
	for _, i := range doc.Items {
		r.Entries = append(r.Entries, entry{i.Title, i.Text + i.HTML, i.URL, i.ID, date(t, i.Date)})
	}
	return r
}

func date(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC1123Z, time.RFC3339} {
		if d, err := time.Parse(layout, s); err == nil {
			return d.UTC()
		}
	}
	t.Errorf("unreadable date %q", s)
	return time.Time{}
}

// want is what a reader must find in the feed.
func want(f corpus.Feed, dripped bool) reading {
	r := reading{Title: f.Source, Lang: f.Declared}
	for _, it := range f.Items {
		if it.Drip && !dripped {
			continue
		}
		e := entry{Title: it.Title, Text: strings.Join(it.Paragraphs, "\n\n")}
		if f.Markup == corpus.HTML {
			e.Text = ""
			for _, p := range it.Paragraphs {
				e.Text += fmt.Sprintf("<p>%s</p>\n", html.EscapeString(p))
			}
		}
		switch {
		case it.Drip:
			e.Date = start().Add(dripAfter).Truncate(time.Second)
		case !it.Undated:
			e.Date = start().Add(-it.Age).Truncate(time.Second)
		}
		r.Entries = append(r.Entries, e)
	}
	return r
}

func TestEveryFeedSaysWhatItsFileSays(t *testing.T) {
	t.Parallel()
	s, c := serve(t)
	files, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	feeds := s.Feeds()
	if len(feeds) != len(files) {
		t.Fatalf("%d feeds of %d files", len(feeds), len(files))
	}
	for _, dripped := range []bool{false, true} {
		if dripped {
			c.advance(dripAfter)
		}
		links, total := map[string]bool{}, 0
		for i, f := range feeds {
			file := files[i]
			if f.Name != file.Name || f.Lang != file.Lang || f.Source != file.Source {
				t.Errorf("feed %+v of file %s, %s, %s", f, file.Name, file.Lang, file.Source)
			}
			resp := get(t, http.MethodGet, f.URL, nil)
			if resp.status != http.StatusOK {
				t.Fatalf("%s: status %d", f.URL, resp.status)
			}
			got := read(t, resp.body)
			total += len(got.Entries)
			for j, e := range got.Entries {
				if !strings.HasPrefix(e.Link, "http://sample.invalid/"+f.Name+"/") || e.ID != e.Link {
					t.Errorf("%s: link %q, id %q", f.Name, e.Link, e.ID)
				}
				if links[e.Link] {
					t.Errorf("%s: link %q stands twice", f.Name, e.Link)
				}
				links[e.Link] = true
				got.Entries[j].Link, got.Entries[j].ID = "", ""
			}
			if diff := cmp.Diff(want(file, dripped), got); diff != "" {
				t.Errorf("%s, dripped %v:\n%s", f.Name, dripped, diff)
			}
		}
		first, drips := s.Size()
		size := first
		if dripped {
			size += drips
		}
		if total != size || drips != 3 {
			t.Errorf("dripped %v: %d items, Size says %d + %d", dripped, total, first, drips)
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	s, _ := serve(t)
	for name, want := range map[string]struct{ mime, declared, word string }{
		"sahifat-al-mithal":     {"application/rss+xml", "windows-1256", "\xc7\xe1\xde\xc7\xc6\xe3"}, // القائم
		"ornek-haber":           {"application/rss+xml; charset=iso-8859-9", "iso-8859-9", "s\xfdn\xfdr duvar\xfd"},
		"wikalat-namudhaj":      {"application/rss+xml", "utf-8", "القائم"},
		"nuceyen-nimune":        {"application/atom+xml; charset=utf-8", "utf-8", "Qaîm"},
		"khabargozari-nemune":   {"application/rdf+xml", "utf-8", "القائم"},
		"example-levant-review": {"application/feed+json", "", "Sayyida Zainab"},
	} {
		for _, f := range s.Feeds() {
			if f.Name != name {
				continue
			}
			resp := get(t, http.MethodGet, f.URL, nil)
			if got := resp.header.Get("Content-Type"); got != want.mime {
				t.Errorf("%s: Content-Type %q, want %q", name, got, want.mime)
			}
			if want.declared != "" && !bytes.HasPrefix(resp.body, []byte(`<?xml version="1.0" encoding="`+want.declared+`"?>`)) {
				t.Errorf("%s: begins with %q", name, resp.body[:60])
			}
			if !bytes.Contains(resp.body, []byte(want.word)) {
				t.Errorf("%s: no %q in it", name, want.word)
			}
		}
	}
}

func TestConditionalGetAndDrip(t *testing.T) {
	t.Parallel()
	s, c := serve(t)
	type validators struct{ etag, modified string }
	before := map[string]validators{}
	for _, f := range s.Feeds() {
		resp := get(t, http.MethodGet, f.URL, nil)
		v := validators{resp.header.Get("ETag"), resp.header.Get("Last-Modified")}
		if v.etag == "" || v.modified == "" {
			t.Fatalf("%s: validators %+v", f.Name, v)
		}
		before[f.Name] = v
	}

	ask := func(f demo.Feed) map[string]int {
		v := before[f.Name]
		codes := map[string]int{}
		for header, value := range map[string]string{"If-None-Match": v.etag, "If-Modified-Since": v.modified} {
			resp := get(t, http.MethodGet, f.URL, map[string]string{header: value})
			codes[header] = resp.status
			if resp.status == http.StatusNotModified && len(resp.body) != 0 {
				t.Errorf("%s: 304 with a body", f.Name)
			}
			if etag := resp.header.Get("ETag"); etag == "" {
				t.Errorf("%s: %d without an ETag", f.Name, resp.status)
			}
		}
		return codes
	}
	changed := func() []string {
		var names []string
		for _, f := range s.Feeds() {
			codes := ask(f)
			if codes["If-None-Match"] != codes["If-Modified-Since"] {
				t.Errorf("%s: the validators disagree: %v", f.Name, codes)
			}
			switch codes["If-None-Match"] {
			case http.StatusOK:
				names = append(names, f.Name)
			case http.StatusNotModified:
			default:
				t.Errorf("%s: %v", f.Name, codes)
			}
		}
		return names
	}

	if got := changed(); got != nil {
		t.Errorf("changed at once: %v", got)
	}
	c.advance(dripAfter - time.Nanosecond)
	if got := changed(); got != nil {
		t.Errorf("changed too early: %v", got)
	}
	c.advance(time.Nanosecond)
	want := []string{"hewali-nimune", "sample-anbar-news", "wikalat-namudhaj"}
	if diff := cmp.Diff(want, changed()); diff != "" {
		t.Errorf("changed by the drip:\n%s", diff)
	}
	c.advance(time.Hour)
	for _, f := range s.Feeds() {
		resp := get(t, http.MethodGet, f.URL, nil)
		again := get(t, http.MethodGet, f.URL, map[string]string{"If-None-Match": resp.header.Get("ETag")})
		if again.status != http.StatusNotModified {
			t.Errorf("%s changes after the drip", f.Name)
		}
	}
}

func TestOtherRequests(t *testing.T) {
	t.Parallel()
	s, _ := serve(t)
	feed := s.Feeds()[0].URL
	if resp := get(t, http.MethodHead, feed, nil); resp.status != http.StatusOK || len(resp.body) != 0 {
		t.Errorf("HEAD: %d, %d bytes", resp.status, len(resp.body))
	}
	if resp := get(t, http.MethodPost, feed, nil); resp.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", resp.status)
	}
	if resp := get(t, http.MethodGet, feed+"x", nil); resp.status != http.StatusNotFound {
		t.Errorf("another path: %d", resp.status)
	}
	if !strings.HasPrefix(feed, "http://127.0.0.1:") {
		t.Errorf("served at %s", feed)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s, err := demo.Listen(t.Context(), start, dripAfter)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := s.Run(t.Context()); err != nil {
		t.Errorf("Run after Close: %v", err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Feeds()[0].URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		t.Errorf("still answers: %s", resp.Status)
		resp.Body.Close()
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err = demo.Listen(t.Context(), start, dripAfter); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(ended); err != nil {
		t.Errorf("Run under an ended context: %v", err)
	}
	if _, err := demo.Listen(t.Context(), start, -1); err == nil {
		t.Error("a negative delay is accepted")
	}
}
