package server

import (
	"net/url"
	"strings"
	"unicode"

	"marsad/internal/printable"
)

// plain returns a feed's text as it may be shown: without control characters,
// without the bidi controls that turn what follows them around, and valid
// UTF-8. ZWNJ and ZWJ stay, for Persian and Kurdish are misspelt without them;
// newlines stay and other white space becomes a space.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\r', r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			return ' '
		case unicode.IsControl(r),
			r >= 0x202A && r <= 0x202E,   // embeddings and overrides
			r >= 0x2066 && r <= 0x2069,   // isolates, which feeds leave open
			r >= 0xFFF9 && r <= 0xFFFB,   // interlinear annotations
			r >= 0xE0000 && r <= 0xE007F, // tags: invisible text
			r == 0xFEFF:
			return -1
		}
		return r
	}, s)
}

// line is plain text on one line of at most n runes, an ellipsis included.
func line(s string, n int) string {
	return printable.Clip(strings.Join(strings.Fields(plain(s)), " "), n)
}

// webURL returns an address that a page may link to: absolute, http or https,
// without a user name. Anything else gives "".
func webURL(s string) string {
	if len(s) > 8192 {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}

// hostOf returns the host of an address as readers know it.
func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
