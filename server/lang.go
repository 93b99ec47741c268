package server

import "html/template"

// langAttrs returns the lang and dir attributes of an element whose text is in
// lang. The direction is stated, since guessing by the first letter is wrong
// for an Arabic headline that begins with "PKK:"; only text of an unknown
// language is left to the browser.
func langAttrs(lang string) template.HTMLAttr {
	if !langTag(lang) || lang == "und" {
		return `lang="" dir="auto"`
	}
	//nolint:gosec // langTag admits letters, digits and hyphens only
	return template.HTMLAttr(`lang="` + lang + `" dir="` + direction(lang) + `"`)
}

// direction returns "rtl", "ltr", or "auto" where the language has both.
func direction(lang string) string {
	switch primary(lang) {
	case "ar", "ckb", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "syr", "arc", "azb", "lrc", "sdh":
		return "rtl"
	case "ku", "und", "":
		return "auto" // "ku" is Sorani or Kurmanji, and feeds do not say which
	default:
		return "ltr"
	}
}

// languageName returns the English name of a language, or its code.
func languageName(lang string) string {
	switch primary(lang) {
	case "ar":
		return "Arabic"
	case "ckb":
		return "Kurdish (Sorani)"
	case "kmr":
		return "Kurdish (Kurmanji)"
	case "ku":
		return "Kurdish"
	case "fa":
		return "Persian"
	case "tr":
		return "Turkish"
	case "en":
		return "English"
	case "fr":
		return "French"
	case "de":
		return "German"
	case "es":
		return "Spanish"
	case "it":
		return "Italian"
	case "ru":
		return "Russian"
	case "uk":
		return "Ukrainian"
	case "he":
		return "Hebrew"
	case "ur":
		return "Urdu"
	case "", "und":
		return "language unknown"
	default:
		return lang
	}
}

// primary returns the part of a BCP 47 tag before the first hyphen.
func primary(lang string) string {
	for i := range len(lang) {
		if lang[i] == '-' {
			return lang[:i]
		}
	}
	return lang
}

// langTag reports whether s has the form of a BCP 47 tag.
func langTag(s string) bool {
	if s == "" || len(s) > 35 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
