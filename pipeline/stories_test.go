package pipeline_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"marsad/alert"
	"marsad/config"
	"marsad/pipeline"
	"marsad/server"
)

// What several publishers carry of one agency is one story and alerts once, also
// when one of them comes after a restart; a follow-up is a story of its own.
func TestStories(t *testing.T) {
	c := testConfig(t.TempDir())
	c.Roles = []config.Role{config.Tag, config.Index, config.Alert, config.Serve}
	c.Alert.Watches = []alert.Watch{{ID: "qaem", Query: "place:al-qaem"}}
	body := "Lorries waited on both sides of the bridge on Monday while officers from the two ministries counted " +
		"the first hundred loads of wheat to pass through the al-Qaem crossing since the flood of last spring, drivers said."
	line := func(feed, title, body string) string {
		b, err := json.Marshal(map[string]string{
			"feed": feed, "title": title, "description": body, "lang": "en",
			"link": "https://" + feed + ".example/x", "published": time.Now().UTC().Format(time.RFC3339),
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(b) + "\n"
	}
	replay := func(p *running, lines ...string) {
		t.Helper()
		if _, err := p.Replay(t.Context(), strings.NewReader(strings.Join(lines, "")), pipeline.ReplayOptions{Live: true}); err != nil {
			t.Fatal(err)
		}
	}
	article := func(p *running, feed string) server.Article {
		t.Helper()
		res := p.search("feed:" + feed)
		if len(res.Hits) != 1 {
			t.Fatalf("%s: %d hits", feed, len(res.Hits))
		}
		code, b := p.get("/api/v1/items/" + string(res.Hits[0].ID))
		var a server.Article
		if err := json.Unmarshal(b, &a); code != http.StatusOK || err != nil {
			t.Fatalf("%s: %d %v", feed, code, err)
		}
		return a
	}

	p := start(t, c, nil)
	replay(p, line("agency", "Wheat passes al-Qaem again", body), line("daily", "First loads since the flood", "BAGHDAD - "+body))
	p.stop()
	p = start(t, c, nil)
	replay(p, line("weekly", "Lorries at the bridge", body),
		line("other", "Fruit growers in al-Qaem ask for water", "A union of growers near al-Qaem wrote to the governor about a dry canal."))

	first := article(p, "agency")
	for _, feed := range []string{"daily", "weekly"} {
		if a := article(p, feed); a.Story != first.ID || a.Event != first.ID {
			t.Errorf("%s: story %s event %s, want %s", feed, a.Story, a.Event, first.ID)
		}
	}
	if a := article(p, "other"); a.Story != a.ID {
		t.Errorf("other: story %s, want its own %s", a.Story, a.ID)
	}
	if n := p.search("story:" + string(first.ID)).Total; n != 3 {
		t.Errorf("%d articles of the story, want 3", n)
	}
	if n := p.messages("ALERTS"); n != 2 {
		t.Errorf("%d alerts, want one for each story", n)
	}
}
