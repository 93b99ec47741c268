package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"marsad/alert"
	"marsad/bus"
	"marsad/config"
	"marsad/ingest"
	"marsad/item"
	"marsad/pipeline"
)

// TestCrash kills a replay with SIGKILL again and again and then asks for the
// promise: every item that was acknowledged, and every item of the file, is in
// the index exactly once; every alert that was to be expected arrived, under
// one id; nothing is parked.
//
// `make torture` does it 50 times on the news; `make test` a few times on items
// of its own.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds; not in -short")
	}
	kills, lines := 5, inventedLines(4000)
	if os.Getenv("MARSAD_TORTURE") != "" {
		kills, lines = 50, newsLines(t, 40_000)
	}
	c := newCrashTest(t, lines)
	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	done := 0
	for run := 0; done < kills && run < 20*kills; run++ {
		// A little more of the file each time, so that there is always new work.
		upTo := len(lines) * (done + 1) / (kills + 1)
		if c.replayAndKill(upTo, time.Duration(30+rng.IntN(900))*time.Millisecond) {
			done++
		}
	}
	if done < kills {
		t.Fatalf("only %d of %d runs could be killed before they ended", done, kills)
	}
	c.finish()
	t.Logf("%d kills", done)
	c.check()
}

// A crashTest is a data folder, a file of items and a webhook.
type crashTest struct {
	t          *testing.T
	dir        string
	configPath string
	lines      []string
	sink       *sink
}

func newCrashTest(t *testing.T, lines []string) *crashTest {
	t.Helper()
	c := &crashTest{t: t, dir: t.TempDir(), lines: lines, sink: &sink{got: map[string]map[string]int{}}}
	hook := httptest.NewServer(c.sink)
	t.Cleanup(hook.Close)
	t.Setenv("MARSAD_CRASH_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	c.configPath = filepath.Join(c.dir, "pipeline.yaml")
	write(t, c.configPath, fmt.Sprintf(`
data: data
disk: {min_free: 1MB}
alert:
  watches:
    - {id: wall, query: 'place:al-qaem theme:border-wall', to: [hook]}
    - {id: iraq, query: 'place:iraq', to: [hook]}
    - {id: words, query: '"prime minister"', to: [hook]}
  receivers:
    - {name: hook, type: webhook, url: %q, secret_env: MARSAD_CRASH_SECRET, allow_private: [127.0.0.0/8]}
  retry: [20ms, 50ms, 100ms, 200ms, 500ms, 1s, 1s, 1s, 1s]
`, hook.URL))
	return c
}

// command is `marsad replay --live` with the first upTo lines on its stdin.
func (c *crashTest) command(ctx context.Context, upTo int) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "marsad", "replay", "--live", "--config", c.configPath, "--acked", filepath.Join(c.dir, "acked"), "-")
	cmd.Stdin = strings.NewReader(strings.Join(c.lines[:upTo], "\n") + "\n")
	return cmd
}

// replayAndKill starts a replay and kills it after a while; false when it had
// ended before.
func (c *crashTest) replayAndKill(upTo int, after time.Duration) bool {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), after) // kills with SIGKILL
	defer cancel()
	cmd := c.command(ctx, upTo)
	var log strings.Builder
	cmd.Stderr = &log
	err := cmd.Run()
	if ctx.Err() == nil && err != nil {
		c.t.Fatalf("replay: %v\n%s", err, log.String())
	}
	return err != nil
}

// finish replays the whole file undisturbed.
func (c *crashTest) finish() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Minute)
	defer cancel()
	out, err := c.command(ctx, len(c.lines)).CombinedOutput()
	if err != nil {
		c.t.Fatalf("the last replay: %v\n%s", err, out)
	}
	c.t.Logf("the last replay:\n%s", out)
}

// check compares what is there with what must be there.
func (c *crashTest) check() {
	t := c.t
	file, err := config.Load(c.configPath)
	if err != nil {
		t.Fatal(err)
	}
	items, alerts := c.expected(file.Config)

	arch, err := pipeline.OpenArchive(t.Context(), file.Config)
	if err != nil {
		t.Fatal(err)
	}
	n, err := arch.Index.Count()
	if err != nil {
		t.Fatal(err)
	}
	if n != uint64(len(items)) {
		t.Errorf("%d documents in the index, want %d", n, len(items))
	}
	acked := ackedIDs(t, filepath.Join(c.dir, "acked"))
	for id := range acked {
		items[id] = true // an acknowledged item must be there whatever the file says
	}
	missing := 0
	for id := range items {
		if _, ok, err := arch.Index.Get(t.Context(), id); err != nil || !ok {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d items are not in the index", missing, len(items))
	}
	if err := arch.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("%d items, %d acknowledged to the caller, %d alerts expected, %d deliveries", len(items), len(acked), len(alerts), c.sink.total)
	c.sink.check(t, alerts)

	b, err := bus.Open(t.Context(), file.Bus, file.Data.Bus(), slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(t.Context())
	parked, err := b.ParkedList(t.Context(), 10)
	if err != nil || len(parked) > 0 {
		t.Errorf("parked: %v, %v", parked, err)
	}
}

// expected works out, without any of the stages' state, which items and alerts
// there must be.
func (c *crashTest) expected(cfg config.Config) (items map[item.ID]bool, alerts map[string]bool) {
	c.t.Helper()
	prepared, err := pipeline.Prepare(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	var m alert.Matcher
	norm := ingest.NewNormaliser(cfg.Ingest)
	items, alerts = map[item.ID]bool{}, map[string]bool{}
	for _, line := range c.lines {
		var e struct{ Feed, Title, Description, Link, Published, Lang string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			c.t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, e.Published)
		if err != nil {
			c.t.Fatal(err)
		}
		it, err := norm.Item(ingest.Entry{Title: e.Title, Description: e.Description, Link: e.Link, Published: e.Published, Lang: e.Lang},
			ingest.Feed{Name: e.Feed, Lang: e.Lang}, at)
		if err != nil {
			continue
		}
		if items[it.ID] {
			continue // an edited copy: the same story, told once
		}
		items[it.ID] = true
		tagged := prepared.Pack.Tag(it)
		for _, found := range m.Match(prepared.Watches, tagged) {
			alerts[alert.NewID(found.Watch.ID, it.ID)] = true
		}
	}
	return items, alerts
}

// A sink is a webhook that sometimes fails and remembers what it took.
type sink struct {
	mu    sync.Mutex
	calls int
	total int
	got   map[string]map[string]int // alert → delivery id → times
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var a alert.Alert
	if err != nil || json.Unmarshal(body, &a) != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.calls%7 == 0 {
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	s.total++
	if s.got[a.ID] == nil {
		s.got[a.ID] = map[string]int{}
	}
	s.got[a.ID][r.Header.Get("webhook-id")]++
}

func (s *sink) check(t *testing.T, want map[string]bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(want) == 0 {
		t.Error("no alert was to be expected: the test shows nothing")
	}
	lost, unexpected := 0, 0
	for id := range want {
		if s.got[id] == nil {
			lost++
		}
	}
	for id, deliveries := range s.got {
		if !want[id] {
			unexpected++
		}
		if len(deliveries) != 1 {
			t.Errorf("alert %s came under %d ids", id, len(deliveries))
		}
	}
	if lost > 0 || unexpected > 0 {
		t.Errorf("of %d alerts %d are lost; %d were not expected", len(want), lost, unexpected)
	}
}

// inventedLines are n items of our own; every 50th is about the wall.
func inventedLines(n int) []string {
	out := make([]string, n)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range out {
		title := fmt.Sprintf("Council number %d meets about road repairs", i)
		body := "The session lasted two hours and ended without a vote."
		if i%50 == 0 {
			title = fmt.Sprintf("Section %d of the border wall reaches the town of al-Qaem in Anbar", i)
			body = "Engineers say that the border wall between Iraq and Syria is nearly complete."
		}
		b, err := json.Marshal(map[string]string{
			"feed": fmt.Sprintf("feed-%d", i%20), "title": title, "description": body,
			"link": fmt.Sprintf("https://news.example/%d", i), "published": start.Add(time.Duration(i) * time.Minute).Format(time.RFC3339), "lang": "en",
		})
		if err != nil {
			panic(err)
		}
		out[i] = string(b)
	}
	return out
}

// newsLines are the first n lines of the shared news.
func newsLines(t *testing.T, n int) []string {
	t.Helper()
	f, _, err := openItems("../../../shared/news/entries-2026-01.jsonl.gz", nil)
	if err != nil {
		t.Skip("needs the shared news beside the project: ", err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, maxLine)
	var out []string
	for sc.Scan() && len(out) < n {
		out = append(out, sc.Text())
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func ackedIDs(t *testing.T, path string) map[item.ID]bool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[item.ID]bool{}
	for line := range strings.FieldsSeq(string(b)) {
		if id := item.ID(line); id.Valid() { // the last line may be cut by the kill
			ids[id] = true
		}
	}
	return ids
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
