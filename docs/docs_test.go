package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"marsad/query"
	"marsad/rules"
)

// A page is one Markdown file, cut into what the tests look at.
type page struct {
	path     string
	text     string // without code blocks, line for line
	headings []string
	blocks   []block
	tables   []table
}

// A block is fenced code; lang is the first word behind the fence.
type block struct {
	lang, text string
	line       int // of its first line
}

// A table is a Markdown table and the heading it stands under.
type table struct {
	heading string
	header  []string
	rows    []row
}

type row struct {
	line  int
	cells []string
}

// readPage reads a file of the repository, its path given from here.
func readPage(t *testing.T, path string) page {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := page{path: path}
	var (
		outside strings.Builder
		open    *block
		heading string
		inTable bool
	)
	for i, line := range strings.Split(string(data), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open == nil:
			open = &block{lang: strings.TrimSpace(fence), line: i + 2}
		case isFence:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		default:
			outside.WriteString(line)
		}
		outside.WriteString("\n")
		if open != nil || isFence {
			continue
		}
		if h, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			heading = h
			p.headings = append(p.headings, h)
		}
		cells := cellsOf(line)
		switch {
		case cells == nil:
			inTable = false
		case !inTable:
			inTable = true
			p.tables = append(p.tables, table{heading: heading, header: cells})
		case strings.Trim(line, "|-: ") != "":
			last := &p.tables[len(p.tables)-1]
			last.rows = append(last.rows, row{line: i + 1, cells: cells})
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the code block is not closed", path, open.line-1)
	}
	p.text = outside.String()
	return p
}

// cellsOf cuts a line of a table; nil when it is none.
func cellsOf(line string) []string {
	if !strings.HasPrefix(line, "|") {
		return nil
	}
	const bar = "\x00" // stands for \|, which does not end a cell
	cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, bar), "|"), "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(c, bar, "|"))
	}
	return cells
}

// code returns what stands between backticks in s.
func code(s string) []string {
	var out []string
	for i, part := range strings.Split(s, "`") {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

// handbook returns the README and the pages of this folder.
func handbook(t *testing.T) []page {
	t.Helper()
	return append([]page{readPage(t, "../README.md")}, pagesIn(t, "*.md")...)
}

func pagesIn(t *testing.T, pattern string) []page {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no pages %s: %v", pattern, err)
	}
	var out []page
	for _, path := range paths {
		out = append(out, readPage(t, path))
	}
	return out
}

// names are those of the built-in rule pack.
func names(t *testing.T) query.Names {
	t.Helper()
	pack, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatal(err)
	}
	return pack.Names()
}

// Relative links lead to files that exist, and to headings in them.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, p := range append(handbook(t), pagesIn(t, "adr/*.md")...) {
		for i, line := range strings.Split(p.text, "\n") {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				path, anchor, _ := strings.Cut(m[1], "#")
				target := filepath.Join(filepath.Dir(p.path), path)
				if path == "" {
					target = p.path
				}
				if _, err := os.Stat(target); err != nil {
					t.Errorf("%s:%d: (%s) leads nowhere: %v", p.path, i+1, m[1], err)
				} else if anchor != "" && !hasAnchor(readPage(t, target), anchor) {
					t.Errorf("%s:%d: (%s) names no heading of %s", p.path, i+1, m[1], target)
				}
			}
		}
	}
}

// hasAnchor reports whether one of p's headings has the anchor, as GitHub names
// them.
func hasAnchor(p page, anchor string) bool {
	for _, h := range p.headings {
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, h)
		if slug == anchor {
			return true
		}
	}
	return false
}
