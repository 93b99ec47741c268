// Package text is the one analysis that tagging, search and watches share: it
// folds text to a form in which spellings of one word are equal, cuts it into
// tokens that know their way back to the original bytes, reads a word behind
// its clitics and endings, and tells the language.
//
// What may be forgotten when using it: scripts, case, diacritics, Arabic letter
// variants, tatweel, zero-width characters, invalid UTF-8. What may not: a
// token is indexed under its term and under each of its readings' terms, while
// a query word is folded to its term only; so a name is found inside its
// inflected form, and an inflected query finds only itself.
package text
