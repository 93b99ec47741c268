package rules

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"marsad/internal/yamlpos"
	"marsad/item"
	"marsad/tagger"
)

// schema is the version of the file format that is read.
const schema = 1

// A file is one YAML file of a pack; every key may be left out.
type file struct {
	Pack     scalar     `yaml:"pack"`
	Schema   scalar     `yaml:"schema"`
	About    string     `yaml:"about"`
	Checks   scalar     `yaml:"examples"` // "optional" in a pack that may do without
	Lexicons lexicons   `yaml:"lexicons"`
	Decoys   words      `yaml:"decoys"`
	Common   words      `yaml:"common"`
	Actors   []entity   `yaml:"actors"`
	Places   []entity   `yaml:"places"`
	Themes   []theme    `yaml:"themes"`
	Unused   *yaml.Node `yaml:"templates"` // anchors for the author's own use
}

// An entity is an actor or a place. Its first block of names is written beside
// its own keys, further ones under also.
type entity struct {
	block
	ID        scalar    `yaml:"id"`
	Name      string    `yaml:"name"`
	Type      string    `yaml:"type"`
	In        scalar    `yaml:"in"`
	At        []float64 `yaml:"at"`
	Exposes   []scalar  `yaml:"exposes"`
	Like      []scalar  `yaml:"like"`
	Beside    operand   `yaml:"beside"`
	Prominent bool      `yaml:"prominent"`
	Also      []block   `yaml:"also"`
	Examples  []example `yaml:"examples"`
}

type block struct {
	Strong   words    `yaml:"strong"`
	Plain    words    `yaml:"plain"`
	Gated    words    `yaml:"gated"`
	Acronyms words    `yaml:"acronyms"`
	Titled   *titled  `yaml:"titled"`
	Backref  words    `yaml:"backref"`
	Gate     []clause `yaml:"gate"`
	Reject   []clause `yaml:"reject"`
	From     date     `yaml:"from"`
	Until    date     `yaml:"until"`
	Unsure   bool     `yaml:"unsure"`
	Translit *bool    `yaml:"translit"`
	Role     scalar   `yaml:"role"`
	Note     string   `yaml:"note"`
}

type titled struct {
	Titles operand `yaml:"titles"`
	Names  words   `yaml:"names"`
	Gap    *int    `yaml:"gap"`
}

type theme struct {
	ID        scalar    `yaml:"id"`
	Name      string    `yaml:"name"`
	Names     words     `yaml:"names"`
	Note      string    `yaml:"note"`
	Any       []clause  `yaml:"any"`
	All       []clause  `yaml:"all"`
	None      []clause  `yaml:"none"`
	Threshold float64   `yaml:"threshold"`
	Boost     boost     `yaml:"boost"`
	Modality  modality  `yaml:"modality"`
	Examples  []example `yaml:"examples"`
}

type boost struct {
	Title float64 `yaml:"title"`
	Lead  float64 `yaml:"lead"`
}

// modality is what a theme may be instead of a fact, in the order of the file.
type modality []modalityOf

type modalityOf struct {
	name scalar
	cues operand
}

// DecodeYAML reads {planned: [intend, {en: [will]}], denied: deny}.
func (m *modality) DecodeYAML(d *yamlpos.Decoder, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		d.Mistake(n, "want modalities by name", "write modality: {planned: [lexicon], denied: [{en: [denied]}]}")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var one modalityOf
		one.name.DecodeYAML(d, n.Content[i])
		one.cues.DecodeYAML(d, n.Content[i+1])
		*m = append(*m, one)
	}
}

type example struct {
	Yes   scalar   `yaml:"yes"`
	No    scalar   `yaml:"no"`
	Title string   `yaml:"title"`
	Lang  string   `yaml:"lang"`
	Date  date     `yaml:"date"`
	Spans []string `yaml:"spans"`
	Is    string   `yaml:"is"`
	Note  string   `yaml:"note"`
}

// A scalar is a value that remembers its place.
type scalar struct {
	text      string
	line, col int
}

// DecodeYAML reads one value.
func (s *scalar) DecodeYAML(d *yamlpos.Decoder, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	s.line, s.col = n.Line, n.Column
	if n.Kind != yaml.ScalarNode {
		d.Mistake(n, "want one value here", "")
		return
	}
	s.text = n.Value
}

// A date is a day, UTC.
type date time.Time

// UnmarshalText reads 2024-12-08.
func (t *date) UnmarshalText(text []byte) error {
	v, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return errors.New(strconv.Quote(string(text)) + " is not a date; write it as 2024-12-08")
	}
	*t = date(v)
	return nil
}

// words are names or words by language, in the order of the file.
type words []wordsOf

type wordsOf struct {
	lang scalar
	text []scalar
}

// DecodeYAML reads {en: [one, two], ar: three}.
func (w *words) DecodeYAML(d *yamlpos.Decoder, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		d.Mistake(n, "want words by language", "write {en: [one, two], ar: [three]}")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		of := wordsOf{}
		of.lang.DecodeYAML(d, n.Content[i])
		if slices.ContainsFunc(*w, func(o wordsOf) bool { return o.lang.text == of.lang.text }) {
			d.Mistake(n.Content[i], "language "+strconv.Quote(of.lang.text)+" is given twice", "join the two lists")
		}
		of.text = scalars(d, n.Content[i+1])
		*w = append(*w, of)
	}
}

// scalars reads a list of values, or one value as a list of one.
func scalars(d *yamlpos.Decoder, n *yaml.Node) []scalar {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	out := make([]scalar, len(nodes))
	for i, c := range nodes {
		out[i].DecodeYAML(d, c)
	}
	return out
}

// lexicons keep the order of the file.
type lexicons []lexicon

type lexicon struct {
	id    scalar
	words words
}

// DecodeYAML reads {name: {en: […]}}.
func (l *lexicons) DecodeYAML(d *yamlpos.Decoder, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		d.Mistake(n, "want lexicons by name", "write lexicons: {wall: {en: [wall, fence]}}")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var one lexicon
		one.id.DecodeYAML(d, n.Content[i])
		one.words.DecodeYAML(d, n.Content[i+1])
		*l = append(*l, one)
	}
}

// An operand is a reference, words by language, or a list of such
// alternatives.
type operand struct {
	line, col int
	refs      []scalar
	words     words
}

// DecodeYAML reads one of the three forms.
func (o *operand) DecodeYAML(d *yamlpos.Decoder, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	o.line, o.col = n.Line, n.Column
	parts := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		parts = n.Content
	}
	for _, part := range parts {
		if part.Kind == yaml.AliasNode {
			part = part.Alias
		}
		if part.Kind == yaml.MappingNode {
			var ws words
			ws.DecodeYAML(d, part)
			o.words = append(o.words, ws...)
			continue
		}
		var s scalar
		s.DecodeYAML(d, part)
		o.refs = append(o.refs, s)
	}
}

// A clause is one condition: a scope with what to look for.
type clause struct {
	line, col int
	scope     string
	not       bool
	weight    float64
	what      look
	langs     []scalar
	nested    []clause
}

type look struct {
	Max     int       `yaml:"max"`
	Any     []operand `yaml:"any"`
	Of      []operand `yaml:"of"`
	Count   int       `yaml:"count"`
	Ordered bool      `yaml:"ordered"`
}

// DecodeYAML reads {near: {max: 5, any: [a, b]}, weight: 0.5} and its kin.
func (c *clause) DecodeYAML(d *yamlpos.Decoder, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	c.line, c.col = n.Line, n.Column
	if n.Kind != yaml.MappingNode {
		d.Mistake(n, "want a condition", "write for instance {sentence: {any: [lexicon]}}")
		return
	}
	scopes := []string{"before", "after", "near", "sentence", "title", "doc", "lang", "source", "all"}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		switch {
		case key.Value == "weight":
			d.Decode(val, &c.weight)
		case key.Value == "not" && c.scope == "":
			c.DecodeYAML(d, val)
			c.not = !c.not
		case slices.Contains(scopes, key.Value) && c.scope == "":
			c.scope = key.Value
			c.decode(d, val)
		case slices.Contains(scopes, key.Value), key.Value == "not":
			d.Mistake(key, "a condition has one scope, this has "+c.scope+" and "+key.Value, "make two conditions, or all: [one, two]")
		default:
			d.Mistake(key, "unknown key "+strconv.Quote(key.Value), yamlpos.Suggest(key.Value, append(scopes, "not", "weight")))
		}
	}
	if c.scope == "" && len(n.Content) == 0 {
		d.Mistake(n, "the condition is empty", "")
	}
}

func (c *clause) decode(d *yamlpos.Decoder, n *yaml.Node) {
	switch c.scope {
	case "lang", "source":
		c.langs = scalars(d, n)
		return
	case "all":
		d.Decode(n, &c.nested)
		return
	}
	c.what.Max = -1
	short := n
	if n.Kind == yaml.AliasNode {
		short = n.Alias
	}
	if short.Kind == yaml.MappingNode {
		d.Decode(n, &c.what)
	} else { // sentence: [a, b]
		var o operand
		o.DecodeYAML(d, n)
		c.what.Any = []operand{o}
	}
	if c.what.Max == -1 {
		c.what.Max = map[string]int{"before": 1, "after": 1, "near": 6}[c.scope]
	}
}

// parse turns one file into a source; free says that the file lets rules do
// without examples.
func parse(name string, data []byte) (src tagger.Source, free bool, mistakes []Mistake) {
	var f file
	_, mistakes = yamlpos.Decode(name, data, &f)
	p := parser{file: name}
	out := tagger.Source{Pack: f.Pack.text, Pos: p.at(max(f.Pack.line, 1), max(f.Pack.col, 1))}
	if v := f.Schema.text; v != "" && v != strconv.Itoa(schema) {
		mistakes = append(mistakes, Mistake{
			File: name, Line: f.Schema.line, Col: f.Schema.col,
			What: "schema " + strconv.Quote(v) + " is not known", Hint: "this Marsad reads schema " + strconv.Itoa(schema),
		})
	}
	if v := f.Checks.text; v != "" && v != optional {
		p.mistake(f.Checks, strconv.Quote(v)+" is not known here", "write examples: optional, or leave the line out")
	}
	for _, l := range f.Lexicons {
		out.Lexicons = append(out.Lexicons, tagger.Lexicon{ID: l.id.text, Pos: p.pos(l.id), Words: p.words(l.words)})
	}
	out.Decoys, out.Common = p.words(f.Decoys), p.words(f.Common)
	for i := range f.Actors {
		out.Entities = append(out.Entities, p.entity(item.Actor, &f.Actors[i]))
	}
	for i := range f.Places {
		out.Entities = append(out.Entities, p.entity(item.Place, &f.Places[i]))
	}
	for i := range f.Themes {
		out.Themes = append(out.Themes, p.theme(&f.Themes[i]))
	}
	return out, f.Checks.text == optional, append(mistakes, p.mistakes...)
}

type parser struct {
	file     string
	mistakes []Mistake
}

func (p *parser) at(line, col int) tagger.Pos {
	return tagger.Pos{File: p.file, Line: line, Col: col}
}

func (p *parser) pos(s scalar) tagger.Pos { return p.at(s.line, s.col) }

func (p *parser) mistake(s scalar, what, hint string) {
	p.mistakes = append(p.mistakes, Mistake{File: p.file, Line: s.line, Col: s.col, What: what, Hint: hint})
}

func (p *parser) words(ws words) []tagger.Words {
	var out []tagger.Words
	for _, w := range ws {
		to := tagger.Words{Lang: w.lang.text, Pos: p.pos(w.lang)}
		for _, t := range w.text {
			to.Text = append(to.Text, tagger.Word{Text: t.text, Pos: p.pos(t)})
		}
		out = append(out, to)
	}
	return out
}

func (p *parser) entity(kind item.Kind, in *entity) tagger.Entity {
	out := tagger.Entity{
		Kind: kind, ID: in.ID.text, Pos: p.pos(in.ID), Name: in.Name, Type: in.Type, In: in.In.text, InPos: p.pos(in.In),
		Exposes: p.refs(in.Exposes), Like: p.refs(in.Like), Beside: p.operand(in.Beside), Prominent: in.Prominent, Examples: p.examples(in.Examples),
	}
	switch {
	case len(in.At) == 0:
	case len(in.At) == 2 && in.At[0] >= -90 && in.At[0] <= 90 && in.At[1] >= -180 && in.At[1] <= 180:
		out.Located, out.Lat, out.Lon = true, in.At[0], in.At[1]
	default:
		p.mistake(in.ID, "\"at\" of "+in.ID.text+" is no latitude and longitude", "write at: [34.37, 41.09]")
	}
	for _, b := range append([]block{in.block}, in.Also...) {
		if b.Translit == nil { // what a rule says of itself goes for all of its blocks
			b.Translit = in.Translit
		}
		out.Blocks = append(out.Blocks, p.block(in.ID, &b))
	}
	return out
}

func (p *parser) block(id scalar, in *block) tagger.Block {
	out := tagger.Block{
		Pos: p.pos(id), Strong: p.words(in.Strong), Plain: p.words(in.Plain), Gated: p.words(in.Gated),
		Acronyms: p.words(in.Acronyms), Backref: p.words(in.Backref), Gate: p.clauses(in.Gate), Reject: p.clauses(in.Reject),
		From: time.Time(in.From), Until: time.Time(in.Until), Unsure: in.Unsure, Translit: in.Translit,
		Role: in.Role.text, RolePos: p.pos(in.Role),
	}
	if in.Titled != nil {
		out.Titled, out.Titles, out.TitleGap = p.words(in.Titled.Names), p.operand(in.Titled.Titles), 1
		if in.Titled.Gap != nil {
			out.TitleGap = *in.Titled.Gap
		}
	}
	return out
}

func (p *parser) refs(in []scalar) []tagger.Ref {
	var out []tagger.Ref
	for _, s := range in {
		out = append(out, tagger.Ref{Text: s.text, Pos: p.pos(s)})
	}
	return out
}

func (p *parser) operand(in operand) tagger.Operand {
	return tagger.Operand{Pos: p.at(in.line, in.col), Refs: p.refs(in.refs), Words: p.words(in.words)}
}

func (p *parser) clauses(in []clause) []tagger.Clause {
	var out []tagger.Clause
	for _, c := range in {
		to := tagger.Clause{
			Pos: p.at(c.line, c.col), Scope: tagger.Scope(c.scope), Not: c.not, Max: c.what.Max,
			Count: c.what.Count, Ordered: c.what.Ordered, Weight: c.weight, Clauses: p.clauses(c.nested),
		}
		for _, o := range c.what.Any {
			to.Any = append(to.Any, p.operand(o))
		}
		for _, o := range c.what.Of {
			to.Of = append(to.Of, p.operand(o))
		}
		for _, l := range c.langs {
			to.Langs = append(to.Langs, l.text)
		}
		out = append(out, to)
	}
	return out
}

func (p *parser) theme(in *theme) tagger.Theme {
	out := tagger.Theme{
		ID: in.ID.text, Pos: p.pos(in.ID), Name: in.Name, Names: p.words(in.Names), Any: p.clauses(in.Any),
		All: p.clauses(in.All), None: p.clauses(in.None), Threshold: in.Threshold, Examples: p.examples(in.Examples),
		TitleBoost: in.Boost.Title, LeadBoost: in.Boost.Lead,
	}
	for _, m := range in.Modality {
		out.Modalities = append(out.Modalities, tagger.Modality{Name: m.name.text, Pos: p.pos(m.name), Cues: []tagger.Operand{p.operand(m.cues)}})
	}
	return out
}

func (p *parser) examples(in []example) []tagger.Example {
	var out []tagger.Example
	for _, e := range in {
		text, want := e.Yes, true
		if e.Yes.text == "" {
			text, want = e.No, false
		}
		switch {
		case e.Yes.text != "" && e.No.text != "":
			p.mistake(e.No, "an example is either \"yes\" or \"no\"", "make two of it")
		case text.text == "" && e.Title == "":
			p.mistakes = append(p.mistakes, Mistake{File: p.file, Line: max(text.line, 1), Col: max(text.col, 1), What: "an example has no text", Hint: "write {yes: text} or {no: text}"})
		}
		out = append(out, tagger.Example{
			Pos: p.pos(text), Lang: e.Lang, Date: time.Time(e.Date), Title: e.Title, Body: text.text, Want: want, Spans: e.Spans, Modality: e.Is,
		})
	}
	return out
}
