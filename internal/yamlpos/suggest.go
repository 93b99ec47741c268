package yamlpos

import (
	"fmt"
	"slices"
	"strings"

	"marsad/text"
)

// maxWord bounds, in bytes, the work for a word that somebody mistook for a key.
const maxWord = 64

// Suggest returns a hint that names the known word nearest to word, or lists
// the known ones when none is near and they are few; else "".
func Suggest(word string, known []string) string {
	known = slices.Sorted(slices.Values(known))
	runes := []rune(word)
	best, bestDist := "", 1+len(runes)/2
	if len(word) <= maxWord {
		for _, k := range known {
			if d := text.Distance(runes, []rune(k)); d < bestDist {
				best, bestDist = k, d
			}
		}
	}
	switch {
	case best != "" && bestDist <= 3:
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) > 0 && len(known) <= 20:
		return "known here: " + strings.Join(known, ", ")
	default:
		return ""
	}
}
