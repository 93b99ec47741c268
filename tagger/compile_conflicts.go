package tagger

import (
	"cmp"
	"fmt"
	"slices"

	"marsad/text"
)

// An office is a block whose names rest on a role.
type office struct {
	entity, block int32
	pos           Pos
}

// An owned name, for the collision check.
type owned struct {
	word   Word
	lang   string
	entity int32
	block  int32
	class  class
}

// role notes whose role a block is; they are compared when all blocks are there.
func (c *compiler) role(e, n int32, b *Block) {
	if b.Role == "" {
		return
	}
	c.checkID(b.Role, b.RolePos)
	c.roles[b.Role] = append(c.roles[b.Role], office{entity: e, block: n, pos: b.RolePos})
}

// overlaps finds roles that two hold at one time.
func (c *compiler) overlaps() {
	for role, list := range c.roles {
		for i, a := range list {
			for _, b := range list[:i] {
				if c.overlap(a.block, b.block) && a.block != b.block {
					c.mistake(a.pos, "bound one with \"until\", the other with \"from\"", "%s holds the role %q at a time when %s does (%s:%d)",
						c.p.entities[a.entity].id, role, c.p.entities[b.entity].id, b.pos.File, b.pos.Line)
				}
			}
		}
	}
}

// collisions finds names that two rules claim without a gate, or with gates that
// do not tell them apart.
func (c *compiler) collisions() {
	keys := make([]string, 0, len(c.names))
	for k := range c.names {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		list := c.names[k]
		slices.SortFunc(list, func(a, b owned) int {
			return cmp.Or(cmp.Compare(a.entity, b.entity), cmp.Compare(a.word.Pos.Line, b.word.Pos.Line),
				cmp.Compare(a.word.Pos.Col, b.word.Pos.Col), cmp.Compare(a.block, b.block), cmp.Compare(a.class, b.class))
		})
		for i, a := range list {
			for _, b := range list[:i] {
				c.collide(a, b)
			}
		}
	}
}

// collide compares two names that fold alike.
func (c *compiler) collide(a, b owned) {
	x, y := &c.src.Entities[a.entity], &c.src.Entities[b.entity]
	if a.entity == b.entity {
		if a.class == b.class && a.block == b.block && a.lang == b.lang {
			c.mistake(a.word.Pos, "keep one", "%q of %s is the same name as %q (spellings that fold alike count once)", a.word.Text, x.ID, b.word.Text)
		}
		return
	}
	c.sharing[[2]int32{a.entity, b.entity}], c.sharing[[2]int32{b.entity, a.entity}] = true, true
	if slices.Contains(c.p.entities[a.entity].like, b.entity) {
		return // which is meant is judged by the item
	}
	if !c.overlap(a.block, b.block) || acronymous(a) != acronymous(b) {
		return
	}
	where := fmt.Sprintf("%s at %s:%d", y.ID, b.word.Pos.File, b.word.Pos.Line)
	g, h := &c.p.blocks[a.block], &c.p.blocks[b.block]
	switch {
	case a.claims() && b.claims():
		c.mistake(a.word.Pos, "put it under \"gated\" in one of them, bound both in time, or say in one \"like\" with the other's id", "%q names %s here and %s", a.word.Text, x.ID, where)
	case a.class == classGated && b.class == classGated && sameGate(g.gate, h.gate):
		c.mistake(a.word.Pos, "ask for what tells the two apart", "%q has one gate for %s here and for %s", a.word.Text, x.ID, where)
	case a.class == classTitled && b.class == classTitled && slices.ContainsFunc(g.titles.sets, func(s set) bool { return slices.Contains(h.titles.sets, s) }):
		c.mistake(a.word.Pos, "bound both in time, or give them titles of their own", "%q after one title is %s here and %s", a.word.Text, x.ID, where)
	}
}

// sameGate reports whether two gates open for the same items.
func sameGate(a, b []clause) bool {
	return len(a) > 0 && slices.EqualFunc(a, b, func(x, y clause) bool { return x.key() == y.key() })
}

func acronymous(o owned) bool { return o.class == classAcronym || isAcronym(o.word.Text) }

// claims reports whether a name counts without context.
func (o owned) claims() bool {
	return o.class == classStrong || o.class == classPlain || o.class == classAcronym
}

// overlap reports whether two blocks hold at one time.
func (c *compiler) overlap(a, b int32) bool {
	x, y := &c.p.blocks[a], &c.p.blocks[b]
	return (x.until.IsZero() || y.from.Before(x.until)) && (y.until.IsZero() || x.from.Before(y.until))
}

// commons finds names of one word that count without context and are words of
// the language.
func (c *compiler) commons() {
	for _, ws := range c.src.Common {
		c.langs(ws.Lang, ws.Pos)
		for _, w := range ws.Text {
			for _, o := range c.names[text.Fold(w.Text)] {
				if o.claims() && !acronymous(o) && (o.lang == ws.Lang || ws.Lang == "all" || o.lang == "all") {
					c.mistake(o.word.Pos, "put it under \"gated\", and say what must stand with it", "%q of %s is a common word (%s:%d)",
						o.word.Text, c.p.entities[o.entity].id, w.Pos.File, w.Pos.Line)
				}
			}
		}
	}
}
