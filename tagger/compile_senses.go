package tagger

import "slices"

// senses reads what tells rules apart that bear one name.
func (c *compiler) senses() {
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		out := &c.p.entities[i]
		out.prominent = e.Prominent
		for _, r := range e.Like {
			n, ok := c.entityRef(r.Text)
			switch {
			case !ok:
				c.mistake(r.Pos, c.nearest(string(e.Kind), r.Text), "unknown actor or place %q", r.Text)
			case n == int32(i):
				c.mistake(r.Pos, "name the other rule that bears the name", "%q is said to be like itself", e.ID)
			default:
				c.alike(int32(i), n)
				c.alike(n, int32(i))
			}
		}
	}
	own := c.ownNames()
	for i := range c.src.Entities {
		e, out := &c.src.Entities[i], &c.p.entities[i]
		out.told = c.operand(&e.Beside)
		if at := c.apart(int32(i)); at >= 0 {
			out.told.sets = append(out.told.sets, set{of: setWithin, index: at})
		}
		if len(out.like) == 0 && (len(out.told.sets) > 0 && len(e.Beside.Refs)+count(e.Beside.Words) > 0 || e.Prominent) {
			c.mistake(e.Pos, "say in \"like\" which other rule bears one of its names", "%q has \"beside\" or \"prominent\" and is like no other rule", e.ID)
		}
		if len(out.like) > 0 && len(out.told.sets) == 0 && !e.Prominent && !own[int32(i)] {
			c.mistake(e.Pos, "say where it lies (\"in\"), what is named with it (\"beside\"), or which is meant when nothing tells (\"prominent: true\")",
				"nothing tells %q from %s", e.ID, c.p.entities[out.like[0]].id)
		}
		for _, n := range out.like {
			if o := &c.src.Entities[n]; e.Prominent && o.Prominent && int(n) < i {
				c.mistake(e.Pos, "only one of them can be meant when nothing tells", "%q and %q are both prominent", e.ID, o.ID)
			}
		}
	}
}

// ownNames finds the entities with a name, enough by itself, that none of those
// bears that are like them.
func (c *compiler) ownNames() map[int32]bool {
	own := map[int32]bool{}
	for _, list := range c.names {
		for _, o := range list {
			like := c.p.entities[o.entity].like
			if o.claims() && !slices.ContainsFunc(list, func(p owned) bool { return slices.Contains(like, p.entity) }) {
				own[o.entity] = true
			}
		}
	}
	return own
}

func (c *compiler) alike(a, b int32) {
	if e := &c.p.entities[a]; !slices.Contains(e.like, b) {
		e.like = append(e.like, b)
	}
}

// apart returns the largest place that holds an entity and none of those that
// are like it, or -1.
func (c *compiler) apart(i int32) int32 {
	e := &c.p.entities[i]
	if len(e.like) == 0 {
		return -1
	}
	for _, up := range slices.Backward(e.ancestry) {
		if !slices.ContainsFunc(e.like, func(o int32) bool { return o == up || slices.Contains(c.p.entities[o].ancestry, up) }) {
			return up
		}
	}
	return -1
}

// unlike finds rules that say they are like another and share no name with it.
func (c *compiler) unlike() {
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		for _, r := range e.Like {
			if n, ok := c.entityRef(r.Text); ok && n != int32(i) && !c.sharing[[2]int32{int32(i), n}] {
				c.mistake(r.Pos, "leave it out, or give both the name", "%q and %q have no name in common", e.ID, r.Text)
			}
		}
	}
}
