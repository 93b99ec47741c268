package tagger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"marsad/item"
	"marsad/text"
)

// An Explanation says why an item has, or has not, the tag of a rule.
type Explanation struct {
	Kind item.Kind
	ID   string
	// Tag is what Tag gives, nil when it gives none.
	Tag *item.Tag
	// Mentions are, for an actor or place, all places where one of its names
	// stands, whether it counts or not, in the order of the text; ImpliedBy are
	// the tags of the places in it.
	Mentions  []Mention
	ImpliedBy []string
	// Checks are, for a theme, all of its clauses; Weight is what those of "any"
	// that hold weigh together.
	Checks            []Check
	Weight, Threshold float64
}

// A Mention is a name of the rule that stands in the item.
type Mention struct {
	// Where it stands; Clause is how the name is filed in the rule (strong …).
	item.Evidence
	// Name is the name as the rule has it, at Pos.
	Name string
	Pos  Pos
	// Counts says that the tag rests on it, Unsure that a candidate does.
	Counts, Unsure bool
	// Reason says what let it pass, or what refused it.
	Reason string
	// Checks are the clauses of its gate, if that decided.
	Checks []Check
}

// A Check is the outcome of one clause.
type Check struct {
	// Part is the key under which the clause stands: gate, any, all or none.
	Part   string
	Clause string
	Pos    Pos
	Holds  bool
	// Weight is what it adds in a theme, boosts included.
	Weight float64
	// Reason says why it does not hold.
	Reason string
	// Found is what it rests on.
	Found []item.Evidence
}

// Explain tells why an item has, or has not, the tag of a rule; not ok when the
// pack has no such rule. It gives the tag that Tag gives, and takes longer.
func (p *Pack) Explain(it item.Item, kind item.Kind, id string) (ex Explanation, ok bool) {
	s := newScratch(p)
	if kind == item.Theme {
		n := slices.IndexFunc(p.themes, func(t theme) bool { return t.id == id })
		if n < 0 {
			return ex, false
		}
		s.read(&it)
		ex = Explanation{Kind: kind, ID: id, Tag: find(s.tags(), kind, id)}
		s.explainTheme(&p.themes[n], &ex)
		return ex, true
	}
	n := slices.IndexFunc(p.entities, func(e entity) bool { return e.kind == kind && e.id == id })
	if n < 0 {
		return ex, false
	}
	s.watch = int32(n)
	s.read(&it)
	tags := s.tags()
	ex = Explanation{Kind: kind, ID: id, Tag: find(tags, kind, id), Mentions: s.refused}
	for i := range s.hits {
		switch h := &s.hits[i]; {
		case h.owner == int32(n):
			ex.Mentions = append(ex.Mentions, s.explainHit(h))
		case h.owner >= 0 && p.patterns[h.pattern].owner == int32(n): // a larger place stands for it
			m := s.mentionOf(h)
			m.Reason = unclear(h)
			ex.Mentions = append(ex.Mentions, m)
		}
	}
	slices.SortStableFunc(ex.Mentions, func(a, b Mention) int {
		if a.Field != b.Field {
			return cmp.Compare(b.Field, a.Field) // the title first
		}
		return a.Start - b.Start
	})
	for _, t := range tags {
		at := slices.IndexFunc(p.entities, func(e entity) bool { return e.kind == t.Kind && e.id == t.ID })
		if at >= 0 && !t.Implied && slices.Contains(p.entities[at].ancestry, int32(n)) {
			ex.ImpliedBy = append(ex.ImpliedBy, t.Key())
		}
	}
	return ex, true
}

// Touched lists the rules that have something to explain in an item: those that
// give a tag, and those whose names stand in it without effect. A theme is
// listed only if it is given.
func (p *Pack) Touched(it item.Item) []item.Tag {
	s := newScratch(p)
	s.read(&it)
	out := s.tags()
	for i := range s.hits {
		h := &s.hits[i]
		if h.owner < 0 {
			continue
		}
		e := &p.entities[h.owner]
		if find(out, e.kind, e.id) == nil {
			out = append(out, item.Tag{Kind: e.kind, ID: e.id})
		}
	}
	return out
}

func find(tags []item.Tag, kind item.Kind, id string) *item.Tag {
	for i := range tags {
		if tags[i].Kind == kind && tags[i].ID == id {
			return &tags[i]
		}
	}
	return nil
}

// mentionOf says where a name stands.
func (s *scratch) mentionOf(h *hit) Mention {
	s.evidence = s.evidence[:0]
	s.show(h, h.class.String())
	return Mention{Evidence: s.evidence[0], Name: s.p.texts[h.pattern], Pos: s.p.places[h.pattern]}
}

// explainHit says what became of a name.
func (s *scratch) explainHit(h *hit) Mention {
	m := s.mentionOf(h)
	m.Counts, m.Unsure = h.state == accepted, h.state == unsure
	switch {
	case m.Counts && h.class == classGated:
		m.Reason = "opened by " + strings.TrimPrefix(h.clause, classGated.String()+": ")
	case m.Counts && h.class == classTitled:
		m.Reason = "a title stands before it"
	case m.Counts && h.class == classBackref:
		m.Reason = "the full name is in the item"
	case m.Counts && s.p.patterns[h.pattern].roman:
		m.Reason = "needs no context; spelled otherwise than in the rule"
	case m.Counts:
		m.Reason = "needs no context"
	case m.Unsure && strings.HasPrefix(h.clause, "one of "):
		m.Reason = unclear(h)
	case m.Unsure && h.class == classBackref:
		m.Reason = "a surname; whose is not clear"
	case m.Unsure:
		m.Reason = "its gate is shut; the rule says \"unsure\""
	case h.why == whyNone && h.class == classGated:
		m.Reason = "its gate is shut: none of its clauses holds"
	case h.why == whyNone && h.class == classTitled:
		m.Reason = "no title stands before it"
	default:
		m.Reason = s.refusal(h)
	}
	if h.class == classGated && h.state != accepted && h.why == whyNone {
		b := s.block(h)
		for i := range b.gate {
			m.Checks = append(m.Checks, s.check("gate", &b.gate[i], h))
		}
	}
	return m
}

// unclear says that a name may stand for several rules.
func unclear(h *hit) string { return "nothing tells which rule is meant: " + h.clause }

// refusal says what dropped a name.
func (s *scratch) refusal(h *hit) string {
	other := func() string {
		o := &s.hits[h.by]
		of := "a decoy"
		if o.owner >= 0 {
			e := &s.p.entities[o.owner]
			of = string(e.kind) + ":" + e.id
		}
		return fmt.Sprintf("%q (%s, %s)", s.texts[o.field][o.start:o.start+o.len], of, at(s.p.places[o.pattern]))
	}
	switch h.why {
	case whyExact:
		return "the word as it stands is another name: " + other()
	case whyRejected:
		c := &s.block(h).reject[h.by]
		return fmt.Sprintf("rejected by %s (%s)", c.text, at(c.pos))
	case whyInside:
		return "stands inside " + other()
	case whyCrossed:
		return "overlaps " + other()
	case whyOther:
		return "the surname goes to " + other()
	case whyAlone:
		return "a surname, and the full name is not in the item"
	case whySense:
		return "another rule bears the name, and the item speaks for it: " + other()
	case whyOpen:
		return unclear(&s.hits[h.by])
	case whyBound:
		return "the item gives the acronym another meaning, beside " + other()
	case whyNone:
	}
	return "does not count"
}

func at(p Pos) string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// refuse notes a name that stands in the text and not as its pattern asks.
func (s *scratch) refuse(f int8, e *ending, from, to int32, kinds text.ReadingKind) {
	if s.watch < 0 || e.owner != s.watch || e.class == classWord {
		return
	}
	p, toks := &s.p.patterns[e.pattern], s.toks[f]
	start, end := toks[from].Start, toks[to].End
	m := s.mentionOf(&hit{pattern: e.pattern, class: p.class, field: f, tok: from, end: to + 1, start: int32(start), len: int32(end - start)})
	b := &s.p.blocks[p.block]
	switch {
	case kinds&text.Demonym&^p.kinds != 0:
		m.Reason = "an adjective of origin is no mention"
	case kinds&^p.kinds != 0:
		m.Reason = "the name behind an article is another word"
	case p.langs != 0 && p.langs&s.langs == 0:
		m.Reason = "a short name that counts in items of its own language only; this one is in " + s.lang
	case !b.holdsOn(s.date):
		m.Reason = "does not hold on the item's date" + bounds(b)
	case p.acronym:
		m.Reason = "an acronym needs capitals"
	case p.strict >= 0 && toks[from].Flags&text.Arabic != 0:
		m.Reason = "spelled differently"
	default:
		m.Reason = "lacks the capitals of the name"
	}
	s.refused = append(s.refused, m)
}

func bounds(b *block) string {
	out := ""
	if !b.from.IsZero() {
		out += ", from " + b.from.Format("2006-01-02")
	}
	if !b.until.IsZero() {
		out += ", until " + b.until.Format("2006-01-02")
	}
	return out
}

// check evaluates a clause and says how it came out.
func (s *scratch) check(part string, c *clause, anchor *hit) Check {
	s.found = s.found[:0]
	out := Check{Part: part, Clause: c.text, Pos: c.pos, Holds: s.holds(c, anchor, anchor == nil)}
	if !out.Holds {
		out.Reason = s.failure(c, anchor)
		return out
	}
	s.evidence = s.evidence[:0]
	s.themeEvidence()
	out.Found = slices.Clone(s.evidence)
	return out
}

// failure says why a clause does not hold.
func (s *scratch) failure(c *clause, anchor *hit) string {
	if c.not {
		return "what must not be there is"
	}
	switch c.scope {
	case Lang:
		return "the item is in " + s.lang
	case Origin:
		return fmt.Sprintf("the item is of %q", s.source)
	case Nested:
		for i := range c.nested {
			if !s.holds(&c.nested[i], anchor, false) {
				return c.nested[i].text + ": " + s.failure(&c.nested[i], anchor)
			}
		}
	default:
	}
	for i := range c.of {
		if !s.somewhere(&c.of[i]) {
			return "nothing of " + c.of[i].text + " is in the item"
		}
	}
	if len(c.any) > 0 && !slices.ContainsFunc(c.any, func(o operand) bool { return s.somewhere(&o) }) {
		return "nothing of it is in the item"
	}
	switch {
	case c.count > 1:
		return fmt.Sprintf("it is there, but not %d times", c.count)
	case c.ordered:
		return "all is there, but not in this order and so near"
	}
	return "it is in the item, but not where it should be"
}

// explainTheme evaluates all clauses of a theme.
func (s *scratch) explainTheme(t *theme, ex *Explanation) {
	ex.Threshold = t.threshold
	for _, part := range []struct {
		name string
		list []clause
	}{{"all", t.all}, {"any", t.any}, {"none", t.none}} {
		for i := range part.list {
			c := s.check(part.name, &part.list[i], nil)
			if part.name == "any" && c.Holds {
				c.Weight = part.list[i].weight * s.boost(t, s.found)
				ex.Weight += c.Weight
			}
			ex.Checks = append(ex.Checks, c)
		}
	}
}
