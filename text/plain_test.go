package text_test

import (
	"regexp"
	"slices"
	"testing"

	"marsad/text"
)

// Words of plain letters are read many at once: they come out as the same words
// do that have a mark and are read letter by letter.
func TestPlainWordsAreWords(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`[\pL\pN]+`)
	var a, b text.Analyzer
	for c := range rune(0x250) {
		for n := range 19 {
			for _, s := range []string{
				"aBcDeFgHiJkLmNoPqRs"[:n] + string(c) + "ZZ9z and on",
				"THE ABCDEFGHIJKLMNOPQRS"[:n+4] + string(c),
				"ÇŞğıİöüÇŞğıİöüÇŞğıİ"[:2*n] + string(c) + "x",
			} {
				marked := word.ReplaceAllString(s, "$0\u0301")
				want := slices.Clone(b.Tokens(marked, "tr"))
				got := a.Tokens(s, "tr")
				if !slices.EqualFunc(got, want, func(x, y text.Token) bool {
					return string(x.Term) == string(y.Term) && x.Hash == y.Hash && x.Stem == y.Stem && x.LongStem == y.LongStem &&
						x.Flags == y.Flags && x.Sentence == y.Sentence
				}) {
					t.Fatalf("%q:\ngot  %+v\nwant %+v", s, got, want)
				}
			}
		}
	}
}
