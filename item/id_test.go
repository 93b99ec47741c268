package item_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/item"
)

func TestIdentities(t *testing.T) {
	if item.NewID("ab", "c") == item.NewID("a", "bc") {
		t.Error("parts run into each other")
	}
	id := item.NewID("https://example.org/a")
	if !id.Valid() {
		t.Errorf("%q is not valid", id)
	}
	rev := item.NewRevision(id, "title", "body")
	if got := rev.Item(); got != id {
		t.Errorf("Item() = %q, want %q", got, id)
	}
	if rev == item.NewRevision(id, "title", "body, edited") {
		t.Error("another text has the same revision")
	}
	for _, bad := range []item.ID{"", "x", id + "0", "Z" + id[1:], item.ID(rev)} {
		if bad.Valid() {
			t.Errorf("%q is valid", bad)
		}
	}
}

// The wire form must not change: years of streams are read with it.
func TestWire(t *testing.T) {
	at := time.Date(2026, 1, 5, 8, 30, 0, 0, time.UTC)
	id := item.NewID("https://example.org/a")
	want := item.Tagged{
		Item: item.Item{
			ID: id, Revision: item.NewRevision(id, "t"), Feed: "one", Source: "One", URL: "https://example.org/a?x=1", GUID: "g",
			Title: "t", Body: "b", Added: []item.Span{{Field: "body", Start: 0, End: 1}}, Author: "a", Categories: []string{"c"},
			Enclosures: []item.Enclosure{{URL: "https://example.org/a.mp3", Type: "audio/mpeg", Length: 9}}, Lang: "en",
			Published: at, PublishedRaw: "raw", Seen: at, Revised: at, Listed: at,
			Backfill: true, Sample: true, Flags: []string{"date-future"},
		},
		Tags: []item.Tag{
			{Kind: item.Place, ID: "al-qaem", Status: item.Certain, Rule: "iraq-syria/al-qaem", Evidence: []item.Evidence{
				{Field: "title", Start: 0, End: 1, Text: "t", Surface: "ts", Clause: "strong"},
			}},
			{Kind: item.Place, ID: "iraq", Status: item.Certain, Implied: true},
		},
		Pack: "p", Story: id, Seq: 7,
	}
	got, err := json.MarshalIndent(want, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/wire.json"
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(old), string(got)+"\n"); d != "" {
		t.Error(d)
	}
	var back item.Tagged
	if err := json.Unmarshal(old, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, back); d != "" {
		t.Error(d)
	}
}

var update = flag.Bool("update", false, "rewrite golden files") //nolint:gochecknoglobals // a test flag
