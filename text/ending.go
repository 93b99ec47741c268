package text

import "strings"

// endings is what may follow a stem in a language, folded.
type endings struct {
	of      map[string]ReadingKind
	longest int // bytes
	stem    int // letters that must be left
}

// endingsOf builds the closed list of a language. The lists hold what news
// prose attaches to names and to the words that themes ask for; derivation
// (Sorani چی, which makes Araghchi of Iraq) is left out on purpose.
func (t *tables) endingsOf(l language) endings {
	e := endings{of: map[string]ReadingKind{}, stem: minStem}
	put := func(kind ReadingKind, list string) {
		for w := range strings.FieldsSeq(list) {
			w = t.fold(w)
			if _, ok := e.of[w]; !ok {
				e.of[w] = kind
				e.longest = max(e.longest, len(w))
			}
		}
	}
	switch l {
	case langPersian:
		put(Suffix, "ها های هایی هایش هایشان هایمان شان مان تان را ات اش")
		put(Demonym, "ی ای یی یان یانی یها یهای یهایی ئی")
	case langSorani:
		put(Suffix, `ی دا یدا ە یە ەوە وە یەوە یش ش یشدا وش ان یان یانی یانە ەکان ەکانی ەکانیش ەکاندا ەکە ەکەی ەکەدا
			یەکان یەکانی یەکە یەکەی ێک ێکی ێکدا یەک یەکی دایە ەکانەوە ەکەوە یانەوە ەیە ین ینی ەوەی وەی مان تان یشی`)
	case langKurmanji:
		put(Suffix, "ê yê ya a an yan ên yên ek yek ekê yekê eke yeke in yin êda êde yêda yêde anê ine")
		put(Demonym, "î yî iyan îyan iyên îyên")
	case langTurkish:
		harmony := func(kind ReadingKind, list string) {
			for w := range strings.FieldsSeq(list) {
				for _, i := range []string{"ı", "i", "u"} {
					for _, a := range []string{"a", "e"} {
						put(kind, strings.NewReplacer("I", i, "A", a).Replace(w))
					}
				}
			}
		}
		harmony(Suffix, `I yI sI nI A yA nA dA tA dAn tAn ndA ndAn In nIn IndA IndAn InA InI InIn IylA
			sInA sInI sInIn sIndA sIndAn sIylA lA ylA lAr lArI lArIn lArInI lArInA lArInIn lArIndA lArIndAn lArIylA
			lArA lArdA lArdAn lArlA dAki tAki ndAki IndAki sIndAki lArdAki lArIndAki dAkI yken dIr tIr ydI`)
		harmony(Demonym, "lI lIlAr lIlArI lIlArIn lIlArA lInIn lIyI lIyA")
	case langUnknown, langOther, langEnglish, langArabic, langFrench, langCount:
	}
	return e
}

// fold folds one word of a list.
func (t *tables) fold(w string) string {
	c := scanner{t: t, s: w, fresh: true}
	c.run()
	return string(c.buf)
}
