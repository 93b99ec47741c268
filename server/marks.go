package server

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A span is a stretch of a text in bytes, end excluded.
type span struct{ start, end int }

// A segment is a stretch of text as a page shows it.
type segment struct {
	Text string
	Mark bool
	// ID is the anchor of a mark and Why its explanation; both may be empty.
	ID, Why string
}

// validSpan reports whether sp is a stretch of whole characters of s. Spans
// come from streams written by other versions, so they are not trusted.
func validSpan(s string, sp span) bool {
	return sp.start >= 0 && sp.start < sp.end && sp.end <= len(s) &&
		utf8.RuneStart(s[sp.start]) && (sp.end == len(s) || utf8.RuneStart(s[sp.end]))
}

// merge returns the valid spans in order, those that touch joined.
func merge(s string, spans []span) []span {
	valid := make([]span, 0, len(spans))
	for _, sp := range spans {
		if validSpan(s, sp) {
			valid = append(valid, sp)
		}
	}
	slices.SortFunc(valid, func(a, b span) int { return a.start - b.start })
	out := valid[:0]
	for _, sp := range valid {
		if n := len(out); n > 0 && sp.start <= out[n-1].end {
			out[n-1].end = max(out[n-1].end, sp.end)
			continue
		}
		out = append(out, sp)
	}
	return out
}

// segments cuts s[from:to] at the marks. spans are as merge returns them.
func segments(s string, from, to int, spans []span) []segment {
	var out []segment
	add := func(a, b int, mark bool) {
		if t := plain(s[a:b]); t != "" {
			out = append(out, segment{Text: t, Mark: mark})
		}
	}
	at := from
	for _, sp := range spans {
		a, b := max(sp.start, at), min(sp.end, to)
		if a >= b {
			continue
		}
		add(at, a, false)
		add(a, b, true)
		at = b
	}
	add(at, to, false)
	return out
}

// titleSegments is a title of at most n runes with its marks.
func titleSegments(s string, n int, spans []span) []segment {
	end := len(s)
	for i := range s {
		if n--; n < 0 {
			end = i
			break
		}
	}
	out := segments(s, 0, end, merge(s, spans))
	if end < len(s) {
		out = append(out, segment{Text: "…"})
	}
	return out
}

// snippet is a stretch of about size bytes of a body round its first mark,
// begun and ended between words, on one line.
func snippet(s string, size int, spans []span) []segment {
	marks := merge(s, spans)
	from := 0
	if len(marks) > 0 && marks[0].start > size/3 {
		from = afterSpace(s, marks[0].start-size/3, marks[0].start)
	}
	to := len(s)
	if from+size < len(s) {
		to = beforeSpace(s, from+size, from+size/2)
	}
	out := segments(s, from, to, marks)
	for i := range out {
		out[i].Text = strings.Map(oneLine, out[i].Text)
	}
	if from > 0 {
		out = append([]segment{{Text: "… "}}, out...)
	}
	if to < len(s) {
		out = append(out, segment{Text: " …"})
	}
	return out
}

func oneLine(r rune) rune {
	if r == '\n' {
		return ' '
	}
	return r
}

// afterSpace returns the first start of a word in s from at on, or limit.
func afterSpace(s string, at, limit int) int {
	for i, r := range s[runeStart(s, at):limit] {
		if unicode.IsSpace(r) {
			return runeStart(s, at) + i + utf8.RuneLen(r)
		}
	}
	return limit
}

// beforeSpace returns the last end of a word in s up to at, at itself when
// there is none after limit.
func beforeSpace(s string, at, limit int) int {
	at, limit = runeStart(s, at), runeStart(s, limit)
	if i := strings.LastIndexFunc(s[limit:at], unicode.IsSpace); i >= 0 {
		return limit + i
	}
	return at
}

// runeStart moves i back to the start of the character it lies in.
func runeStart(s string, i int) int {
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}
