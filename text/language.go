package text

import "strings"

// A language is one whose readings differ.
type language uint8

const (
	langUnknown language = iota // not told
	langOther                   // one without readings of its own
	langEnglish
	langArabic
	langPersian
	langSorani
	langKurmanji
	langTurkish
	langFrench
	langCount
)

// languageOf maps a BCP 47 tag to the language whose readings it has.
func languageOf(tag string) language {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	switch tag {
	case "", "und", "mul":
		return langUnknown
	case "en":
		return langEnglish
	case "ar":
		return langArabic
	case "fa", "prs", "tg":
		return langPersian
	case "ckb", "sdh":
		return langSorani
	case "kmr", "ku":
		return langKurmanji
	case "tr", "az":
		return langTurkish
	case "fr":
		return langFrench
	}
	return langOther
}
