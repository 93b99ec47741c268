package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
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
}

// fields lists what may stand before a colon, in the order shown to people.
func fields() []string {
	return []string{"actor", "place", "theme", "lang", "source", "feed", "title", "story", "since", "after", "before"}
}

// isField reports whether name is a field; body is one that no one needs to be
// told about.
func isField(name string) bool {
	return name == "body" || slices.Contains(fields(), name)
}

// Parse reads a query. White space alone is All. The error, if any, is an *Error
// with the place in s.
//
// The tree is canonical: nested ANDs and ORs are one, and parsing String of it
// with the same Options gives an equal tree.
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
	return n, nil
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
	lex            lexer
	tok            token
	o              Options
	depth          int
	clauses, wilds int
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
		hint := "put text with a colon in quotes; fields are " + strings.Join(fields(), ", ")
		if s := nearest(at.text, fields()); s != "" {
			hint = "did you mean " + s + ":? " + hint
		}
		return nil, errorAt(at.pos, at.end, hint, "there is no field %q", at.text)
	}
	if err := p.advance(); err != nil {
		return nil, err
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

// nearest is the one of the words that is spelled most like s, at most two
// changes away, or "".
func nearest(s string, words []string) string {
	best, bestDistance := "", 3
	for _, w := range words {
		if d := text.Distance([]rune(s), []rune(w)); d < bestDistance {
			best, bestDistance = w, d
		}
	}
	return best
}

func example(field string) string {
	switch field {
	case "actor":
		return "actor:qasim-al-araji"
	case "place":
		return "place:al-qaem"
	case "theme":
		return "theme:border-wall"
	case "lang":
		return "lang:ar"
	case "since", "after", "before":
		return field + ":7d or " + field + ":2026-01-05"
	default:
		return field + `:word or ` + field + `:"some words"`
	}
}

// clause reads a word or a quotation as a value of the field.
func (p *parser) clause(field string, t token) (Node, *Error) {
	if t.tilded && field != "" && field != "title" && field != "body" {
		return nil, errorAt(t.pos, t.end, "leave the ~ out", "%s: takes no distance", field)
	}
	if kind, ok := kindOf(field); ok {
		return p.tag(kind, t)
	}
	switch field {
	case "":
		return p.words(Anywhere, t)
	case "title":
		return p.words(Title, t)
	case "body":
		return p.words(Body, t)
	case "lang":
		return lang(t)
	case "source":
		words, err := folded(t, t.text, t.end)
		return Source{words}, err
	case "feed":
		if strings.TrimSpace(t.text) == "" {
			return nil, errorAt(t.pos, t.end, "write a feed's name", "an empty name")
		}
		return Feed{t.text}, nil
	case "story":
		id := item.ID(strings.ToLower(t.text))
		if !id.Valid() {
			return nil, errorAt(t.pos, t.end, "take it from an item's story", "a story's id is 32 hexadecimal digits")
		}
		return Story{id}, nil
	default:
		return p.date(field, t)
	}
}

// tag resolves a name to the id of a tag.
func (p *parser) tag(kind item.Kind, t token) (Node, *Error) {
	name := strings.TrimSpace(t.text)
	if name == "" {
		return nil, errorAt(t.pos, t.end, "write "+example(string(kind)), "an empty name")
	}
	if p.o.Names == nil {
		if !validTag(name) {
			return nil, errorAt(t.pos, t.end, "write its id, such as "+example(string(kind)), "no rule pack to look up the name %q in", name)
		}
		return Tag{kind, name}, nil
	}
	if id, ok := p.o.Names.Resolve(kind, name); ok {
		return Tag{kind, id}, nil
	}
	hint := fmt.Sprintf("to search for the text, write %s without %s:", quote(name), kind)
	if s := p.o.Names.Suggest(kind, name); s != "" {
		hint = fmt.Sprintf("did you mean %s:%s? Or, %s", kind, plain(s), hint)
	}
	return nil, errorAt(t.pos, t.end, hint, "the rule pack has no %s %q", kind, name)
}

// validTag reports whether s has the form of a tag's id.
func validTag(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (i == 0 || c != '-' && c != '_' && c != '.' && c != '/') {
			return false
		}
	}
	return s != ""
}

func lang(t token) (Node, *Error) {
	code, _, _ := strings.Cut(strings.ToLower(t.text), "-")
	hint := "write a code: en, ar, ckb, kmr, fa, tr, fr or und"
	if len(code) < 2 || len(code) > 3 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
		return nil, errorAt(t.pos, t.end, hint, "%q is not the code of a language", t.text)
	}
	if code == "ku" {
		return nil, errorAt(t.pos, t.end, "write lang:ckb (Sorani), lang:kmr (Kurmanji) or (lang:ckb OR lang:kmr)", "Kurdish is two languages here")
	}
	return Lang{code}, nil
}

// words reads a bare run or a quotation as text.
func (p *parser) words(in In, t token) (Node, *Error) {
	if t.kind == tokQuoted {
		return p.quotation(in, t)
	}
	if t.text == "*" && in == Anywhere {
		return All{}, nil
	}
	if i := strings.IndexByte(t.text, '*'); i >= 0 {
		return p.prefix(in, t, i)
	}
	if i := strings.LastIndexByte(t.text, '~'); i >= 0 && isDigits(t.text[i+1:]) {
		return p.fuzzy(in, t, i)
	}
	words, err := folded(t, t.text, t.end)
	if err != nil {
		return nil, err
	}
	if len(words) == 1 {
		return Word{in, words[0]}, nil
	}
	return Phrase{in, words}, nil
}

func (p *parser) quotation(in In, t token) (Node, *Error) {
	words, err := folded(t, t.text, t.end)
	if err != nil {
		return nil, err
	}
	if !t.tilded {
		if len(words) == 1 {
			return Word{in, words[0]}, nil
		}
		return Phrase{in, words}, nil
	}
	n, e := strconv.Atoi(t.tilde)
	if e != nil || n < 0 || n > MaxNear {
		return nil, errorAt(t.pos, t.end, `write a number after it: "border wall"~5`, "the distance of near words is a number from 0 to %d", MaxNear)
	}
	if len(words) == 1 {
		return nil, errorAt(t.pos, t.end, "write two or more words, or leave the ~ out", "near words need another word")
	}
	return Near{in, words, n}, nil
}

// wild counts a prefix or a fuzzy word and folds what stands before its mark.
func (p *parser) wild(t token, s, what string) (string, *Error) {
	if p.wilds++; p.wilds > MaxWild {
		return "", errorAt(t.pos, t.end, "write whole words", "more than %d prefixes and fuzzy words", MaxWild)
	}
	words, err := folded(t, s, t.end)
	if err != nil {
		return "", err
	}
	if len(words) != 1 {
		return "", errorAt(t.pos, t.end, "write one word before the mark", "%s of several words", what)
	}
	if utf8.RuneCountInString(words[0]) < MinLiteral {
		return "", errorAt(t.pos, t.end, "write more of the word", "%s needs at least %d letters before the mark", what, MinLiteral)
	}
	return words[0], nil
}

// prefix reads a word whose first star is at byte i.
func (p *parser) prefix(in In, t token, i int) (Node, *Error) {
	switch {
	case i == 0:
		return nil, errorAt(t.pos, t.end, "write the beginning of the word: "+`border*`, "a word cannot begin with *")
	case i != len(t.text)-1:
		return nil, errorAt(t.pos+i, t.pos+i+1, "leave out what follows it", "a * can stand only at the end of a word")
	}
	term, err := p.wild(t, t.text[:i], "a prefix")
	return Prefix{in, term}, err
}

// fuzzy reads a word whose tilde is at byte i.
func (p *parser) fuzzy(in In, t token, i int) (Node, *Error) {
	distance := 1
	if d := t.text[i+1:]; d != "" {
		n, err := strconv.Atoi(d)
		if err != nil || n < 1 || n > MaxFuzzy {
			return nil, errorAt(t.pos+i, t.end, "write ~1 or ~2", "a fuzzy word differs in 1 to %d letters", MaxFuzzy)
		}
		distance = n
	}
	term, err := p.wild(t, t.text[:i], "a fuzzy word")
	return Fuzzy{in, term, distance}, err
}

// folded returns the folded words of s, at least one.
func folded(t token, s string, end int) ([]string, *Error) {
	words := strings.Fields(fold(s))
	if len(words) == 0 {
		return nil, errorAt(t.pos, end, "leave it out, or write letters or digits", "no word to search for in %q", s)
	}
	if len(words) > MaxPhrase {
		return nil, errorAt(t.pos, end, "quote a shorter part", "a phrase of more than %d words", MaxPhrase)
	}
	return words, nil
}

// fold folds s until folding changes nothing more, so that what is printed reads
// back as it was.
func fold(s string) string {
	for range 4 {
		f := text.Fold(s)
		if f == s {
			return f
		}
		s = f
	}
	return s
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
