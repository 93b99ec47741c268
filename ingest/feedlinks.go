package ingest

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const (
	// Feeds are named in the head of a page; what stands behind this much of it
	// is not looked at.
	linksWithin = 256 << 10
	maxLinks    = 5
)

// feedLinks returns the addresses of the feeds that a web page names in its
// head, in its order, at most five. base is the page's own address.
func feedLinks(page []byte, base *url.URL) []string {
	var links []string
	z := html.NewTokenizer(bytes.NewReader(page[:min(len(page), linksWithin)]))
	for len(links) < maxLinks {
		switch z.Next() {
		case html.ErrorToken:
			return links
		case html.StartTagToken, html.SelfClosingTagToken:
			name, has := z.TagName()
			switch string(name) {
			case "body":
				return links
			case "link":
				if link := feedLink(attributes(z, has), base); link != "" && !slices.Contains(links, link) {
					links = append(links, link)
				}
			case "base":
				if u := resolve(attributes(z, has)["href"], base); u != nil {
					base = u
				}
			}
		default: // text, comments, ends
		}
	}
	return links
}

func attributes(z *html.Tokenizer, has bool) map[string]string {
	out := map[string]string{}
	for has {
		var k, v []byte
		k, v, has = z.TagAttr()
		if len(out) < maxAttributes {
			out[string(k)] = string(v)
		}
	}
	return out
}

// feedLink is the address in a <link rel="alternate" type="application/rss+xml">,
// empty for every other link.
func feedLink(attr map[string]string, base *url.URL) string {
	if !slices.Contains(strings.Fields(strings.ToLower(attr["rel"])), "alternate") {
		return ""
	}
	kind, _, _ := strings.Cut(strings.ToLower(attr["type"]), ";")
	switch strings.TrimSpace(kind) {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml":
	default:
		return ""
	}
	u := resolve(attr["href"], base)
	if u == nil {
		return ""
	}
	if s := u.String(); checkURL(s) == nil {
		return s
	}
	return ""
}

// offer adds to an error about a web page the feeds that the page names.
func (e *Error) offer(page []byte, base *url.URL) {
	if e.Feeds = feedLinks(page, base); len(e.Feeds) > 0 {
		e.Hint = "the page names its feed: use " + strings.Join(e.Feeds, " or ")
	}
}
