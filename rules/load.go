package rules

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"marsad/internal/yamlpos"
	"marsad/tagger"
)

// maxFiles bounds the files of a pack.
const maxFiles = 1000

//go:embed iraq-syria/*.yaml
var shipped embed.FS

// IraqSyria returns the folder of the pack that ships with Marsad.
func IraqSyria() fs.FS {
	sub, err := fs.Sub(shipped, "iraq-syria")
	if err != nil { // the name is a constant and valid
		return shipped
	}
	return sub
}

// A Mistake is something wrong at one place of a pack's file.
type Mistake = yamlpos.Mistake

// An Error lists every mistake of a pack, by file, line and column.
type Error struct{ Mistakes []Mistake }

// Error has one line per mistake: "file:line:col: what; hint".
func (e *Error) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads all .yaml files of a pack's folder (and of the folders in it) and
// compiles them. The error is an *Error with every mistake, or says that the
// folder cannot be read.
func Load(fsys fs.FS) (*tagger.Pack, error) {
	sources, missing, err := read(fsys)
	if err != nil {
		return nil, err
	}
	pack, found := tagger.Compile(sources...)
	if found = append(found, missing...); len(found) > 0 {
		return nil, mistaken(found)
	}
	return pack, nil
}

// Draft reads a pack as Load does and does not run its examples: for explaining
// why one fails.
func Draft(fsys fs.FS) (*tagger.Pack, error) {
	sources, _, err := read(fsys)
	if err != nil {
		return nil, err
	}
	pack, found := tagger.Draft(sources...)
	if len(found) > 0 {
		return nil, mistaken(found)
	}
	return pack, nil
}

// Test reads a pack as Load does and runs its examples: one report a rule.
// Examples that fail are no error.
func Test(fsys fs.FS) ([]tagger.Report, error) {
	sources, missing, err := read(fsys)
	if err != nil {
		return nil, err
	}
	reports, found := tagger.Test(sources...)
	if found = append(found, missing...); len(found) > 0 {
		return nil, mistaken(found)
	}
	return reports, nil
}

func mistaken(found []tagger.Mistake) error {
	var mistakes []Mistake
	for _, m := range found {
		mistakes = append(mistakes, Mistake{File: m.Pos.File, Line: m.Pos.Line, Col: m.Pos.Col, What: m.What, Hint: m.Hint})
	}
	return &Error{Mistakes: yamlpos.Sort(mistakes)}
}

// read reads the files of a pack, and says which rules lack examples.
func read(fsys fs.FS) (sources []tagger.Source, missing []tagger.Mistake, err error) {
	files, err := list(fsys)
	if err != nil {
		return nil, nil, err
	}
	var (
		free     bool
		mistakes []Mistake
	)
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, nil, fmt.Errorf("read rule file: %w", err)
		}
		src, one, ms := parse(name, data)
		free = free || one
		mistakes = append(mistakes, ms...)
		sources = append(sources, src)
	}
	// A file that is no valid YAML takes its rules with it; what would then be
	// said about the others' references to them would mislead.
	if len(mistakes) > 0 {
		return nil, nil, &Error{Mistakes: yamlpos.Sort(mistakes)}
	}
	if !free {
		missing = lacking(sources)
	}
	return sources, missing, nil
}

func list(fsys fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(path.Base(name), ".") { // an editor's
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if ext := strings.ToLower(path.Ext(name)); d.IsDir() || ext != ".yaml" && ext != ".yml" {
			return nil
		}
		files = append(files, name)
		return readable(fsys, name)
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read rule pack: %w", err)
	case len(files) == 0:
		return nil, &Error{Mistakes: []Mistake{{File: ".", Line: 1, Col: 1, What: "the folder has no .yaml file", Hint: "point to the folder of a rule pack"}}}
	case len(files) > maxFiles:
		return nil, fmt.Errorf("read rule pack: %d files, more than %d", len(files), maxFiles)
	}
	slices.Sort(files)
	return files, nil
}

// readable returns why a file is better not opened: a pipe or a device may never
// end.
func readable(fsys fs.FS, name string) error {
	st, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return fmt.Errorf("%s is no file but a %s", name, kindOf(st.Mode()))
	case st.Size() > yamlpos.MaxSize:
		return fmt.Errorf("%s is larger than %d MB; split it", name, yamlpos.MaxSize>>20)
	}
	return nil
}

func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}
