package alert_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/alert"
)

// program writes a script that stands for the operator's program.
func program(t *testing.T, script string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestCommand(t *testing.T) {
	t.Setenv("MARSAD_TEST_NAMED", "named")
	t.Setenv("MARSAD_TEST_SECRET", "not for others")
	dir := t.TempDir()
	a := sample("one", "desk")
	a.Title = `"; touch ` + dir + `/owned; $(touch ` + dir + "/owned)`\x00"
	r := newRig(t, alert.Receiver{
		Type: alert.Command, Env: []string{"MARSAD_TEST_NAMED"},
		Command: []string{program(t, `cat > "$1/body"; env > "$1/env"; echo "$2" > "$1/argument"`), dir, "$HOME; *"},
	}, nil, newQueue(a), newLedger())
	r.queue.done(t, 1)
	r.stop()
	if d := r.record(t, a); d.State != alert.Delivered {
		t.Fatalf("record %+v", d)
	}
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	var back alert.Alert
	if err := json.Unmarshal([]byte(read("body")), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, back); diff != "" {
		t.Errorf("standard input (-want +got):\n%s", diff)
	}
	env := read("env")
	for _, want := range []string{"MARSAD_DELIVERY_ID=" + alert.DeliveryID(a.ID, "desk") + "\n", "MARSAD_TEST_NAMED=named\n", "MARSAD_CONTENT_TYPE=application/json\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("the environment lacks %q:\n%s", want, env)
		}
	}
	if strings.Contains(env, "MARSAD_TEST_SECRET") {
		t.Errorf("the environment is not scrubbed:\n%s", env)
	}
	if got := read("argument"); got != "$HOME; *\n" {
		t.Errorf("argument %q: a shell was at work", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
		t.Error("a title was executed")
	}
}

func TestCommandFails(t *testing.T) {
	t.Setenv("MARSAD_TEST_KEY", "KEYTOKEN")
	tests := map[string]struct {
		script string
		tries  int
		reason string
	}{
		"refuses":        {"cat >/dev/null; echo first >&2; printf 'no \\033[2J such desk KEYTOKEN\\n' >&2; exit 65", 1, "the program ended with exit status 65: no [2J such desk [redacted]"},
		"fails":          {"exit 3", 2, "given up after 2 tries: the program ended with exit status 3"},
		"never reads":    {"exec <&-; exit 1", 2, "exit status 1"},
		"is killed":      {"kill -9 $$", 2, "signal: killed"},
		"takes for ever": {"sleep 1000 & wait", 2, "the program did not end in time"},
		"talks for ever": {"while :; do echo talk >&2; done", 2, "the program did not end in time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := sample("one", "desk")
			timeout := 20 * time.Second
			if strings.Contains(name, "for ever") {
				timeout = 100 * time.Millisecond
			}
			r := newRig(t, alert.Receiver{Type: alert.Command, Command: []string{program(t, tt.script)}, Env: []string{"MARSAD_TEST_KEY"}, Timeout: timeout}, ms(1), newQueue(a), newLedger())
			r.queue.done(t, 1)
			r.stop()
			if letter := r.deadLetter(t, a); letter.Tries != tt.tries || !strings.Contains(letter.Reason, tt.reason) {
				t.Errorf("after %d tries %q; want %d, %q", letter.Tries, letter.Reason, tt.tries, tt.reason)
			}
			if log := r.log.String(); strings.Contains(log, "KEYTOKEN") {
				t.Errorf("a secret came out: %s", log)
			}
		})
	}
}

// A program that leaves a child behind has told us that it is done.
func TestCommandLeavesAChild(t *testing.T) {
	t.Parallel()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{Type: alert.Command, Command: []string{program(t, "cat >/dev/null; sleep 5 & exit 0")}}, ms(1), newQueue(a), newLedger())
	r.queue.done(t, 1)
	if d := r.record(t, a); d.State != alert.Delivered || d.Tries != 1 {
		t.Errorf("record %+v", d)
	}
}
