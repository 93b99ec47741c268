package pipeline_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marsad/alert"
	"marsad/config"
	"marsad/internal/workspace"
	"marsad/pipeline"
	"marsad/server"
)

const (
	retagArticles = 3000
	retagEdited   = 400
)

// packOf writes a rule pack in which Rawah goes by a name, and returns its
// folder.
func packOf(t *testing.T, rawah string) string {
	t.Helper()
	dir := t.TempDir()
	pack := fmt.Sprintf(`pack: test
examples: optional
places:
- {id: al-qaem, name: al-Qaem, plain: {en: [Qaem]}}
- {id: rawah, name: Rawah, plain: {en: [%s]}}
`, rawah)
	if err := os.WriteFile(filepath.Join(dir, "p.yaml"), []byte(pack), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// reports are articles from..to as JSON lines; in another edition their text is
// another.
func reports(from, to int, edition string) string {
	var b strings.Builder
	now := time.Now().UTC().Truncate(time.Second)
	for i := from; i < to; i++ {
		line, err := json.Marshal(map[string]string{
			"title": fmt.Sprintf("%s report %d from Qaem", edition, i), "body": "The road to Rawah is open.",
			"link": fmt.Sprintf("https://news.example/%d", i), "published": now.Format(time.RFC3339), "lang": "en", "feed": "f",
		})
		if err != nil {
			panic(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// retagState asks for it through the API.
func (r *running) retagState() server.Retag {
	r.t.Helper()
	code, body := r.get("/api/v1/retag")
	var s server.Retag
	if err := json.Unmarshal(body, &s); code != http.StatusOK || err != nil {
		r.t.Fatalf("retag: %d %v %s", code, err, body)
	}
	return s
}

func (r *running) messages(stream string) uint64 {
	r.t.Helper()
	for _, s := range r.status().Streams {
		if s.Name == stream {
			return s.Messages
		}
	}
	r.t.Fatalf("no stream %s", stream)
	return 0
}

// The archive is tagged again although the daemon ends in the middle and
// articles are edited meanwhile: each article once, none alerts, and what is
// found is the newest text with the new tags.
func TestRetag(t *testing.T) {
	dir := t.TempDir()
	c := testConfig(dir)
	c.Data = workspace.Dir(filepath.Join(dir, "data"))
	c.Roles = []config.Role{config.Tag, config.Index, config.Alert, config.Serve}
	c.Alert.Watches = []alert.Watch{{ID: "rawah", Query: "place:rawah"}}
	c.Pack = packOf(t, "Ravah")
	p := start(t, c, nil)
	if _, err := p.Replay(t.Context(), strings.NewReader(reports(0, retagArticles, "First")), pipeline.ReplayOptions{Live: true}); err != nil {
		t.Fatal(err)
	}
	if got := p.search("place:rawah").Total; got != 0 {
		t.Fatalf("before: %d articles on Rawah", got)
	}
	p.stop()

	c.Pack = packOf(t, "Rawah")
	p = start(t, c, nil)
	before := p.messages("TAGGED")
	if s := p.retagState(); s.State != server.RetagNone {
		t.Fatalf("before: %+v", s)
	}
	if _, err := p.StartRetag(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.until("some articles have been tagged again", 20*time.Second, func() bool { return p.retagState().Done > 0 })
	p.stop()

	p = start(t, c, nil) // goes on by itself
	if _, err := p.Replay(t.Context(), strings.NewReader(reports(0, retagEdited, "Second")), pipeline.ReplayOptions{Live: true}); err != nil {
		t.Fatal(err)
	}
	p.until("the archive has been tagged again", 30*time.Second, func() bool {
		s := p.retagState()
		return s.State == server.RetagDone && s.Searchable
	})
	s := p.retagState()
	if s.Total != retagArticles || s.Done != s.Total {
		t.Errorf("after: %+v", s)
	}
	if got := p.search("place:rawah").Total; got != retagArticles {
		t.Errorf("after: %d of %d articles on Rawah", got, retagArticles)
	}
	if got := p.search("title:second place:rawah").Total; got != retagEdited {
		t.Errorf("after: %d of %d edited articles", got, retagEdited)
	}
	// Each first text was tagged again at most once, each edit came once; an edit
	// that came first spares its first text.
	if got := p.messages("TAGGED") - before; got > retagArticles+retagEdited || got < retagArticles {
		t.Errorf("%d records for %d articles and %d edits", got, retagArticles, retagEdited)
	}
	// The edits are news and their tags are; the rest is not.
	if got := p.messages("ALERTS"); got != retagEdited {
		t.Errorf("%d alerts, want those of the %d edits", got, retagEdited)
	}

	// Once more there is nothing to do; it can be stopped.
	if _, err := p.StartRetag(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.until("done again", 20*time.Second, func() bool { return p.retagState().State == server.RetagDone })
	if s := p.retagState(); s.Tagged != 0 || s.Done != retagArticles {
		t.Errorf("again: %+v", s)
	}
	if s, err := p.StopRetag(t.Context()); err != nil || s.State != server.RetagDone {
		t.Errorf("stop: %+v %v", s, err)
	}
}

// Going back to an earlier pack tags everything again, however soon.
func TestRetagBack(t *testing.T) {
	c := testConfig(t.TempDir())
	c.Roles = []config.Role{config.Tag, config.Index, config.Serve}
	packs := []string{packOf(t, "Ravah"), packOf(t, "Rawah")}
	for round, want := range []uint64{0, 20, 0, 20} {
		c.Pack = packs[round%2]
		p := start(t, c, nil)
		if _, err := p.Replay(t.Context(), strings.NewReader(reports(0, 20, "First")), pipeline.ReplayOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.StartRetag(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.until("done", 20*time.Second, func() bool {
			s := p.retagState()
			return s.State == server.RetagDone && s.Searchable
		})
		if got := p.search("place:rawah").Total; got != want {
			t.Errorf("round %d: %d articles on Rawah, want %d", round, got, want)
		}
		p.stop()
	}
}
