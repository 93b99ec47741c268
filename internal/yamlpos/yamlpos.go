// Package yamlpos decodes YAML files that people write: it is strict, finds
// every mistake instead of the first, and gives each its place in the file.
//
// It is what config and rules share; a decoded Document can turn the path of a
// value ("feeds[2].url") back into its line and column, for mistakes that are
// found only later.
package yamlpos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxSize is the size in bytes of the largest file that Decode takes.
const MaxSize = 4 << 20

// A Mistake is something wrong at one place of a file.
type Mistake struct {
	File string
	// Line and Col count from 1; Col counts characters.
	Line, Col int
	// What says what is wrong; Hint says what to do, and may be empty.
	What, Hint string
}

// String is "file:line:col: what; hint".
func (m Mistake) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Col, m.What)
	if m.Hint != "" {
		s += "; " + m.Hint
	}
	return s
}

// Sort orders mistakes by file, line and column, and drops repeats.
func Sort(ms []Mistake) []Mistake {
	slices.SortStableFunc(ms, func(a, b Mistake) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	return slices.Compact(ms)
}

// A Document is a parsed file that knows where its values stand.
type Document struct {
	File string
	// Lines are the file's lines, to show beside a mistake.
	Lines []string
	root  *yaml.Node
}

// Decode parses data, which came from file, and stores it in into, a pointer to
// a struct, map or slice. Values that into already holds are defaults.
//
// Keys are the fields' `yaml` tags, or the field names in lower case; unknown
// and repeated keys are mistakes. Durations are strings such as 15m, 36h or 7d.
// A type may take over by being an Unmarshaler or an encoding.TextUnmarshaler.
// Decode goes on after a mistake and returns all of them in order; the
// Document is nil only when the file is no YAML at all.
func Decode(file string, data []byte, into any) (*Document, []Mistake) {
	if len(data) > MaxSize {
		return nil, []Mistake{{File: file, Line: 1, Col: 1, What: fmt.Sprintf("file of %d bytes is larger than %d", len(data), MaxSize)}}
	}
	doc := &Document{File: file, Lines: strings.Split(string(data), "\n")}
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return nil, syntaxMistakes(file, err)
	}
	var second yaml.Node
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, syntaxMistakes(file, err)
	default:
		return nil, []Mistake{{File: file, Line: second.Line, Col: second.Column, What: "a second document", Hint: "keep one, without ---"}}
	}
	if len(root.Content) == 0 {
		doc.root = &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
		return doc, nil
	}
	doc.root = root.Content[0]
	d := &Decoder{file: file}
	d.Decode(doc.root, into)
	return doc, Sort(d.mistakes)
}

// At returns the line and column of the value at path, such as "feeds[2].url";
// where the path leads nowhere, those of the nearest value that holds it.
func (d *Document) At(path string) (line, col int) {
	n := d.root
	line, col = n.Line, n.Column
	for _, step := range steps(path) {
		key, next := child(n, step)
		if next == nil {
			break
		}
		n = next
		line, col = n.Line, n.Column
		if key != nil && n.Kind != yaml.ScalarNode {
			line, col = key.Line, key.Column
		}
	}
	return line, col
}

// Mistake returns the mistake what with hint at path.
func (d *Document) Mistake(path, what, hint string) Mistake {
	line, col := d.At(path)
	return Mistake{File: d.File, Line: line, Col: col, What: what, Hint: hint}
}

// child returns the node one step below n, with its key in a mapping.
func child(n *yaml.Node, step string) (key, value *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return nil, n.Content[i]
		}
	}
	return nil, nil
}

// steps splits "a.b[2].c" into a, b, 2, c.
func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// syntaxMistakes turns the errors of the YAML parser, which name lines only,
// into mistakes.
func syntaxMistakes(file string, err error) []Mistake {
	at := regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)
	texts := []string{err.Error()}
	if te := (*yaml.TypeError)(nil); errors.As(err, &te) {
		texts = te.Errors
	}
	var ms []Mistake
	for _, t := range texts {
		m := Mistake{File: file, Line: 1, Col: 1, What: t}
		if g := at.FindStringSubmatch(t); g != nil {
			if n, err := strconv.Atoi(g[1]); err == nil {
				m.Line = n
			}
			m.What = g[2]
		}
		if strings.Contains(m.What, "cannot start any token") {
			m.Hint = "indent with spaces, not tabs"
		}
		ms = append(ms, m)
	}
	return ms
}
