package ingest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"marsad/ingest"
)

func TestReadOPML(t *testing.T) {
	t.Parallel()
	const doc = `<?xml version="1.0" encoding="UTF-16"?>
<opml version="1.1">
<body>
<outline text="Iraq">
  <outline title="وكالة" text="x" type="rss" xmlUrl="https://a.example/rss" htmlUrl="https://a.example/" language="ar" customMark="7"/>
  <outline text="Border & roads"><OUTLINE TEXT="Mixed" XMLURL="https://b.example/feed"/></outline>
  <outline text="No address" type="rss"/>
  <outline text="Odd" xmlUrl="ftp://c.example/x"/>
</outline>
<outline text="Old" url="https://d.example/feed" category="/Press/Syria,tag"/>
<outline text="A page" type="link" url="https://e.example/"/>
<outline text="Again" xmlUrl="https://a.example/rss" category="twice"/>
<outline text="Reader" xmlUrl="feed://f.example/x"/>
</body>
</opml>`
	feeds, problems, err := ingest.ReadOPML(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	want := []ingest.Subscription{
		{URL: "https://a.example/rss", Title: "وكالة", Site: "https://a.example/", Lang: "ar", Folders: []string{"Iraq", "twice"}, Extra: map[string]string{"custommark": "7"}, Line: 5},
		{URL: "https://b.example/feed", Title: "Mixed", Folders: []string{"Iraq/Border & roads"}, Line: 6},
		{URL: "https://d.example/feed", Title: "Old", Folders: []string{"Press/Syria", "tag"}, Line: 10},
		{URL: "http://f.example/x", Title: "Reader", Line: 13},
	}
	if diff := cmp.Diff(want, feeds, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d: %s", p.Line, p.What))
	}
	if diff := cmp.Diff([]string{
		`7: "No address" has no xmlUrl`,
		`8: "Odd": xmlUrl "ftp:" cannot be fetched`,
	}, got); diff != "" {
		t.Error(diff)
	}
}

// What cannot be read is said in words; what stands before a break is kept.
func TestReadOPMLHostile(t *testing.T) {
	t.Parallel()
	deep := "<opml><body>" + strings.Repeat(`<outline text="x">`, 100)
	var many strings.Builder
	many.WriteString("<opml><body>")
	for i := range 10_001 {
		fmt.Fprintf(&many, `<outline xmlUrl="https://h.example/%d"/>`, i)
	}
	for name, c := range map[string]struct{ doc, err string }{
		"empty":    {"", "no OPML document"},
		"html":     {"<html><body>hello</body></html>", "no OPML document but <html>"},
		"deep":     {deep, "nested more than 64 deep"},
		"many":     {many.String(), "more than 10000 feeds"},
		"too long": {"<opml>" + strings.Repeat(" ", 10<<20), "larger than 10 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := ingest.ReadOPML(strings.NewReader(c.doc))
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
	feeds, problems, err := ingest.ReadOPML(strings.NewReader("<opml><body><outline xmlUrl='https://a.example/'/>\n<outline text='x' xmlUrl='https://b.ex"))
	if err != nil || len(feeds) != 1 || len(problems) != 1 || problems[0].Line != 2 {
		t.Errorf("cut document: %v %v %v", feeds, problems, err)
	}
}

// What was written is read back, whatever was read.
func FuzzOPML(f *testing.F) {
	f.Add(`<opml><body><outline text="A/B &quot;c&quot;"><outline text="t" xmlUrl="https://a.example/?x=1&amp;y=2" category="/k,l" extra="1"/></outline></body></opml>`)
	f.Add(`<opml version=1><body><outline url='http://x.example'>`)
	f.Fuzz(func(t *testing.T, doc string) {
		feeds, _, err := ingest.ReadOPML(strings.NewReader(doc))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := ingest.WriteOPML(&out, "t", time.Unix(0, 0), feeds); err != nil {
			t.Fatal(err)
		}
		again, problems, err := ingest.ReadOPML(&out)
		if err != nil || len(problems) > 0 || len(again) != len(feeds) {
			t.Fatalf("%d feeds written, %d read, %v %v", len(feeds), len(again), problems, err)
		}
		urls := map[string]bool{}
		for _, f := range again {
			urls[f.URL] = true
		}
		for _, f := range feeds {
			if !urls[f.URL] {
				t.Fatalf("%q is lost", f.URL)
			}
		}
	})
}
