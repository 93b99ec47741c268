package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Strict returns s with only case, marks, tatweel and zero-width characters
// removed: the second check for short Arabic names that folding joins with
// other words (علي "Ali" and على "on"). Persian and Arabic keyboards' ya and kaf
// stay equal, as the one is the other's only spelling. It is slower than Fold
// and meant for names that have already been found.
func Strict(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		switch {
		case r == 'ی':
			r = 'ي'
		case r == 'ک':
			r = 'ك'
		case unicode.Is(unicode.M, r) || unicode.Is(unicode.Cf, r) || r == 0x0640:
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
