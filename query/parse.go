package query

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"marsad/item"
)

// Options are what a query is read with. The zero value reads everything but
// names of tags that are not ids, and the days "today" and "yesterday".
type Options struct {
	// Names finds the ids of actors, places and themes; nil accepts any
	// well-formed id and no other name.
	Names Names
	// Now is the time that "today" and "yesterday" are taken from. Ages such as
	// 7d do not need it: they stay ages (see At).
	Now time.Time
	// Zone is the time zone of dates without one of their own; nil is UTC.
	Zone *time.Location
}

// Names looks up the tags of a rule pack. It must be safe for concurrent use.
type Names interface {
	// Resolve returns the id that name means: an id of that kind, or any of the
	// pack's names for it in any script.
	Resolve(kind item.Kind, name string) (id string, ok bool)
	// Suggest returns the id or name that is spelled most like name, or "".
	Suggest(kind item.Kind, name string) string
	// Near returns the ids of the places within km kilometres of a point given in
	// degrees, the nearest first. A place that holds others is among them only
	// when all of those are.
	Near(lat, lon, km float64) []string
}

// Fields lists what may stand before a colon, in the order shown to people.
func Fields() []string {
	return []string{"actor", "place", "theme", "near", "lang", "source", "feed", "title", "body", "story", "event", "since", "after", "before"}
}

func isField(name string) bool { return slices.Contains(Fields(), name) }

// Parse reads a query. White space alone is All. The error, if any, is an *Error
// with the place in s.
//
// The tree is canonical: nested ANDs and ORs are one, a negation of a negation is
// none, and parsing String of it with the same Options gives an equal tree. So
// the limits of length and depth hold for that spelling too.
func Parse(s string, o Options) (Node, error) {
	if len(s) > MaxBytes {
		return nil, errorAt(MaxBytes, len(s), "shorten it", "the query is longer than %d bytes", MaxBytes)
	}
	if i := invalidUTF8(s); i >= 0 {
		return nil, errorAt(i, i+1, "", "the query is not valid UTF-8")
	}
	p := &parser{lex: lexer{s: s}, o: o}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return All{}, nil
	}
	n, err := p.or("")
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, errorAt(p.tok.pos, p.tok.end, "leave it out, or open one before it", "a closing parenthesis without an opening one")
	}
	if err := fits(n, len(s)); err != nil {
		return nil, err
	}
	return n, nil
}

// fits says no to a query of so many bytes whose canonical spelling could not be
// read: names may be longer there, and parentheses more.
func fits(n Node, length int) *Error {
	if len(n.String()) > MaxBytes {
		return errorAt(0, length, "shorten it", "the query is longer than %d bytes with its names written out", MaxBytes)
	}
	if depth(n) > MaxDepth {
		return errorAt(0, length, "take some parentheses away", "parentheses and negations nest deeper than %d", MaxDepth)
	}
	return nil
}

// depth is how deep the canonical spelling of n nests.
func depth(n Node) int {
	switch n := n.(type) {
	case And:
		return deepest(n)
	case Or:
		return deepest(n)
	case Not:
		return 1 + deepest([]Node{n.X})
	default:
		return 0
	}
}

// deepest is the depth of the deepest of the parts of an And, an Or or a Not,
// which stand in parentheses when they are several themselves.
func deepest(parts []Node) int {
	most := 0
	for _, p := range parts {
		d := depth(p)
		switch p.(type) {
		case And, Or:
			d++
		}
		most = max(most, d)
	}
	return most
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n <= 1 {
				return i
			}
		}
	}
	return -1
}

// A parser reads one query by recursive descent, one token ahead. Its methods
// take the field that the surrounding group belongs to.
type parser struct {
	lex   lexer
	tok   token
	o     Options
	depth int
	// What has been read so far, against the limits.
	clauses, wilds, places int
}

// advance moves to the next token.
func (p *parser) advance() *Error {
	t, err := p.lex.next()
	p.tok = t
	return err
}

func (p *parser) or(scope string) (Node, *Error) {
	var parts []Node
	for {
		n, err := p.and(scope)
		if err != nil {
			return nil, err
		}
		if sub, ok := n.(Or); ok {
			parts = append(parts, sub...)
		} else {
			parts = append(parts, n)
		}
		if p.tok.kind != tokOr {
			break
		}
		if err := p.operator("OR"); err != nil {
			return nil, err
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return Or(parts), nil
}

func (p *parser) and(scope string) (Node, *Error) {
	var parts []Node
	for {
		n, err := p.unary(scope)
		if err != nil {
			return nil, err
		}
		if sub, ok := n.(And); ok {
			parts = append(parts, sub...)
		} else {
			parts = append(parts, n)
		}
		switch p.tok.kind {
		case tokEnd, tokClose, tokOr:
			if len(parts) == 1 {
				return parts[0], nil
			}
			return And(parts), nil
		case tokAnd:
			if err := p.operator("AND"); err != nil {
				return nil, err
			}
		default: // the next part
		}
	}
}

// operator passes over an operator that something must follow.
func (p *parser) operator(name string) *Error {
	at := p.tok
	if err := p.advance(); err != nil {
		return err
	}
	switch p.tok.kind {
	case tokEnd, tokClose, tokOr, tokAnd:
		return errorAt(at.pos, at.end, fmt.Sprintf("put it in quotes to search for the word: %q", name), "nothing follows %s", name)
	default:
		return nil
	}
}

// enter goes one level deeper; the caller undoes it.
func (p *parser) enter() *Error {
	if p.depth++; p.depth > MaxDepth {
		return errorAt(p.tok.pos, p.tok.end, "take some parentheses away", "parentheses and negations nest deeper than %d", MaxDepth)
	}
	return nil
}

func (p *parser) unary(scope string) (Node, *Error) {
	if p.tok.kind != tokNot {
		return p.primary(scope)
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.operator("NOT"); err != nil {
		return nil, err
	}
	n, err := p.unary(scope)
	if err != nil {
		return nil, err
	}
	if twice, ok := n.(Not); ok {
		return twice.X, nil
	}
	return Not{n}, nil
}

func (p *parser) primary(scope string) (Node, *Error) {
	t := p.tok
	switch t.kind {
	case tokOpen:
		return p.group(scope)
	case tokClose:
		return nil, errorAt(t.pos, t.end, "leave it out, or write something before it", "a closing parenthesis where a word was expected")
	case tokOr:
		return nil, errorAt(t.pos, t.end, `put it in quotes to search for the word: "OR"`, "nothing stands before OR")
	case tokAnd:
		return nil, errorAt(t.pos, t.end, `put it in quotes to search for the word: "AND"`, "nothing stands before AND")
	case tokField:
		if scope != "" {
			return nil, errorAt(t.pos, t.end, "write the two beside each other, each with its own value", "the field %s: inside %s:", t.text, scope)
		}
		return p.field()
	default: // a word or a quotation
	}
	if p.clauses++; p.clauses > MaxClauses {
		return nil, errorAt(t.pos, t.end, "split it into several queries", "more than %d words and clauses", MaxClauses)
	}
	n, err := p.clause(scope, t)
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return n, nil
}

func (p *parser) group(scope string) (Node, *Error) {
	open := p.tok
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return nil, errorAt(open.pos, open.end, "close it with )", "the parenthesis is not closed")
	}
	if p.tok.kind == tokClose {
		return nil, errorAt(open.pos, p.tok.end, "write a query between the parentheses", "nothing in the parentheses")
	}
	n, err := p.or(scope)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokClose {
		return nil, errorAt(open.pos, open.end, "close it with )", "the parenthesis is not closed")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return n, nil
}

// field reads what follows "name:", one value or a group.
func (p *parser) field() (Node, *Error) {
	at := p.tok
	if !isField(at.text) {
		hint := "put text with a colon in quotes; fields are " + strings.Join(Fields(), ", ")
		if s := nearest(at.text, Fields()); s != "" {
			hint = "did you mean " + s + ":? " + hint
		}
		return nil, errorAt(at.pos, at.end, hint, "there is no field %q", at.text)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if at.text == "near" && p.tok.kind == tokOpen {
		return nil, errorAt(at.pos, p.tok.end, "write ("+example("near")+" OR near:…)", "a group after near:")
	}
	switch p.tok.kind {
	case tokOpen, tokWord, tokQuoted, tokField:
		return p.primary(at.text)
	case tokNot:
		return nil, errorAt(at.pos, p.tok.end, "write -"+at.text+":… instead", "a negation after %s:", at.text)
	default:
		return nil, errorAt(at.pos, at.end, "write a value after it: "+example(at.text), "nothing follows %s:", at.text)
	}
}
