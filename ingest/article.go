package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"codeberg.org/readeck/go-readability"
	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"marsad/item"
	"marsad/text"
)

const (
	// maxPageElements and maxPageDepth bound what the library is given: its cost
	// grows faster than the page. Pages of news have some thousand elements and
	// are some thirty deep.
	maxPageElements = 15_000
	maxPageDepth    = 200
	// minArticle is the length in bytes below which a text is a notice, not an
	// article, when the feed has none to compare it with.
	minArticle = 400
)

var (
	errNoArticle = errors.New("there is no article on the page")
	errPage      = errors.New("the page is refused")
)

// articleText returns the text of the article on a page, paragraphs apart. The
// time and memory it takes are bounded by maxPage and the limits above.
func articleText(page []byte, contentType, lang string, at *url.URL) (_ string, err error) {
	defer func() {
		if r := recover(); r != nil { // of the library; the feed goes on
			err = fmt.Errorf("%w: the reader panicked: %v", errPage, r)
		}
	}()
	if _, name, certain := charset.DetermineEncoding(page[:min(len(page), 1024)], contentType); certain {
		contentType = "text/html; charset=" + name
	}
	utf8, err := toUTF8(page, contentType, lang)
	if err != nil {
		return "", err
	}
	if err := guardPage(utf8); err != nil {
		return "", err
	}
	doc, err := xhtml.Parse(bytes.NewReader(utf8))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errPage, err)
	}
	reader := readability.NewParser()
	reader.DisableJSONLD = true // only the text is wanted
	found, err := reader.ParseAndMutate(doc, at)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoArticle, err)
	}
	out := plainText(found.Content)
	if out == "" {
		return "", errNoArticle
	}
	return out, nil
}

// guardPage refuses pages that are ruinous to read.
func guardPage(page []byte) error {
	z := xhtml.NewTokenizer(bytes.NewReader(page))
	elements, depth := 0, 0
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			return nil // the end
		case xhtml.StartTagToken:
			name, more := z.TagName()
			for n := 0; more; n++ {
				if _, _, more = z.TagAttr(); n > maxAttributes {
					return fmt.Errorf("%w: more than %d attributes at an element", errPage, maxAttributes)
				}
			}
			if elements++; elements > maxPageElements {
				return fmt.Errorf("%w: more than %d elements", errPage, maxPageElements)
			}
			switch string(name) {
			case "br", "img", "hr", "input", "meta", "link", "source", "wbr", "area", "base", "col", "embed", "track", "param":
			case "p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup": // their ends may be left out
			default:
				if depth++; depth > maxPageDepth {
					return fmt.Errorf("%w: elements nested deeper than %d", errPage, maxPageDepth)
				}
			}
		case xhtml.SelfClosingTagToken:
			elements++
		case xhtml.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "br":
			default:
				depth = max(depth-1, 0)
			}
		case xhtml.TextToken, xhtml.CommentToken, xhtml.DoctypeToken:
		}
	}
}

// A verdict is what became of the attempt to read an article's page.
type verdict string

// The verdicts, as the metric names them.
const (
	fullUsed    verdict = "used"
	fullKept    verdict = "kept"    // the feed's own text is as long
	fullOther   verdict = "other"   // what stands there is another text
	fullRobots  verdict = "robots"  // we may not ask for it
	fullFailed  verdict = "failed"  // no page, or none that can be read
	fullNoTime  verdict = "no-time" // the poll's time was over
	fullNowhere verdict = "no-url"  // the item has no address
)

// adopt gives it the text of its page if that is longer than the feed's and of
// the same article: half of the words of the feed's title and beginning stand in
// it. A beginning of the feed that the page lacks stays in front.
func adopt(it *item.Item, full string) verdict {
	const enough = 80 // words
	if first, rest, ok := strings.Cut(full, "\n\n"); ok && text.Fold(first) == text.Fold(it.Title) {
		full = rest
	}
	if len(full) <= len(it.Body) {
		return fullKept
	}
	var a text.Analyzer
	there := map[uint64]bool{}
	for _, t := range a.Tokens(clip(full, maxSummary), it.Lang) {
		there[t.Hash] = true
	}
	words, have := 0, 0
	seen := map[uint64]bool{}
	for _, t := range a.Tokens(it.Title+"\n\n"+clip(it.Body, maxSummary), it.Lang) {
		if seen[t.Hash] || words == enough {
			continue
		}
		seen[t.Hash] = true
		if words++; there[t.Hash] {
			have++
		}
	}
	if 2*have < words || it.Body == "" && len(full) < minArticle {
		return fullOther
	}
	if it.Body != "" && !strings.Contains(full, opening(it.Body)) {
		full = it.Body + "\n\n" + full
	}
	if len(full) > maxBodyText {
		full = strings.TrimSpace(clip(full, maxBodyText))
		it.Flags = append(it.Flags, FlagBodyCut)
	}
	it.Body = full
	return fullUsed
}
