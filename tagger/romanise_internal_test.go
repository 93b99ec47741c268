package tagger

import (
	"strings"
	"testing"

	"marsad/text"
)

func keysOf(word string) string {
	var k key
	if !k.of([]byte(text.Fold(word))) {
		return ""
	}
	var out []string
	for _, w := range k.words() {
		out = append(out, string(w))
	}
	return strings.Join(out, " ")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Muqtada", "Moqtada", "Muktada", "Moktadah"},
		{"Nouri", "Nuri", "Noori", "Nury"},
		{"Khazali", "Xazali", "Khazaaly"},
		{"Fayyadh", "Fayyad", "Fayad"},
		{"Djamal", "Jamal"},
		{"Ghazi", "Gazi"},
		{"Mustafa", "Mustapha", "Moustafa"},
		{"Kıral", "Kiral"},
		{"abdul", "abd"},
		{"ibn", "bin"},
		{"Thamir", "Tamir"},
	} {
		for _, w := range same[1:] {
			if keysOf(w) != keysOf(same[0]) {
				t.Errorf("%s has %q, %s has %q", same[0], keysOf(same[0]), w, keysOf(w))
			}
		}
	}
	for word, want := range map[string]string{
		"Deir": "dir dair", "Dayr": "dair", "Kemal": "kimal kamal", "Hussein": "husin husain", "Haseeb": "hasib", "shah": "sha", "nuh": "nuh",
		"": "", strings.Repeat("a", maxKey+1): "",
	} {
		if got := keysOf(word); got != want {
			t.Errorf("%s has %q, want %q", word, got, want)
		}
	}
	for _, other := range [][2]string{{"Hasan", "Husain"}, {"Mahmud", "Muhammad"}, {"Abbas", "Abbasi"}, {"Masrur", "Masud"}} {
		if a, b := keysOf(other[0]), keysOf(other[1]); a == b {
			t.Errorf("%s and %s have one key, %q", other[0], other[1], a)
		}
	}
}

// What a word's first letters tell of its keys holds for the whole word.
func FuzzOpening(f *testing.F) {
	for _, w := range []string{"muqtada", "kheder", "djamal", "seed", "raqqah", "ıraq", "deedee", "gh", "phh", "eee"} {
		f.Add(w)
	}
	f.Fuzz(func(t *testing.T, word string) {
		word = text.Fold(word)
		runes := []rune(word)
		var whole, head key
		if len(runes) < 3 || !whole.of([]byte(word)) {
			return
		}
		head.opening([]byte(string(runes[:3])))
		if len(runes) > 3 && (!strings.HasPrefix(string(whole.i[:whole.ni]), string(head.i[:head.ni])) || !strings.HasPrefix(string(whole.a[:whole.na]), string(head.a[:head.na]))) {
			t.Errorf("%q: keys %q and %q, opening %q and %q", word, whole.i[:whole.ni], whole.a[:whole.na], head.i[:head.ni], head.a[:head.na])
		}
	})
}
