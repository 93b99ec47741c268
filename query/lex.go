package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokOpen
	tokClose
	tokOr
	tokAnd
	tokNot
	tokField  // text is the field's name
	tokWord   // text is a bare run
	tokQuoted // text is what stood in the quotes, escapes undone
)

// A token is one piece of a query; pos and end are its bytes there.
type token struct {
	kind     tokenKind
	text     string
	pos, end int
	// tilde is the text after a ~ that follows the quotes, tilded whether there
	// is one.
	tilde  string
	tilded bool
}

// A lexer cuts a query into tokens.
type lexer struct {
	s   string
	pos int
	// number says that a value of near: follows, which may begin with a minus.
	number bool
}

// breaksWord reports whether a bare word ends before r.
func breaksWord(r rune) bool {
	return r == '(' || r == ')' || closers(r) != "" || isBlank(r)
}

// isBlank reports whether r only separates: white space and control characters.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// isMark reports whether r is an invisible sign of direction or a byte order
// mark. Text copied from an Arabic page or a terminal begins and ends with them.
func isMark(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

// closers lists the runes that end a quotation which r begins, so that quotes as
// typed by phones and Arabic or German keyboards work; "" when r begins none.
func closers(r rune) string {
	switch r {
	case '"':
		return `"`
	case '“', '”', '„', '‟':
		return `“”"`
	case '«':
		return "»"
	case '»':
		return "«»"
	default:
		return ""
	}
}

// next returns the token at the lexer's place and moves behind it.
func (l *lexer) next() (token, *Error) {
	for l.pos < len(l.s) {
		r, n := utf8.DecodeRuneInString(l.s[l.pos:])
		if !isBlank(r) && !isMark(r) {
			break
		}
		l.pos += n
	}
	pos := l.pos
	if pos == len(l.s) {
		return token{kind: tokEnd, pos: pos, end: pos}, nil
	}
	r, n := utf8.DecodeRuneInString(l.s[pos:])
	number := l.number
	l.number = false
	switch {
	case r == '(':
		l.pos += n
		return token{kind: tokOpen, pos: pos, end: l.pos}, nil
	case r == ')':
		l.pos += n
		return token{kind: tokClose, pos: pos, end: l.pos}, nil
	case closers(r) != "":
		return l.quoted(r, n)
	case strings.HasPrefix(l.s[pos:], "--"):
		return token{}, &Error{Pos: pos, End: pos + 2, Msg: "two hyphens deny nothing", Hint: "write -word to leave a word out"}
	case r == '-' && !number && l.startsOperand(pos+1):
		l.pos++
		return token{kind: tokNot, pos: pos, end: l.pos}, nil
	}
	if name, ok := l.field(); ok {
		l.pos += len(name) + 1
		name = strings.ToLower(name)
		l.number = name == "near"
		return token{kind: tokField, text: name, pos: pos, end: l.pos}, nil
	}
	l.pos += wordLen(l.s[pos:])
	t := token{kind: tokWord, text: strings.TrimRightFunc(l.s[pos:l.pos], isMark), pos: pos, end: l.pos}
	switch t.text {
	case "OR":
		t.kind = tokOr
	case "AND":
		t.kind = tokAnd
	case "NOT":
		t.kind = tokNot
	}
	return t, nil
}

// startsOperand reports whether something that a hyphen can deny begins at pos.
func (l *lexer) startsOperand(pos int) bool {
	if pos >= len(l.s) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(l.s[pos:])
	return !isBlank(r) && r != ')' && r != '-'
}

// wordLen is the length of the bare run that s begins with, at least one rune.
func wordLen(s string) int {
	if i := strings.IndexFunc(s, breaksWord); i > 0 {
		return i
	} else if i == 0 {
		_, n := utf8.DecodeRuneInString(s)
		return n
	}
	return len(s)
}

// field returns the name before a colon when the place of the lexer looks like
// the beginning of a field: a known name, or an unknown one directly followed by
// a value ("Iraq: a headline" and "https://" are text).
func (l *lexer) field() (string, bool) {
	rest := l.s[l.pos:]
	name, after, ok := strings.Cut(rest, ":")
	if !ok || name == "" {
		return "", false
	}
	for i := range len(name) {
		if c := name[i] | 0x20; c < 'a' || c > 'z' {
			return "", false
		}
	}
	if isField(strings.ToLower(name)) {
		return name, true
	}
	r, n := utf8.DecodeRuneInString(after)
	if n == 0 || isBlank(r) || r == '/' || r == ':' || r == ')' {
		return "", false
	}
	return name, true
}

// quoted reads a quotation that begins with open, n bytes long.
func (l *lexer) quoted(open rune, n int) (token, *Error) {
	t := token{kind: tokQuoted, pos: l.pos}
	ends := closers(open)
	var b strings.Builder
	i := l.pos + n
	for {
		if i >= len(l.s) {
			return t, errorAt(t.pos, len(l.s), "close it with "+lastRune(ends), "the quotation is not closed")
		}
		r, n := utf8.DecodeRuneInString(l.s[i:])
		if r == '\\' && i+1 < len(l.s) && (l.s[i+1] == '"' || l.s[i+1] == '\\') {
			b.WriteByte(l.s[i+1])
			i += 2
			continue
		}
		i += n
		if strings.ContainsRune(ends, r) {
			break
		}
		b.WriteRune(r)
	}
	if i < len(l.s) && l.s[i] == '~' {
		n := wordLen(l.s[i:])
		t.tilded, t.tilde = true, l.s[i+1:i+n]
		i += n
	}
	t.text, t.end = b.String(), i
	l.pos = i
	return t, nil
}

func lastRune(s string) string {
	_, n := utf8.DecodeLastRuneInString(s)
	return s[len(s)-n:]
}
