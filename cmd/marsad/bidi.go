package main

import "strings"

// show makes foreign text safe for a terminal: no control or direction
// characters of its own, one line, and its direction kept to itself by
// FSI … PDI, so that an Arabic title does not turn the line around.
func show(s string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return -1
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c:
			return -1
		default:
			return r
		}
	}, s)
	if rightToLeft(clean) {
		return "\u2068" + clean + "\u2069"
	}
	return clean
}

// rightToLeft reports whether s has a letter of a right-to-left script.
func rightToLeft(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x0590 && r <= 0x08ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff
	})
}
