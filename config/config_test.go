package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/config"
	"marsad/internal/field"
	"marsad/internal/workspace"
)

func load(t *testing.T, text string) (*config.File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipeline.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path)
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	got, err := load(t, "")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Data = got.Data // made absolute by the test's folder
	if d := cmp.Diff(want, got.Config); d != "" {
		t.Error(d)
	}
	for _, r := range []config.Role{config.Poll, config.Tag, config.Index, config.Alert, config.Serve} {
		if !got.Has(r) {
			t.Errorf("the default does not do %s", r)
		}
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	f, err := load(t, "data: d\npack: rules\nserver: {tls: {cert_file: c.pem, key_file: /k.pem}}\ndisk: {min_free: 2GB}\ningest: {interval: 1h}\n")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(string(f.Data))
	if f.Data != workspace.Dir(filepath.Join(dir, "d")) || f.Pack != filepath.Join(dir, "rules") ||
		f.Server.TLS.CertFile != filepath.Join(dir, "c.pem") || f.Server.TLS.KeyFile != "/k.pem" {
		t.Errorf("%+v", f.Config)
	}
	if f.Disk.MinFree != 2e9 || f.Ingest.Interval != time.Hour {
		t.Errorf("%+v", f.Config)
	}
}

// Mistakes of form and of meaning come together, in the order of the file.
func TestEveryMistake(t *testing.T) {
	_, err := load(t, "roles: [serve, dance]\nserver: {listen: 8080, zzz: 1}\n")
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	var lines []string
	for _, m := range e.Mistakes {
		lines = append(lines, m.String()[strings.Index(m.String(), "pipeline.yaml"):])
	}
	want := []string{"pipeline.yaml:1:1:", "pipeline.yaml:1:16:", "pipeline.yaml:2:18:", "pipeline.yaml:2:24:"}
	if len(lines) != len(want) {
		t.Fatalf("%d mistakes:\n%s", len(lines), err)
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("mistake %d is %q, want it at %s", i, lines[i], w)
		}
	}
	if !strings.Contains(err.Error(), " > 2 | server: {listen: 8080, zzz: 1}") || !strings.HasSuffix(err.Error(), "4 problems.") {
		t.Errorf("%v", err)
	}
}

func TestWrongWithoutAFile(t *testing.T) {
	f := &config.File{Config: config.Default()}
	if err := f.Wrong([]*field.Error{field.Errorf("alert.watches[0].query", "bad")}); err == nil || !strings.Contains(err.Error(), "watches[0]") {
		t.Errorf("%v", err)
	}
	if err := f.Wrong(nil); err != nil {
		t.Error(err)
	}
}

// Hubs reach the poller through the server: both must be in one process.
func TestCallbackNeedsRoles(t *testing.T) {
	for roles, want := range map[string]string{
		"":                              "",
		"roles: [poll, tag]\n":          "poll and serve",
		"roles: [poll, index, serve]\n": "",
	} {
		_, err := load(t, roles+"ingest: {callback_url: https://marsad.example}\n")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", roles, err)
		}
	}
}

// Keys of receivers are checked where they stand; secrets' files and programs
// are looked for beside the configuration.
func TestReceivers(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"secrets/token": "123456:ABC\n", "secrets/url": "https://hooks.example.org/T\n", "hooks/page": "#!/bin/sh\n"}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "pipeline.yaml")
	check := func(text string) (*config.File, error) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Chdir(t.TempDir())
		return config.Load(path)
	}
	const right = `alert:
  receivers:
    - {name: a, type: telegram, token_file: secrets/token, chat: -100123}
    - {name: b, type: slack, url_file: secrets/url, title: '{{.Title}}'}
    - {name: c, type: command, command: [hooks/page, --loud]}
`
	f, err := check(right)
	if err != nil {
		t.Fatal(err)
	}
	if r := f.Alert.Receivers; r[0].TokenFile != filepath.Join(dir, "secrets/token") || r[0].Chat != "-100123" || r[2].Command[0] != filepath.Join(dir, "hooks/page") || r[2].Command[1] != "--loud" {
		t.Errorf("%+v", r)
	}
	_, err = check(strings.NewReplacer("chat: -100123", "chat: nobody", "{{.Title}}", "{{.Titel}}", "[hooks/page,", "[hooks/pager,").Replace(right) +
		"    - {name: d, type: slack, url_file: secrets/url, chanel: x, topic: y}\n")
	want := []string{
		`pipeline.yaml:3:66: "nobody" is no chat`,
		"pipeline.yaml:4:60: the template does not work: line 1:2: <.Titel>: can't evaluate field Titel; for example",
		"pipeline.yaml:5:42: ", // the program
		`pipeline.yaml:6:53: unknown key "chanel"`,
		"pipeline.yaml:6:71: a receiver of type slack has no topic; remove it; it has: url_file",
	}
	if err == nil {
		t.Fatal("no mistake")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("want %s in\n%s", w, err)
		}
	}
	if !strings.HasSuffix(err.Error(), "5 problems.") {
		t.Errorf("%v", err)
	}
}
