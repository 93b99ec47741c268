package tagger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
)

// engine is part of each pack's hash: raise it when equal rules come to give
// other tags.
const engine = "2"

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

func newCompiler() *compiler {
	return &compiler{
		p:     &Pack{},
		dict:  newDictBuilder(),
		trie:  newTrieBuilder(),
		lex:   map[string]int32{},
		ids:   map[string]int32{},
		names: map[string][]owned{},
		roles: map[string][]office{}, inlined: map[string]int32{},
	}
}

// compile makes the pack; it reports whether there was no mistake.
func (c *compiler) compile(sources []Source) bool {
	c.join(sources)
	c.declare()
	c.lexicons()
	c.entities()
	c.themes()
	c.overlaps()
	c.collisions()
	if len(c.mistakes) > 0 {
		return false
	}
	p := c.p
	p.dict, p.trie = c.dict.d, c.trie.seal()
	p.dict.seal(p.trie.begin)
	p.trie.root = nil
	p.dict.sealStems(c.dict.begun)
	p.lexicons = c.lexCount
	p.arm()
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
	an       text.Analyzer
	lex      map[string]int32 // lexicon by id
	lexCount int
	ids      map[string]int32 // entity by "kind:id"
	names    map[string][]owned
	mistakes []Mistake
	at       Word // that is added
	roles    map[string][]office
	inlined  map[string]int32 // lexicons of words given in place
}

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
		if d := distance(id, known); d < least {
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

func (c *compiler) lexicons() {
	for i := range c.src.Lexicons {
		c.words(c.src.Lexicons[i].Words, int32(i))
	}
	for _, ws := range c.src.Decoys {
		for _, w := range ws.Text {
			c.pattern(w, pattern{class: classDecoy, owner: -1, block: -1, kinds: nameReadings(), strict: -1})
		}
	}
}

// words adds the words of a lexicon, named or given in place.
func (c *compiler) words(words []Words, lexicon int32) {
	for _, ws := range words {
		langs := c.langs(ws.Lang, ws.Pos)
		for _, w := range ws.Text {
			c.pattern(w, pattern{
				class: classWord, owner: lexicon, block: -1,
				kinds: nameReadings() | text.Article, strict: -1, langs: langs,
			})
		}
	}
}

// inline makes a lexicon of words given in place; equal ones are one.
func (c *compiler) inline(words []Words) int32 {
	var key strings.Builder
	for _, ws := range words {
		for _, w := range ws.Text {
			fmt.Fprintf(&key, "%s %q ", ws.Lang, w.Text)
		}
	}
	n, ok := c.inlined[key.String()]
	if !ok {
		n = int32(c.lexCount)
		c.lexCount++
		c.inlined[key.String()] = n
		c.words(words, n)
	}
	return n
}

// nameReadings are the readings in which a name may stand. A demonym is no
// mention, and a name that has no article is another word than the one that has.
func nameReadings() text.ReadingKind {
	return text.Clitic | text.Suffix | text.Elision | text.Dotless
}

func (c *compiler) langs(tag string, pos Pos) langs {
	if tag == "all" {
		return 0
	}
	l := langOf(tag)
	if l == 0 {
		c.mistake(pos, "known here: all, en, ar, ckb, kmr, fa, tr, fr", "unknown language %q", tag)
	}
	return l
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

func (c *compiler) block(e int32, b *Block) {
	n := int32(len(c.p.blocks))
	out := block{from: b.From, until: b.Until, unsure: b.Unsure, titleGap: int32(b.TitleGap)}
	if !b.From.IsZero() && !b.Until.IsZero() && !b.From.Before(b.Until) {
		c.mistake(b.Pos, "", "\"from\" is not before \"until\"")
	}
	if b.TitleGap < 0 || b.TitleGap > maxTitleGap {
		c.mistake(b.Pos, "", "the gap between title and name must be between 0 and %d words", maxTitleGap)
	}
	c.role(e, n, b)
	out.gate, out.reject = c.clauses(b.Gate, true), c.clauses(b.Reject, true)
	out.titles = c.operand(&b.Titles)
	c.p.blocks = append(c.p.blocks, out)
	switch {
	case count(b.Titled) > 0 && len(b.Titles.Refs)+count(b.Titles.Words) == 0:
		c.mistake(b.Pos, "add titles, or list the names elsewhere", "titled names without titles")
	case count(b.Gated) > 0 && len(b.Gate) == 0 && count(b.Strong)+count(b.Plain)+count(b.Acronyms)+count(b.Titled) == 0:
		c.mistake(b.Pos, "add a gate, or strong names that let them pass", "gated names without a gate")
	}
	for _, group := range []struct {
		class class
		words []Words
	}{
		{classStrong, b.Strong},
		{classPlain, b.Plain},
		{classAcronym, b.Acronyms},
		{classTitled, b.Titled},
		{classGated, b.Gated},
		{classBackref, b.Backref},
	} {
		for _, ws := range group.words {
			c.langs(ws.Lang, ws.Pos)
			for _, w := range ws.Text {
				c.name(w, ws.Lang, group.class, e, n)
			}
		}
	}
}

func count(words []Words) int {
	n := 0
	for _, w := range words {
		n += len(w.Text)
	}
	return n
}

// name adds one name of an entity.
func (c *compiler) name(w Word, lang string, cl class, e, b int32) {
	if strings.Contains(w.Text, "*") {
		c.mistake(w.Pos, "list the forms; endings are known", "a name cannot have a star: %q", w.Text)
		return
	}
	in := &c.p.blocks[b]
	p := pattern{
		class: cl, owner: e, block: b, kinds: nameReadings(), strict: -1, acronym: cl == classAcronym || isAcronym(w.Text),
		timed: !in.from.IsZero() || !in.until.IsZero(),
	}
	toks := c.an.Tokens(w.Text, "")
	words := make([]string, 0, len(toks))
	for i, t := range toks {
		words = append(words, string(t.Term))
		if t.Flags&text.Capital != 0 && !p.acronym && i < 32 {
			p.caps |= 1 << i
		}
	}
	// علي is not على; Kurdish spelling is too free for this check.
	if len(toks) == 1 && toks[0].Flags&text.Arabic != 0 && utf8.RuneCount(toks[0].Term) <= 4 && lang != "ckb" {
		p.strict = int32(len(c.p.stricts))
		c.p.stricts = append(c.p.stricts, strictKey(w.Text))
	}
	// A short name of another language than the two that all others borrow
	// from is a common word somewhere (Şam, Humus).
	if len(toks) == 1 && lang != "en" && lang != "ar" && utf8.RuneCount(toks[0].Term) <= shortName {
		p.langs = langOf(lang)
	}
	joint := joints(w.Text, toks)
	if !c.pattern(w, p) {
		return
	}
	c.names[strings.Join(words, " ")] = append(c.names[strings.Join(words, " ")], owned{word: w, lang: lang, entity: e, block: b, class: cl})
	for _, i := range joint { // al-Qaem is also written alQaem
		merged := slices.Clone(words)
		merged[i] += merged[i+1]
		merged = slices.Delete(merged, i+1, i+2)
		q := p
		q.caps = 0
		for k := range merged {
			q.caps |= 1 << k
		}
		if first, _ := utf8.DecodeRuneInString(w.Text); !unicode.IsUpper(first) {
			q.caps &^= 1
		}
		c.add(merged, nil, q)
	}
}

// joints lists the words that a hyphenated Arabic article stands before.
func joints(s string, toks []text.Token) []int {
	var out []int
	for i := 0; i+1 < len(toks); i++ {
		switch string(toks[i].Term) {
		case "al", "el":
			if s[toks[i].End:toks[i+1].Start] == "-" {
				out = append(out, i)
			}
		}
	}
	return out
}

// isAcronym reports whether a Latin name is one word of two to six capitals.
func isAcronym(s string) bool {
	n := 0
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			n++
		case r != '.':
			return false
		}
	}
	return n >= 2 && n <= 6
}

// strictKey is a name's spelling without marks and with one alef.
func strictKey(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'أ', 'إ', 'آ', 'ٱ':
			return 'ا'
		}
		return r
	}, text.Strict(s))
}

// pattern adds a name or word to the trie; it reports whether it could.
func (c *compiler) pattern(w Word, p pattern) bool {
	toks := c.an.Tokens(w.Text, "")
	switch {
	case len(toks) == 0:
		c.mistake(w.Pos, "", "%q has no letters", w.Text)
		return false
	case len(toks) > maxWords:
		c.mistake(w.Pos, "", "%q has more than %d words", w.Text, maxWords)
		return false
	case len(c.p.patterns) >= maxPatterns:
		c.mistake(w.Pos, "", "more than %d names and words", maxPatterns)
		return false
	}
	words, stars := make([]string, len(toks)), make([]bool, len(toks))
	for i, t := range toks {
		words[i] = string(t.Term)
		stars[i] = t.End < len(w.Text) && w.Text[t.End] == '*'
		if stars[i] && utf8.RuneCount(t.Term) < minStem {
			c.mistake(w.Pos, fmt.Sprintf("a star needs %d letters before it", minStem), "%q would match too much", w.Text)
			return false
		}
	}
	c.at = w
	c.add(words, stars, p)
	return true
}

func (c *compiler) add(words []string, stars []bool, p pattern) {
	ids := make([]int32, len(words))
	for i, w := range words {
		if stars != nil && stars[i] {
			ids[i] = c.dict.stem(w)
		} else {
			ids[i] = c.dict.word(w)
		}
	}
	c.trie.add(ids, int32(len(c.p.patterns)))
	c.p.patterns = append(c.p.patterns, p)
	c.p.places = append(c.p.places, c.at.Pos)
	c.p.texts = append(c.p.texts, c.at.Text)
	c.p.longest = max(c.p.longest, int32(len(words)))
}

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
	if !c.overlap(a.block, b.block) || acronymous(a) != acronymous(b) {
		return
	}
	where := fmt.Sprintf("%s at %s:%d", y.ID, b.word.Pos.File, b.word.Pos.Line)
	g, h := &c.p.blocks[a.block], &c.p.blocks[b.block]
	switch {
	case a.claims() && b.claims():
		c.mistake(a.word.Pos, "put it under \"gated\" in one of them, or bound both in time", "%q names %s here and %s", a.word.Text, x.ID, where)
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
