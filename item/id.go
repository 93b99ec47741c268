package item

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// An ID names an article: 32 lower-case hexadecimal digits, the first half of a
// SHA-256. It is safe in URLs, subjects and file names.
type ID string

// A Revision names one text of an article: its ID, a hyphen and 16 hexadecimal
// digits.
type Revision string

// NewID returns the ID of the article at a canonical URL, or of a feed's item
// that has none (feed and guid). Parts are hashed with their lengths, so ("ab",
// "c") and ("a", "bc") differ.
func NewID(parts ...string) ID {
	return ID(hash(parts, 16))
}

// NewRevision returns the name of the revision of id whose normalised text
// (title, body, …) is text.
func NewRevision(id ID, text ...string) Revision {
	return Revision(string(id) + "-" + hash(text, 8))
}

// Item returns the article that r is a revision of.
func (r Revision) Item() ID {
	id, _, _ := strings.Cut(string(r), "-")
	return ID(id)
}

// Valid reports whether id has the form that NewID gives.
func (id ID) Valid() bool {
	if len(id) != 32 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// hash returns the first n bytes of the SHA-256 of the parts, in hexadecimal.
func hash(parts []string, n int) string {
	h := sha256.New()
	var size [8]byte
	for _, p := range parts {
		for i := range size {
			size[i] = byte(len(p) >> (8 * i))
		}
		h.Write(size[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:n])
}
