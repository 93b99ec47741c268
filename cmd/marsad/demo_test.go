package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"marsad/alert"
	"marsad/server"
)

// TestDemo is the README's story: start the demo, search, see the alert arrive,
// be refused a second daemon, stop.
func TestDemo(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	dir := t.TempDir()
	configPath := filepath.Join(dir, "pipeline.yaml")
	write(t, configPath, "data: data/live\ndisk: {min_free: 1MB}\n")
	write(t, filepath.Join(dir, "secret"), secret+"\n")
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	alerts := make(chan alert.Alert, 64)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Errorf("signature: %v", err)
		}
		var a alert.Alert
		if err := json.Unmarshal(body, &a); err != nil {
			t.Errorf("alert: %v", err)
		}
		alerts <- a
	}))
	defer hook.Close()

	d := startDaemon(t, "demo", "--config", configPath, "--listen", "127.0.0.1:0", "--drip", "5s",
		"--webhook", hook.URL, "--webhook-secret-file", filepath.Join(dir, "secret"))
	wait := func(what string, ok func() bool) {
		t.Helper()
		waitFor(t, d, what, ok)
	}

	var hits []server.Hit
	wait("hits in four languages", func() bool {
		hits = searchJSON(t, "--config", configPath, "place:al-qaem theme:border-wall", "--limit", "200")
		langs := map[string]bool{}
		for _, h := range hits {
			langs[h.Lang] = true
		}
		return len(langs) >= 4
	})
	for _, h := range hits {
		if !h.Sample {
			t.Errorf("%q is not marked as a sample", h.Title)
		}
		if !hasEvidence(h, "al-qaem") || !hasEvidence(h, "border-wall") {
			t.Errorf("%q has no evidence for its tags", h.Title)
		}
	}

	select {
	case a := <-alerts:
		if a.Watch != "wall-at-al-qaem" || !a.Sample || len(a.Why) == 0 {
			t.Errorf("alert %+v", a)
		}
	case <-time.After(60 * time.Second):
		t.Fatalf("no alert came\n%s", d.log())
	}

	begin := time.Now()
	out, err := exec.CommandContext(t.Context(), "marsad", "demo", "--config", configPath).CombinedOutput()
	if took := time.Since(begin); err == nil || !strings.Contains(string(out), "in use by another marsad") || took > 3*time.Second {
		t.Errorf("a second daemon: %v after %s\n%s", err, took, out)
	}

	for path, want := range map[string]int{"/-/healthy": 200, "/-/ready": 200, "/metrics": 200, "/": 200, "/alerts": 200, "/status": 200} {
		resp, err := http.Get(d.url + path) //nolint:noctx // a test against a server of its own
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
		if strings.Contains(resp.Header.Get("Content-Type"), "html") && !bytes.Contains(body, []byte("SAMPLE")) {
			t.Errorf("%s does not say SAMPLE", path)
		}
	}
	if out := marsad(t, "status", "--config", configPath); !strings.Contains(out, "SAMPLE") || !strings.Contains(out, "12 ok") {
		t.Errorf("status:\n%s", out)
	}
	if out := marsad(t, "alerts", "--config", configPath); !strings.Contains(out, "SAMPLE wall-at-al-qaem") {
		t.Errorf("alerts:\n%s", out)
	}

	feedCommands(t, dir, configPath)

	if took := d.stop(); took > 5*time.Second {
		t.Errorf("stopping took %s", took)
	}
	// At rest the folder is searched directly, and gives the same answer.
	again := searchJSON(t, "--config", configPath, "place:al-qaem theme:border-wall", "--limit", "200")
	if len(again) < len(hits) {
		t.Errorf("%d hits at rest, %d before", len(again), len(hits))
	}
}

func hasEvidence(h server.Hit, id string) bool {
	for _, tag := range h.Tags {
		if tag.ID != id {
			continue
		}
		for _, e := range tag.Evidence {
			text := map[string]string{"title": h.Title, "body": h.Body}[e.Field]
			if e.End <= len(text) && text[e.Start:e.End] == e.Text {
				return true
			}
		}
	}
	return false
}

// A daemonProcess is a running `marsad`, with what it says.
type daemonProcess struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	out *lockedBuffer
	end chan error
}

// startDaemon starts marsad and returns once it says where it answers.
func startDaemon(t *testing.T, args ...string) *daemonProcess {
	t.Helper()
	d := &daemonProcess{t: t, out: &lockedBuffer{}, end: make(chan error, 1)}
	d.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), "marsad", args...)
	d.cmd.Stdout = d.out
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	url := make(chan string, 1)
	go func() {
		sc := bufio.NewScanner(stderr)
		at := regexp.MustCompile(`step="Web page" detail=(\S+)`)
		for sc.Scan() {
			_, _ = d.out.Write(append(sc.Bytes(), '\n'))
			if m := at.FindStringSubmatch(sc.Text()); m != nil {
				url <- m[1]
			}
		}
		d.end <- d.cmd.Wait()
	}()
	select {
	case d.url = <-url:
	case err := <-d.end:
		t.Fatalf("marsad ended: %v\n%s", err, d.log())
	case <-time.After(60 * time.Second):
		t.Fatalf("marsad does not come up\n%s", d.log())
	}
	return d
}

func (d *daemonProcess) log() string { return d.out.String() }

// stop sends SIGTERM and returns how long the daemon took to end.
func (d *daemonProcess) stop() time.Duration {
	d.t.Helper()
	begin := time.Now()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	select {
	case err := <-d.end:
		if err != nil {
			d.t.Errorf("exit: %v\n%s", err, d.log())
		}
	case <-time.After(30 * time.Second):
		d.t.Fatalf("does not stop\n%s", d.log())
	}
	return time.Since(begin)
}

// waitFor asks ok again and again, for a minute at most.
func waitFor(t *testing.T, d *daemonProcess, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("no %s\n%s", what, d.log())
		case <-tick.C:
		}
	}
}

// marsad runs a command that must succeed.
func marsad(t *testing.T, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "marsad", args...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("marsad %s: %v\n%s", strings.Join(args, " "), err, problems.String())
	}
	return out.String()
}

func searchJSON(t *testing.T, args ...string) []server.Hit {
	t.Helper()
	var hits []server.Hit
	dec := json.NewDecoder(strings.NewReader(marsad(t, append([]string{"search", "--json"}, args...)...)))
	for dec.More() {
		var h server.Hit
		if err := dec.Decode(&h); err != nil {
			t.Fatal(err)
		}
		hits = append(hits, h)
	}
	return hits
}

// feedCommands uses the feeds commands on a running daemon. What it adds is
// paused at once: there is no network.
func feedCommands(t *testing.T, dir, configPath string) {
	t.Helper()
	opml := filepath.Join(dir, "mine.opml")
	err := os.WriteFile(opml, []byte("<opml><body>\n<outline text='Press'>\n"+
		"<outline text='Weekly Note' xmlUrl='https://weekly.invalid/rss'/>\n<outline text='Odd' xmlUrl='ftp://x'/>\n</outline></body></opml>"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"list"}, "12 feeds: 12 ok"},
		{[]string{"list", "--broken"}, "none is failing, gone or quiet"},
		{[]string{"import", opml}, opml + ":4: \"Odd\": xmlUrl \"ftp:\" cannot be fetched\n1 feed added, 0 polled already, 1 problem"},
		{[]string{"pause", "weekly-note"}, "weekly-note paused"},
		{[]string{"list"}, "1 paused"},
		{[]string{"export"}, `<outline text="Press">`},
		{[]string{"remove", "weekly-note"}, "weekly-note removed"},
		{[]string{"list"}, "12 feeds"},
	} {
		out := marsad(t, append(append([]string{"feeds"}, step.args...), "--config", configPath)...)
		if !strings.Contains(out, step.want) {
			t.Errorf("feeds %v: %q is missing in\n%s", step.args, step.want, out)
		}
	}
}
