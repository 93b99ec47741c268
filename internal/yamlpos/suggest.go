package yamlpos

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest returns a hint that names the known word nearest to word, or lists
// the known ones when none is near and they are few; else "".
func Suggest(word string, known []string) string {
	known = slices.Sorted(slices.Values(known))
	best, bestDist := "", 1+len(word)/2
	for _, k := range known {
		if d := distance(word, k); d < bestDist {
			best, bestDist = k, d
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

// distance is the Damerau-Levenshtein distance (restricted: optimal string
// alignment) of two short words, in bytes.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
