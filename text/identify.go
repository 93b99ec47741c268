package text

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Undetermined is what Identify returns when it cannot tell.
const Undetermined = "und"

// identifyBytes bounds what Identify looks at: more text does not change its mind.
const identifyBytes = 4 << 10

// Identify returns the BCP 47 primary tag of the language of s: en, ar, ckb,
// kmr, fa, tr, fr and their neighbours (so that those are not taken for them),
// or "und" when neither script, letters nor stop words tell and the hint does
// not help. hint is what the feed claims ("en-US", "ku", ""); it decides only
// between languages that the text leaves open. Safe for concurrent use.
func Identify(s, hint string) string {
	if len(s) > identifyBytes {
		s = s[:identifyBytes]
	}
	hint = normalHint(hint)
	st := survey(s)
	switch sc := st.script(); sc {
	case scriptLatin, scriptArabic, scriptCyrillic, scriptDevanagari:
		return st.decide(sc, hint)
	case scriptHan:
		if st.count[scriptKana] > 0 {
			return "ja"
		}
		return "zh"
	case scriptKana:
		return "ja"
	case scriptHangul:
		return "ko"
	case scriptHebrew:
		return orHint("he", hint, "yi")
	case scriptGreek:
		return "el"
	case scriptBengali:
		return orHint("bn", hint, "as")
	case scriptArmenian:
		return "hy"
	case scriptGeorgian:
		return "ka"
	case scriptThai, scriptIndic, scriptOther, scriptCount:
	}
	if hint != "" {
		return hint
	}
	return Undetermined
}

func orHint(lang, hint string, others ...string) string {
	if slices.Contains(others, hint) {
		return hint
	}
	return lang
}

// normalHint reduces a feed's claim to a primary tag, or "".
func normalHint(hint string) string {
	hint = strings.ToLower(strings.TrimSpace(hint))
	if i := strings.IndexAny(hint, "-_"); i >= 0 {
		hint = hint[:i]
	}
	if len(hint) < 2 || len(hint) > 3 || hint == Undetermined || hint == "mul" {
		return ""
	}
	for i := range len(hint) {
		if hint[i] < 'a' || hint[i] > 'z' {
			return ""
		}
	}
	return hint
}

// A tally is what was seen of a text.
type tally struct {
	count  [scriptCount]int
	words  int
	scores []float64
	langs  []profile
}

// survey counts letters by script, and the evidence of each language.
func survey(s string) *tally {
	t, ps := shared(), languages()
	st := &tally{langs: ps.list, scores: make([]float64, len(ps.list))}
	for i := 0; i < len(s); {
		e, size := t.lookup(s, i)
		if c := e.class(); c == classLetter || c == classMulti || c == classSingle {
			st.count[e.script()]++
			if r, _ := utf8.DecodeRuneInString(s[i:]); r >= utf8.RuneSelf {
				for _, w := range ps.letters[r] {
					st.scores[w.lang] += w.weight
				}
			}
		}
		i += size
	}
	var a Analyzer
	for _, tok := range a.Tokens(s, "") {
		st.words++
		for _, w := range ps.words[string(tok.Term)] {
			st.scores[w.lang] += w.weight
		}
		if tok.Flags&Arabic != 0 && hasRunes(tok.Term, "ال") {
			st.scores[ps.arabic] += 0.5
		}
		for n := 2; n <= 5 && n+3 <= len(tok.Term); n++ {
			for _, w := range ps.endings[string(tok.Term[len(tok.Term)-n:])] {
				st.scores[w.lang] += w.weight
			}
		}
	}
	return st
}

// script is the one in which most is written. A Han or Kana rune is a word and
// weighs more than a letter.
func (st *tally) script() script {
	best, most := scriptOther, 0
	for sc, n := range st.count {
		if script(sc) == scriptHan || script(sc) == scriptKana {
			n *= 3
		}
		if n > most && script(sc) != scriptOther {
			best, most = script(sc), n
		}
	}
	return best
}

// decide picks a language of a script that several share.
func (st *tally) decide(sc script, hint string) string {
	if hint == "ku" {
		hint = "kmr"
		if sc == scriptArabic {
			hint = "ckb"
		}
	}
	best, second := -1, 0.0
	var top, claimed float64
	known := false
	for i, p := range st.langs {
		if p.script != sc {
			continue
		}
		v := st.scores[i]
		if p.tag == hint {
			known, claimed = true, v
		}
		switch {
		case v > top:
			best, top, second = i, v, top
		case v > second:
			second = v
		}
	}
	switch {
	case known && claimed > 0 && claimed >= 0.7*top: // the text does not speak against the claim
		return hint
	case best >= 0 && top >= 2 && top >= 1.2*second:
		return st.langs[best].tag
	case known && top < 4:
		return hint
	case hint != "" && !known && top < 1.5 && fits(sc, hint):
		return hint
	case best >= 0 && top >= 0.7 && top >= 1.3*second:
		return st.langs[best].tag
	}
	return Undetermined
}

// fits reports whether a language that has no profile may be written in sc.
func fits(sc script, tag string) bool {
	switch tag {
	case "zh", "ja", "ko", "he", "el", "bn", "hy", "ka", "th", "ta", "te", "ml", "kn", "gu", "pa", "am":
		return false
	case "ar", "fa", "ckb", "ur", "ps", "ug", "sd":
		return sc == scriptArabic
	case "ru", "uk", "bg", "mk", "be", "kk", "ky":
		return sc == scriptCyrillic
	case "hi", "mr", "ne":
		return sc == scriptDevanagari
	}
	return sc == scriptLatin
}

// A profile is what tells a language from others in its script.
type profile struct {
	tag     string
	script  script
	letters string // each seen letter is evidence
	words   string // so is each stop word, and the news' commonest words
	endings string // so, weaker, is each ending of a longer word
}

type weight struct {
	lang   int
	weight float64
}

type profiles struct {
	list    []profile
	letters map[rune][]weight
	words   map[string][]weight
	endings map[string][]weight
	arabic  int // index of ar
}

// languages holds the profiles, prepared on first use and constant afterwards.
//
//nolint:gochecknoglobals // constant table, built from profileList
var languages = sync.OnceValue(func() *profiles {
	ps := &profiles{list: profileList(), letters: map[rune][]weight{}, words: map[string][]weight{}, endings: map[string][]weight{}}
	for i, p := range ps.list {
		if p.tag == "ar" {
			ps.arabic = i
		}
		for _, r := range p.letters {
			if r != ' ' {
				ps.letters[r] = append(ps.letters[r], weight{lang: i})
			}
		}
		seen := map[string]bool{}
		for w := range strings.FieldsSeq(p.words) {
			if w = Fold(w); !seen[w] {
				seen[w] = true
				ps.words[w] = append(ps.words[w], weight{lang: i})
			}
		}
		for w := range strings.FieldsSeq(p.endings) {
			w = Fold(w)
			ps.endings[w] = append(ps.endings[w], weight{lang: i, weight: 0.4})
		}
	}
	// What fewer languages share says more.
	for _, ws := range ps.letters {
		for i := range ws {
			ws[i].weight = 1.2 / float64(len(ws))
		}
	}
	for _, ws := range ps.words {
		for i := range ws {
			ws[i].weight = 1.5 / float64(len(ws))
		}
	}
	return ps
})
