package alert

import (
	"context"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

// A terminal writes one line for each alert.
type terminal struct{ out io.Writer }

const (
	firstStrongIsolate = '\u2068'
	popIsolate         = '\u2069'

	maxLineTitle  = 160 // runes
	maxLineSource = 40
	maxLineURL    = 300
	maxLineWhy    = 5
	maxLineClause = 60
)

func (t *terminal) send(_ context.Context, _ string, a Alert) error {
	if _, err := io.WriteString(t.out, Line(a)+"\n"); err != nil {
		return &failure{reason: "write to the terminal: " + neutral(err.Error())}
	}
	return nil
}

// Line is the alert as one line of text, without a line end:
//
//	2026-03-01 09:30Z ALERT [SAMPLE] urgent border-wall: Title (Source, ar) — place:al-qaem «القائم» — https://…
//
// Nothing in it can move the cursor, change colours or turn the direction of
// what stands beside it.
func Line(a Alert) string {
	var b strings.Builder
	if at := a.arrived(); !at.IsZero() {
		b.WriteString(at.UTC().Format("2006-01-02 15:04Z "))
	}
	b.WriteString("ALERT ")
	if a.Sample {
		b.WriteString("[SAMPLE] ")
	}
	if a.Priority == Urgent {
		b.WriteString("urgent ")
	}
	b.WriteString(shown(a.Watch, maxLineClause) + ": ")
	title := shown(a.Title, maxLineTitle)
	if title == "" {
		title = "(no title)"
	}
	b.WriteString(title)
	var from []string
	for _, s := range []string{a.Source, a.Lang} {
		if s != "" {
			from = append(from, shown(s, maxLineSource))
		}
	}
	if len(from) > 0 {
		b.WriteString(" (" + strings.Join(from, ", ") + ")")
	}
	if why := reasons(a.Why); why != "" {
		b.WriteString(" — " + why)
	}
	for _, u := range []string{a.URL, a.PageURL} {
		if u != "" {
			b.WriteString(" — " + shown(u, maxLineURL))
			break
		}
	}
	return b.String()
}

// reasons names each clause once, with the first place that satisfied it where
// that is not the clause itself.
func reasons(why []Reason) string {
	var parts []string
	seen := make(map[string]bool)
	for _, r := range why {
		if seen[r.Clause] {
			continue
		}
		seen[r.Clause] = true
		if len(parts) == maxLineWhy {
			parts = append(parts, "…")
			break
		}
		part := shown(r.Clause, maxLineClause)
		if r.Text != "" && !strings.EqualFold(r.Text, r.Clause) {
			part += " «" + shown(r.Text, maxLineClause) + "»"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// shown makes text fit for a line: neutral, at most n runes, and fenced off from
// its surroundings when it holds right-to-left letters.
func shown(s string, n int) string {
	s = clip(neutral(s), n)
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		if c := p.Class(); c == bidi.R || c == bidi.AL {
			return string(firstStrongIsolate) + s + string(popIsolate)
		}
	}
	return s
}

// clip shortens s to n runes, the last of them "…" when something was cut.
func clip(s string, n int) string {
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

// neutral removes what acts on a terminal or on the text around it instead of
// being read: control and bidi characters, line ends, invisible tags. White
// space becomes single spaces, bytes that are no UTF-8 become U+FFFD. The joiners
// that Persian and Kurdish spelling needs stay.
func neutral(s string) string {
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
