package text

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// chunk is how many bytes of a term are hashed at once.
const chunk = 8

const hashPrime = 0x9E3779B97F4A7C15

// Hash returns the hash of a folded term that tokens and readings carry. It is
// the same in every process.
func Hash(term []byte) uint64 {
	var h uint64
	for ; len(term) >= chunk; term = term[chunk:] {
		h = hashChunk(h, binary.LittleEndian.Uint64(term))
	}
	if len(term) > 0 {
		var rest [chunk]byte
		copy(rest[:], term)
		h = hashChunk(h, binary.LittleEndian.Uint64(rest[:]))
	}
	return mix(h)
}

// hashChunk takes up to eight bytes into a hash; what is missing is zero.
func hashChunk(h, w uint64) uint64 { return (bits.RotateLeft64(h, 27) ^ w) * hashPrime }

// mix ends a hash.
func mix(h uint64) uint64 {
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	return h ^ h>>32
}

// How many letters of a word the two StemHashes of a token are of.
const (
	StemLetters     = 3
	LongStemLetters = 4
)

// StemHash returns the hash of the first so many letters of a folded term, by
// which words that may go on (reopen*) are filed; 0 when there are fewer.
func StemHash(term []byte, letters int) uint32 {
	at := 0
	for range letters {
		if at == len(term) {
			return 0
		}
		_, size := utf8.DecodeRune(term[at:])
		at += size
	}
	return stemHash(Hash(term[:at]))
}

// stemHash makes the hash of a few letters one that is never 0.
func stemHash(h uint64) uint32 { return uint32(h>>32) | 1 }

// load returns the eight bytes of s at i; what lies behind its end is zero.
func load(s string, i int) uint64 {
	if i+chunk > len(s) {
		return loadEnd(s[i:])
	}
	s = s[i : i+chunk]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func loadEnd(s string) uint64 {
	var rest [chunk]byte
	copy(rest[:], s)
	return binary.LittleEndian.Uint64(rest[:])
}

// Eight bytes at once: each has its high bit for yes and no.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// asciiLetters tells which of eight bytes are ASCII letters and which digits.
func asciiLetters(w uint64) (alphas, digits uint64) {
	low := w &^ highs
	lower := low | 0x20*ones
	alphas = (lower + (0x80-'a')*ones) &^ (lower + (0x80-'z'-1)*ones)
	digits = (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones)
	return alphas & highs &^ w, digits & highs &^ w
}
