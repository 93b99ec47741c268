package tagger

import "strings"

// maxKey bounds the bytes of a key; a longer word is no part of a name.
const maxKey = 24

// A key is a folded word of Latin script without what romanisations of Arabic
// and Kurdish names differ in: q and k, o and u, doubled letters, dh and d, gh
// and g, kh and x, ph and f, a last h. One vowel stays open: e may stand for i (Deir,
// Dir) and for a (Kemal, Kamal), so that a word has up to two keys.
type key struct {
	i, a   [maxKey]byte // e read as i, and as a
	ni, na int
	list   [][]byte
}

// of makes the key of a folded word; false when it can have none.
func (k *key) of(term []byte) bool {
	if len(term) == 0 || len(term) > maxKey {
		return false
	}
	k.ni, k.na = 0, 0
	k.letters(term, len(term))
	if n := k.ni; n > 3 && k.i[n-1] == 'h' && vowel(k.i[n-2]) { // Raqqah
		k.ni--
		k.na--
	}
	return true
}

// letters adds the letters of a word that begin before until.
func (k *key) letters(term []byte, until int) {
	for at := 0; at < until; at++ {
		c := term[at]
		next := byte(0)
		if at+1 < len(term) {
			next = term[at+1]
		}
		switch c {
		case 'q':
			c = 'k'
		case 'o':
			c = 'u'
		case 'y':
			c = 'i'
		case 'e':
			if next == 'e' {
				c, at = 'i', at+1
				break
			}
			k.put('i', 'a')
			continue
		case 'k':
			if next == 'h' {
				c, at = 'x', at+1
			}
		case 'd':
			switch next {
			case 'h':
				at++
			case 'j':
				c, at = 'j', at+1
			}
		case 'p':
			if next == 'h' {
				c, at = 'f', at+1
			}
		case 'g', 't':
			if next == 'h' {
				at++
			}
		case dotless[0]:
			if next == dotless[1] {
				c, at = 'i', at+1
			}
		}
		k.put(c, c)
	}
}

const dotless = "ı"

// opening makes the beginning of the keys of all words that begin with three
// letters: what the third becomes may depend on the fourth.
func (k *key) opening(three []byte) {
	k.ni, k.na = 0, 0
	until := len(three)
	if strings.IndexByte("ekdgpt", three[until-1]) >= 0 {
		until--
	}
	k.letters(three, until)
}

// put adds a letter to both readings, unless it stands there already.
func (k *key) put(i, a byte) {
	if k.ni == 0 || k.i[k.ni-1] != i {
		k.i[k.ni] = i
		k.ni++
	}
	if k.na == 0 || k.a[k.na-1] != a {
		k.a[k.na] = a
		k.na++
	}
}

func vowel(c byte) bool { return c == 'a' || c == 'i' || c == 'u' }

// words are the one or two keys, valid until the next call of either.
func (k *key) words() [][]byte {
	k.list = append(k.list[:0], canonical(k.i[:k.ni]))
	if a := canonical(k.a[:k.na]); string(a) != string(k.list[0]) {
		k.list = append(k.list, a)
	}
	return k.list
}

// canonical gives the parts of names that have several forms one.
func canonical(word []byte) []byte {
	switch string(word) {
	case "abdul", "abdil", "abdal":
		return word[:len("abd")]
	case "ibn":
		return []byte("bin")
	}
	return word
}

// article reports whether a folded word is the Arabic article before the next:
// al and el before any word, as, ez, ash and the like before their own letter.
// Those that are words of a European language must be joined to the next.
func article(word, next []byte, joined bool) bool {
	if len(word) < 2 || len(word) > 3 || len(next) < 2 {
		return false
	}
	switch word[0] {
	case 'a', 'e', 'i', 'u':
	default:
		return false
	}
	if len(word) == 2 && word[1] == 'l' {
		return word[0] != 'i' || joined
	}
	for i, c := range word[1:] {
		if next[i] != c {
			return false
		}
	}
	switch string(word[1:]) {
	case "z", "sh", "dh", "th", "ch":
		return true
	case "s", "d", "r", "t", "n":
		return joined
	}
	return false
}

// particle reports whether a folded word may stand in a name without a capital.
func particle(word []byte) bool {
	switch string(word) {
	case "bin", "ibn", "ben", "bint", "abu", "abou", "abd", "abdul", "abdel":
		return true
	}
	return false
}
