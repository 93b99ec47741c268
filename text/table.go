package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// An entry says all that the tokeniser must know of a rune: bits 0-15 the
// folded rune (or the index of a longer output), 16-19 the class, 20-23 the
// script, 24 and up the case and digit bits.
type entry uint32

// The classes of runes. Everything up to classApostrophe stands outside words.
const (
	classHard       = iota // other punctuation and symbols: no name reaches across
	classSpace             // white space
	classSoft              // hyphen, underscore, number sign: separates words, not names
	classDot               // full stop, ellipsis
	classStop              // ! ? and their kin
	classLine              // line and paragraph ends
	classApostrophe        // joins when between letters
	classMark              // deleted, belongs to the letter before it
	classIgnored           // deleted
	classJoiner            // ZWNJ: deleted, remembered as a soft break
	classLetter            // one rune of output
	classMulti             // several runes of output
	classSingle            // a word of its own (Han, Kana, Thai …)
	classBig               // beyond the BMP: itself
	classWide              // the first byte of a longer rune, or of none
)

const (
	classShift  = 16
	scriptShift = 20
	classMask   = 15 << classShift
	isLetter    = classLetter << classShift
	isWide      = classWide << classShift

	bitUpper entry = 1 << 24
	bitLower entry = 1 << 25
	bitDigit entry = 1 << 26
)

func (e entry) class() int     { return int(e>>classShift) & 15 }
func (e entry) script() script { return script(e>>scriptShift) & 15 }
func (e entry) out() rune      { return rune(e & 0xFFFF) }

// A script is a writing system as far as folding and Identify care.
type script uint8

const (
	scriptOther script = iota
	scriptLatin
	scriptArabic
	scriptCyrillic
	scriptHebrew
	scriptGreek
	scriptHan
	scriptKana
	scriptHangul
	scriptDevanagari
	scriptBengali
	scriptThai
	scriptArmenian
	scriptGeorgian
	scriptIndic
	scriptCount
)

type tables struct {
	bmp   [1 << 16]entry
	bytes [1 << 8]entry // of ASCII; what is longer is classWide
	multi []string
	// endings lists, per language, what may follow a stem.
	endings [langCount]endings
}

// shared is the folding table, built on first use (some milliseconds) and
// never changed afterwards.
//
//nolint:gochecknoglobals // constant table, too large to be written out
var shared = sync.OnceValue(buildTables)

// lookup returns the entry of the rune that starts at s[i] and its length.
func (t *tables) lookup(s string, i int) (entry, int) {
	c := s[i]
	if c < utf8.RuneSelf {
		return t.bmp[c], 1
	}
	if c >= 0xC2 && c < 0xE0 && i+1 < len(s) {
		if d := s[i+1]; d&0xC0 == 0x80 {
			return t.bmp[uint16(c&0x1F)<<6|uint16(d&0x3F)], 2
		}
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if r < 1<<16 {
		return t.bmp[r], size // RuneError is classHard
	}
	return t.big(r), size
}

// big is the entry of a rune beyond the BMP. Letters that decompose into the
// BMP (mathematical alphabets) fold like what they decompose to.
func (t *tables) big(r rune) entry {
	switch {
	case r >= 0xE0000:
		return classIgnored << classShift // tags, variation selectors, private use
	case unicode.Is(unicode.Han, r):
		return classSingle<<classShift | entry(scriptHan)<<scriptShift
	case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		if unicode.Is(unicode.M, r) {
			return classMark << classShift
		}
		return classHard << classShift
	}
	var b [utf8.UTFMax]byte
	d := norm.NFKD.Properties(b[:utf8.EncodeRune(b[:], r)]).Decomposition()
	if q, n := utf8.DecodeRune(d); n > 0 && n == len(d) && q < 1<<16 {
		return t.bmp[q]
	}
	return classBig << classShift
}

func buildTables() *tables {
	t := &tables{}
	scripts := scriptOf()
	t.multi = append(t.multi, "")
	letters := letterVariants()
	for r := range rune(1 << 16) {
		t.bmp[r] = t.build(r, scripts, letters)
	}
	for r, class := range punctuation() {
		t.bmp[r] = entry(class) << classShift
	}
	for b := range t.bytes {
		t.bytes[b] = isWide
		if b < utf8.RuneSelf {
			t.bytes[b] = t.bmp[b]
		}
	}
	for l := range langCount {
		t.endings[l] = t.endingsOf(l)
	}
	return t
}

// build computes one entry.
func (t *tables) build(r rune, scripts []script, letters map[rune]string) entry {
	sc := scripts[r]
	switch {
	case r >= 0xD800 && r < 0xE000, r == utf8.RuneError:
		return classHard << classShift
	case unicode.IsSpace(r):
		return classSpace << classShift
	case unicode.Is(unicode.Cf, r) || r == 0x0640 || r >= 0xFE00 && r <= 0xFE0F:
		return classIgnored << classShift
	case unicode.Is(unicode.M, r):
		if keepsMarks(sc) {
			return entry(r) | classMark<<classShift | entry(sc)<<scriptShift
		}
		return classMark << classShift
	case !unicode.IsLetter(r) && !unicode.IsNumber(r):
		return classHard << classShift
	}
	e := entry(sc) << scriptShift
	switch {
	case unicode.IsUpper(r) || unicode.IsTitle(r):
		e |= bitUpper
	case unicode.IsLower(r):
		e |= bitLower
	case unicode.IsNumber(r):
		e |= bitDigit
	}
	out := foldRune(r, sc, letters)
	q, n := utf8.DecodeRuneInString(out)
	switch {
	case out == "":
		return classHard << classShift
	case q > 0xFFFF: // a compatibility ideograph: itself
		return e | entry(r) | classSingle<<classShift
	case (n < len(out) || !singles(sc)) && strings.ContainsFunc(out, func(o rune) bool { return singles(scripts[o]) }):
		// A digraph, or an ideograph in a circle: a word of its own, too.
		return e | entry(r) | classSingle<<classShift
	case n < len(out):
		t.multi = append(t.multi, out)
		return e | entry(len(t.multi)-1) | classMulti<<classShift
	case singles(sc):
		return e | entry(q) | classSingle<<classShift
	default:
		return e | entry(q) | classLetter<<classShift
	}
}

// foldRune is the folded form of a letter or number; empty when it is none.
func foldRune(r rune, sc script, letters map[rune]string) string {
	if s, ok := letters[r]; ok {
		return s
	}
	if unicode.IsDigit(r) {
		return string('0' + digitValue(r))
	}
	form := norm.NFKC
	if !keepsMarks(sc) && sc != scriptHangul {
		form = norm.NFKD
	}
	var out []rune
	for _, q := range form.String(string(r)) {
		q = unicode.ToLower(q)
		switch {
		case unicode.Is(unicode.M, q) && !keepsMarks(sc), q == 0x0640, strings.ContainsRune(apostrophes, q):
		case letters[q] != "":
			out = append(out, []rune(letters[q])...)
		case unicode.IsDigit(q):
			out = append(out, '0'+digitValue(q))
		case unicode.IsLetter(q) || unicode.IsNumber(q) || unicode.Is(unicode.M, q):
			out = append(out, q)
		default: // fractions, ligatures of whole phrases
			return ""
		}
	}
	return string(out)
}

// digitValue is the value of a decimal digit: Unicode keeps each script's ten
// digits together, in order.
func digitValue(r rune) rune {
	var v rune
	for v < 9 && unicode.IsDigit(r-v-1) {
		v++
	}
	return v
}

// keepsMarks tells the scripts in which a combining mark is a letter's other
// half, not an ornament.
func keepsMarks(sc script) bool {
	switch sc {
	case scriptDevanagari, scriptBengali, scriptThai, scriptIndic, scriptKana:
		return true
	case scriptOther, scriptLatin, scriptArabic, scriptCyrillic, scriptHebrew, scriptGreek, scriptHan,
		scriptHangul, scriptArmenian, scriptGeorgian, scriptCount:
	}
	return false
}

// singles tells the scripts written without spaces: each rune is a word.
func singles(sc script) bool { return sc == scriptHan || sc == scriptKana || sc == scriptThai }

// letterVariants joins letters that writers interchange and that Unicode does
// not decompose into one another.
func letterVariants() map[rune]string {
	m := map[rune]string{
		'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o",
		'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d", 'þ': "th", 'Þ': "th", 'ł': "l", 'Ł': "l", 'ħ': "h", 'Ħ': "h",
		// Dotless i stays apart from i; a reading joins them where a language needs it.
		'ı': "ı", 'İ': "i",
		'ς': "σ", 'ŉ': "n",
	}
	for to, from := range map[string]string{
		"ا": "أإآٱٲٳ",
		"ي": "ىیێېۍئۑ",
		"ك": "کڪګ",
		"ه": "ةەھہۀۂۃۿ",
		"و": "ؤۆۇۈۋ",
		"ر": "ڕ",
		"ل": "ڵ",
		"ف": "ڤ",
	} {
		for _, r := range from {
			m[r] = to
		}
	}
	return m
}

// apostrophes join when between letters: hamza and ain of transliterations, too.
const apostrophes = "'\u2019\u2018\u02BC\u02BF\u02BE\u02BB\u0060\u00B4\u2032\u055A\uFF07\uA78C\u02B9\u02C8"

// punctuation lists the runes outside words that are more than a hard break.
func punctuation() map[rune]int {
	m := map[rune]int{}
	for class, runes := range map[int]string{
		classSoft:       "-_#@&\u2010\u2011\u2012\u2013\u05BE\u2212\u30FB\u00B7\u00AE\u2122",
		classDot:        ".\u2026\u06D4",
		classStop:       "!?\u061F\u3002\uFF01\uFF1F\u0964\u0965\u203C\u2049",
		classLine:       "\n\r\v\f\u0085\u2028\u2029",
		classApostrophe: apostrophes,
		classJoiner:     "\u200C",
		classIgnored:    "\u200B\u200D\u200E\u200F\u00AD\uFEFF\u0640\u061C\u2060",
	} {
		for _, r := range runes {
			m[r] = class
		}
	}
	return m
}

// scriptOf lists the script of each rune of the BMP.
func scriptOf() []script {
	all := make([]script, 1<<16)
	mark := func(sc script, tables ...*unicode.RangeTable) {
		for _, t := range tables {
			for _, r := range t.R16 {
				for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
					all[c] = sc
				}
			}
		}
	}
	mark(scriptLatin, unicode.Latin)
	mark(scriptArabic, unicode.Arabic)
	mark(scriptCyrillic, unicode.Cyrillic)
	mark(scriptHebrew, unicode.Hebrew)
	mark(scriptGreek, unicode.Greek)
	mark(scriptHan, unicode.Han)
	mark(scriptKana, unicode.Hiragana, unicode.Katakana)
	mark(scriptHangul, unicode.Hangul)
	mark(scriptDevanagari, unicode.Devanagari)
	mark(scriptBengali, unicode.Bengali)
	mark(scriptThai, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
	mark(scriptArmenian, unicode.Armenian)
	mark(scriptGeorgian, unicode.Georgian)
	mark(scriptIndic, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
		unicode.Gujarati, unicode.Gurmukhi, unicode.Oriya, unicode.Sinhala, unicode.Tibetan)
	return all
}
