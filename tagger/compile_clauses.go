package tagger

import (
	"fmt"
	"strings"

	"marsad/item"
)

func (c *compiler) clauses(in []Clause, anchored bool) []clause {
	var out []clause
	for i := range in {
		out = append(out, c.clause(&in[i], anchored))
	}
	return out
}

func (c *compiler) clause(in *Clause, anchored bool) clause {
	out := clause{scope: in.Scope, not: in.Not, max: int32(in.Max), langs: in.Langs, weight: in.Weight, count: int32(in.Count), ordered: in.Ordered, text: describe(in), pos: in.Pos}
	out.opened = classGated.String() + ": " + out.text
	if out.weight == 0 {
		out.weight = 1
	}
	operands := len(in.Any) + len(in.Of)
	switch in.Scope {
	case Before, After:
		if !anchored {
			c.mistake(in.Pos, "use near, sentence, title or doc", "%q has no meaning in a theme", in.Scope)
		}
	case Near:
		if !anchored && len(in.Of) < 2 {
			c.mistake(in.Pos, "near: {max: 8, of: [one, other]}", "near needs two or more under \"of\" in a theme")
		}
	case Sentence, Title, Doc:
	case Lang, Origin:
		operands = len(in.Langs)
	case Nested:
		operands = len(in.Clauses)
		out.nested = c.clauses(in.Clauses, anchored)
	default:
		c.mistake(in.Pos, "", "unknown scope %q", in.Scope)
	}
	if operands == 0 {
		c.mistake(in.Pos, "say what to look for under \"any\" or \"of\"", "the clause looks for nothing")
	}
	if in.Ordered && (anchored || len(in.Of) < 2 || in.Scope != Near && in.Scope != Sentence) {
		c.mistake(in.Pos, "near: {max: 4, of: [one, other], ordered: true}", "only near and sentence with \"of\", in a theme, can be ordered")
	}
	switch {
	case in.Count < 0 || in.Count > maxCount:
		c.mistake(in.Pos, "", "count must be between 1 and %d", maxCount)
	case in.Count > 1 && len(in.Of) > 0 && anchored:
		c.mistake(in.Pos, "list what is counted under \"any\"", "a gate cannot count what stands under \"of\"")
	case in.Count > 1 && (in.Scope == Lang || in.Scope == Origin || in.Scope == Nested):
		c.mistake(in.Pos, "", "%q cannot be counted", in.Scope)
	}
	if in.Max < 0 || in.Max > 1000 {
		c.mistake(in.Pos, "", "max must be between 0 and 1000")
	}
	for i := range in.Any {
		out.any = append(out.any, c.operand(&in.Any[i]))
	}
	for i := range in.Of {
		out.of = append(out.of, c.operand(&in.Of[i]))
	}
	return out
}

func (c *compiler) operand(in *Operand) operand {
	out := operand{text: strings.Join(alternatives(in), "|")}
	for _, r := range in.Refs {
		kind, id, ok := strings.Cut(r.Text, ":")
		switch {
		case !ok:
			n, ok := c.lex[r.Text]
			if !ok {
				c.mistake(r.Pos, c.nearest("lexicon", r.Text), "unknown lexicon %q", r.Text)
				continue
			}
			out.sets = append(out.sets, set{of: setLexicon, index: n})
		case id == "*" && (kind == "actor" || kind == "place"):
			out.sets = append(out.sets, set{of: setKindOf, kind: item.Kind(kind)})
		case kind == "in":
			n, ok := c.ids["place:"+id]
			if !ok {
				c.mistake(r.Pos, c.nearest("place", id), "unknown place %q", id)
				continue
			}
			out.sets = append(out.sets, set{of: setWithin, index: n})
		case kind == "actor" || kind == "place":
			n, ok := c.ids[r.Text]
			if !ok {
				c.mistake(r.Pos, c.nearest(kind, id), "unknown %s %q", kind, id)
				continue
			}
			out.sets = append(out.sets, set{of: setEntity, index: n})
		default:
			c.mistake(r.Pos, "write a lexicon's name, actor:id, place:id, in:place or actor:*", "cannot read %q", r.Text)
		}
	}
	if count(in.Words) > 0 {
		out.sets = append(out.sets, set{of: setLexicon, index: c.inline(in.Words)})
	}
	return out
}

// describe says in a line what a clause asks for: evidence shows it.
func describe(in *Clause) string {
	var b strings.Builder
	if in.Not {
		b.WriteString("not ")
	}
	b.WriteString(string(in.Scope))
	if in.Max > 0 {
		fmt.Fprintf(&b, "~%d", in.Max)
	}
	if in.Ordered {
		b.WriteString(" in order")
	}
	if in.Count > 1 {
		fmt.Fprintf(&b, " ×%d", in.Count)
	}
	b.WriteString(":")
	sep := " "
	part := func(s string) {
		b.WriteString(sep + s)
		sep = ", "
	}
	for _, ops := range [][]Operand{in.Any, in.Of} {
		for i := range ops {
			part(strings.Join(alternatives(&ops[i]), "|"))
		}
		if len(ops) > 0 {
			sep = " + "
		}
	}
	for _, l := range in.Langs {
		part(l)
	}
	for i := range in.Clauses {
		part(describe(&in.Clauses[i]))
	}
	return b.String()
}

// alternatives lists, for people, what an operand looks for.
func alternatives(o *Operand) []string {
	var alts []string
	for _, r := range o.Refs {
		alts = append(alts, r.Text)
	}
	for _, ws := range o.Words {
		for _, w := range ws.Text {
			alts = append(alts, w.Text)
		}
	}
	if len(alts) > 3 {
		alts = append(alts[:3], "…")
	}
	return alts
}
