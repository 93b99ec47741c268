package ingest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"golang.org/x/net/html/charset"
)

// Limits against documents that are small to send and ruinous to parse. No
// document of gofeed's own tests and no real feed known comes near them.
const (
	maxDepth       = 64
	maxElements    = 300_000
	maxAttributes  = 64
	maxNamespaces  = 64
	maxChildren    = 2_000  // of an element inside an item
	maxTopChildren = 20_000 // of the document, channel or feed
	// maxText bounds the text of one element in bytes: gofeed copies it many
	// times, and an item keeps 1 MB of it at most.
	maxText = 4 << 20
)

func hostile(format string, args ...any) error {
	return &Error{
		Problem: ProblemHostile, What: "the document is refused: " + fmt.Sprintf(format, args...),
		Hint: "no honest feed looks like that; tell the publisher",
	}
}

// guard reads doc once, token by token, and refuses what would cost a parser
// unbounded time or memory. It must see exactly what gofeed sees, so it is the
// same decoder with the same settings; a scanner of our own could be led around.
// A syntax error ends it quietly: gofeed stops at the same byte.
func guard(doc []byte) error {
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	type element struct{ children, fragments, namespaces, text int }
	var (
		stack    = make([]element, 1, maxDepth+1)
		elements int
	)
	for {
		tok, err := d.Token()
		if err != nil {
			return nil //nolint:nilerr // the end, or an error that gofeed meets too
		}
		top := &stack[len(stack)-1]
		limit := maxChildren
		if len(stack) <= 3 {
			limit = maxTopChildren
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if elements++; elements > maxElements {
				return hostile("more than %d elements", maxElements)
			}
			if top.children++; top.children > limit {
				return hostile("more than %d elements inside one", limit)
			}
			if len(t.Attr) > maxAttributes {
				return hostile("more than %d attributes at an element", maxAttributes)
			}
			namespaces := top.namespaces
			for _, a := range t.Attr {
				if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
					namespaces++
				}
			}
			if namespaces > maxNamespaces {
				return hostile("more than %d namespaces", maxNamespaces)
			}
			if len(stack) > maxDepth {
				return hostile("elements nested deeper than %d", maxDepth)
			}
			stack = append(stack, element{namespaces: namespaces})
		case xml.EndElement:
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			if top.text += len(t); top.text > maxText {
				return hostile("a text of more than %d MB", maxText>>20)
			}
			if top.fragments++; top.fragments > 2*limit {
				return hostile("text of an element is in more than %d pieces", 2*limit)
			}
		default:
			if top.fragments++; top.fragments > 2*limit {
				return hostile("text of an element is in more than %d pieces", 2*limit)
			}
		}
	}
}

// guardJSON measures a JSON document in the same spirit.
func guardJSON(doc []byte) error {
	depth, values, quoted := 0, 0, false
	for i := 0; i < len(doc); i++ {
		c := doc[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			if depth++; depth > maxDepth {
				return hostile("values nested deeper than %d", maxDepth)
			}
			values++
		case '}', ']':
			depth--
		case ',':
			values++
		}
		if values > maxElements {
			return hostile("more than %d values", maxElements)
		}
	}
	return nil
}

// rootOf returns the lower-case local name of doc's root element and the
// document from there on, without declarations, comments and the DOCTYPE in
// front of it: gofeed looks at the first 4 KB only. The name is empty when
// there is no element.
func rootOf(doc []byte) (name string, rest []byte) {
	for {
		i := bytes.IndexByte(doc, '<')
		if i < 0 || i+1 >= len(doc) {
			return "", nil
		}
		doc = doc[i:]
		switch {
		case bytes.HasPrefix(doc, []byte("<?")):
			doc = after(doc, "?>")
		case bytes.HasPrefix(doc, []byte("<!--")):
			doc = after(doc[len("<!--"):], "-->")
		case bytes.HasPrefix(doc, []byte("<!")):
			if len(doc) > 20 && strings.EqualFold(string(doc[:14]), "<!doctype html") {
				return "html", doc
			}
			doc = afterDoctype(doc)
		case isNameByte(doc[1]):
			end := 1
			for end < len(doc) && end < 100 && (isNameByte(doc[end]) || doc[end] == ':') {
				end++
			}
			full := strings.ToLower(string(doc[1:end]))
			if _, local, ok := strings.Cut(full, ":"); ok {
				full = local
			}
			return full, doc
		default:
			doc = doc[1:]
		}
	}
}

func after(doc []byte, mark string) []byte {
	if _, rest, ok := bytes.Cut(doc, []byte(mark)); ok {
		return rest
	}
	return nil
}

// afterDoctype skips a declaration with its internal subset, so that no entity
// it defines exists for the parser.
func afterDoctype(doc []byte) []byte {
	depth, quote := 0, byte(0)
	for i := 2; i < len(doc); i++ {
		switch c := doc[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '<':
			depth++
		case c == ']':
			depth--
		case c == '>' && depth > 0:
			depth--
		case c == '>':
			return doc[i+1:]
		}
	}
	return nil
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c >= 0x80
}
