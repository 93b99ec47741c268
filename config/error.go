package config

import (
	"fmt"
	"strings"

	"marsad/internal/yamlpos"
)

// An Error is every mistake of a file.
type Error struct {
	Mistakes []yamlpos.Mistake
	lines    []string
}

// Error lists the mistakes, each as file:line:col: what; hint, with the line it
// stands on, and counts them.
func (e *Error) Error() string {
	var b strings.Builder
	for i, m := range e.Mistakes {
		b.WriteString(m.String() + "\n")
		repeated := i > 0 && e.Mistakes[i-1].Line == m.Line
		if !repeated && m.Line >= 1 && m.Line <= len(e.lines) {
			fmt.Fprintf(&b, " > %d | %s\n", m.Line, clip(e.lines[m.Line-1]))
		}
	}
	if n := len(e.Mistakes); n == 1 {
		b.WriteString("1 problem.")
	} else {
		fmt.Fprintf(&b, "%d problems.", n)
	}
	return b.String()
}

// clip shortens a line for a terminal and keeps control characters out of it.
func clip(line string) string {
	const most = 120
	out := []rune(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, line))
	if len(out) > most {
		return string(out[:most]) + "…"
	}
	return string(out)
}
