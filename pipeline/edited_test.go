package pipeline_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/ingest"
	"marsad/server"
)

// An edited article says what the edit brought, also when the text before was
// published before a restart.
func TestEditsSayWhatTheyAdd(t *testing.T) {
	const before = "The bridge over the Euphrates was opened on Monday."
	var body atomic.Pointer[string]
	set := func(s string) { body.Store(&s) }
	set(before)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, fmt.Sprintf(`<rss version="2.0"><channel><title>One</title><item><title>Bridge opened</title><link>https://news.example/2026/bridge-opened</link><description>%s</description></item></channel></rss>`, *body.Load()))
	}))
	defer feed.Close()
	c := testConfig(t.TempDir(), ingest.Feed{Name: "one", URL: feed.URL, Lang: "en"})
	p := start(t, c, nil)
	article := func(word string) (a server.Article) {
		t.Helper()
		var id string
		p.until("the article with "+word, time.Minute, func() bool {
			r := p.search(word)
			if r.Total == 1 {
				id = string(r.Hits[0].ID)
			}
			return r.Total == 1
		})
		status, reply := p.get("/api/v1/items/" + id)
		if status != http.StatusOK {
			t.Fatalf("status %d: %s", status, reply)
		}
		if err := json.Unmarshal(reply, &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	added := func(a server.Article) (out []string) {
		for _, s := range a.Added {
			out = append(out, map[string]string{"title": a.Title, "body": a.Body}[s.Field][s.Start:s.End])
		}
		return out
	}
	if a := article("euphrates"); a.Added != nil || !a.Revised.IsZero() {
		t.Errorf("the first edition says that %q is new", added(a))
	}
	set(before + " It was closed at night.")
	if diff := cmp.Diff([]string{"It was closed at night."}, added(article("night"))); diff != "" {
		t.Errorf("first edit (-want +got):\n%s", diff)
	}
	p.stop()
	set(before + " It was closed at night. Rain is expected.")
	p = start(t, c, nil)
	a := article("rain")
	if diff := cmp.Diff([]string{"Rain is expected."}, added(a)); diff != "" {
		t.Errorf("edit after a restart (-want +got):\n%s, flags %q", diff, a.Flags)
	}
}
