package text_test

import (
	"slices"
	"strings"
	"testing"

	"marsad/text"
)

// AlternatesIn leaves out what was not asked for, and nothing else.
func TestAlternatesIn(t *testing.T) {
	t.Parallel()
	var a text.Analyzer
	asked := 0
	for lang, s := range map[string]string{
		"ar":  "وبالعراق للقائم والحدود فسوريا كالنار الوضع بغداد",
		"tr":  "Türkiye'nin Irak'ta SINIRDA Suriyelilere sınırında KIRMIZI Iğdır'dan",
		"kmr": "DAIŞ'ê Sûriyeyê HSDê Kurdistanê sînoran",
		"ckb": "عێراقیش لەسووریا بەغدادەوە سنوورەکان",
		"fa":  "سوریه\u200cها مرزهای عراقی ایران را",
		"fr":  "l'Irak d'Alep jusqu'en Syrie",
		"":    "Iraq's l'Irak وبالعراق Irak'ta Diyarbakır",
	} {
		for _, words := range []string{"العراق القائم irak suriyeli turkiye sinir sınır hsd alep", "بغداد حدود kurdistan عراق سوريه iraq daish", ""} {
			var known, stems text.Filter
			for w := range strings.FieldsSeq(words) {
				known.Add(text.Hash([]byte(w)))
				if len(w) > 6 {
					stems.Add(uint64(text.StemHash([]byte(w), text.StemLetters)))
				}
			}
			for _, tok := range a.Tokens(s, lang) {
				if want := text.StemHash(tok.Term, text.StemLetters); tok.Stem != want {
					t.Errorf("%s: the stem of %s is %d, want %d", lang, tok.Term, tok.Stem, want)
				}
				if want := text.StemHash(tok.Term, text.LongStemLetters); tok.LongStem != want {
					t.Errorf("%s: the long stem of %s is %d, want %d", lang, tok.Term, tok.LongStem, want)
				}
				var want []string
				for _, r := range a.Alternates(tok) {
					if known.Has(r.Hash) || stems.Has(uint64(text.StemHash(r.Term, text.StemLetters))) {
						want = append(want, string(r.Term))
					}
				}
				var got []string
				for _, r := range a.AlternatesIn(&tok, &known, &stems) {
					got = append(got, string(r.Term))
				}
				asked += len(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s: of %s got %q, want %q", lang, tok.Term, got, want)
				}
			}
		}
	}
	if asked < 10 {
		t.Errorf("%d readings asked for: the words are badly chosen", asked)
	}
}
