package pipeline_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"marsad/config"
	"marsad/ingest"
	"marsad/pipeline"
	"marsad/server"
)

// sites answers requests by host, without a network.
type sites map[string]func(w http.ResponseWriter, r *http.Request)

func (s sites) RoundTrip(r *http.Request) (*http.Response, error) {
	serve, ok := s[r.URL.Host]
	if !ok {
		return nil, fmt.Errorf("no such host %s", r.URL.Host)
	}
	rec := httptest.NewRecorder()
	serve(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func feedOf(title string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/rss.xml" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml">`+
				`<link rel="alternate" type="application/rss+xml" href="/comments.xml"></head><body>A site</body></html>`)
			return
		}
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><item><title>A note on Basra by %s</title>`+
			`<link>https://%s/1</link><pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate></item></channel></rss>`, title, title, r.URL.Host)
	}
}

// startWeb runs a pipeline whose feeds come from web.
func startWeb(t *testing.T, c config.Config, web sites) (*running, server.Client) {
	t.Helper()
	r := startWith(t, pipeline.Options{Config: c, Transport: web, Reload: func() (config.Config, error) { return c, nil }})
	return r, server.Client{URL: r.URL()}
}

// Feeds are added while the daemon runs, found from a site's address, kept over
// a restart and a reload beside those of the configuration, paused and removed.
func TestFeedList(t *testing.T) {
	web := sites{"one.example": feedOf("Agency One"), "two.example": feedOf("وكالة الثانية"), "three.example": feedOf("Three")}
	web["empty.example"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, "<html><body>Nothing here</body></html>")
	}
	c := testConfig(t.TempDir())
	c.Ingest.Feeds = []ingest.Feed{{Name: "one", URL: "https://one.example/rss.xml"}}
	p, client := startWeb(t, c, web)
	ctx := t.Context()

	found, err := client.CheckFeed(ctx, "two.example")
	if err != nil || found.URL != "https://two.example/rss.xml" || found.Name != "" || found.Items != 1 || len(found.Others) != 1 {
		t.Fatalf("check: %+v %v", found, err)
	}
	found, err = client.AddFeed(ctx, server.NewFeed{URL: "https://two.example", Lang: "ar"})
	if err != nil || found.Name != "وكالة-الثانية" {
		t.Fatalf("add: %+v %v", found, err)
	}
	p.until("both feeds have been polled", 20*time.Second, func() bool { return p.search("basra").Total == 2 })

	for name, try := range map[string]struct {
		feed server.NewFeed
		want string
	}{
		"again":     {server.NewFeed{URL: "https://two.example/rss.xml"}, "polled already, as وكالة-الثانية"},
		"no feed":   {server.NewFeed{URL: "https://empty.example/"}, "a web page, not a feed"},
		"no host":   {server.NewFeed{URL: "https://nowhere.example/"}, "nowhere.example"},
		"no scheme": {server.NewFeed{URL: "file:///etc/passwd"}, ""},
		"too often": {server.NewFeed{URL: "https://three.example/", Every: "1s"}, "too short"},
		"nonsense":  {server.NewFeed{URL: "https://three.example/", Every: "soon"}, "no duration"},
		"name":      {server.NewFeed{URL: "https://three.example/", Name: "one"}, "already"},
	} {
		_, err := client.AddFeed(ctx, try.feed)
		if p, ok := errors.AsType[*server.Problem](err); !ok || !strings.Contains(err.Error(), try.want) || p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %v, want %q", name, err, try.want)
		}
	}

	if err := client.RemoveFeed(ctx, "one"); err == nil || !strings.Contains(err.Error(), "stands in the configuration") {
		t.Errorf("remove a configured one: %v", err)
	}
	if err := client.RemoveFeed(ctx, "nobody"); err == nil || !strings.Contains(err.Error(), "no feed") {
		t.Errorf("remove nobody: %v", err)
	}
	if err := client.PauseFeed(ctx, "one", true); err != nil {
		t.Fatal(err)
	}
	done, err := client.ImportFeeds(ctx, strings.NewReader(`<opml><body><outline text="Folder">
<outline text="Three" xmlUrl="https://three.example/rss.xml" note="n"/>
<outline text="Two" xmlUrl="https://two.example/rss.xml"/>
<outline text="Bad" type="rss"/></outline></body></opml>`))
	if err != nil || done.Added != 1 || done.Known != 1 || len(done.Problems) != 1 || done.Problems[0].Line != 4 {
		t.Fatalf("import: %+v %v", done, err)
	}
	p.stop()

	p, client = startWeb(t, c, web)
	if err := client.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	states := func() map[string]server.FeedState {
		feeds, err := client.Feeds(ctx)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]server.FeedState{}
		for _, f := range feeds.Feeds {
			out[f.Name] = f.State
		}
		return out
	}
	p.until("all is as it was", 20*time.Second, func() bool {
		s := states()
		return len(s) == 3 && s["one"] == server.FeedPaused && s["وكالة-الثانية"] == server.FeedOK && s["three"] == server.FeedOK
	})
	var opml strings.Builder
	if err := client.ExportFeeds(ctx, &opml); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<outline text="Folder">`, `xmlUrl="https://three.example/rss.xml" note="n"`, `xmlUrl="https://one.example/rss.xml"`, `language="ar"`} {
		if !strings.Contains(opml.String(), want) {
			t.Errorf("the export lacks %s:\n%s", want, opml.String())
		}
	}
	if err := errors.Join(client.PauseFeed(ctx, "one", false), client.RemoveFeed(ctx, "three")); err != nil {
		t.Fatal(err)
	}
	p.until("one is polled again, three no more", 20*time.Second, func() bool {
		s := states()
		return len(s) == 2 && s["one"] == server.FeedOK
	})
}

// A request that is no feed is refused before anything is fetched.
func TestAddFeedHostile(t *testing.T) {
	c := testConfig(t.TempDir())
	p, _ := startWeb(t, c, sites{})
	for _, body := range []string{``, `[]`, `{"url":7}`, `{"uri":"https://x.example"}`, strings.Repeat("[", 100_000), `{"url":"https://` + strings.Repeat("x", 5000) + `.example"}`} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL()+"/api/v1/feeds", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		var problem server.Problem
		if err != nil || json.Unmarshal(b, &problem) != nil || problem.Detail == "" || resp.StatusCode/100 != 4 {
			t.Errorf("%.40q: %d %s", body, resp.StatusCode, b)
		}
	}
}
