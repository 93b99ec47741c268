package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"marsad/ingest"
)

// pollInChild names the variable that makes this test binary poll one feed and
// tell what came of it: the memory of a process is all of its memory.
const pollInChild = "MARSAD_TEST_POLL"

// A childReport is what the child says: the problem, the items and the time.
type childReport struct {
	Problem ingest.Problem
	Items   int
	Took    time.Duration
	// Peak is the most memory that the process had, in bytes.
	Peak int64
}

func TestPollInChild(t *testing.T) {
	address := os.Getenv(pollInChild)
	if address == "" {
		t.Skip("run by TestHostileMemory")
	}
	results, _ := pollOnce(t, ingest.Config{Feeds: []ingest.Feed{{
		Name: "f", URL: address, AllowPrivate: []string{"127.0.0.1/32"}, FullText: true,
	}}}, newMemory(), ingest.NewKnown())
	r := results["f"]
	report := childReport{Items: r.Items, Took: r.Took, Peak: peakMemory(t)}
	if r.Err != nil {
		report.Problem = r.Err.Problem
	}
	if err := json.NewEncoder(os.Stderr).Encode(report); err != nil {
		t.Fatal(err)
	}
}

// peakMemory is the high-water mark of this process's memory.
func peakMemory(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// A process that polls a hostile feed needs less than 64 MB more than one that
// polls a good one, and no poll takes longer than its cap. The collector works
// as it does in the daemon.
func TestHostileMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	if testing.Short() {
		t.Skip("starts a process for each document")
	}
	docs := hostileDocuments()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		for _, d := range docs {
			if d.name == name {
				fmt.Fprint(w, d.doc)
				return
			}
		}
		switch name {
		case "good":
			fmt.Fprint(w, feedOf(goodItem(1)))
		case "large":
			for range 200 {
				fmt.Fprint(w, strings.Repeat("<item><title>x</title></item>", 4000))
			}
		case "page of breaks", "page of sentences":
			fmt.Fprintf(w, feedOf(`<item><title>x</title><link>/article of a %s</link></item>`), name)
		case "article of a page of breaks":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, strings.Repeat("<br>", 500_000))
		case "article of a page of sentences":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, strings.Repeat("<p>"+strings.Repeat("A sentence, with a comma. ", 5), 14_000))
		}
	}))
	defer server.Close()
	names := []string{"large", "page of breaks", "page of sentences"}
	for _, d := range docs {
		names = append(names, d.name)
	}
	base := pollIn(t, server.URL+"/good")
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			got := pollIn(t, server.URL+"/"+url.PathEscape(name))
			more := (got.Peak - base.Peak) >> 20
			t.Logf("%d MB more than a good feed, %s, %d items, problem %q", more, got.Took.Round(time.Millisecond), got.Items, got.Problem)
			if more >= 64 {
				t.Errorf("%d MB more than a good feed", more)
			}
			if got.Took > 20*time.Second { // 2 s on an idle machine
				t.Errorf("took %s", got.Took)
			}
		})
	}
}

// pollIn polls an address in a process of its own.
func pollIn(t *testing.T, address string) childReport {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^TestPollInChild$") //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), pollInChild+"="+address, "GOGC=100")
	var out, notes strings.Builder
	cmd.Stderr, cmd.Stdout = &out, &notes
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s %s", err, out.String(), notes.String())
	}
	var report childReport
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return report
}
