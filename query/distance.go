package query

// within reports whether a becomes b by at most limit changes of one letter: an
// insertion, a deletion, a replacement or a swap of neighbours, no letter
// changed twice (optimal string alignment, as the index's automaton counts).
func within(a, b []rune, limit int) bool {
	if d := len(a) - len(b); d > limit || -d > limit {
		return false
	}
	return distance(a, b) <= limit
}

// distance is the optimal string alignment distance of a and b.
func distance(a, b []rune) int {
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
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

// nearest is the one of the words that is spelled most like s, at most two
// changes away, or "".
func nearest(s string, words []string) string {
	best, bestDistance := "", 3
	for _, w := range words {
		if d := distance([]rune(s), []rune(w)); d < bestDistance {
			best, bestDistance = w, d
		}
	}
	return best
}
