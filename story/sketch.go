package story

import (
	"slices"
	"strings"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
)

// How much of a text is looked at. News says what it has to say at the start,
// and what is read bounds the time and memory that one item can cost.
const (
	maxTitleBytes = 1 << 10
	maxBodyBytes  = 6 << 10
	maxTitle      = 40  // words
	maxBody       = 256 // words
)

// A word is the hash of a folded word; the lowest bit tells that it is a number.
type word uint32

func (w word) number() bool { return w&1 != 0 }

// A sketch is what is kept of a text to compare it with others.
type sketch struct {
	// title and body are the words in order. A label before the title is the
	// first label words of it; a source after it is left out, as is a title
	// that the body begins with.
	title, body []word
	// bones are the title's words without their vowels, beside title: by them
	// spellings of one name are equal.
	bones []word
	label int
	// lang is the primary language tag.
	lang string
	// shingles is how many different shingles there are in body.
	shingles int
	// letters is how many bytes the words of the title have.
	letters int
}

// A reader makes sketches. It is used again and again.
type reader struct {
	analyzer text.Analyzer
	lexicon  lexicon
	words    []word // title, bones, body of the last sketch
	about    features
}

// read makes the sketch of an item; it is valid until the next call.
func (r *reader) read(it *item.Item) sketch {
	s := sketch{lang: primary(it.Lang)}
	r.words = r.words[:0]
	r.about.reset()

	title, _ := head(it.Title, maxTitleBytes)
	toks := r.analyzer.Tokens(title, it.Lang)
	toks = toks[:min(len(toks), maxTitle)]
	toks = toks[:withoutSource(title, toks)]
	s.label = labelled(title, toks)
	for i := range toks {
		r.words = append(r.words, r.wordOf(&toks[i]))
		s.letters += len(toks[i].Term)
	}
	for i := range toks {
		r.words = append(r.words, bones(&toks[i]))
	}
	n := len(toks)
	for i := range toks {
		r.about.word(r, &toks[i], r.words[i], inTitle)
	}

	body, cut := head(it.Body, maxBodyBytes)
	toks = r.analyzer.Tokens(body, it.Lang)
	if cut && len(toks) > 0 {
		toks = toks[:len(toks)-1] // perhaps half a word
	}
	toks = toks[:min(len(toks), maxBody)]
	for i := range toks {
		r.words = append(r.words, r.wordOf(&toks[i]))
	}
	for i := range toks[:min(len(toks), eventWords)] {
		r.about.word(r, &toks[i], r.words[2*n+i], inBody)
	}
	s.title, s.bones, s.body = r.words[:n:n], r.words[n:2*n:2*n], r.words[2*n:]
	if len(s.body) > n && n >= minRepeated && slices.Equal(s.body[:n], s.title) {
		s.body = s.body[n:]
	}
	return s
}

// primary returns the language of a tag ("en" of "en-US").
func primary(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return strings.Clone(strings.ToLower(tag))
}

// minRepeated is how many words of a title must stand at the start of the body
// to be taken for the title said again.
const minRepeated = 4

// wordOf hashes a token; numbers in words are the same as in digits.
func (r *reader) wordOf(t *text.Token) word {
	if n, ok := r.lexicon.number(t.Hash); ok {
		return n
	}
	w := word(t.Hash>>32) &^ 1
	if t.Flags&text.Digits != 0 {
		w |= 1
	}
	return w
}

// bones hashes a word without vowels, which is where spellings of a name
// differ (Esad, Esed; Hussein, Husayn); a number keeps all it has.
func bones(t *text.Token) word {
	if t.Flags&text.Digits != 0 {
		return word(t.Hash>>32) | 1
	}
	h, n := uint64(14695981039346656037), 0
	var last rune
	for i, c := range string(t.Term) {
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'ı', 'ا', 'و', 'ي', 'ه', 'ە', 'ة', 'ى', 'ې', 'ێ', 'ۆ', 'ت':
			if i > 0 || c == 'ت' || c == 'ي' {
				continue
			}
		}
		if c == last {
			continue
		}
		last = c
		h = (h ^ uint64(c)) * 1099511628211
		n++
	}
	if n < 2 {
		return word(t.Hash>>32) &^ 1
	}
	return word(h>>32) &^ 1
}

// head returns the beginning of s, at most limit bytes, and whether that is
// less than all.
func head(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit], true
}

// withoutSource returns how many words of a title stand before the name of its
// source ("… | Jordan Times", "… - Reuters").
func withoutSource(title string, toks []text.Token) int {
	for i := len(toks) - 1; i > minRepeated && i >= len(toks)-4; i-- {
		if toks[i].Flags&text.Digits != 0 {
			break // a date, a score
		}
		gap := title[toks[i-1].End:toks[i].Start]
		if strings.Contains(gap, "|") {
			return i
		}
		for _, dash := range []string{" - ", " – ", " — "} {
			if strings.Contains(gap, dash) {
				return i
			}
		}
	}
	return len(toks)
}

// labelled returns how many words of a title are a label before it ("Breaking:",
// "Watch |", "UPDATE 1-").
func labelled(title string, toks []text.Token) int {
	for i := 1; i < len(toks)-minRepeated && i <= 2; i++ {
		if strings.ContainsAny(title[toks[i-1].End:toks[i].Start], ":|-…") {
			return i
		}
	}
	return 0
}

// shingle mixes three words that follow one another.
func shingle(a, b, c word) uint32 {
	return mix(mix(mix(uint32(a))^uint32(b))^uint32(c)) | 1 // never 0, which is "empty"
}

func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}

// hashWords hashes words in order.
func hashWords(seed uint32, ws []word) uint32 {
	h := mix(seed)
	for _, w := range ws {
		h = mix(h ^ uint32(w))
	}
	return h
}

// clone copies a sketch out of its reader, without the room to spare.
func (s *sketch) clone() sketch {
	n := len(s.title)
	words := make([]word, 0, 2*n+len(s.body))
	words = append(append(append(words, s.title...), s.bones...), s.body...)
	c := *s
	c.title, c.bones, c.body = words[:n:n], words[n:2*n:2*n], words[2*n:]
	return c
}
