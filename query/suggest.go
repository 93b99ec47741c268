package query

import (
	"fmt"
	"strings"

	"marsad/item"
	"marsad/text"
)

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
	case "near":
		return "near:34.37,41.09,50"
	case "lang":
		return "lang:ar"
	case "since", "after", "before":
		return field + ":7d or " + field + ":2026-01-05"
	default:
		return field + `:word or ` + field + `:"some words"`
	}
}

// suggestTag is what to write instead of a name that is none of its kind: it may
// be the name of another kind, or be misspelled.
func (p *parser) suggestTag(kind item.Kind, name string) string {
	hint := fmt.Sprintf("to search for the text, write %s without %s:", quote(name), kind)
	for _, other := range item.Kinds() {
		if id, ok := p.o.Names.Resolve(other, name); ok && other != kind {
			return fmt.Sprintf("did you mean %s? Or, %s", Tag{other, id}, hint)
		}
	}
	if s := p.o.Names.Suggest(kind, name); s != "" {
		return fmt.Sprintf("did you mean %s:%s? Or, %s", kind, plain(s), hint)
	}
	return hint
}

// suggestLang is what to write instead of a word that is no code.
func suggestLang(name string) string {
	names := map[string]string{
		"english": "en", "arabic": "ar", "sorani": "ckb", "kurmanji": "kmr", "persian": "fa", "farsi": "fa",
		"turkish": "tr", "french": "fr", "unknown": "und",
	}
	hint := "write a code: en, ar, ckb, kmr, fa, tr, fr or und"
	for word, code := range names {
		if strings.EqualFold(word, name) {
			return "did you mean lang:" + code + "?"
		}
	}
	return hint
}

// suggestOperator is what to write instead of signs without a letter, some of
// which are operators elsewhere.
func suggestOperator(s string) string {
	switch s {
	case "||", "|":
		return "write OR"
	case "&&", "&", "+":
		return "leave it out: all words must be there"
	case "!":
		return "write NOT, or -word"
	default:
		return "leave it out, or write letters or digits"
	}
}
