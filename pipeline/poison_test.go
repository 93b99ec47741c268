package pipeline_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"marsad/bus"
	"marsad/ingest"
)

// A record that nobody can read is put aside with its reason, the status shows
// it, and what comes behind it is searchable.
func TestPoisonedRecordIsParked(t *testing.T) {
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, rss(1, 5)) }))
	defer feed.Close()
	c := testConfig(t.TempDir(), ingest.Feed{Name: "one", URL: feed.URL})

	b, err := bus.Open(t.Context(), c.Bus, c.Data.Bus(), slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	poison := bus.NewTopic(b, bus.Items, func(string) string { return "poison" }, bus.Codec[string]{
		Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil },
	})
	if err := poison.Publish(t.Context(), []string{"no item at all"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	p := start(t, c, nil)
	p.until("the items behind it searchable", time.Minute, func() bool { return p.search("*").Total == 5 })
	// Two stages read ITEMS: tagging, and the memory of what was published.
	p.until("it parked", time.Minute, func() bool { return p.status().ParkedTotal == 2 })
	for _, r := range p.status().Parked {
		if r.Stream != "ITEMS" || r.Seq != 1 || !strings.Contains(r.Reason, "invalid character") {
			t.Errorf("parked: %+v", r)
		}
	}
}
