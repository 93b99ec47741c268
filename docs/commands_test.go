package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"marsad/query"
)

// A command is what --help says of it.
type command struct {
	path     string
	flags    map[string]bool // by "--name" and "-n": whether a value follows
	args     bool            // takes arguments
	children map[string]*command
}

// commandTree builds the program and asks every command of it for help.
func commandTree(t *testing.T) *command {
	t.Helper()
	// Looked at so that go test does not answer from its cache when they change.
	if _, err := os.ReadDir("../cmd/marsad"); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "marsad")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", bin, "../cmd/marsad")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make builds it: what is compiled is used again
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return askHelp(t, bin)
}

func askHelp(t *testing.T, bin string, path ...string) *command {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), bin, append(slices.Clone(path), "--help")...).Output()
	if err != nil {
		t.Fatalf("%s --help: %v", strings.Join(path, " "), err)
	}
	c := &command{path: strings.Join(append([]string{"marsad"}, path...), " "), flags: map[string]bool{}, children: map[string]*command{}}
	var section string
	flag := regexp.MustCompile(`^ +(?:(-\w), )?(--[\w-]+)( \w+)?(?:  |$)`)
	for line := range strings.SplitSeq(string(out), "\n") {
		if line != "" && line[0] != ' ' {
			section = line
			continue
		}
		switch section {
		case "Usage:":
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), c.path); ok {
				rest = strings.NewReplacer("[flags]", "", "[command]", "").Replace(rest)
				c.args = c.args || strings.TrimSpace(rest) != ""
			}
		case "Available Commands:":
			if name := strings.Fields(line); len(name) > 0 && name[0] != "help" {
				c.children[name[0]] = askHelp(t, bin, append(slices.Clone(path), name[0])...)
			}
		case "Flags:", "Global Flags:":
			if m := flag.FindStringSubmatch(line); m != nil {
				c.flags[m[1]], c.flags[m[2]] = m[3] != "", m[3] != ""
			}
		}
	}
	delete(c.flags, "")
	return c
}

// The commands that the handbook shows exist with the flags they are shown with,
// their queries can be read, and the reference knows every command and flag.
func TestCommands(t *testing.T) {
	t.Parallel()
	root := commandTree(t)
	opts := query.Options{Names: names(t), Now: time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC), Zone: time.UTC}
	count := 0
	for _, p := range handbook(t) {
		texts := []string{p.text}
		for _, b := range p.blocks {
			texts = append(texts, b.text)
		}
		for _, text := range texts {
			for _, call := range strings.Split(text, "bin/marsad")[1:] {
				if call == "" || call[0] != ' ' {
					continue // the file itself
				}
				count++
				words := shellWords(call)
				cmd, args, err := root.parse(words)
				if err == nil && cmd.path == "marsad search" {
					_, err = query.Parse(strings.Join(args, " "), opts)
				}
				if err != nil {
					t.Errorf("%s: bin/marsad %s: %v", p.path, strings.Join(words, " "), err)
				}
			}
		}
	}
	if count < 10 {
		t.Errorf("%d commands: the search for them is broken", count)
	}

	documented := map[string][]string{}
	for _, table := range readPage(t, "reference.md").tables {
		if table.header[0] == "flag" {
			documented[table.heading] = []string{"--help", "-h"}
			for _, r := range table.rows {
				documented[table.heading] = append(documented[table.heading], code(r.cells[0])...)
			}
		}
	}
	headings := readPage(t, "reference.md").headings
	root.each(func(c *command) {
		if c == root || strings.HasPrefix(c.path, "marsad completion") {
			return
		}
		if !slices.Contains(headings, c.path) {
			t.Errorf("reference.md has no heading %q", c.path)
			return
		}
		var flags []string
		for f := range c.flags {
			flags = append(flags, f)
		}
		if len(flags) > 2 || documented[c.path] != nil {
			compare(t, "reference.md, "+c.path, documented[c.path], flags)
		}
	})
}

func (c *command) each(visit func(*command)) {
	visit(c)
	for _, child := range c.children {
		child.each(visit)
	}
}

// parse finds the command that words call, and its arguments.
func (c *command) parse(words []string) (*command, []string, error) {
	var args []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		child := c.children[w]
		switch {
		case w == "--":
			args = append(args, words[i+1:]...)
			i = len(words)
		case strings.HasPrefix(w, "-") && w != "-":
			name, _, given := strings.Cut(w, "=")
			value, ok := c.flags[name]
			if !ok {
				return nil, nil, fmt.Errorf("%s has no flag %s", c.path, name)
			}
			if value && !given {
				i++
			}
		case child != nil && len(args) == 0:
			c = child
		default:
			args = append(args, w)
		}
	}
	if len(args) > 0 && !c.args {
		return nil, nil, fmt.Errorf("%s has no command %s and takes no arguments", c.path, args[0])
	}
	return c, args, nil
}

// shellWords cuts the beginning of s as a shell does, up to what ends a command
// or the Markdown around it.
func shellWords(s string) []string {
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quote  rune
	)
	end := func() {
		if inWord {
			words = append(words, word.String())
			word.Reset()
			inWord = false
		}
	}
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ':
			end()
		case strings.ContainsRune("\n`|<>;&#()", r):
			end()
			return words
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	end()
	return words
}
