package ingest_test

import (
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/ingest"
	"marsad/item"
)

//nolint:gochecknoglobals // a flag of the test binary
var update = flag.Bool("update", false, "write the golden files")

// fetchedAt is the time of the fetch in every test: dates are judged by it.
func fetchedAt() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// golden is what a document gives.
type golden struct {
	Format  string         `json:"format,omitempty"`
	Title   string         `json:"title,omitempty"`
	Partial bool           `json:"partial,omitempty"`
	Note    string         `json:"note,omitempty"`
	Problem ingest.Problem `json:"problem,omitempty"`
	Error   string         `json:"error,omitempty"`
	Items   []item.Item    `json:"items,omitempty"`
}

// read decodes and normalises a document as a poll does.
func read(t *testing.T, n *ingest.Normaliser, body []byte, feed ingest.Feed) golden {
	t.Helper()
	doc, err := ingest.Decode(body, "", feed.Lang, 5000)
	if err != nil {
		e, ok := errors.AsType[*ingest.Error](err)
		if !ok {
			t.Fatalf("error is a %T, want *ingest.Error: %v", err, err)
		}
		return golden{Problem: e.Problem, Error: e.Error()}
	}
	base, err := url.Parse(feed.URL)
	if err != nil {
		t.Fatal(err)
	}
	return golden{
		Format: doc.Format, Title: doc.Title, Partial: doc.Partial, Note: doc.Note,
		Items: n.Items(doc, feed, base, fetchedAt()),
	}
}

// Every file of testdata/feeds holds one oddity and is named for it.
func TestFeeds(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/feeds/*")
	if err != nil {
		t.Fatal(err)
	}
	n := ingest.NewNormaliser(ingest.Config{})
	tested := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".golden.json") {
			continue
		}
		tested++
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			feed := ingest.Feed{Name: "wire", URL: "https://news.example/feeds/rss.xml"}
			if strings.Contains(file, "1256-undeclared") {
				feed.Lang = "ar"
			}
			result := read(t, n, body, feed)
			for i := range result.Items {
				if !strings.HasPrefix(filepath.Base(file), "arabic") && !strings.HasPrefix(filepath.Base(file), "language") {
					result.Items[i].Lang = "" // of two words it is a guess, and text's business
				}
			}
			got, err := json.MarshalIndent(result, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			want := strings.TrimSuffix(file, filepath.Ext(file)) + ".golden.json"
			if *update {
				if err := os.WriteFile(want, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			wanted, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(wanted), string(got)); diff != "" {
				t.Errorf("items differ (-want +got):\n%s", diff)
			}
		})
	}
	if tested < 40 {
		t.Errorf("%d feeds tested, want all of them", tested)
	}
}
