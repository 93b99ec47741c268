package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/item"
	"marsad/server"
)

func marked(s, word string) [][2]int {
	i := strings.Index(s, word)
	return [][2]int{{i, i + len(word)}}
}

// TestPrintResults holds what people read to goldens, directions and hostile
// titles included.
func TestPrintResults(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	arabic, english, mixed := "السياج الحدودي يكتمل قرب القائم", "Wall near al-Qaem\x1b[2J ⟦done⟧ \u202etxt", "PKK: داعش عاد"
	body := strings.Repeat("Nothing of note was said before this. ", 5) + "The wall is done, said the governor. " + strings.Repeat("More. ", 40)
	found := server.Results{
		Understood: "place:al-qaem wall", Total: 14, Stories: 9, TookMS: 17.6, Next: "abc",
		Histogram: &server.Histogram{Unit: "day", Buckets: []server.Bucket{
			{Date: "2026-01-05", Count: 1}, {Date: "2026-01-06"}, {Date: "2026-01-07", Count: 4}, {Date: "2026-01-08", Count: 8},
		}},
		Facets: map[string][]server.Facet{"place": {{Value: "al-qaem", Count: 14}}, "source": {{Value: "شفق نيوز", Count: 3}}},
		Hits: []server.Hit{
			{
				Title: arabic, Lang: "ar", Source: "شفق نيوز", URL: "https://a.example/1", Published: now.Add(-2 * time.Hour),
				Highlights: map[string][][2]int{"title": marked(arabic, "القائم")}, Copies: 4, Sources: []string{"شفق نيوز", "Sample News"},
				Tags: []item.Tag{{Kind: item.Place, ID: "al-qaem"}, {Kind: item.Actor, ID: "sdf", Status: item.Candidate}},
			},
			{
				Title: english, Lang: "en", Source: "S", Published: now.Add(-50 * time.Hour),
				Highlights: map[string][][2]int{"title": {{0, 4}, {2, 3}, {5, 900}, {10, 17}}}, Copies: 1,
			},
			{Title: mixed, Lang: "ar", Source: "S", Published: now},
			{Title: "The governor speaks", Body: body, Lang: "en", Source: "S", Seen: now, Highlights: map[string][][2]int{"body": marked(body, "wall")}},
			{Body: "no title", Lang: "und", Seen: now},
		},
	}
	none := server.Results{Understood: "a b", Suggestions: []server.Suggestion{
		{Query: "place:al-qaem", Total: 14, Why: "name"}, {Query: `-"it's" b`, Total: 1, Why: "term"},
	}}
	var b bytes.Buffer
	printResults(newPaper(&b), found, now)
	b.WriteString("----\n")
	printResults(paper{&b, "\x1b[1m", "\x1b[22m"}, server.Results{Understood: "wall", Total: 1, Hits: found.Hits[:1]}, now)
	b.WriteString("----\n")
	printResults(newPaper(&b), none, now)
	const golden = "testdata/results.txt"
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("results (-want +got); go test -update writes them anew:\n%s", diff)
	}
}

func TestSparkline(t *testing.T) {
	t.Parallel()
	h := &server.Histogram{Unit: "week"}
	for i := range 120 {
		h.Buckets = append(h.Buckets, server.Bucket{Date: time.Date(2024, 1, 1+7*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Count: i})
	}
	got := sparkline(h)
	if !strings.HasSuffix(got, "2024-01-01 to 2026-04-13, by 3 weeks") || strings.Count(got, "█") != 1 {
		t.Errorf("sparkline %q", got)
	}
	if s := sparkline(&server.Histogram{Unit: "day", Buckets: h.Buckets[:1]}); s != "" {
		t.Errorf("a single day is drawn: %q", s)
	}
}
