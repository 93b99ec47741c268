// Package field names the places of a configuration in which a mistake was
// found, without knowing the file format: a stage's Validate returns a list of
// Error, and config turns each path into file:line:col.
package field

import (
	"fmt"
	"strings"
)

// An Error is one mistake in a configuration.
type Error struct {
	// Path leads from the stage's own stanza to the value: "feeds[2].url".
	// Empty means the stanza as a whole.
	Path string
	// What says what is wrong; Hint says what to do, and may be empty.
	What, Hint string
}

// Errorf returns an Error without a hint.
func Errorf(path, format string, args ...any) *Error {
	return &Error{Path: path, What: fmt.Sprintf(format, args...)}
}

// Hintf returns e with a hint of what to do.
func (e *Error) Hintf(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Error is "path: what; hint".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.What)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Under returns the errors with prefix put before each path: Under("ingest",
// …) turns "feeds[2].url" into "ingest.feeds[2].url".
func Under(prefix string, errs []*Error) []*Error {
	for _, e := range errs {
		switch {
		case e.Path == "":
			e.Path = prefix
		case strings.HasPrefix(e.Path, "["):
			e.Path = prefix + e.Path
		default:
			e.Path = prefix + "." + e.Path
		}
	}
	return errs
}

// A List is several mistakes as one error.
type List struct{ Errors []*Error }

// Error puts each mistake on a line of its own.
func (l *List) Error() string {
	lines := make([]string, len(l.Errors))
	for i, e := range l.Errors {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}
