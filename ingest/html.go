package ingest

import (
	"html"
	"strings"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainText returns the text that a reader sees of s, which is HTML or plain
// text: entities decoded, scripts and hidden parts gone, paragraphs kept apart
// by a blank line, runs of white space made one space. Letters are not changed.
func plainText(s string) string {
	s = strings.TrimSpace(s)
	if clean(s) {
		return s
	}
	if !strings.ContainsAny(s, "<&") {
		return tidyLines(s)
	}
	text := s
	if hasMarkup(s) {
		text = stripMarkup(s)
	} else {
		text = tidyLines(html.UnescapeString(text))
	}
	// Escaped twice: the text still reads as markup or entities. Once more, and
	// no further: an article about HTML may be meant.
	if hasMarkup(text) && escapedMarkup(s) {
		return stripMarkup(text)
	}
	if i := strings.IndexByte(text, '&'); i >= 0 && strings.Contains(s, "&amp;") && strings.IndexByte(text[i:], ';') > 0 {
		return tidyLines(html.UnescapeString(text))
	}
	return text
}

// plainTitle is plainText for a title: one line, and only markup that is used
// inside titles is taken for markup, so "5 <6> 7" stays.
func plainTitle(s string) string {
	s = strings.TrimSpace(s)
	if clean(s) {
		return s
	}
	if strings.IndexByte(s, '&') >= 0 {
		once := html.UnescapeString(s)
		if strings.Contains(s, "&amp;") && strings.IndexByte(once, '&') >= 0 {
			once = html.UnescapeString(once)
		}
		s = once
	}
	if hasMarkup(s) {
		s = stripMarkup(s)
	}
	return oneLine(s)
}

// clean reports whether s is already what plainText would make of it.
func clean(s string) bool {
	space := false
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == ' ':
				if space {
					return false
				}
				space = true
			case c < ' ' || c == '<' || c == '&' || c == 0x7f:
				return false
			default:
				space = false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || runeFate(r) != keep {
			return false
		}
		space = false
		i += n
	}
	return true
}

type fate int

const (
	keep fate = iota
	drop
	asSpace
	asBreak
)

// runeFate says what becomes of a character: controls and marks that reorder
// the text around them go, exotic spaces become plain ones. Zero-width joiners,
// left-to-right marks and everything that is part of the spelling stay.
func runeFate(r rune) fate {
	switch {
	case r == '\n' || r == 0x2028 || r == 0x2029 || r == 0x85:
		return asBreak
	case r == ' ' || r == '\t' || r == '\r' || r == '\f' || r == '\v' || r == 0xa0 || r == 0x1680 || 0x2000 <= r && r <= 0x200a || r == 0x202f || r == 0x205f || r == 0x3000:
		return asSpace
	case r < ' ' || 0x7f <= r && r <= 0x9f,
		r == 0xad, r == 0x200b, r == 0xfeff, // soft hyphen, zero-width space, byte order mark
		0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069,
		r == 0xfffe, r == 0xffff:
		return drop
	}
	return keep
}

// tidyLines tidies plain text in which line breaks mean something: a blank line
// separates paragraphs, a single break is a space.
func tidyLines(s string) string {
	var w textWriter
	w.b.Grow(len(s))
	breaks := 0
	for _, r := range s {
		switch runeFate(r) {
		case drop:
		case asSpace:
			w.space()
		case asBreak:
			if breaks++; breaks > 1 {
				w.paragraph()
			} else {
				w.space()
			}
		case keep:
			breaks = 0
			w.rune(r)
		}
	}
	return w.String()
}

func oneLine(s string) string {
	var w textWriter
	w.b.Grow(len(s))
	for _, r := range s {
		switch runeFate(r) {
		case drop:
		case asSpace, asBreak:
			w.space()
		case keep:
			w.rune(r)
		}
	}
	return w.String()
}

// A textWriter gathers words, lines and paragraphs; separators are written
// before the next character only, so a text never begins or ends with one.
type textWriter struct {
	b   strings.Builder
	sep string
}

func (w *textWriter) String() string { return w.b.String() }

func (w *textWriter) space() {
	if w.sep == "" {
		w.sep = " "
	}
}

func (w *textWriter) line() {
	switch w.sep {
	case "\n":
		w.sep = "\n\n" // <br><br> is how old editors write a paragraph
	case "\n\n":
	default:
		w.sep = "\n"
	}
}

func (w *textWriter) paragraph() { w.sep = "\n\n" }

func (w *textWriter) rune(r rune) {
	if w.sep != "" {
		if w.b.Len() > 0 {
			w.b.WriteString(w.sep)
		}
		w.sep = ""
	}
	w.b.WriteRune(r)
}

func (w *textWriter) text(s []byte) {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		s = s[n:]
		switch runeFate(r) {
		case drop:
		case asSpace, asBreak:
			w.space()
		case keep:
			w.rune(r)
		}
	}
}

// hasMarkup reports whether s holds a tag or comment of HTML. A bare "<" or an
// invented tag is text.
func hasMarkup(s string) bool {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 || i+2 >= len(s) {
			return false
		}
		s = s[i+1:]
		name := strings.TrimPrefix(s, "/")
		if strings.HasPrefix(name, "!--") || strings.HasPrefix(name, "!DOCTYPE") {
			return true
		}
		end := 0
		for end < len(name) && end < 16 && isNameByte(name[end]) {
			end++
		}
		if end > 0 && end < len(name) && strings.IndexByte(" \t\r\n/>", name[end]) >= 0 &&
			atom.Lookup([]byte(strings.ToLower(name[:end]))) != 0 {
			return strings.IndexByte(name[end:], '>') >= 0 // else no tag ends from here on
		}
	}
}

// escapedMarkup reports whether s holds an escaped "<".
func escapedMarkup(s string) bool {
	return strings.Contains(s, "&lt;") || strings.Contains(s, "&#60;") || strings.Contains(s, "&#x3c;") || strings.Contains(s, "&#x3C;") || strings.Contains(s, "&LT;")
}

// stripMarkup reads s with the HTML tokenizer: no tree is built, so nesting
// costs nothing.
func stripMarkup(s string) string {
	z := xhtml.NewTokenizer(strings.NewReader(s))
	var (
		w      textWriter
		hidden atom.Atom // the element whose end shows text again
		depth  int       // elements of that name open inside it
	)
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			return w.String()
		case xhtml.TextToken:
			if hidden == 0 {
				w.text(z.Text())
			}
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			name, attrs := z.TagName()
			a := atom.Lookup(name)
			if hidden != 0 {
				if a == hidden {
					if a == atom.P || a == atom.Li { // their end tags may be left out
						hidden = 0
					} else {
						depth++
					}
				}
				if hidden != 0 {
					continue
				}
			}
			separate(&w, a)
			if !void(a) && (neverShown(a) || attrs && isHidden(z)) {
				hidden, depth = a, 0
			}
		case xhtml.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			if hidden != 0 {
				if a == hidden {
					if depth--; depth < 0 {
						hidden = 0
					}
				}
				continue
			}
			if a != atom.Br {
				separate(&w, a)
			}
		case xhtml.CommentToken, xhtml.DoctypeToken:
		}
	}
}

// separate puts the break that element a makes before the next text.
func separate(w *textWriter, a atom.Atom) {
	switch a { //nolint:exhaustive // the other elements of HTML have no part in this
	case atom.Br:
		w.line()
	case atom.Li, atom.Tr, atom.Dt, atom.Dd, atom.Option:
		if w.sep != "\n\n" {
			w.sep = "\n"
		}
	case atom.Td, atom.Th, atom.Img:
		w.space()
	case atom.P, atom.Div, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Section, atom.Article, atom.Header, atom.Footer,
		atom.Aside, atom.Main, atom.Nav, atom.Pre, atom.Hr, atom.Figure, atom.Figcaption, atom.Form,
		atom.Address, atom.Center, atom.Details, atom.Summary, atom.Body, atom.Iframe:
		w.paragraph()
	}
}

func void(a atom.Atom) bool {
	switch a { //nolint:exhaustive // the other elements of HTML have no part in this
	case atom.Br, atom.Hr, atom.Img, atom.Input, atom.Meta, atom.Link, atom.Area, atom.Base, atom.Col,
		atom.Embed, atom.Source, atom.Track, atom.Wbr, atom.Param:
		return true
	}
	return false
}

// neverShown lists elements whose content is no text of the article.
func neverShown(a atom.Atom) bool {
	switch a { //nolint:exhaustive // the other elements of HTML have no part in this
	case atom.Script, atom.Style, atom.Template, atom.Iframe, atom.Object, atom.Svg, atom.Math, atom.Select,
		atom.Textarea, atom.Button, atom.Title, atom.Noframes, atom.Noembed, atom.Audio, atom.Video, atom.Canvas:
		return true
	}
	return false
}

// isHidden looks through the attributes of the current tag.
func isHidden(z *xhtml.Tokenizer) bool {
	hidden := false
	for {
		key, val, more := z.TagAttr()
		switch string(key) {
		case "hidden":
			hidden = true
		case "style":
			style := strings.ToLower(strings.Join(strings.Fields(string(val)), ""))
			if strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") {
				hidden = true
			}
		}
		if !more {
			return hidden
		}
	}
}
