package query_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/item"
	"marsad/query"
	"marsad/text"
)

func parse(t *testing.T, s string) query.Node {
	t.Helper()
	o := options()
	o.Zone = time.UTC
	n, err := query.Parse(s, o)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return n
}

const (
	storyID = item.ID("0123456789abcdef0123456789abcdef")
	eventID = item.ID("00000000000000000000000000000001")
)

func sample() item.Tagged {
	return item.Tagged{
		Item: item.Item{
			ID: storyID, Feed: "shafaq-en", Source: "Shafaq News", Lang: "en",
			Title:  "Iraq builds a wall at al-Qaem",
			Body:   "Baghdad says the concrete border wall near al-Qaem is ready.\n\nThe Iraqi wall, officials said, will be longer.",
			Seen:   time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC),
			Listed: time.Date(2026, 1, 8, 9, 30, 40, 0, time.UTC),
		},
		Tags: []item.Tag{
			{Kind: item.Place, ID: "al-qaem", Status: item.Certain, Evidence: []item.Evidence{{Field: "title", Start: 21, End: 29, Text: "al-Qaem"}}},
			{Kind: item.Place, ID: "iraq", Status: item.Certain, Implied: true},
			{Kind: item.Theme, ID: "border-wall", Status: item.Candidate},
		},
		Story: storyID,
		Event: eventID,
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		q    string
		want bool
	}{
		{"*", true},
		{"wall", true},
		{"WALL Baghdad", true},
		{"wall -baghdad", false},
		{"-basra", true},
		{"basra OR wall", true},
		{"title:wall", true},
		{"title:baghdad", false},
		{"body:iraq", false},
		{`"border wall"`, true},
		{`"wall border"`, false},
		{`"al-Qaem baghdad"`, false}, // the end of the title, the beginning of the body
		{`title:"border wall"`, false},
		{`"wall border"~0`, true},
		{`"concrete near"~1`, false},
		{`"concrete near"~2`, true},
		{`"ready concrete baghdad"~5`, false},
		{`"ready concrete baghdad"~8`, true},
		{"bagh*", true},
		{"title:bagh*", false},
		{"bagdad~1", true},
		{"bahgdad~1", true}, // neighbours swapped
		{"bagda~1", false},
		{"bagda~2", true},
		{"place:al-qaem", true},
		{"place:iraq", true},
		{"theme:border-wall", false}, // a candidate only
		{"lang:en", true},
		{"lang:ar", false},
		{"source:shafaq", true},
		{`source:"news shafaq"`, true},
		{`source:"shafaq media"`, false},
		{"feed:shafaq-en", true},
		{"feed:shafaq", false},
		{"story:" + string(storyID), true},
		{"event:" + string(eventID), true},
		{"event:" + string(storyID), false},
		{"near:34.37,41.09,50", true},
		{"near:33.43,43.3,50", false},
		{"near:34,42,400", true},
		{"since:2026-01-08T09:30", true},
		{"since:2026-01-08T09:31", false},
		{"before:2026-01-08T09:30", false},
		{"before:2026-01-08T09:31", true},
		{"after:2026-01-08", false},
		{"after:2026-01-07 before:2026-01-09", true},
		{"since:3d", true}, // from the time it was seen
		{"since:50h", false},
	}
	d := query.NewDoc(&text.Analyzer{}, sample())
	for _, tt := range tests {
		n := parse(t, tt.q)
		if got := query.Match(n, d); got != tt.want {
			t.Errorf("Match(%s) = %t, want %t", tt.q, got, tt.want)
		}
		if got := query.Why(n, d) != nil; got && !tt.want {
			t.Errorf("Why(%s) gives a reason for what does not match", tt.q)
		}
	}
}

func TestMatchClitics(t *testing.T) {
	t.Parallel()
	a := &text.Analyzer{}
	tests := []struct {
		lang, title, q, found string
	}{
		{"ar", "اشتباكات وبالقائم اليوم", "القائم", "القائم"},
		{"tr", "Irak'ın İstanbul’daki elçisi", "irak", "Irak"},
		{"tr", "Irak'ın İstanbul’daki elçisi", "istanbul", "İstanbul"},
		{"en", "Iraq's border", "iraq", "Iraq"},
	}
	for _, tt := range tests {
		d := query.NewDoc(a, item.Tagged{Item: item.Item{Title: tt.title, Lang: tt.lang}})
		why := query.Why(parse(t, tt.q), d)
		if len(why) == 0 || why[0].Text != tt.found || tt.title[why[0].Start:why[0].End] != tt.found {
			t.Errorf("Why(%s) in %q = %v, want %q", tt.q, tt.title, why, tt.found)
		}
	}
}

func TestWhy(t *testing.T) {
	t.Parallel()
	d := query.NewDoc(&text.Analyzer{}, sample())
	tests := []struct {
		q    string
		want []string
	}{
		{"wall -basra", []string{"title 14-18 wall (wall)", "body 33-37 wall (wall)", "body 72-76 wall (wall)"}},
		{`"border wall" OR basra`, []string{`body 26-37 border wall ("border wall")`}},
		{`"wall concrete"~1`, []string{`body 17-25 concrete ("wall concrete"~1)`, `body 33-37 wall ("wall concrete"~1)`}},
		{"offic*", []string{"body 78-87 officials (offic*)"}},
		{"place:al-qaem", []string{"title 21-29 al-Qaem (place:al-qaem)"}},
		{"place:iraq lang:en", []string{"place 0-0 iraq (place:iraq)", "lang 0-0 en (lang:en)"}},
		{"since:3d", []string{"listed 0-0 2026-01-08T09:30:40Z (since:3d)"}},
		{"near:34,42,400", []string{"title 21-29 al-Qaem (near:34,42,400)"}},
		{"event:" + string(eventID), []string{"event 0-0 " + string(eventID) + " (event:" + string(eventID) + ")"}},
	}
	for _, tt := range tests {
		var got []string
		for _, h := range query.Why(parse(t, tt.q), d) {
			got = append(got, fmt.Sprintf("%s %d-%d %s (%s)", h.Field, h.Start, h.End, h.Text, h.Clause))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Why(%s) (-want +got):\n%s", tt.q, diff)
		}
	}
}

func TestHighlights(t *testing.T) {
	t.Parallel()
	d := query.NewDoc(&text.Analyzer{}, sample())
	title, body := query.Highlights(parse(t, `wall "border wall" place:al-qaem`), d)
	if diff := cmp.Diff([]query.Stretch{{Start: 14, End: 18}, {Start: 21, End: 29}}, title); diff != "" {
		t.Errorf("title (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]query.Stretch{{Start: 26, End: 37}, {Start: 72, End: 76}}, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}
