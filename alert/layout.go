package alert

import (
	"strings"
	"time"
	"unicode/utf16"

	"marsad/internal/field"
)

// Our templates. Services that lead to the addresses in a way of their own get
// ourLinks no second time.
const (
	ourTitle = `{{if .Sample}}[SAMPLE] {{end}}{{if .Urgent}}[urgent] {{end}}{{.Title}}`
	ourBody  = `{{with .Source}}{{.}}{{else}}{{$.Feed}}{{end}}{{if .Lang}} · {{.Lang}}{{end}}` +
		`{{if not .Published.IsZero}} · {{.Published}}{{else if not .Seen.IsZero}} · {{.Seen}}{{end}}
Watch: {{.Watch}}
{{range .Why}}– {{.Clause}}{{if .Text}}: «{{.Text}}»{{end}}
{{end}}`
	ourLinks = `{{if .URL}}{{link .URL "Article"}}{{end}}{{if and .URL .Page}} · {{end}}{{if .Page}}{{link .Page "Marsad"}}{{end}}`
)

// A style is what a service asks of a message.
type style struct {
	title, body dialect
	// longest is how much of an article's title is shown at most, in runes.
	longest int
	// buttons means that the service leads to the addresses itself.
	buttons bool
	// fits says whether the service takes the message.
	fits func(title, body string) bool
}

// A layout writes messages: with the receiver's templates, and where those fail
// or say nothing or too much, with ours.
type layout struct {
	title, body       *pattern
	ourTitle, ourBody *pattern
	longest           int
	fits              func(title, body string) bool
}

// layout reads the receiver's templates.
func (s *setup) layout(st style) *layout {
	ours := ourBody
	if !st.buttons {
		ours += ourLinks
	}
	l := &layout{ourTitle: s.ours(ourTitle, st.title), ourBody: s.ours(ours, st.body), longest: st.longest, fits: st.fits}
	l.title, l.body = l.ourTitle, l.ourBody
	if s.Title != "" {
		if p := s.theirs("title", s.Title, st.title); p != nil {
			l.title = p
			l.check(s, "title", p, l.ourBody)
		}
	}
	if s.Body != "" {
		if p := s.theirs("body", s.Body, st.body); p != nil {
			l.body = p
			l.check(s, "body", l.ourTitle, p)
		}
	}
	return l
}

// ours compiles a template of ours.
func (s *setup) ours(text string, d dialect) *pattern {
	p, err := compile(text, d)
	if err != nil {
		panic("our own template: " + err.Error())
	}
	return p
}

const templateHint = "for example '{{.Title}} ({{.Source}})'; docs/receivers.md lists what a template may say"

func (s *setup) theirs(key, text string, d dialect) *pattern {
	p, err := compile(text, d)
	if err != nil {
		s.note(field.Errorf(key, "the template cannot be read: %s", err).Hintf(templateHint))
		return nil
	}
	return p
}

// check writes an alert with the least budget: what fails then, or is too long,
// does so because of the template.
func (l *layout) check(s *setup, key string, title, body *pattern) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	sample := Alert{
		Watch: "border-wall", Query: "place:al-qaem", Priority: Urgent, Title: "Wall", Source: "Source", Feed: "feed", Lang: "en",
		URL: "https://example.org/1", PageURL: "https://example.org/2", Published: at, Seen: at, Sample: true,
		Why: []Reason{{Clause: "place:al-qaem", Text: "al-Qaem"}},
	}
	for _, b := range []budget{budgets()[0], budgets()[len(budgets())-1]} {
		t, text, err := writeBoth(title, body, newView(sample, b))
		switch {
		case err != nil:
			s.note(field.Errorf(key, "the template does not work: %s", err).Hintf(templateHint))
		case t == "" || text == "":
			s.note(field.Errorf(key, "the template says nothing").Hintf(templateHint))
		case !l.fits(t, text):
			s.note(field.Errorf(key, "the template writes more than the service takes").Hintf("shorten the %s", key))
		default:
			continue
		}
		return
	}
}

// write returns the alert's title, one line, and its body.
func (l *layout) write(a Alert) (title, body string) {
	ways := [][2]*pattern{{l.title, l.body}}
	if l.title != l.ourTitle || l.body != l.ourBody {
		ways = append(ways, [2]*pattern{l.ourTitle, l.ourBody})
	}
	for _, way := range ways {
		for _, b := range budgets() {
			b.title = min(b.title, l.longest)
			var err error
			title, body, err = writeBoth(way[0], way[1], newView(a, b))
			if err == nil && title != "" && body != "" && l.fits(title, body) {
				return title, body
			}
		}
	}
	return title, body // ours, at its shortest: it fits everywhere
}

func writeBoth(title, body *pattern, v view) (string, string, error) {
	t, err := title.write(v)
	if err != nil {
		return "", "", err
	}
	text, err := body.write(v)
	return strings.ReplaceAll(t, "\n", " "), text, err
}

// units is the length of s in UTF-16, as most services count or less.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// again is layout for a second dialect of the same message: its mistakes are
// noted already.
func (s *setup) again(st style) *layout {
	quiet := setup{Receiver: s.Receiver}
	return quiet.layout(st)
}
