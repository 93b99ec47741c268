package tagger

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"marsad/text"
)

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
				c.name(w, ws.Lang, group.class, e, n, b.Translit)
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
func (c *compiler) name(w Word, lang string, cl class, e, b int32, translit *bool) {
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
	o := owned{word: w, lang: lang, entity: e, block: b, class: cl}
	c.names[strings.Join(words, " ")] = append(c.names[strings.Join(words, " ")], o)
	c.romanise(o, c.an.Tokens(w.Text, ""), p, translit)
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
	c.trie.add(ids, p.caps, int32(len(c.p.patterns)))
	c.put(p, len(words))
}

// put adds a pattern of some words, which stands for the name that is added.
func (c *compiler) put(p pattern, words int) {
	c.p.patterns = append(c.p.patterns, p)
	c.p.places = append(c.p.places, c.at.Pos)
	c.p.texts = append(c.p.texts, c.at.Text)
	c.p.longest = max(c.p.longest, int32(words))
}
