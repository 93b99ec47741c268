package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"marsad/rules"
)

// A snippet is a fenced block of docs/rules.md.
type snippet struct {
	info, text string
	line       int
}

func snippets(t *testing.T) []snippet {
	t.Helper()
	data, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []snippet
	open := false
	for i, line := range strings.Split(string(data), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !open:
			out = append(out, snippet{info: info, line: i + 2})
			open = true
		case fence:
			open = false
		case open:
			out[len(out)-1].text += line + "\n"
		}
	}
	return out
}

// Each piece of the reference is a pack of its own, and its examples hold.
func TestReferenceSnippets(t *testing.T) {
	t.Parallel()
	n := 0
	for _, s := range snippets(t) {
		if s.info != "yaml rule" {
			continue
		}
		n++
		if _, err := rules.Load(pack("pack: p\n" + s.text)); err != nil {
			t.Errorf("docs/rules.md:%d: %v", s.line, err)
		}
	}
	if n < 3 {
		t.Errorf("%d pieces of the reference: the search for them is broken", n)
	}
}

// The tutorial is done as it is written: its files are written, its commands
// run, and what they print is what it shows. A … stands for anything.
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Parallel()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "bin", "marsad"), "../cmd/marsad")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make builds it: what is compiled is used again
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	printed, commands := "", 0
	for _, s := range snippets(t) {
		kind, path, _ := strings.Cut(s.info, " ")
		switch {
		case path == "rule":
		case kind == "yaml":
			file := filepath.Join(dir, filepath.FromSlash(path))
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(s.text), 0o600); err != nil {
				t.Fatal(err)
			}
			printed = ""
		case kind == "sh":
			commands++
			sh := exec.CommandContext(t.Context(), "sh", "-c", s.text)
			sh.Dir = dir
			out, err := sh.CombinedOutput()
			// Marks that keep a name of the other direction together on a screen.
			printed = strings.NewReplacer("\u2068", "", "\u2069", "").Replace(string(out))
			if err != nil && !strings.Contains(printed, "mistake") {
				t.Errorf("docs/rules.md:%d: %v\n%s", s.line, err, out)
			}
		case kind == "text":
			want := strings.ReplaceAll(regexp.QuoteMeta(s.text), "…", ".*")
			if !regexp.MustCompile("^" + want + "$").MatchString(printed) {
				t.Errorf("docs/rules.md:%d: printed\n%swant\n%s", s.line, printed, s.text)
			}
		default:
			t.Errorf("docs/rules.md:%d: a block of %q, which no test runs", s.line, s.info)
		}
	}
	if commands < 5 {
		t.Errorf("%d commands: the search for them is broken", commands)
	}
}
