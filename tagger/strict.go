package tagger

import (
	"unicode/utf8"
)

// sameStrict reports whether strictKey(s) is key. Plain Arabic letters and
// marks, which nearly all words are made of, need no memory for that.
func sameStrict(s, key string) bool {
	at := 0
	for _, r := range s {
		switch {
		case r >= 0x064B && r <= 0x0652, r == 0x0640: // marks, tatweel
			continue
		case r == 'أ' || r == 'إ' || r == 'آ' || r == 'ٱ':
			r = 'ا'
		case r == 'ی':
			r = 'ي'
		case r == 'ک':
			r = 'ك'
		case r >= 0x0621 && r <= 0x064A:
		default: // what may compose, decompose or be deleted
			return strictKey(s) == key
		}
		k, size := utf8.DecodeRuneInString(key[at:])
		if k != r {
			return false
		}
		at += size
	}
	return at == len(key)
}
