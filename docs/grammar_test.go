package docs_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"marsad/query"
)

// A symbol is a part of a rule of EBNF.
type symbol struct {
	// op is '"' for the text itself, 'r' for another rule, 'o' for of(rule), '?'
	// for what is told in words; '|' and ' ' for parts of which one or all stand,
	// '[' and '{' for one that may be left out or repeated.
	op    byte
	text  string
	parts []symbol
}

// A grammar is the EBNF of a page. The rules of all blocks but the first have no
// white space inside.
type grammar struct {
	rules map[string]symbol
	tight map[string]bool
	words []string // what is told in words
}

func readGrammar(t *testing.T, p page) *grammar {
	t.Helper()
	g := &grammar{rules: map[string]symbol{}, tight: map[string]bool{}}
	token := regexp.MustCompile(`"[^"]+"|'[^']+'|\?[^?]+\?|of\([a-z]+\)|[a-z]+|\S`)
	blocks := 0
	for _, b := range p.blocks {
		if b.lang != "ebnf" {
			continue
		}
		tokens := token.FindAllString(b.text, -1)
		for len(tokens) > 0 {
			if len(tokens) < 4 || tokens[1] != "=" {
				t.Fatalf("%s:%d: no rule begins with %v", p.path, b.line, tokens)
			}
			name := tokens[0]
			rule, rest := g.either(tokens[2:])
			if len(rest) == 0 || rest[0] != "." {
				t.Fatalf("%s:%d: the rule %s does not end at %v", p.path, b.line, name, rest)
			}
			g.rules[name], g.tight[name], tokens = rule, blocks > 0, rest[1:]
		}
		blocks++
	}
	return g
}

func (g *grammar) either(tokens []string) (symbol, []string) {
	out := symbol{op: '|'}
	for {
		all := symbol{op: ' '}
		for len(tokens) > 0 && !strings.Contains("|.)]}", tokens[0]) {
			var s symbol
			s, tokens = g.symbol(tokens)
			all.parts = append(all.parts, s)
		}
		out.parts = append(out.parts, all)
		if len(tokens) == 0 || tokens[0] != "|" {
			return out, tokens
		}
		tokens = tokens[1:]
	}
}

func (g *grammar) symbol(tokens []string) (symbol, []string) {
	first := tokens[0]
	inner, isOf := strings.CutPrefix(first, "of(")
	switch {
	case strings.Contains("([{", first):
		s, rest := g.either(tokens[1:])
		if first != "(" {
			s = symbol{op: first[0], parts: []symbol{s}}
		}
		return s, rest[1:]
	case first[0] == '"' || first[0] == '\'':
		return symbol{op: '"', text: first[1 : len(first)-1]}, tokens[1:]
	case first[0] == '?':
		words := strings.Trim(first, "? ")
		g.words = append(g.words, words)
		return symbol{op: '?', text: words}, tokens[1:]
	case isOf:
		return symbol{op: 'o', text: strings.TrimSuffix(inner, ")")}, tokens[1:]
	default:
		return symbol{op: 'r', text: first}, tokens[1:]
	}
}

// A speaker makes random sentences of a grammar.
type speaker struct {
	*grammar
	r        *rand.Rand
	examples map[string][]string // of what is told in words
	part     string              // what stands for a part in a field's group
}

func (s *speaker) rule(name string) string {
	if name == "part" && s.part != "" {
		if s.r.IntN(3) == 0 {
			return "(" + s.rule("or") + ")"
		}
		return s.rule(s.part)
	}
	rule, ok := s.rules[name]
	if !ok {
		panic("the grammar has no rule " + name)
	}
	return s.say(rule, s.tight[name])
}

func (s *speaker) say(x symbol, tight bool) string {
	switch x.op {
	case '"':
		return x.text
	case 'r':
		return s.rule(x.text)
	case 'o':
		if s.r.IntN(3) > 0 {
			return s.rule(x.text)
		}
		s.part = x.text
		defer func() { s.part = "" }()
		return "(" + s.rule("or") + ")"
	case '?':
		examples := s.examples[x.text]
		return examples[s.r.IntN(len(examples))]
	case '|':
		return s.say(x.parts[s.r.IntN(len(x.parts))], tight)
	case '[':
		if s.r.IntN(2) == 0 {
			return ""
		}
		return s.say(x.parts[0], tight)
	case '{':
		var out []string
		for s.r.IntN(3) == 0 {
			out = append(out, s.say(x.parts[0], tight))
		}
		return strings.Join(out, " ")
	default:
		var out strings.Builder
		for _, p := range x.parts {
			said := s.say(p, tight)
			if out.Len() > 0 && said != "" && !tight && !strings.HasSuffix(out.String(), "-") {
				out.WriteByte(' ')
			}
			out.WriteString(said)
		}
		return out.String()
	}
}

// Every sentence of the page's grammar is a query, unless it exceeds a limit;
// and it is read as its canonical spelling is.
func TestGrammar(t *testing.T) {
	t.Parallel()
	s := &speaker{grammar: readGrammar(t, readPage(t, "queries.md")), r: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // a repeatable test
	s.examples = map[string][]string{
		"an id or a name of an actor":                             {"qasim-al-araji", `"قاسم الأعرجي"`},
		"an id or a name of a place":                              {"al-qaem", "القائم", `"دير الزور"`, "iraq"},
		"an id or a name of a theme":                              {"border-wall", `"Border wall"`},
		"latitude and longitude in degrees, with a comma between": {"34.37,41.09", "-33.3,-44.4"},
		"a number":               {"500", "99.5"},
		"the code of a language": {"en", "ckb", "und", "en-GB"},
		"the name of a feed":     {"euphrates-en", `"a feed \"here\""`},
		"32 hexadecimal digits":  {strings.Repeat("0f", 16)},
		"2026":                   {"1971", "2026"},
		"2026-01":                {"2026-12"},
		"2026-01-05":             {"2024-02-29", "2026-01-05"},
		"09:30":                  {"00:00", "13:59"},
		"digits":                 {"1", "2", "7", "90"},
		"words; \\\" stands for \" and \\\\ for \\": {"border wall", "قاسم الأعرجي", `the \"wall\" \\ fence`, "a (b) OR -c*"},
		"signs without white space, quotes, parentheses, * and ~, a letter or digit among them": {
			"wall", "border", "al-Qaem", "القائم", "12:30", "https://a.example/b", "U.S.", "or",
		},
	}
	for _, words := range s.words {
		if len(s.examples[words]) == 0 {
			t.Fatalf("no examples of %q", words)
		}
	}
	o := queryOptions(t)
	const sentences = 5000
	read := 0
	for range sentences {
		q := s.rule("query")
		n, err := query.Parse(q, o)
		if e, ok := errors.AsType[*query.Error](err); ok {
			if !regexp.MustCompile(`no place within|more than|longer than|deeper than|letters|one word before|several words`).MatchString(e.Error()) {
				t.Errorf("%s: %v", q, err)
			}
			continue
		}
		read++
		if again, err := query.Parse(n.String(), o); err != nil || !cmp.Equal(n, again) {
			t.Errorf("%s is read as %s, and that as %v, %v", q, n, again, err)
		}
	}
	if read < sentences/2 {
		t.Errorf("only %d of %d sentences were read: they are no test", read, sentences)
	}
}
