package pipeline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"marsad/ingest"
	"marsad/item"
	"marsad/server"
	"marsad/text"
)

// Every item of 25 real feeds is searchable, its text is readable, and a second
// poll publishes nothing.
func TestRealFeeds(t *testing.T) {
	const dir = "../../shared/feeds"
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Skip("needs the captured feeds beside the project: ", err)
	}
	want := map[string]int{} // file → items, as its README counts them
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+\.xml) \| \S+ \| (\d+) \|`).FindAllStringSubmatch(string(readme), -1) {
		want[m[1]], _ = strconv.Atoi(m[2])
	}
	if len(want) != 25 {
		t.Fatalf("the README lists %d feeds, want 25", len(want))
	}
	srv := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer srv.Close()
	var feeds []ingest.Feed
	for file := range want {
		feeds = append(feeds, ingest.Feed{Name: strings.ToLower(strings.TrimSuffix(file, ".xml")), URL: srv.URL + "/" + file})
	}

	var mu sync.Mutex
	polls := map[string][]ingest.PollResult{}
	p := start(t, testConfig(t.TempDir(), feeds...), func(r ingest.PollResult) {
		mu.Lock()
		defer mu.Unlock()
		polls[r.Feed] = append(polls[r.Feed], r)
	})
	p.until("two polls of each feed", 2*time.Minute, func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, f := range feeds {
			if len(polls[f.Name]) < 2 {
				return false
			}
		}
		return true
	})
	mu.Lock()
	defer mu.Unlock()
	published := 0
	for file, items := range want {
		name := strings.ToLower(strings.TrimSuffix(file, ".xml"))
		first, second := polls[name][0], polls[name][1]
		if first.Err != nil || first.Items != items {
			t.Errorf("%s: %d items, want %d (%v)", file, first.Items, items, first.Err)
		}
		if second.Err != nil || second.New+second.Revised > 0 {
			t.Errorf("%s: the second poll published %d new, %d revised (%v)", file, second.New, second.Revised, second.Err)
		}
		published += first.New
	}
	p.until("all searchable", time.Minute, func() bool { return p.search("*").Total == uint64(published) })

	for file := range want {
		searchEachTitle(t, p, filepath.Join(dir, file))
	}
	t.Logf("%d feeds, %d articles", len(want), published)
}

// searchEachTitle looks for each entry of a file by the words of its title.
func searchEachTitle(t *testing.T, p *running, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ingest.Decode(body, "", "", 5000)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	norm := ingest.NewNormaliser(ingest.DefaultConfig())
	damaged := 0
	for _, it := range norm.Items(doc, ingest.Feed{Name: "x"}, nil, time.Now()) {
		damaged += strings.Count(it.Title+it.Body, "\uFFFD")
		words := strings.Fields(text.Fold(it.Title))
		if len(words) == 0 {
			continue
		}
		q := fmt.Sprintf("title:%q", strings.Join(words[:min(len(words), 12)], " "))
		found := false
		for _, h := range p.search(q).Hits {
			found = found || h.Title == it.Title
		}
		if !found && !revised(p, it) {
			t.Errorf("%s: %q is not found by %s", filepath.Base(path), it.Title, q)
		}
	}
	// Two of the captures hold a few broken characters themselves.
	if in := bytes.Count(body, []byte("\uFFFD")); damaged > in {
		t.Errorf("%s: %d unreadable characters, %d in the file", filepath.Base(path), damaged, in)
	}
}

// revised reports whether another capture brought a newer text of the article.
func revised(p *running, it item.Item) bool {
	code, body := p.get("/api/v1/items/" + string(it.ID))
	var a server.Article
	return code == http.StatusOK && json.Unmarshal(body, &a) == nil && !a.Revised.IsZero() && a.Title != it.Title
}
