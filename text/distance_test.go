package text_test

import (
	"testing"

	"marsad/text"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"qaim", "qaem", 1},
		{"qaim", "qiam", 1}, // neighbours swapped
		{"القائم", "القايم", 1},
		{"ca", "abc", 3}, // no letter is changed twice: 2 by unrestricted counting
		{"kitten", "sitting", 3},
	} {
		if got := text.Distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := text.Distance([]rune(c.b), []rune(c.a)); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
