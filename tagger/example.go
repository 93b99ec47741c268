package tagger

import (
	"fmt"
	"slices"
	"strings"

	"marsad/item"
)

// examples runs every example of every rule through the pack.
func (c *compiler) examples() {
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		for j := range e.Examples {
			c.example(e.Kind, e.ID, &e.Examples[j])
		}
	}
	for i := range c.src.Themes {
		t := &c.src.Themes[i]
		for j := range t.Examples {
			c.example(item.Theme, t.ID, &t.Examples[j])
		}
	}
}

func (c *compiler) example(kind item.Kind, id string, ex *Example) {
	got := c.p.Tag(item.Item{Title: ex.Title, Body: ex.Body, Lang: ex.Lang, Published: ex.Date})
	var tag *item.Tag
	for i := range got.Tags {
		if t := &got.Tags[i]; t.Kind == kind && t.ID == id && t.Status == item.Certain && !t.Implied {
			tag = t
		}
	}
	switch {
	case ex.Want && tag == nil:
		c.mistake(ex.Pos, "change the rule or the example; found instead: "+found(got.Tags), "the example must give %s %s and does not", kind, id)
	case !ex.Want && tag != nil:
		c.mistake(ex.Pos, "change the rule or the example; it rests on "+rests(tag), "the example must not give %s %s and does", kind, id)
	case ex.Want && ex.Spans != nil:
		var spans []string
		for _, e := range tag.Evidence {
			spans = append(spans, e.Text)
		}
		if !slices.Equal(spans, ex.Spans) {
			c.mistake(ex.Pos, fmt.Sprintf("it gives %q", spans), "the example must find %q", ex.Spans)
		}
	}
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
