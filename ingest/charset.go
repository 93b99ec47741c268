package ingest

import (
	"bytes"
	"mime"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode/utf32"

	xunicode "golang.org/x/text/encoding/unicode"
)

// toUTF8 returns body as UTF-8 without byte order mark, control characters and
// encoding declaration. The order of belief is byte order mark, bytes that are
// valid UTF-8, HTTP header, XML declaration, and then the old single-byte sets
// that the feed's language makes likely.
func toUTF8(body []byte, contentType, lang string) ([]byte, error) {
	text, err := decodeCharset(body, contentType, lang)
	if err != nil {
		return nil, err
	}
	return stripControls(mendPunctuation(decodedTwice(text))), nil
}

// mendPunctuation puts right the dashes and quotes that were pasted into a
// document encoded twice while the rest was not. Nobody writes "â€" on purpose.
func mendPunctuation(text []byte) []byte {
	if !bytes.Contains(text, []byte("â€")) {
		return text
	}
	for _, r := range "–—‘’“”•…" {
		wrong := make([]rune, 0, utf8.UTFMax)
		for _, b := range []byte(string(r)) {
			wrong = append(wrong, charmap.Windows1252.DecodeByte(b))
		}
		text = bytes.ReplaceAll(text, []byte(string(wrong)), []byte(string(r)))
	}
	return text
}

// decodedTwice undoes what a publisher did who took his own UTF-8 for
// windows-1252 and encoded it again ("Ã©" for "é"). It does so only where every
// character beyond ASCII fits that: a single true "é" in the document shows that
// its publisher knows better.
func decodedTwice(text []byte) []byte {
	var out []byte
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			if out != nil {
				out = append(out, text[i])
			}
			i++
			continue
		}
		// One character of the true text: two to four bytes, each of them
		// written as a character.
		var char [utf8.UTFMax]byte
		n, want, at := 0, 1, i
		for n < want && i < len(text) {
			r, size := utf8.DecodeRune(text[i:])
			b, ok := charmap.Windows1252.EncodeRune(r)
			if !ok || b < utf8.RuneSelf {
				return text
			}
			if n == 0 {
				switch {
				case b >= 0xc2 && b <= 0xdf:
					want = 2
				case b >= 0xe0 && b <= 0xef:
					want = 3
				case b >= 0xf0 && b <= 0xf4:
					want = 4
				default:
					return text
				}
			}
			char[n] = b
			n++
			i += size
		}
		if !utf8.Valid(char[:n]) {
			return text
		}
		if out == nil { // only now: most documents fail at their first character
			out = append(make([]byte, 0, len(text)), text[:at]...)
		}
		out = append(out, char[:n]...)
	}
	if out == nil {
		return text
	}
	return out
}

func decodeCharset(body []byte, contentType, lang string) ([]byte, error) {
	for _, bom := range []struct {
		mark string
		enc  encoding.Encoding
	}{
		{"\xef\xbb\xbf", nil},
		{"\xff\xfe\x00\x00", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"\x00\x00\xfe\xff", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"\xff\xfe", xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)},
		{"\xfe\xff", xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM)},
		// Without a mark, by the first characters of every document: "<?", "<r".
		{"<\x00?\x00", xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)},
		{"\x00<\x00?", xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM)},
	} {
		if !bytes.HasPrefix(body, []byte(bom.mark)) {
			continue
		}
		if bom.enc == nil {
			body = bytes.TrimPrefix(body, []byte(bom.mark))
			break
		}
		if bom.mark[0] != '<' && bom.mark[1] != '<' {
			body = body[len(bom.mark):]
		}
		return bom.enc.NewDecoder().Bytes(body)
	}
	header, declared := headerCharset(contentType), declaredCharset(body)
	for _, label := range []string{header, declared} {
		if l := strings.ToLower(label); strings.HasPrefix(l, "utf-7") || strings.HasPrefix(l, "unicode-1-1-utf-7") {
			return nil, &Error{
				Problem: ProblemCharset, What: "the document is said to be UTF-7, which hides markup in plain text",
				Hint: "the publisher has to use UTF-8",
			}
		}
	}
	// ISO-2022-JP and HZ are pure ASCII bytes and mean something else.
	seven := func(label string) bool {
		l := strings.ToLower(label)
		return strings.HasPrefix(l, "iso-2022") || strings.HasPrefix(l, "hz-gb")
	}
	if utf8.Valid(body) && !seven(header) && !seven(declared) {
		return body, nil
	}
	for _, label := range []string{header, declared} {
		enc, name := charset.Lookup(label)
		if enc == nil || name == "utf-8" || name == "replacement" {
			continue
		}
		if out, err := enc.NewDecoder().Bytes(body); err == nil && few(out) {
			return out, nil
		}
	}
	// One bad byte in a long UTF-8 document is a torn character, not Latin-1.
	if mostlyUTF8(body) {
		return bytes.ToValidUTF8(body, []byte("\uFFFD")), nil
	}
	return guessSingleByte(body, lang)
}

// few reports whether at most one character in fifty could not be decoded.
func few(text []byte) bool {
	bad := bytes.Count(text, []byte("\uFFFD"))
	return bad == 0 || bad*50 < utf8.RuneCount(text)
}

// mostlyUTF8 reports whether invalid bytes are rare among the multi-byte
// characters.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good > 4*bad
}

// guessSingleByte decodes bytes of an unknown old encoding: the one of the
// feed's language if it gives letters of that language's script, else
// windows-1252, which never fails.
func guessSingleByte(body []byte, lang string) ([]byte, error) {
	switch primary(lang) {
	case "ar", "fa", "ur", "ckb", "ku":
		if out, err := singleByte(charmap.Windows1256, body); err == nil && letters(out, unicode.Arabic) {
			return out, nil
		}
	case "tr", "az":
		return singleByte(charmap.Windows1254, body)
	case "ru", "uk", "bg":
		if out, err := singleByte(charmap.Windows1251, body); err == nil && letters(out, unicode.Cyrillic) {
			return out, nil
		}
	}
	return singleByte(charmap.Windows1252, body)
}

// letters reports whether most letters beyond ASCII belong to script.
// singleByte decodes an encoding of one byte a character into room that is
// enough: growing by halves would take several times the document.
func singleByte(enc *charmap.Charmap, body []byte) ([]byte, error) {
	const longest = 3 // bytes of UTF-8 that one of theirs becomes
	high := 0
	for _, b := range body {
		if b >= utf8.RuneSelf {
			high++
		}
	}
	out := make([]byte, len(body)+(longest-1)*high)
	n, _, err := enc.NewDecoder().Transform(out, body, true)
	return out[:n], err
}

func letters(text []byte, script *unicode.RangeTable) bool {
	in, out := 0, 0
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf || !unicode.IsLetter(r):
		case unicode.Is(script, r):
			in++
		default:
			out++
		}
	}
	return in > 3*out
}

func headerCharset(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

// declaredCharset returns the encoding that an XML declaration names.
func declaredCharset(body []byte) string {
	head := bytes.TrimLeft(body[:min(len(body), 1024)], " \t\r\n")
	if !bytes.HasPrefix(head, []byte("<?xml")) {
		return ""
	}
	end := bytes.Index(head, []byte("?>"))
	if end < 0 {
		return ""
	}
	head = head[:end]
	i := bytes.Index(head, []byte("encoding"))
	if i < 0 {
		return ""
	}
	rest := bytes.TrimLeft(head[i+len("encoding"):], " \t\r\n=")
	if len(rest) == 0 || (rest[0] != '"' && rest[0] != '\'') {
		return ""
	}
	value, _, ok := bytes.Cut(rest[1:], rest[:1])
	if !ok {
		return ""
	}
	return strings.TrimSpace(string(value))
}

// stripControls removes the characters that XML forbids, NUL among them, also
// where they are written as references (&#27;), at which parsers give up. It
// changes text in place.
func stripControls(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); i++ {
		c := text[i]
		if n := forbiddenReference(text[i:]); n > 0 {
			i += n - 1
			continue
		}
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			continue
		}
		// U+FFFE and U+FFFF, in UTF-8 EF BF BE and EF BF BF.
		if c == 0xef && i+2 < len(text) && text[i+1] == 0xbf && text[i+2] >= 0xbe {
			i += 2
			continue
		}
		out = append(out, c)
	}
	return out
}

// forbiddenReference returns the length of the reference to a character that
// XML forbids which text begins with, or 0.
func forbiddenReference(text []byte) int {
	const longest = len("&#x0000001F;")
	if len(text) < 4 || text[0] != '&' || text[1] != '#' {
		return 0
	}
	end := bytes.IndexByte(text[:min(len(text), longest)], ';')
	if end < 0 {
		return 0
	}
	digits, base := string(text[2:end]), 10
	if digits != "" && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	r, err := strconv.ParseUint(digits, base, 32)
	allowed := r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r < 0xd800 || r > 0xdfff && r < 0xfffe || r > 0xffff && r <= 0x10ffff
	if err != nil || allowed {
		return 0
	}
	return end + 1
}
