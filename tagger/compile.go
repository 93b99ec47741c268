package tagger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"marsad/item"
	"marsad/text"
)

// engine is part of each pack's hash: raise it when equal rules come to give
// other tags.
const engine = "3"

// The bounds of a pack.
const (
	maxWords    = 16      // words in a name
	maxPatterns = 1 << 20 // names and words of a pack
	minStem     = 3       // letters before a star
	shortName   = 5       // letters of a name that holds in its own language only
	maxCount    = 100     // times that a clause may ask for
	maxBoost    = 10
	maxTitleGap = 20 // words between title and name
)

// Compile builds a Pack of the sources. When there are mistakes it returns all
// of them, in no particular order, and no Pack; a rule whose examples do not
// come out is a mistake too.
func Compile(sources ...Source) (*Pack, []Mistake) {
	c := newCompiler()
	if c.compile(sources) {
		for _, r := range c.reports() {
			c.mistakes = append(c.mistakes, r.Failed...)
		}
	}
	if len(c.mistakes) > 0 {
		return nil, c.mistakes
	}
	return c.p, nil
}

// Draft compiles as Compile does, without running the examples.
func Draft(sources ...Source) (*Pack, []Mistake) {
	c := newCompiler()
	if !c.compile(sources) || len(c.mistakes) > 0 {
		return nil, c.mistakes
	}
	return c.p, nil
}

func newCompiler() *compiler {
	return &compiler{
		p:     &Pack{},
		dict:  newDictBuilder(),
		trie:  newTrieBuilder(),
		roman: newRomanBuilder(),
		lex:   map[string]int32{},
		ids:   map[string]int32{},
		names: map[string][]owned{}, sharing: map[[2]int32]bool{},
		roles: map[string][]office{}, inlined: map[string]int32{},
	}
}

// compile makes the pack; it reports whether there was no mistake.
func (c *compiler) compile(sources []Source) bool {
	c.join(sources)
	c.declare()
	c.lexicons()
	c.entities()
	c.senses()
	c.themes()
	c.overlaps()
	c.collisions()
	c.likenesses()
	c.unlike()
	c.commons()
	if len(c.mistakes) > 0 {
		return false
	}
	p := c.p
	p.dict, p.trie = c.dict.d, c.trie.seal(p.patterns)
	p.dict.sealStems(c.dict.begun, c.trie.roles)
	p.dict.seal(p.trie, c.trie.roles)
	p.trie.root = nil
	p.roman = c.roman.seal(p.patterns)
	p.lexicons = c.lexCount
	p.arm()
	p.provide()
	c.expand()
	p.scratch.New = func() any { return newScratch(p) }
	p.hash = hashOf(c.src)
	p.entries = c.entryList()
	p.names = newNames(c.src, p.entries)
	return true
}

type compiler struct {
	p        *Pack
	src      Source
	dict     *dictBuilder
	trie     *trieBuilder
	roman    romanBuilder
	an       text.Analyzer
	lex      map[string]int32 // lexicon by id
	lexCount int
	ids      map[string]int32 // entity by "kind:id"
	names    map[string][]owned
	sharing  map[[2]int32]bool // entities with a name in common
	mistakes []Mistake
	at       Word // that is added
	roles    map[string][]office
	inlined  map[string]int32 // lexicons of words given in place
}

func (c *compiler) mistake(pos Pos, hint, format string, args ...any) {
	c.mistakes = append(c.mistakes, Mistake{Pos: pos, What: fmt.Sprintf(format, args...), Hint: hint})
}

func (c *compiler) join(sources []Source) {
	for _, s := range sources {
		switch {
		case s.Pack == "":
		case c.src.Pack == "":
			c.src.Pack, c.src.Pos = s.Pack, s.Pos
		case c.src.Pack != s.Pack:
			c.mistake(s.Pos, "one folder is one pack", "pack is called %q here and %q elsewhere", s.Pack, c.src.Pack)
		}
		c.src.Lexicons = append(c.src.Lexicons, s.Lexicons...)
		c.src.Decoys = append(c.src.Decoys, s.Decoys...)
		c.src.Common = append(c.src.Common, s.Common...)
		c.src.Entities = append(c.src.Entities, s.Entities...)
		c.src.Themes = append(c.src.Themes, s.Themes...)
	}
	if c.src.Pack == "" {
		var pos Pos
		if len(sources) > 0 {
			pos = sources[0].Pos
		}
		c.mistake(pos, "add \"pack: <name>\" to one of its files", "the pack has no name")
	}
	c.p.name = c.src.Pack
}

// declare gives every rule its number, so that rules may name one another in
// any order, and checks ids and the hierarchy of places.
func (c *compiler) declare() {
	for i := range c.src.Lexicons {
		l := &c.src.Lexicons[i]
		c.checkID(l.ID, l.Pos)
		if _, ok := c.lex[l.ID]; ok {
			c.mistake(l.Pos, "join the two, or rename one", "lexicon %q is defined twice", l.ID)
		}
		c.lex[l.ID] = int32(i)
	}
	c.lexCount = len(c.src.Lexicons)
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		c.checkID(e.ID, e.Pos)
		key := string(e.Kind) + ":" + e.ID
		if _, ok := c.ids[key]; ok {
			c.mistake(e.Pos, "join the two, or rename one", "%s %q is defined twice", e.Kind, e.ID)
		}
		c.ids[key] = int32(i)
		c.p.entities = append(c.p.entities, entity{kind: e.Kind, id: e.ID, rule: c.p.name + "/" + e.ID, parent: -1})
	}
	seen := map[string]bool{}
	for i := range c.src.Themes {
		t := &c.src.Themes[i]
		c.checkID(t.ID, t.Pos)
		if seen[t.ID] {
			c.mistake(t.Pos, "join the two, or rename one", "theme %q is defined twice", t.ID)
		}
		seen[t.ID] = true
	}
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		if e.In == "" {
			continue
		}
		parent, ok := c.ids["place:"+e.In]
		switch {
		case e.Kind != item.Place:
			c.mistake(e.InPos, "only places lie in places", "actor %q has \"in\"", e.ID)
		case !ok:
			c.mistake(e.InPos, c.nearest("place", e.In), "unknown place %q", e.In)
		default:
			c.p.entities[i].parent = parent
		}
	}
	for i := range c.p.entities {
		e := &c.p.entities[i]
		for up := e.parent; up >= 0; up = c.p.entities[up].parent {
			if up == int32(i) || len(e.ancestry) > 32 {
				c.mistake(c.src.Entities[i].InPos, "a place cannot lie in itself", "the places that hold %q form a circle", e.id)
				e.ancestry = nil
				e.parent = -1
				break
			}
			e.ancestry = append(e.ancestry, up)
		}
	}
	order := make([]int32, len(c.p.entities))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &c.p.entities[a], &c.p.entities[b]
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.id, y.id))
	})
	for rank, i := range order {
		c.p.entities[i].rank = int32(rank)
	}
}

func (c *compiler) checkID(id string, pos Pos) {
	if id == "" {
		c.mistake(pos, "", "the rule has no id")
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			c.mistake(pos, "use lower-case letters, digits and hyphens", "id %q holds %q", id, r)
			return
		}
	}
}

// nearest is a hint that names the nearest known id.
func (c *compiler) nearest(kind, id string) string {
	best, least := "", len(id)/2+2
	try := func(known string) {
		if d := nameDistance(id, known); d < least {
			best, least = known, d
		}
	}
	switch kind {
	case "lexicon":
		for l := range c.src.Lexicons {
			try(c.src.Lexicons[l].ID)
		}
	default:
		for e := range c.src.Entities {
			if string(c.src.Entities[e].Kind) == kind {
				try(c.src.Entities[e].ID)
			}
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

func (c *compiler) entities() {
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		for b := range e.Blocks {
			c.block(int32(i), &e.Blocks[b])
		}
		for _, r := range e.Exposes {
			if n, ok := c.entityRef(r.Text); ok {
				c.p.entities[i].exposes = append(c.p.entities[i].exposes, n)
			} else {
				c.mistake(r.Pos, c.nearest("place", r.Text), "unknown actor or place %q", r.Text)
			}
		}
	}
}

// entityRef finds an actor or place by "kind:id" or id alone.
func (c *compiler) entityRef(ref string) (int32, bool) {
	for _, key := range []string{ref, "place:" + ref, "actor:" + ref} {
		if n, ok := c.ids[key]; ok {
			return n, true
		}
	}
	return 0, false
}

func (c *compiler) themes() {
	for i := range c.src.Themes {
		t := &c.src.Themes[i]
		out := theme{
			id: t.ID, rule: c.p.name + "/" + t.ID, threshold: t.Threshold,
			any: c.clauses(t.Any, false), all: c.clauses(t.All, false), none: c.clauses(t.None, false),
		}
		if out.threshold == 0 {
			out.threshold = 1
		}
		out.title, out.lead = max(t.TitleBoost, 1), max(t.LeadBoost, 1)
		for _, boost := range []float64{t.TitleBoost, t.LeadBoost} {
			if boost != 0 && !(boost >= 1 && boost <= maxBoost) {
				c.mistake(t.Pos, "boost: {title: 1.5, lead: 1.2}", "a boost of theme %q is not between 1 and %d", t.ID, maxBoost)
			}
		}
		names := map[string]bool{}
		for j := range t.Modalities {
			m := &t.Modalities[j]
			c.checkID(m.Name, m.Pos)
			if names[m.Name] {
				c.mistake(m.Pos, "join the two", "modality %q is given twice", m.Name)
			}
			names[m.Name] = true
			var cues operand
			for k := range m.Cues {
				cues.sets = append(cues.sets, c.operand(&m.Cues[k]).sets...)
			}
			if len(cues.sets) == 0 {
				c.mistake(m.Pos, "list the words that tell it", "modality %q has no cue", m.Name)
			}
			out.modalities = append(out.modalities, modality{name: m.Name, cues: cues})
		}
		sum := 0.0
		for _, cl := range out.any {
			sum += cl.weight
		}
		switch {
		case len(t.Any) == 0:
			c.mistake(t.Pos, "say under \"any\" what gives the theme", "theme %q can never be given", t.ID)
		case t.Threshold < 0:
			c.mistake(t.Pos, "leave it out for 1", "the threshold of theme %q is below zero", t.ID)
		case sum*max(out.title, out.lead) < out.threshold:
			c.mistake(t.Pos, "lower the threshold or raise weights", "the weights of theme %q sum to %g, below its threshold %g", t.ID, sum, out.threshold)
		}
		c.p.themes = append(c.p.themes, out)
	}
	slices.SortStableFunc(c.p.themes, func(a, b theme) int { return cmp.Compare(a.id, b.id) })
}

// hashOf is the hash of all that decides about tags.
func hashOf(s Source) string {
	s.Entities, s.Themes = slices.Clone(s.Entities), slices.Clone(s.Themes)
	for i := range s.Entities {
		s.Entities[i].Examples = nil
	}
	for i := range s.Themes {
		s.Themes[i].Examples = nil
	}
	data, err := json.Marshal(s)
	if err != nil { // plain values cannot fail, but a silent empty hash would merge packs
		data = fmt.Appendf(nil, "%+v", s)
	}
	sum := sha256.Sum256(append([]byte(engine+"\n"), data...))
	return hex.EncodeToString(sum[:8])
}
