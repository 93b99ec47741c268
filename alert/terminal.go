package alert

import (
	"context"
	"io"
	"strings"

	"marsad/internal/printable"
)

// A terminal writes one line for each alert.
type terminal struct{ out io.Writer }

const (
	maxLineTitle  = 160 // runes
	maxLineSource = 40
	maxLineURL    = 300
	maxLineWhy    = 5
	maxLineClause = 60
)

func newTerminal(s *setup) sender { return &terminal{out: s.out} }

func (t *terminal) preview(_ string, a Alert) []byte { return []byte(Line(a) + "\n") }

func (t *terminal) send(_ context.Context, _ string, a Alert) error {
	if _, err := io.WriteString(t.out, Line(a)+"\n"); err != nil {
		return &failure{reason: "write to the terminal: " + printable.Clean(err.Error())}
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
	b.WriteString(printable.Line(a.Watch, maxLineClause) + ": ")
	title := printable.Line(a.Title, maxLineTitle)
	if title == "" {
		title = "(no title)"
	}
	b.WriteString(title)
	var from []string
	for _, s := range []string{a.Source, a.Lang} {
		if s != "" {
			from = append(from, printable.Line(s, maxLineSource))
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
			b.WriteString(" — " + printable.Line(u, maxLineURL))
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
		part := printable.Line(r.Clause, maxLineClause)
		if r.Text != "" && !strings.EqualFold(r.Text, r.Clause) {
			part += " «" + printable.Line(r.Text, maxLineClause) + "»"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
