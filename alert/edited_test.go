package alert_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/alert"
	"marsad/item"
)

// An edited article alerts only on what the edit brought.
func TestEditedArticles(t *testing.T) {
	t.Parallel()
	const (
		title = "Bridge opened"
		body  = "Trucks crossed the Euphrates. A drone was seen over Al-Qaim."
		drone = "A drone was seen over Al-Qaim."
	)
	at := func(text string) []item.Span {
		i := strings.Index(body, text)
		return []item.Span{{Field: "body", Start: i, End: i + len(text)}}
	}
	place := item.Tag{Kind: item.Place, ID: "al-qaem", Status: item.Certain, Evidence: []item.Evidence{{Field: "body", Start: strings.Index(body, "Al-Qaim"), End: len(body) - 1, Text: "Al-Qaim"}}}
	country := item.Tag{Kind: item.Place, ID: "iraq", Status: item.Certain, Implied: true}
	for _, tc := range []struct {
		name, query string
		added       []item.Span
		flags       []string
		first       bool
		want        bool
	}{
		{name: "a word in it", query: "drone", added: at(drone), want: true},
		{name: "a word that stood there before", query: "trucks", added: at(drone)},
		{name: "one of two words", query: "trucks drone", added: at(drone), want: true},
		{name: "a phrase that reaches into it", query: `"the euphrates a drone"`, added: at(drone), want: true},
		{name: "a place in it", query: "place:al-qaem", added: at(drone), want: true},
		{name: "a place that stood there before", query: "place:al-qaem", added: at("Trucks crossed the Euphrates.")},
		{name: "a country whose town is in it", query: "place:iraq", added: at(drone), want: true},
		{name: "a country whose town stood there before", query: "place:iraq", added: at("Trucks crossed the Euphrates.")},
		{name: "the same bytes of another field", query: "bridge", added: []item.Span{{Field: "body", Start: 0, End: len(body)}}},
		{name: "the title", query: "bridge", added: []item.Span{{Field: "title", Start: 0, End: len(title)}}, want: true},
		{name: "nothing in the text is asked for", query: "feed:wakala", added: at(drone), want: true},
		{name: "nothing was added", query: "feed:wakala"},
		{name: "something was taken away", query: "drone -sport"},
		{name: "nobody knows what was added", query: "trucks", flags: []string{item.FlagAddedUnknown}, want: true},
		{name: "the first revision", query: "trucks", first: true, want: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			it := tagged(title, body, "en")
			it.Tags = []item.Tag{place, country}
			if !tc.first {
				it.Item.Revised = it.Item.Seen.Add(time.Hour)
			}
			it.Item.Added, it.Item.Flags = tc.added, tc.flags
			out := &stream{}
			handle(t, newStage(t, out, nil, alert.Watch{ID: "w", Query: tc.query, To: []string{"desk"}}), recs(1, it))
			if got := len(out.alerts) == 1; got != tc.want {
				t.Errorf("alerted: %t, want %t", got, tc.want)
			}
		})
	}
}

// What an edit did not bring may still come: the watch is not spent by it.
func TestEditedTwice(t *testing.T) {
	t.Parallel()
	first := tagged("Bridge opened", "Trucks crossed it. A drone was seen.", "en")
	first.Item.Revised = first.Item.Seen.Add(time.Hour)
	first.Item.Added = []item.Span{{Field: "body", Start: 0, End: 18}}
	second := first
	second.Item.Title = "Bridge opened, again"
	second.Item.Added = []item.Span{{Field: "body", Start: 19, End: 36}}
	out := &stream{}
	handle(t, newStage(t, out, nil, alert.Watch{ID: "w", Query: "drone", To: []string{"desk"}}), recs(1, first, second))
	if diff := cmp.Diff([]string{"w Bridge opened, again"}, out.fired()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
