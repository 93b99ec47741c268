package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"marsad/text"
)

func TestFoldJoinsSpellings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		spellings  []string
	}{
		{"latin marks", "abu kamal", []string{"Abū Kamāl", "ABU KAMAL", "abu-kamal", "Abu  Kamal", "Abu Kama\u0304l", "Ａｂｕ Ｋａｍａｌ"}},
		{"apostrophes", "qaim", []string{"Qa'im", "Qa’im", "Qaʿim", "Qa`im", "Qaʾim", "Qāʾim", "Qa\u00ADim", "Qa\u200Dim"}},
		{"arabic marks", "القايم", []string{"القائم", "القَائِم", "القـــائم", "القايم", "القائ\u200Fم", "ﺍﻟﻘﺎﺋﻢ"}},
		{"alef", "احمد", []string{"أحمد", "احمد", "إحمد", "آحمد", "ٱحمد"}},
		{"ya and kaf", "علي", []string{"علي", "على", "علی", "عەلی"[:0] + "علێ"}},
		{"ta marbuta", "الرقه", []string{"الرقة", "الرقه", "الرقە"}},
		{"kurdish letters", "كوردستان", []string{"کوردستان", "كوردستان", "کۆردستان", "کوڕدستان"}},
		{"digits", "2025", []string{"2025", "٢٠٢٥", "۲۰۲۵", "２０２５"}},
		{"turkish", "turkiye", []string{"Türkiye", "TÜRKİYE", "türkiye", "Turkiye"}},
		{"stops", "us troops", []string{"U.S. troops", "US troops", "u.s. troops"}},
		{"ligatures", "strasse aerger oeuvre", []string{"Straße Ærger œuvre", "STRASSE AERGER OEUVRE"}},
		{"ligature of lam alef", "الاسد", []string{"الأسد", "اﻷسد", "اﻻسد"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range tt.spellings {
				if got := text.Fold(s); got != tt.want {
					t.Errorf("Fold(%q) = %q, want %q", s, got, tt.want)
				}
			}
		})
	}
}

func TestFoldKeepsApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"sınır", "sinir"}, {"پارس", "بارس"}, {"چین", "جين"}, {"گاز", "كاز"}, {"ژن", "زن"}} {
		if text.Fold(pair[0]) == text.Fold(pair[1]) {
			t.Errorf("%q and %q fold alike", pair[0], pair[1])
		}
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	if text.Strict("علي") == text.Strict("على") {
		t.Error("Strict joins علي and على")
	}
	for _, pair := range [][2]string{{"عَلِيّ", "علي"}, {"علی", "علي"}, {"عـلي", "علي"}} {
		if text.Strict(pair[0]) != text.Strict(pair[1]) {
			t.Errorf("Strict(%q) = %q, Strict(%q) = %q", pair[0], text.Strict(pair[0]), pair[1], text.Strict(pair[1]))
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, s, want string }{
		{"offsets", "Al-Qa’im, Anbar", "Al|Qa’im|,Anbar"},
		{"sentences", "He left. She came! وصل؟ نعم", "He|left|/She|came|/وصل|/نعم"},
		{"abbreviations", "Dr. Ali of the U.S. Army met Gen. Rasool. They spoke", "Dr|Ali|of|the|U.S|Army|met|Gen|Rasool|/They|spoke"},
		{"lower case goes on", "approx. five", "approx|five"},
		{"lines", "one\ntwo\n\nthree", "one|/two|/three"},
		{"numbers", "3.5 km, 1,200 men on 17-5-2020", "3|5|km|,1|,200|men|on|17|5|2020"},
		{"cjk", "伊拉克 2025", "伊|拉|克|2025"},
		{"dash", "Qaim – Abu Kamal, Iraq–Syria", "Qaim|,Abu|Kamal|,Iraq|Syria"},
		{"hashtag", "#Abu_Kamal", "Abu|Kamal"},
		{"quotes", "«داعش» 'IS' “Daesh”", "داعش|,IS|,Daesh"},
		{"web", "see example.com/a", "see|example|com|,a"},
		{"invalid", "a\xff\xfeb \xd8", "a|,b"},
		{"marks alone", "\u064E \u0301 \u200F", ""},
		{"emoji", "Iraq🇮🇶Syria", "Iraq|,Syria"},
		{"math letters", "𝐈𝐫𝐚𝐪", "𝐈𝐫𝐚𝐪"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var a text.Analyzer
			var got []string
			for _, tok := range a.Tokens(tt.s, "en") {
				p := ""
				switch {
				case tok.Flags&text.SentenceStart != 0 && tok.Pos > 0:
					p = "/"
				case tok.Flags&text.Break != 0 && tok.Pos > 0:
					p = ","
				}
				got = append(got, p+tt.s[tok.Start:tok.End])
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("got  %s\nwant %s", g, tt.want)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s    string
		want text.Flags
	}{
		{"IS", text.Capital | text.AllCaps | text.Latin},
		{"Iraq", text.Capital | text.Latin},
		{"iPhone", text.Latin},
		{"U.S.", text.Capital | text.AllCaps | text.Dotted | text.Latin},
		{"F16", text.Capital | text.Digits | text.Latin},
		{"İRAN", text.Capital | text.AllCaps | text.Latin},
		{"می\u200cشود", text.SoftBreak | text.Arabic | text.Varied},
		{"Qa'im", text.Capital | text.Apostrophe | text.Latin | text.Varied},
		{strings.Repeat("x", 500), text.Cut | text.Latin},
	}
	var a text.Analyzer
	for _, tt := range tests {
		if got := a.Tokens(tt.s, "")[0].Flags &^ text.SentenceStart; got != tt.want {
			t.Errorf("%q: flags %b, want %b", tt.s, got, tt.want)
		}
	}
}

func TestReadings(t *testing.T) {
	t.Parallel()
	tests := []struct{ lang, word, term, core string }{
		{"ar", "وبالقائم", "القايم", "القائم"},
		{"ar", "للقائم", "القايم", "لقائم"},
		{"ar", "وللعراق", "العراق", "لعراق"},
		{"ar", "للبنان", "لبنان", "لبنان"},
		{"ar", "بِبَغْدَادَ", "بغداد", "بَغْدَادَ"},
		{"ar", "الحدود", "حدود", "حدود"},
		{"ar", "فالحدود", "حدود", "حدود"},
		{"tr", "Türkiye’nin", "turkiye", "Türkiye"},
		{"tr", "Irak'ta", "irak", "Irak"},
		{"tr", "Bağdat'taki", "bagdat", "Bağdat"},
		{"tr", "Suriyede", "suriye", "Suriye"},
		{"tr", "sınırında", "sınır", "sınır"},
		{"tr", "SINIRINDA", "sınır", "SINIR"},
		{"tr", "Sınır", "sinir", "Sınır"},
		{"kmr", "Sûriyeyê", "suriye", "Sûriye"},
		{"kmr", "DAIŞ'ê", "dais", "DAIŞ"},
		{"kmr", "DAIŞê", "dais", "DAIŞ"},
		{"kmr", "Iraqê", "iraq", "Iraq"},
		{"ckb", "عێراقدا", "عيراق", "عێراق"},
		{"ckb", "سووریاوە", "سووريا", "سووریا"},
		{"fa", "سوریه\u200cها", "سوريه", "سوریه"},
		{"fa", "مرزهای", "مرز", ""}, // three letters are too few
		{"fa", "عراقی", "عراق", "عراق"},
		{"fr", "l’Irak", "irak", "Irak"},
		{"fr", "jusqu'Alep", "alep", "Alep"},
		{"en", "Iraq's", "iraq", "Iraq"},
		{"en", "Qa'im's", "qaim", "Qa'im"},
		{"en", "Sana'a", "sana", ""},
		{"en", "Iraq", "ira", ""},
		{"ar", "بوكمالية", "كمالية", ""},
	}
	for _, tt := range tests {
		t.Run(tt.lang+" "+tt.word, func(t *testing.T) {
			t.Parallel()
			s := "x " + tt.word + " y"
			var a text.Analyzer
			got := ""
			for _, r := range a.Readings(a.Tokens(s, tt.lang)[1]) {
				if string(r.Term) == tt.term {
					got = s[r.Start:r.End]
				}
				if r.Hash != text.Hash(r.Term) {
					t.Errorf("hash of %q differs", r.Term)
				}
			}
			if got != tt.core {
				t.Errorf("core of %q read as %q is %q, want %q", tt.word, tt.term, got, tt.core)
			}
		})
	}
}

func TestDemonymsAreMarked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lang, word, term string }{{"tr", "Iraklı", "irak"}, {"fa", "عراقی", "عراق"}, {"tr", "Suriyeliler", "suriye"}, {"kmr", "Iraqî", "iraq"}} {
		var a text.Analyzer
		found := false
		for _, r := range a.Readings(a.Tokens(tt.word, tt.lang)[0]) {
			if string(r.Term) == tt.term {
				found = true
				if r.Kind&text.Demonym == 0 {
					t.Errorf("%s: reading %q of %q is no demonym: %b", tt.lang, tt.term, tt.word, r.Kind)
				}
			}
		}
		if !found {
			t.Errorf("%s: %q has no reading %q", tt.lang, tt.word, tt.term)
		}
	}
}

func TestSteadyPathAllocatesNothing(t *testing.T) {
	s := strings.Repeat("وقال رئيس الوزراء إن الحدود مع سوريا مغلقة. Türkiye'nin sınırında Iraq’s border. ", 50)
	var a text.Analyzer
	run := func() {
		for _, tok := range a.Tokens(s, "tr") {
			a.Readings(tok)
		}
	}
	run()
	if n := testing.AllocsPerRun(10, run); n > 0 {
		t.Errorf("%v allocations per run, want 0", n)
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{
		"Al-Qa’im’s", "وبالقائم للقائم", "سوریه\u200cها ", "U.S. D.C.", "İSTANBUL’da sınırında", "DAIŞ'ê", "ﷺ ﷲ ½ ²",
		"a\xff\xe2\x80", "𝐈𝐫𝐚𝐪 🇮🇶", "ก็ ခ", "が か\u3099", "\u064E\u0640", "l'Irak qu’Alep", "ﻻﻻﻻ",
	} {
		for _, lang := range []string{"", "ar", "tr", "fa", "ckb", "kmr", "fr", "en"} {
			f.Add(s, lang)
		}
	}
	f.Fuzz(func(t *testing.T, s, lang string) {
		var a text.Analyzer
		end, pos, sentence := 0, 0, 0
		for _, tok := range a.Tokens(s, lang) {
			if tok.Start < end || tok.End <= tok.Start || tok.End > len(s) || tok.Pos != pos || tok.Sentence < sentence {
				t.Fatalf("token %+v after end %d", tok, end)
			}
			if len(tok.Term) == 0 || len(tok.Term) > text.MaxTerm || !utf8.Valid(tok.Term) || tok.Hash != text.Hash(tok.Term) {
				t.Fatalf("token %+v: bad term %q", tok, tok.Term)
			}
			end, sentence = tok.End, tok.Sentence
			pos++
			for _, r := range a.Readings(tok) {
				if r.Start < tok.Start || r.End > tok.End || r.Start >= r.End || len(r.Term) == 0 || r.Hash != text.Hash(r.Term) || r.Kind == 0 {
					t.Fatalf("reading %+v of %+v", r, tok)
				}
			}
		}
		folded := text.Fold(s)
		if again := text.Fold(folded); again != folded {
			t.Fatalf("Fold is not stable: %q, then %q", folded, again)
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	for name, s := range map[string]string{
		"en": "Iraq’s Prime Minister said on Monday that the wall along the Syrian border near Al-Qa'im is almost complete. ",
		"ar": "قال رئيس الوزراء العراقي اليوم إن الجدار على الحدود مع سوريا قرب القائم شارف على الانتهاء وأكد ذلك. ",
	} {
		s = strings.Repeat(s, 100)
		b.Run(name, func(b *testing.B) {
			var a text.Analyzer
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				a.Tokens(s, name)
			}
		})
		b.Run(name+"-readings", func(b *testing.B) {
			var a text.Analyzer
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				for _, t := range a.Tokens(s, name) {
					a.Readings(t)
				}
			}
		})
	}
}

// Every rune there is, alone and inside a word, must fold to something stable.
func TestEveryRune(t *testing.T) {
	t.Parallel()
	var a text.Analyzer
	for r := range rune(utf8.MaxRune + 1) {
		s := "x" + string(r) + "y"
		for _, tok := range a.Tokens(s, "tr") {
			if tok.Start >= tok.End || !utf8.Valid(tok.Term) || len(tok.Term) == 0 {
				t.Fatalf("%U: token %+v", r, tok)
			}
			a.Readings(tok)
		}
	}
	for r := range rune(0x30000) {
		if once := text.Fold(string(r)); text.Fold(once) != once {
			t.Errorf("%U folds to %q and then to %q", r, once, text.Fold(once))
		}
	}
}
