// Package printable makes foreign text, a feed's title or a server's error, fit
// for a line on a terminal: nothing in it acts on the terminal or on the text
// around it. Web pages have other needs (package server): there a browser keeps
// text apart, and line ends stay.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

const (
	firstStrongIsolate = '\u2068'
	popIsolate         = '\u2069'
)

// Text is s cleaned and kept apart from what stands beside it.
func Text(s string) string { return isolate(Clean(s)) }

// Line is the Text of s, of at most n runes and the two marks around it.
func Line(s string, n int) string { return isolate(Clip(Clean(s), n)) }

// isolate fences s off from its surroundings when it holds right-to-left
// letters: they would turn the rest of the line around.
func isolate(s string) string {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		if c := p.Class(); c == bidi.R || c == bidi.AL {
			return string(firstStrongIsolate) + s + string(popIsolate)
		}
	}
	return s
}

// Clip shortens s to n runes, the last of them "…" when something was cut.
func Clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	i := 0
	for at := range s {
		if i == n-1 {
			return s[:at] + "…"
		}
		i++
	}
	return s
}

// Clean removes what acts on a terminal or on the text around it instead of
// being read: control and bidi characters, line ends, invisible tags. White
// space becomes single spaces, bytes that are no UTF-8 become U+FFFD. The joiners
// that Persian and Kurdish spelling needs stay.
func Clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			space = b.Len() > 0
			continue
		case r == '\u200c' || r == '\u200d':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
