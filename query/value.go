package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
)

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
		id, err := digits(field, t)
		return Story{id}, err
	case "event":
		id, err := digits(field, t)
		return Event{id}, err
	case "near":
		return p.around(t)
	default:
		return p.date(field, t)
	}
}

// digits reads the id of a story or an event.
func digits(field string, t token) (item.ID, *Error) {
	id := item.ID(strings.ToLower(t.text))
	if !id.Valid() {
		return "", errorAt(t.pos, t.end, "take it from an article's "+field, "the id after %s: is 32 hexadecimal digits", field)
	}
	return id, nil
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
	return nil, errorAt(t.pos, t.end, p.suggestTag(kind, name), "the rule pack has no %s %q", kind, name)
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
	if len(code) < 2 || len(code) > 3 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
		if !strings.EqualFold(t.text, "kurdish") {
			return nil, errorAt(t.pos, t.end, suggestLang(t.text), "%q is not the code of a language", t.text)
		}
		code = "ku"
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
	if i := strings.LastIndexByte(t.text, '~'); i >= 0 && isDigits(western(t.text[i+1:])) {
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
	n, e := strconv.Atoi(western(t.tilde))
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
	if utf8.RuneCountInString(words[0]) > MaxLetters {
		return "", errorAt(t.pos, t.end, "write fewer letters before the mark", "%s of more than %d letters", what, MaxLetters)
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
	if d := western(t.text[i+1:]); d != "" {
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
		return nil, errorAt(t.pos, end, suggestOperator(s), "no word to search for in %q", s)
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

// western is s with Arabic and Persian digits as 0 to 9.
func western(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		}
		return r
	}, s)
}
