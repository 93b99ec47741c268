package text

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A ReadingKind says what was taken off a word, or changed, to read it so.
type ReadingKind uint8

// The kinds of readings; a reading may be of several.
const (
	// Clitic: an Arabic or Kurdish prefix (و ف ب ك ل, لە) is off.
	Clitic ReadingKind = 1 << iota
	// Article: the Arabic article is off.
	Article
	// Suffix: a case ending, plural, enclitic or possessive is off.
	Suffix
	// Demonym: an ending that makes an adjective of origin is off (Iraklı,
	// عراقی); the word is no mention of the place that the stem names.
	Demonym
	// Elision: a French elided article or preposition is off (l'Irak).
	Elision
	// Dotless: dotless and dotted i are exchanged.
	Dotless
)

// A Reading is another way to read a token: the word behind a clitic or ending.
type Reading struct {
	// Term is the folded word and Hash its Hash.
	Term []byte
	Hash uint64
	// Start and End are the byte offsets of the word itself in the original,
	// without what was taken off.
	Start, End int
	Kind       ReadingKind

	from, to int16 // the runes of the token's term that it stands at
}

// minStem is how many letters must be left of a word whose ending is taken off.
const minStem = 4

// Readings returns the alternates of a token of the last call of Tokens, the
// term itself not included; valid until the next call. Most words have none.
// No reading is a claim: it counts only where it is itself a name or a query word.
func (a *Analyzer) Readings(t Token) []Reading {
	rs := a.Alternates(t)
	for i := range rs {
		rs[i].Start, rs[i].End = a.Locate(t, rs[i])
	}
	return rs
}

// Alternates is Readings without Start and End, for those who look at many
// readings and keep few: Locate tells where a kept one stands.
func (a *Analyzer) Alternates(t Token) []Reading {
	return a.alternates(&t)
}

// AlternatesIn is Alternates for those who look the readings up: those whose
// Hash is not in known are left out, unless their first letters are in stems
// (StemHash of StemLetters). Most are never made.
func (a *Analyzer) AlternatesIn(t *Token, known, stems *Filter) []Reading {
	if t.Flags&Varied == 0 {
		return nil
	}
	a.known, a.stems = known, stems
	rs := a.alternates(t)
	a.known, a.stems = nil, nil
	return rs
}

func (a *Analyzer) alternates(t *Token) []Reading {
	a.readings, a.scratch = a.readings[:0], a.scratch[:0]
	switch {
	case t.Flags&Cut != 0:
	case t.Flags&Arabic != 0:
		a.readArabicScript(t)
	case t.Flags&Latin != 0:
		a.readLatinScript(t)
	}
	return a.readings
}

// add adds a reading that stands from the rune from to the rune to of the term.
func (a *Analyzer) add(t *Token, term []byte, kind ReadingKind, from, to int) {
	hash := Hash(term)
	if !a.wanted(hash, term) || bytes.Equal(term, t.Term) {
		return
	}
	for i := range a.readings {
		if bytes.Equal(a.readings[i].Term, term) {
			if kind&(Article|Demonym) == 0 {
				a.readings[i].Kind = kind // the reading that takes less for granted
			}
			return
		}
	}
	a.readings = append(a.readings, Reading{Term: term, Hash: hash, Kind: kind, from: int16(from), to: int16(to)})
}

// wanted reports whether AlternatesIn asked for a term.
func (a *Analyzer) wanted(hash uint64, term []byte) bool {
	return a.known == nil || a.known.Has(hash) || a.stems.Has(uint64(StemHash(term, StemLetters)))
}

// Locate returns the bytes of the original in which a reading of t stands. t
// and r must come from the text that was given to Tokens last. Marks belong to
// the letter before them; joiners and apostrophes to none.
func (a *Analyzer) Locate(t Token, r Reading) (start, end int) {
	return a.span(t, int(r.from), int(r.to))
}

// span maps the folded runes [from, to) of a token to the bytes they came from.
func (a *Analyzer) span(t Token, from, to int) (start, end int) {
	n := 0
	start, end = t.Start, t.End
	for i := t.Start; i < t.End; {
		e, size := a.t.lookup(a.src, i)
		out := 0
		switch e.class() {
		case classLetter, classSingle, classBig:
			out = 1
		case classMulti:
			out = utf8.RuneCountInString(a.t.multi[e.out()])
		case classMark:
			if n == to {
				end = i + size
			}
		}
		if out > 0 {
			if n >= to {
				break
			}
			if n <= from && from < n+out {
				start = i
			}
			n += out
			if n >= to {
				end = i + size
			}
		}
		i += size
	}
	return start, end
}

func (a *Analyzer) readArabicScript(t *Token) {
	switch a.lang {
	case langPersian, langSorani:
		a.joined(t, a.lang)
		a.ending(t, t.Term, 0, 0, a.lang)
	case langUnknown:
		a.arabic(t)
		a.joined(t, langPersian)
		a.ending(t, t.Term, 0, 0, langPersian)
		a.ending(t, t.Term, 0, 0, langSorani)
	default:
		a.arabic(t)
	}
	if a.lang == langSorani {
		for _, prefix := range []string{"له", "به"} {
			if rest, ok := bytes.CutPrefix(t.Term, []byte(prefix)); ok && utf8.RuneCount(rest) >= minStem {
				a.add(t, rest, Clitic, 2, utf8.RuneCount(t.Term))
				a.ending(t, rest, Clitic, 2, a.lang)
			}
		}
	}
}

// arabic reads behind (و|ف)?(ب|ك|ل)?(ال)?, with لل for ل + ال; at least three
// letters stay.
func (a *Analyzer) arabic(t *Token) {
	const letter = 2 // bytes of an Arabic letter
	n := utf8.RuneCount(t.Term)
	if n < 4 {
		return
	}
	read := func(term []byte, kind ReadingKind, cut int) {
		if n-cut >= 3 {
			a.add(t, term, kind, cut, n)
		}
	}
	rest, cut := t.Term, 0
	for {
		var kind ReadingKind
		if cut > 0 {
			kind = Clitic
			read(rest, kind, cut)
		}
		switch {
		case hasRunes(rest, "لل"):
			at := len(a.scratch)
			a.scratch = append(append(a.scratch, "ال"...), rest[2*letter:]...)
			read(a.scratch[at:len(a.scratch):len(a.scratch)], Clitic, cut+1)
			read(rest[2*letter:], Clitic|Article, cut+2)
			read(rest[letter:], Clitic, cut+1)
		case hasRunes(rest, "ال"):
			read(rest[2*letter:], kind|Article, cut+2)
		case hasRunes(rest, "ب"), hasRunes(rest, "ك"), hasRunes(rest, "ل"):
			read(rest[letter:], Clitic, cut+1)
			if hasRunes(rest[letter:], "ال") {
				read(rest[3*letter:], Clitic|Article, cut+3)
			}
		}
		if cut > 0 || !hasRunes(rest, "و") && !hasRunes(rest, "ف") {
			return
		}
		rest, cut = rest[letter:], 1
	}
}

func hasRunes(term []byte, prefix string) bool {
	return len(term) > len(prefix) && string(term[:len(prefix)]) == prefix
}

// joined reads what stands before a zero-width non-joiner (سوریه‌ها).
func (a *Analyzer) joined(t *Token, l language) {
	if t.Flags&SoftBreak == 0 {
		return
	}
	n, at := 0, 0
	for i := t.Start; i < t.End; {
		e, size := a.t.lookup(a.src, i)
		switch e.class() {
		case classLetter:
			n++
			at += utf8.RuneLen(e.out())
		case classMulti:
			n += utf8.RuneCountInString(a.t.multi[e.out()])
			at += len(a.t.multi[e.out()])
		case classJoiner:
			if n >= 2 && at < len(t.Term) {
				kind, ok := a.t.endings[l].of[string(t.Term[at:])]
				if !ok {
					kind = Suffix
				}
				a.add(t, t.Term[:at], kind, 0, n)
			}
		}
		i += size
	}
}

// ending reads a term without the endings of a language. from is the rune of
// the token at which the term starts.
func (a *Analyzer) ending(t *Token, term []byte, kind ReadingKind, from int, l language) {
	es := &a.t.endings[l]
	runes := utf8.RuneCount(term)
	least := es.stem
	if runes <= least && t.Flags&Latin != 0 && a.shouting(t) {
		least--
	}
	if runes <= least {
		return
	}
	// Where only known stems are asked for, the endings are not looked at
	// before a stem is found.
	picky := a.known != nil && !a.stems.Has(uint64(StemHash(term, StemLetters)))
	cut := len(term)
	for stem := runes - 1; stem >= least; stem-- {
		if term[cut-1] < utf8.RuneSelf {
			cut--
		} else {
			_, size := utf8.DecodeLastRune(term[:cut])
			cut -= size
		}
		if len(term)-cut > es.longest {
			return
		}
		if picky && !a.known.Has(Hash(term[:cut])) {
			continue
		}
		if k, ok := es.of[string(term[cut:])]; ok {
			a.add(t, term[:cut:cut], kind|k, from, from+stem)
		}
	}
}

// shouting reports whether the first two letters are capitals (DAIŞê, HSDê).
func (a *Analyzer) shouting(t *Token) bool {
	e, size := a.t.lookup(a.src, t.Start)
	if e&bitUpper == 0 || t.Start+size >= t.End {
		return false
	}
	e, _ = a.t.lookup(a.src, t.Start+size)
	return e&bitUpper != 0
}

func (a *Analyzer) readLatinScript(t *Token) {
	a.apostrophes(t)
	switch a.lang {
	case langTurkish, langKurmanji:
		if t.Flags&Apostrophe == 0 {
			a.ending(t, t.Term, 0, 0, a.lang)
		}
	default:
	}
	a.dotless(t)
}

// apostrophes reads the parts of a word beside its apostrophes.
func (a *Analyzer) apostrophes(t *Token) {
	if t.lastApos == 0 || int(t.lastApos) >= len(t.Term) {
		return
	}
	left, right := t.Term[:t.lastApos:t.lastApos], t.Term[t.lastApos:]
	n := utf8.RuneCount(left)
	if n >= 2 {
		kind, known := ReadingKind(0), true
		switch {
		case len(right) == 1 && right[0] == 's':
			kind = Suffix
		case a.lang == langTurkish || a.lang == langKurmanji:
			if kind, known = a.t.endings[a.lang].of[string(right)]; !known {
				kind, known = Suffix, true
			}
		case a.lang == langUnknown:
			if kind, known = a.t.endings[langTurkish].of[string(right)]; !known {
				kind, known = a.t.endings[langKurmanji].of[string(right)]
			}
		default:
			known = false
		}
		if known {
			a.add(t, left, kind, 0, n)
		}
	}
	if a.lang == langTurkish || a.lang == langKurmanji {
		return
	}
	head, tail := t.Term[:t.firstApos], t.Term[t.firstApos:]
	if elided(head) && utf8.RuneCount(tail) >= 2 {
		a.add(t, tail, Elision, utf8.RuneCount(head), utf8.RuneCount(t.Term))
	}
}

// elided reports whether a French (or Italian) word has lost its vowel.
func elided(head []byte) bool {
	switch string(head) {
	case "l", "d", "n", "s", "j", "m", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu",
		"dell", "nell", "all", "dall", "sull", "un":
		return true
	}
	return false
}

// dotless exchanges dotted and dotless i, which capitals, keyboards and writers
// confuse: ı reads as i in every language, I as ı in Turkish.
func (a *Analyzer) dotless(t *Token) {
	if !t.dotless && (a.lang != langTurkish || strings.IndexByte(a.src[t.Start:t.End], 'I') < 0) {
		return
	}
	n := utf8.RuneCount(t.Term)
	if t.dotless {
		at := len(a.scratch)
		for _, r := range string(t.Term) {
			if r == 'ı' {
				r = 'i'
			}
			a.scratch = utf8.AppendRune(a.scratch, r)
		}
		a.variant(t, a.scratch[at:len(a.scratch):len(a.scratch)], n)
	}
	if a.lang != langTurkish {
		return
	}
	at, runes, changed := len(a.scratch), 0, false
	for i := t.Start; i < t.End && runes < n; {
		e, size := a.t.lookup(a.src, i)
		switch {
		case a.src[i] == 'I':
			a.scratch = append(a.scratch, "ı"...)
			runes, changed = runes+1, true
		case e.class() == classLetter:
			a.scratch = utf8.AppendRune(a.scratch, e.out())
			runes++
		case e.class() == classMulti:
			a.scratch = append(a.scratch, a.t.multi[e.out()]...)
			runes += utf8.RuneCountInString(a.t.multi[e.out()])
		}
		i += size
	}
	if changed && runes == n {
		a.variant(t, a.scratch[at:len(a.scratch):len(a.scratch)], n)
	}
}

// variant adds a respelling of a whole word, and its readings without endings.
func (a *Analyzer) variant(t *Token, term []byte, runes int) {
	a.add(t, term, Dotless, 0, runes)
	switch {
	case t.lastApos > 0:
		left := utf8.RuneCount(t.Term[:t.lastApos])
		if left < 2 || left >= runes {
			return
		}
		cut := 0
		for range left {
			_, size := utf8.DecodeRune(term[cut:])
			cut += size
		}
		a.add(t, term[:cut:cut], Dotless|Suffix, 0, left)
	case a.lang == langTurkish:
		a.ending(t, term, Dotless, 0, langTurkish)
	}
}
