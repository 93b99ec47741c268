package story

// A chain lists the records that have one key.
type chain struct {
	oldest, newest uint32 // nodes
	n              uint32
}

// A node is a record in a chain; older is the next free node when it is free.
type node struct{ record, older, newer uint32 }

// An index finds records by keys. Records are removed in the order in which
// they were added.
type index struct {
	chains map[uint32]chain
	nodes  []node // the first is no node
	free   uint32
}

func newIndex() index {
	return index{chains: map[uint32]chain{}, nodes: make([]node, 1)}
}

// add files a record, numbered higher than those before, under a key.
func (x *index) add(key, record uint32) {
	c := x.chains[key]
	if c.n > 0 && x.nodes[c.newest].record == record {
		return
	}
	n := x.free
	if n != 0 {
		x.free = x.nodes[n].older
	} else {
		n = uint32(len(x.nodes))
		x.nodes = append(x.nodes, node{})
	}
	x.nodes[n] = node{record: record, older: c.newest}
	if c.n == 0 {
		c.oldest = n
	} else {
		x.nodes[c.newest].newer = n
	}
	c.newest = n
	c.n++
	x.chains[key] = c
}

// remove takes a record, the oldest that is left, from a key.
func (x *index) remove(key, record uint32) {
	c, ok := x.chains[key]
	if !ok || x.nodes[c.oldest].record != record {
		return // the key was twice in the record
	}
	n := c.oldest
	c.oldest = x.nodes[n].newer
	c.n--
	x.nodes[n] = node{older: x.free}
	x.free = n
	if c.n == 0 {
		delete(x.chains, key)
		return
	}
	x.nodes[c.oldest].older = 0
	x.chains[key] = c
}

// count returns how many records have a key.
func (x *index) count(key uint32) int { return int(x.chains[key].n) }
