package tagger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"marsad/item"
)

// fact is what an example calls a theme without a modality.
const fact = "fact"

// A Report says how the examples of a rule came out.
type Report struct {
	Kind     item.Kind
	ID       string
	Pos      Pos
	Examples int
	Failed   []Mistake
}

// Test compiles sources as Compile does, but hands back examples that fail as
// reports, one a rule in the order of the sources, and not as mistakes.
func Test(sources ...Source) ([]Report, []Mistake) {
	c := newCompiler()
	if !c.compile(sources) {
		return nil, c.mistakes
	}
	return c.reports(), nil
}

// reports runs every example of every rule through the pack.
func (c *compiler) reports() []Report {
	var out []Report
	run := func(kind item.Kind, id string, pos Pos, examples []Example) {
		r := Report{Kind: kind, ID: id, Pos: pos, Examples: len(examples)}
		for i := range examples {
			if m, ok := c.p.try(kind, id, &examples[i]); !ok {
				r.Failed = append(r.Failed, m)
			}
		}
		out = append(out, r)
	}
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		run(e.Kind, e.ID, e.Pos, e.Examples)
	}
	for i := range c.src.Themes {
		t := &c.src.Themes[i]
		run(item.Theme, t.ID, t.Pos, t.Examples)
	}
	return out
}

// try runs an example; when it fails it says how.
func (p *Pack) try(kind item.Kind, id string, ex *Example) (m Mistake, ok bool) {
	got := p.Tag(item.Item{Title: ex.Title, Body: ex.Body, Lang: ex.Lang, Published: ex.Date})
	var tag *item.Tag
	for i := range got.Tags {
		if t := &got.Tags[i]; t.Kind == kind && t.ID == id && t.Status == item.Certain && !t.Implied {
			tag = t
		}
	}
	fail := func(hint, format string, args ...any) (Mistake, bool) {
		return Mistake{Pos: ex.Pos, What: fmt.Sprintf(format, args...), Hint: hint}, false
	}
	switch {
	case ex.Want && tag == nil:
		return fail("change the rule or the example; found instead: "+found(got.Tags), "the example must give %s %s and does not", kind, id)
	case !ex.Want && tag != nil:
		return fail("change the rule or the example; it rests on "+rests(tag), "the example must not give %s %s and does", kind, id)
	case ex.Want && ex.Modality != "" && cmp.Or(tag.Modality, fact) != ex.Modality:
		return fail("it gives "+cmp.Or(tag.Modality, fact), "the example must give %s %s as %s", kind, id, ex.Modality)
	case ex.Want && ex.Spans != nil:
		var spans []string
		for _, e := range tag.Evidence {
			spans = append(spans, e.Text)
		}
		if !slices.Equal(spans, ex.Spans) {
			return fail(fmt.Sprintf("it gives %q", spans), "the example must find %q", ex.Spans)
		}
	}
	return Mistake{}, true
}

func found(tags []item.Tag) string {
	var out []string
	for _, t := range tags {
		if !t.Implied {
			out = append(out, t.Key())
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

func rests(t *item.Tag) string {
	var out []string
	for _, e := range t.Evidence {
		out = append(out, fmt.Sprintf("%q (%s)", e.Text, e.Clause))
	}
	return strings.Join(out, ", ")
}
