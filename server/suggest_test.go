package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"marsad/server"
)

// TestSuggestions asks for what is not there and is told what is near.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	s := newRealServer(t, articles())
	tests := []struct {
		path string
		want []server.Suggestion
	}{
		{"?q=title:wall+lang:ar", []server.Suggestion{{Query: "lang:ar", Total: 2, Why: "term"}}},
		{"?q=wall+nosuchword", []server.Suggestion{
			{Query: "place:al-qaem", Total: 1, Why: "name"}, // the pack of the test finds everything near
			{Query: "wall", Total: 1, Why: "term"},
		}},
		{"?q=theme:border-wall+before:2020", []server.Suggestion{{Query: "theme:border-wall", Total: 2, Why: "time"}}},
		{"?q=qaaem", []server.Suggestion{{Query: "place:al-qaem", Total: 1, Why: "name"}}},
		{"?q=before:2020", nil},
		{"?q=wall", nil},
	}
	for _, tt := range tests {
		w := ask(t, s, http.MethodGet, "/api/v1/search"+tt.path)
		wantStatus(t, w, http.StatusOK)
		var got server.Results
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got.Suggestions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.path, diff)
		}
	}
}
