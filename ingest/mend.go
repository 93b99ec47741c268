package ingest

import (
	"bytes"
)

// pieces cuts a broken document into what a parser needs to read each item by
// itself: the head before the first item, the complete items, and the tags that
// close the document. tag is "item" or "entry".
type pieces struct {
	head  []byte
	items [][]byte
	tail  string
	// lost counts items that begin and do not end.
	lost int
}

// cutItems finds the items by their tags alone, skipping CDATA and comments, so
// a wrong tag in one of them does not hide the next.
func cutItems(doc []byte, root string, limit int) pieces {
	tag, tail := "item", "</"+string(rootTag(doc))+">"
	if root == "feed" {
		tag = "entry"
	}
	var p pieces
	start := -1
	for i := 0; i < len(doc); {
		lt := bytes.IndexByte(doc[i:], '<')
		if lt < 0 {
			break
		}
		i += lt
		rest := doc[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			end := bytes.Index(rest, []byte("]]>"))
			if end < 0 {
				i = len(doc)
				continue
			}
			i += end + len("]]>")
			continue
		case bytes.HasPrefix(rest, []byte("<!--")):
			end := bytes.Index(rest, []byte("-->"))
			if end < 0 {
				i = len(doc)
				continue
			}
			i += end + len("-->")
			continue
		case isTag(rest[1:], tag):
			if start >= 0 {
				p.lost++ // the one before never ended
			}
			if p.head == nil {
				p.head = doc[:i]
			}
			start = i
		case start >= 0 && len(rest) > 2 && rest[1] == '/' && isTag(rest[2:], tag):
			end := bytes.IndexByte(rest, '>')
			if end < 0 {
				i = len(doc)
				continue
			}
			if len(p.items) < limit {
				p.items = append(p.items, doc[start:i+end+1])
			}
			start = -1
		}
		i++
	}
	if start >= 0 {
		p.lost++
	}
	if root == "rss" && bytes.Contains(p.head, []byte("<channel")) && !bytes.Contains(p.head, []byte("</channel")) {
		tail = "</channel>" + tail
	}
	p.tail = tail
	return p
}

// whole is the document made of the head, every complete item, and the end.
func (p pieces) whole() []byte {
	n := len(p.head) + len(p.tail)
	for _, it := range p.items {
		n += len(it)
	}
	doc := append(make([]byte, 0, n), p.head...)
	for _, it := range p.items {
		doc = append(doc, it...)
	}
	return append(doc, p.tail...)
}

// single is the document with the i-th item only.
func (p pieces) single(i int) []byte {
	doc := append(make([]byte, 0, len(p.head)+len(p.items[i])+len(p.tail)), p.head...)
	doc = append(doc, p.items[i]...)
	return append(doc, p.tail...)
}

func isTag(s []byte, tag string) bool {
	if len(s) <= len(tag) || !bytes.EqualFold(s[:len(tag)], []byte(tag)) {
		return false
	}
	switch s[len(tag)] {
	case '>', '/', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// rootTag returns the root's name as the document writes it, prefix included.
func rootTag(doc []byte) []byte {
	end := 1
	for end < len(doc) && (isNameByte(doc[end]) || doc[end] == ':') {
		end++
	}
	return doc[min(1, len(doc)):end]
}
