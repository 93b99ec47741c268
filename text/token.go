package text

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Flags say how a token was written and what stands before it.
type Flags uint16

// The flags of a token.
const (
	// Capital: the first letter is upper or title case.
	Capital Flags = 1 << iota
	// AllCaps: at least two letters, all of them upper case (IS, U.S.).
	AllCaps
	// Digits: there is a digit in it.
	Digits
	// SoftBreak: a zero-width non-joiner stands inside (Persian, Kurdish).
	SoftBreak
	// Apostrophe: an apostrophe stands inside (Qa'im, Türkiye'nin, l'Irak).
	Apostrophe
	// Dotted: single letters joined over full stops (U.S., D.C.).
	Dotted
	// Break: a comma, colon, bracket, dash or other symbol stands between this
	// token and the one before; no name reaches across it.
	Break
	// SentenceStart: the first token of its sentence.
	SentenceStart
	// Cut: the term is cut at MaxTerm bytes; Start and End are of the whole word.
	Cut
	// Latin and Arabic tell the script of the first letter.
	Latin
	Arabic
	// Varied: there may be other Readings; without it there are none.
	Varied
)

// MaxTerm bounds the bytes of a folded term. A longer "word" is no word.
const MaxTerm = 128

// A Token is one word of a text.
type Token struct {
	// Term is the folded word. It aliases the analyzer's buffer.
	Term []byte
	// Hash is Hash(Term), computed on the way.
	Hash uint64
	// Start and End are the byte offsets of the whole word in the original.
	Start, End int
	// Pos counts tokens from 0, Sentence sentences from 0.
	Pos, Sentence int
	Flags         Flags

	// The first and the last apostrophe inside the word, as offsets into Term;
	// 0 when there is none.
	firstApos, lastApos uint8
	// Stem and LongStem are StemHash(Term, …) of as many letters, computed on
	// the way.
	Stem, LongStem uint32
	dotless        bool // there is an ı in the term
}

// An Analyzer cuts texts into tokens. The zero value is ready; it may be used
// again and again (then it allocates nothing), but not by two goroutines at once.
type Analyzer struct {
	t      *tables
	src    string
	lang   language
	buf    []byte
	tokens []Token

	readings []Reading
	scratch  []byte
	// What AlternatesIn was told of; nil is everything.
	known, stems *Filter
}

// Tokens returns the words of s in order. lang is the language of s as a BCP 47
// primary tag, or empty; it decides only which Readings the tokens have and how
// ı and I relate. The tokens, and the terms in them, are valid until the next
// call. Any bytes may be given: what is not UTF-8 separates words.
func (a *Analyzer) Tokens(s, lang string) []Token {
	if a.t == nil {
		a.t = shared()
	}
	a.src, a.lang = s, languageOf(lang)
	a.tokens, a.buf = a.tokens[:0], a.buf[:0]
	if cap(a.buf) < len(s)+2*MaxTerm {
		a.buf = make([]byte, 0, len(s)+len(s)/4+2*MaxTerm)
	}
	sc := scanner{t: a.t, s: s, buf: a.buf, tokens: a.tokens, fresh: true, varied: Arabic | Apostrophe}
	if a.lang == langTurkish || a.lang == langKurmanji {
		sc.varied |= Latin
	}
	sc.run()
	a.buf, a.tokens = sc.buf, sc.tokens
	return a.tokens
}

// Fold returns the folded words of s joined by one space: the form in which
// names and query words are compared. Two spellings of a name that differ in
// case, diacritics, Arabic letter variants, hyphens or apostrophes fold alike.
func Fold(s string) string {
	var a Analyzer
	out := make([]byte, 0, len(s)+8)
	for i, t := range a.Tokens(s, "") {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, t.Term...)
	}
	return string(out)
}

// The separators seen since the last word: a bit for each class.
const (
	gapSpace = 1 << classSpace
	gapHard  = 1 << classHard
	gapDot   = 1 << classDot
	gapStop  = 1 << classStop
	gapLine  = 1 << classLine
)

// A scanner is one run over a text.
type scanner struct {
	t      *tables
	s      string
	buf    []byte
	tokens []Token

	varied   Flags // any of them: a word that may have other readings
	sentence int
	gap      int
	fresh    bool // the next token starts a sentence whatever stands before it
}

func (c *scanner) run() {
	s, t := c.s, c.t
	for i := 0; i < len(s); {
		e, size := t.bytes[s[i]], 1
		if e&classMask == isWide {
			e, size = t.lookup(s, i)
		}
		if e&classMask == isLetter {
			// Behind most words stands one space.
			if i = c.simple(i, e); i < len(s) && s[i] == ' ' {
				c.gap = gapSpace
				i++
			}
			continue
		}
		switch e.class() {
		case classSpace, classHard, classDot, classStop, classLine:
			c.gap |= 1 << e.class()
		case classSoft:
			// " – " between words is a dash; " - " may as well join them.
			if size > 1 && c.gap&gapSpace != 0 && spaceAt(t, s, i+size) {
				c.gap |= gapHard
			}
		case classApostrophe, classMark, classIgnored, classJoiner:
		default:
			i = c.word(i)
			continue
		}
		i += size
	}
}

func spaceAt(t *tables, s string, i int) bool {
	if i >= len(s) {
		return true
	}
	e, _ := t.lookup(s, i)
	return e.class() == classSpace || e.class() == classLine
}

// letterAt reports whether a letter or digit starts at i.
func letterAt(t *tables, s string, i int) bool {
	if i >= len(s) {
		return false
	}
	e, _ := t.lookup(s, i)
	return e.class() == classLetter || e.class() == classMulti || e.class() == classBig
}

// simple scans the word that starts with the letter first at i, if it is made
// of plain letters as nine of ten are, and leaves any other to word.
func (c *scanner) simple(i int, first entry) int {
	s, t, base := c.s, c.t, len(c.buf)
	if cap(c.buf)-base < MaxTerm+chunk {
		return c.word(i)
	}
	var (
		out     = (*[MaxTerm + chunk]byte)(c.buf[base : base+MaxTerm+chunk])
		hash    uint64
		digits  uint64
		small   uint64 // letters that are no capitals
		at      int
		j       = i
		dotless bool
	)
	// Most words are ASCII to their end, which eight bytes at once tell.
	for at <= MaxTerm-2*chunk {
		if s[i] >= utf8.RuneSelf {
			break
		}
		w := load(s, j)
		alphas, figures := asciiLetters(w)
		ends := ^(alphas | figures) & highs
		mask := (ends&-ends)>>7 - 1 // of the bytes before the first end
		digits |= figures & mask
		small |= (alphas&(w<<2) | figures) & mask
		w = (w | alphas>>2) & mask
		binary.LittleEndian.PutUint64(out[at:at+chunk], w)
		n := bits.TrailingZeros64(ends) >> 3
		at += n
		j += n
		if n > 0 {
			hash = hashChunk(hash, w)
		}
		if n < chunk {
			break
		}
	}
	n := at // letters
	start := binary.LittleEndian.Uint64(out[:chunk])
	three, four := uint64(1<<24-1), uint64(1<<32-1) // the bytes of as many letters
	if j < len(s) {
		if e := t.bytes[s[j]]; 1<<e.class()&plainEnds == 0 && (e.class() != classDot || n == 1) {
			w, ok := c.further(out, wide{at: at, n: n, next: j})
			if !ok {
				return c.word(i)
			}
			if w.at > at {
				at, n, j, dotless = w.at, w.n, w.next, w.dotless
				small |= w.small
				digits |= w.digits
				hash, three, four = plainHash(out, at)
				start = binary.LittleEndian.Uint64(out[:chunk])
			}
		}
	}
	flags := Flags(first/bitUpper) & Capital
	switch first.script() {
	case scriptLatin:
		flags |= Latin
	case scriptArabic:
		flags |= Arabic
	default:
	}
	if small == 0 && n > 1 {
		flags |= AllCaps
	}
	if digits != 0 {
		flags |= Digits
	}
	if c.fresh || c.gap&^gapSpace != 0 {
		c.gapFlags(&flags, first)
	}
	if dotless || flags&c.varied != 0 {
		flags |= Varied
	}
	c.gap = 0
	c.buf = c.buf[:base+at]
	k := len(c.tokens)
	if k == cap(c.tokens) {
		c.tokens = append(c.tokens, Token{})
	}
	c.tokens = c.tokens[:k+1]
	tok := &c.tokens[k]
	tok.Term = c.buf[base : base+at : base+at]
	tok.Hash, tok.Start, tok.End, tok.Pos, tok.Sentence = mix(hash), i, j, k, c.sentence
	tok.Flags, tok.firstApos, tok.lastApos, tok.dotless = flags, 0, 0, dotless
	// Without branches, which could not be foretold.
	stem, long := stemHash(mix(hashChunk(0, start&three))), stemHash(mix(hashChunk(0, start&four)))
	if n < StemLetters {
		stem = 0
	}
	if n < LongStemLetters {
		long = 0
	}
	tok.Stem, tok.LongStem = stem, long
	return j
}

// A wide is how far a word of plain letters was read.
type wide struct {
	at, n, next int // bytes and letters of the term; where the text goes on
	small       uint64
	digits      uint64
	dotless     bool
}

// further reads a word of plain letters on behind its first ones, which are
// ASCII; false when it is no plain word.
func (c *scanner) further(out *[MaxTerm + chunk]byte, w wide) (wide, bool) {
	s, t := c.s, c.t
	for w.next < len(s) {
		e, size := t.bytes[s[w.next]], 1
		if e&classMask == isWide {
			// Two bytes are decoded here: a call for each letter would cost more
			// than all else.
			if b, i := s[w.next], w.next+1; b >= 0xC2 && b < 0xE0 && i < len(s) && s[i]&0xC0 == 0x80 {
				e, size = t.bmp[uint16(b&0x1F)<<6|uint16(s[i]&0x3F)], 2
			} else {
				e, size = t.lookup(s, w.next)
			}
		}
		if e&classMask != isLetter {
			if c.endsPlain(e, w.n, w.next+size) {
				break
			}
			return w, false
		}
		switch r := e & 0xFFFF; {
		case w.at >= MaxTerm-2:
			return w, false
		case r < utf8.RuneSelf:
			out[w.at] = byte(r)
			w.at++
		case r < 0x800:
			out[w.at], out[w.at+1] = 0xC0|byte(r>>6), 0x80|byte(r&0x3F)
			w.at += 2
			w.dotless = w.dotless || r == 'ı'
		default:
			return w, false
		}
		w.small |= uint64(^e & bitUpper)
		w.digits |= uint64(e & bitDigit)
		w.n++
		w.next += size
	}
	return w, true
}

// plainHash hashes a term of letters of one or two bytes, and tells the bytes of
// its first three and four letters. What stands behind the term becomes zero.
func plainHash(out *[MaxTerm + chunk]byte, size int) (hash, three, four uint64) {
	binary.LittleEndian.PutUint64(out[size:size+chunk], 0)
	for at := 0; at < size; at += chunk {
		hash = hashChunk(hash, binary.LittleEndian.Uint64(out[at:at+chunk]))
	}
	end := uint(0)
	for range StemLetters {
		end += 8 + uint(out[end/8]>>7)*8
	}
	three = 1<<end - 1
	end += 8 + uint(out[end/8]>>7)*8
	return hash, three, 1<<end - 1 // of 64: all
}

// plainEnds are the classes behind a word that say nothing about it.
const plainEnds = 1<<classSpace | 1<<classHard | 1<<classSoft | 1<<classStop | 1<<classLine | 1<<classSingle

// endsPlain reports whether a word of n plain letters ends before a rune that is no
// letter; otherwise it is no plain word. next is the offset behind the rune.
func (c *scanner) endsPlain(e entry, n, next int) bool {
	return 1<<e.class()&plainEnds != 0 ||
		e.class() == classDot && n != 1 ||
		e.class() == classApostrophe && !letterAt(c.t, c.s, next)
}

// word scans the word that starts at i and returns the offset behind it.
func (c *scanner) word(i int) int {
	s, t, buf := c.s, c.t, c.buf
	var (
		first, _            = t.lookup(s, i)
		start, end          = i, i
		base                = len(buf)
		letters, upper, dot int // dot: how many letters stood before the last stop
		all                 entry
		flags               Flags
		firstApos, lastApos int
	)
loop:
	for i < len(s) {
		var e entry
		var size int
		// The two common lengths are decoded here: a call per letter would
		// cost more than all else.
		if b := s[i]; b < utf8.RuneSelf {
			e, size = t.bmp[b], 1
		} else if i+1 < len(s) && b >= 0xC2 && b < 0xE0 && s[i+1]&0xC0 == 0x80 {
			e, size = t.bmp[uint16(b&0x1F)<<6|uint16(s[i+1]&0x3F)], 2
		} else {
			e, size = t.lookup(s, i)
		}
		if e&classMask == isLetter {
			out := uint32(e & 0xFFFF)
			switch {
			case out < utf8.RuneSelf:
				buf = append(buf, byte(out))
			case out < 0x800:
				buf = append(buf, 0xC0|byte(out>>6), 0x80|byte(out&0x3F))
			default:
				buf = utf8.AppendRune(buf, rune(out))
			}
			letters++
			upper += int(e>>24) & 1
			all |= e
			i += size
			end = i
			continue
		}
		switch e.class() {
		case classMulti:
			for _, out := range t.multi[e.out()] {
				buf = utf8.AppendRune(buf, out)
			}
			letters++
			upper += int(e>>24) & 1
			i += size
			end = i
		case classSingle:
			if i > start {
				break loop
			}
			out, _ := utf8.DecodeRuneInString(s[i:])
			if e.out() != 0 {
				out = e.out()
			}
			buf = utf8.AppendRune(buf, out)
			i, end, buf = c.marks(i+size, buf)
			break loop
		case classBig:
			out, _ := utf8.DecodeRuneInString(s[i:])
			buf = utf8.AppendRune(buf, out)
			letters++
			i += size
			end = i
		case classMark:
			if out := e.out(); out != 0 {
				buf = utf8.AppendRune(buf, out)
			}
			i += size
			end = i
		case classIgnored:
			i += size
		case classJoiner:
			if letterAt(t, s, i+size) {
				flags |= SoftBreak
			}
			i += size
		case classApostrophe:
			if !letterAt(t, s, i+size) {
				break loop
			}
			if at := len(buf) - base; at < MaxTerm {
				flags |= Apostrophe
				if firstApos == 0 {
					firstApos = at
				}
				lastApos = at
			}
			i += size
		case classDot:
			// U.S., D.C.: single letters with stops between them are one word.
			if letters-dot != 1 || all&bitDigit != 0 || size != 1 || !letterAt(t, s, i+size) {
				break loop
			}
			next, size2 := t.lookup(s, i+size)
			if next&bitDigit != 0 || letterAt(t, s, i+size+size2) {
				break loop
			}
			flags |= Dotted
			dot = letters
			i += size
		default:
			break loop
		}
	}
	if first&bitUpper != 0 {
		flags |= Capital
		if upper > 1 && upper == letters {
			flags |= AllCaps
		}
	}
	if all&bitDigit != 0 {
		flags |= Digits
	}
	switch first.script() {
	case scriptLatin:
		flags |= Latin
	case scriptArabic:
		flags |= Arabic
	default:
	}
	if len(buf)-base > MaxTerm {
		buf = cut(buf, base)
		flags |= Cut
	}
	c.gapFlags(&flags, first)
	// When the buffer grows, the terms before stay where they are.
	term := buf[base:len(buf):len(buf)]
	dotless := bytes.Contains(term, []byte("ı"))
	if dotless || flags&c.varied != 0 {
		flags |= Varied
	}
	c.tokens = append(c.tokens, Token{
		Term: term, Hash: Hash(term), Start: start, End: end, Pos: len(c.tokens), Sentence: c.sentence, Flags: flags,
		firstApos: uint8(firstApos), lastApos: uint8(lastApos),
		Stem: StemHash(term, StemLetters), LongStem: StemHash(term, LongStemLetters), dotless: dotless,
	})
	c.buf = buf
	return i
}

// cut shortens the term that starts at base to MaxTerm bytes of whole runes.
func cut(buf []byte, base int) []byte {
	end := base + MaxTerm
	for !utf8.RuneStart(buf[end]) {
		end--
	}
	return buf[:end]
}

// marks appends the marks that belong to a word of one rune.
func (c *scanner) marks(i int, buf []byte) (next, end int, out []byte) {
	end = i
	for i < len(c.s) {
		e, size := c.t.lookup(c.s, i)
		if e.class() != classMark && e.class() != classIgnored {
			break
		}
		i += size
		if e.class() == classMark {
			end = i
			if r := e.out(); r != 0 {
				buf = utf8.AppendRune(buf, r)
			}
		}
	}
	return i, end, buf
}

// gapFlags says what stands before a word, and counts sentences.
func (c *scanner) gapFlags(flags *Flags, first entry) {
	switch {
	case c.fresh:
		c.fresh = false
		*flags |= SentenceStart
	case c.gap&^gapSpace == 0:
	case c.gap&gapLine != 0, c.gap&(gapDot|gapStop) != 0 && c.gap&gapSpace != 0 && c.ends(first):
		c.sentence++
		*flags |= SentenceStart | Break
	case c.gap&(gapHard|gapStop) != 0:
		*flags |= Break
	}
	c.gap = 0
}

// ends reports whether the stop between the last token and the next, whose
// first rune is given, ends a sentence.
func (c *scanner) ends(first entry) bool {
	if first&bitLower != 0 && first.script() == scriptLatin {
		return false
	}
	if c.gap&gapStop != 0 {
		return true
	}
	last := &c.tokens[len(c.tokens)-1]
	if last.Flags&Dotted != 0 {
		return false
	}
	term := last.Term
	return last.Flags&Capital == 0 || len(term) > 1 && !abbreviated(term)
}

// abbreviated reports whether a word is written with a stop and a capital, and
// a name follows it.
func abbreviated(term []byte) bool {
	switch string(term) {
	case "mr", "mrs", "ms", "dr", "gen", "lt", "col", "maj", "sgt", "capt", "st", "prof", "sen", "rep", "gov",
		"brig", "adm", "hon", "rev", "mme", "mlle", "jan", "feb", "aug", "sept", "sep", "oct", "nov", "dec",
		"no", "vs", "av", "doc":
		return true
	}
	return false
}
