package alert

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"marsad/internal/printable"
)

// A view is what a template sees of an alert. Texts are cleaned, fenced off from
// their surroundings when they hold right-to-left letters, and cut.
type view struct {
	Title, Source, Feed, Lang, Watch, Query, Priority string
	// URL leads to the article, Page to its page in our web interface; empty
	// when there is none that is safe to show.
	URL, Page address
	// Published is what the feed states, Seen when the text arrived.
	Published, Seen time.Time
	Why             []clause
	Sample, Urgent  bool
}

// A clause is what satisfied the query: the clause and, when it rests on the
// text, the words there.
type clause struct{ Clause, Text string }

// An address is an absolute http or https address in ASCII, without any
// character that means something in HTML, Markdown or mrkdwn (but "&" and "_").
type address string

// A budget is how much of an alert is shown, in runes; addresses that are longer
// are left out, for half an address is none.
type budget struct{ title, text, url, reasons int }

// budgets are tried in turn until the message is as short as the service asks.
func budgets() []budget {
	return []budget{{300, 80, 1500, 5}, {200, 60, 800, 4}, {120, 50, 400, 2}, {80, 40, 200, 1}, {50, 24, 0, 0}}
}

func newView(a Alert, b budget) view {
	v := view{
		Title:     line(a.Title, b.title),
		Source:    line(a.Source, b.text),
		Feed:      line(a.Feed, b.text),
		Lang:      line(a.Lang, b.text),
		Watch:     line(a.Watch, b.text),
		Query:     line(a.Query, b.title),
		Priority:  string(a.Priority),
		URL:       safeAddress(a.URL, b.url),
		Page:      safeAddress(a.PageURL, b.url),
		Published: a.Published,
		Seen:      a.arrived(),
		Sample:    a.Sample,
		Urgent:    a.Priority == Urgent,
	}
	if v.Title == "" {
		v.Title = "(no title)"
	}
	if v.Priority == "" {
		v.Priority = string(Normal)
	}
	seen := make(map[string]bool)
	for _, r := range a.Why {
		if seen[r.Clause] || len(v.Why) == b.reasons {
			continue
		}
		seen[r.Clause] = true
		c := clause{Clause: line(r.Clause, b.text)}
		if r.Text != "" && !strings.EqualFold(r.Text, r.Clause) {
			c.Text = line(r.Text, b.text)
		}
		v.Why = append(v.Why, c)
	}
	return v
}

// line is text as printable.Line has it. What is far too long is not looked at
// to its end.
func line(text string, n int) string {
	if most := 64 * n; len(text) > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text = text[:most]
	}
	return printable.Line(text, n)
}

// safeAddress returns raw as an address, or nothing when it is none or longer
// than most.
func safeAddress(raw string, most int) address {
	if len(raw) > 4*most {
		return ""
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' }) {
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return ""
		}
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if isAlphanumeric(c) || slices.Contains([]byte("-._:/?#@!$&;=%+,[]"), c) {
			b.WriteByte(c)
		} else {
			const digits = "0123456789ABCDEF"
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	if b.Len() > most {
		return ""
	}
	return address(b.String())
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
