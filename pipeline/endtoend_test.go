package pipeline_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"marsad/alert"
	"marsad/ingest"
)

// A feed's item becomes a search result and an alert; a restart neither
// publishes it again nor forgets it; an edit is a new revision of the same
// document and tells nobody twice.
func TestFromFeedToSearchAndAlert(t *testing.T) {
	var last atomic.Int64
	last.Store(3)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, rss(1, int(last.Load())))
	}))
	defer feed.Close()
	got := make(chan alert.Alert, 16)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var a alert.Alert
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		got <- a
	}))
	defer hook.Close()
	t.Setenv("MARSAD_TEST_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

	c := testConfig(t.TempDir(), ingest.Feed{Name: "one", URL: feed.URL, Lang: "en"})
	c.Alert.Receivers = []alert.Receiver{{Name: "hook", Type: alert.Webhook, URL: hook.URL, SecretEnv: "MARSAD_TEST_SECRET", AllowPrivate: []string{"127.0.0.0/8"}}}
	c.Alert.Watches = []alert.Watch{{ID: "wall", Query: "place:al-qaem theme:border-wall", To: []string{"hook"}}}

	p := start(t, c, nil)
	p.until("three items searchable", time.Minute, func() bool { return p.search("place:al-qaem theme:border-wall").Total == 3 })
	if res := p.search("number2"); res.Total != 1 || len(res.Hits[0].Highlights["title"]) != 1 {
		t.Errorf("number2: %+v", res)
	}
	if len(got) > 0 {
		t.Errorf("the first fetch alerted: %+v", <-got)
	}

	last.Store(4)
	a := <-got
	if a.Watch != "wall" || len(a.Why) == 0 || a.PageURL == "" {
		t.Errorf("alert %+v", a)
	}
	p.until("the fourth item searchable", time.Minute, func() bool { return p.search("number4").Total == 1 })
	items := p.status().Streams[0].Messages

	p.stop()
	p = start(t, c, nil)
	p.until("a poll after the restart", time.Minute, func() bool {
		st := p.status()
		return len(st.Feeds) == 1 && st.Feeds[0].LastPoll.After(st.Started)
	})
	if now := p.status().Streams[0].Messages; now != items {
		t.Errorf("%d records in ITEMS after the restart, %d before", now, items)
	}
	if n := p.search("*").Total; n != 4 {
		t.Errorf("%d articles after the restart, want 4", n)
	}
	if len(got) > 0 {
		t.Errorf("told again after the restart: %+v", <-got)
	}
}

// A damaged index is set aside and built again from the stream.
func TestIndexIsRebuiltFromTheStream(t *testing.T) {
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, rss(1, 20)) }))
	defer feed.Close()
	c := testConfig(t.TempDir(), ingest.Feed{Name: "one", URL: feed.URL})
	p := start(t, c, nil)
	p.until("the items searchable", time.Minute, func() bool { return p.search("*").Total == 20 })
	p.stop()
	damage(t, c.Data.Index())
	p = start(t, c, nil)
	p.until("the index rebuilt", time.Minute, func() bool { return p.search("*").Total == 20 })
	if p.status().Index.Rebuilt == "" {
		t.Error("nothing says that the index was begun anew")
	}
}
