package ingest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"marsad/ingest"
)

const realFeeds = "../../shared/feeds"

// The captured feeds of the real world: every item comes out, as text that can
// be read, and a second poll has nothing new.
func TestRealFeeds(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(realFeeds, "README.md"))
	if err != nil {
		t.Skipf("the folder of captured feeds is not here: %v", err)
	}
	want := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+\.xml) \| \S+ \| (\d+) \|`).FindAllStringSubmatch(string(readme), -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		want[m[1]] = n
	}
	if len(want) != 25 {
		t.Fatalf("README lists %d files, want 25", len(want))
	}
	server := httptest.NewServer(http.FileServer(http.Dir(realFeeds)))
	defer server.Close()
	cfg := ingest.Config{}
	for name := range want {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: name, URL: server.URL + "/" + name, AllowPrivate: []string{"127.0.0.0/8"}})
	}
	m, known := newMemory(), ingest.NewKnown()
	results, status := pollOnce(t, cfg, m, known)
	total := 0
	for name, n := range want {
		r := results[name]
		if r.Err != nil {
			t.Errorf("%s: %v", name, r.Err)
		}
		if r.Items != n {
			t.Errorf("%s: %d items, want %d", name, r.Items, n)
		}
		total += r.New + r.Revised
	}
	if total != len(m.published()) {
		t.Errorf("%d items reported, %d published", total, len(m.published()))
	}
	for _, st := range status {
		if st.State != ingest.StateOK || st.Title == "" {
			t.Errorf("%s: state %q, title %q", st.Name, st.State, st.Title)
		}
	}
	tags := regexp.MustCompile(`<(p|br|a|div|img|span|b|i|strong|em)\b[^>]*>|&(amp|quot|lt|gt|nbsp|#\d+);`)
	for _, it := range m.published() {
		text := it.Title + "\n" + it.Body
		switch {
		case !it.ID.Valid() || it.Revision.Item() != it.ID:
			t.Errorf("%s: identity %q %q", it.Feed, it.ID, it.Revision)
		case strings.TrimSpace(it.Title+it.Body) == "":
			t.Errorf("%s: item without text", it.Feed)
		case !utf8.ValidString(text) || strings.ContainsRune(text, '\uFFFD') && !strings.Contains(it.Feed, "_bn_"): // torn by whoever captured those two
			t.Errorf("%s: characters lost: %.80q", it.Feed, text)
		case strings.Contains(text, "Ã©") || strings.Contains(text, "Ã¼") || strings.Contains(text, "â€™"):
			t.Errorf("%s: mojibake: %.80q", it.Feed, text)
		case tags.MatchString(text):
			t.Errorf("%s: markup left: %q in %.200q", it.Feed, tags.FindString(text), text)
		case it.URL == "" || it.Listed.IsZero() || it.Seen.IsZero() || !it.Backfill:
			t.Errorf("%s: incomplete: %+v", it.Feed, it)
		case it.Published.IsZero() && it.PublishedRaw != "":
			t.Errorf("%s: date %q not read", it.Feed, it.PublishedRaw)
		}
	}
	for name, fragment := range map[string]string{
		"ibash_windows1251.xml": "программер", "jornal_noticias_iso8859.xml": "ção", "bbc_urdu_rtl.xml": "پاکستان",
		"prothomalo_bn_2026-08-13.xml": "প্র", "korea_times.xml": "Korea",
		"lemonde_fr.xml": "Actualités", "leparisien_fr.xml": "verglaçante", "spiegel_de.xml": "für",
	} {
		found := strings.Contains(titleOf(status, name), fragment)
		for _, it := range m.published() {
			found = found || it.Feed == name && strings.Contains(it.Title+it.Body, fragment)
		}
		if !found {
			t.Errorf("%s: %q is nowhere", name, fragment)
		}
	}

	before := len(m.published())
	m.dueNow(t)
	again, _ := pollOnce(t, cfg, m, known)
	for name, r := range again {
		if r.Err != nil || !r.NotModified || r.New+r.Revised != 0 {
			t.Errorf("second poll of %s: %+v", name, r)
		}
	}
	// Also when the servers know nothing of validators, and the states are lost.
	third := newMemory()
	all, _ := pollOnce(t, cfg, third, known)
	for name, r := range all {
		if r.Err != nil || r.Items != want[name] {
			t.Errorf("third poll of %s: %+v", name, r)
		}
	}
	if n := len(m.published()) - before + len(third.published()); n != 0 {
		t.Errorf("later polls published %d items, want none", n)
	}
}

func titleOf(status []ingest.FeedStatus, name string) string {
	for _, s := range status {
		if s.Name == name {
			return s.Title
		}
	}
	return ""
}

// Two captures of one feed, hours apart: only what is new is published.
func TestRealFeedHoursLater(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(filepath.Join(realFeeds, "aljazeera_en_2026-08-13a.xml"))
	if err != nil {
		t.Skipf("the folder of captured feeds is not here: %v", err)
	}
	later, err := os.ReadFile(filepath.Join(realFeeds, "aljazeera_en_2026-08-13b.xml"))
	if err != nil {
		t.Fatal(err)
	}
	now := body
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "feed.xml", time.Time{}, strings.NewReader(string(now)))
	}))
	defer server.Close()
	cfg := ingest.Config{Feeds: []ingest.Feed{{Name: "aj", URL: server.URL, AllowPrivate: []string{"127.0.0.1/32"}}}}
	m, known := newMemory(), ingest.NewKnown()
	first, _ := pollOnce(t, cfg, m, known)
	now = later
	m.dueNow(t)
	second, _ := pollOnce(t, cfg, m, known)
	if first["aj"].New != 25 || second["aj"].Items != 25 {
		t.Fatalf("items: first %+v, second %+v", first["aj"], second["aj"])
	}
	if n := second["aj"].New; n == 0 || n == 25 {
		t.Errorf("second capture brought %d new items, want some and not all", n)
	}
	seen := map[string]bool{}
	for _, it := range m.published() {
		if seen[string(it.Revision)] {
			t.Errorf("%s published twice: %s", it.Revision, it.Title)
		}
		seen[string(it.Revision)] = true
	}
}
