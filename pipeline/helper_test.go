package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marsad/config"
	"marsad/ingest"
	"marsad/internal/workspace"
	"marsad/pipeline"
	"marsad/server"
)

// A running is a pipeline at work in a test.
type running struct {
	t *testing.T
	*pipeline.Pipeline
	stop func()
}

// testConfig is a configuration whose data lies in dir, which serves on a free
// port and polls feeds on this machine every second.
func testConfig(dir string, feeds ...ingest.Feed) config.Config {
	c := config.Default()
	c.Data = workspace.Dir(filepath.Join(dir, "data"))
	c.Disk.MinFree = 1e6
	c.Server.Listen = "127.0.0.1:0"
	for _, f := range feeds {
		f.AllowPrivate, f.Interval = []string{"127.0.0.0/8"}, time.Second
		c.Ingest.Feeds = append(c.Ingest.Feeds, f)
	}
	return c
}

// start runs a pipeline until stop, or the end of the test.
func start(t *testing.T, c config.Config, polled func(ingest.PollResult)) *running {
	t.Helper()
	return startWith(t, pipeline.Options{Config: c, OnPoll: polled})
}

// startWith is start with all options, but for the log.
func startWith(t *testing.T, o pipeline.Options) *running {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	p, err := pipeline.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	r := &running{t: t, Pipeline: p}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := p.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// get asks the pipeline's server and returns the status and the body.
func (r *running) get(path string) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.URL()+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, body
}

// search returns what is found, through the API.
func (r *running) search(q string) server.Results {
	r.t.Helper()
	code, body := r.get("/api/v1/search?limit=200&q=" + url.QueryEscape(q))
	var res server.Results
	if err := json.Unmarshal(body, &res); code != http.StatusOK || err != nil {
		r.t.Fatalf("search %q: %d %v %s", q, code, err, body)
	}
	return res
}

// status returns the status, through the API.
func (r *running) status() server.Status {
	r.t.Helper()
	_, body := r.get("/api/v1/status")
	var st server.Status
	if err := json.Unmarshal(body, &st); err != nil {
		r.t.Fatalf("status: %v %s", err, body)
	}
	return st
}

// until asks ok again and again, for the time given at most.
func (r *running) until(what string, within time.Duration, ok func() bool) {
	r.t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			r.t.Fatalf("not within %s: %s", within, what)
		case <-tick.C:
		}
	}
}

// rss is a feed of the items from..to, newest first.
func rss(from, to int) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Test feed</title>`)
	now := time.Now().UTC()
	for i := to; i >= from; i-- {
		fmt.Fprintf(&b, `<item><title>Report number%d on the border wall near the town of al-Qaem in Anbar</title>`+
			`<link>http://news.example/%d</link><description>Engineers said section %d is complete.</description><pubDate>%s</pubDate></item>`,
			i, i, i, now.Add(-time.Minute).Format(time.RFC1123Z))
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}
