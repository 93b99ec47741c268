package ingest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
)

const (
	// maxLinkHeader is how much of the Link headers is read, maxHubs how many of
	// the hubs that are named there or in a document.
	maxLinkHeader = 16 << 10
	maxHubs       = 5
)

// An Offer is what a publisher says of pushing a document (WebSub): which hubs
// do so, and under which name they know it. Addresses are as they are written,
// possibly relative.
type Offer struct {
	Hubs []string
	// Self is the document's own address, the topic to subscribe to.
	Self string
}

// add notes a link of the relation types rels, separated by spaces.
func (o *Offer) add(rels, target string) {
	target = strings.TrimSpace(target)
	if target == "" || len(target) > maxURL {
		return
	}
	for rel := range strings.FieldsSeq(rels) {
		switch {
		case strings.EqualFold(rel, "hub") && len(o.Hubs) < maxHubs && !slices.Contains(o.Hubs, target):
			o.Hubs = append(o.Hubs, target)
		case strings.EqualFold(rel, "self") && o.Self == "":
			o.Self = target
		}
	}
}

// or is o, where it says nothing what other says.
func (o Offer) or(other Offer) Offer {
	if len(o.Hubs) == 0 {
		o.Hubs = other.Hubs
	}
	if o.Self == "" {
		o.Self = other.Self
	}
	return o
}

// complete reports whether o names all that a subscription needs.
func (o Offer) complete() bool { return len(o.Hubs) > 0 && o.Self != "" }

// hubs returns the hubs that may be asked, and the topic, of a document read at
// base; none when there is nothing to subscribe to. Secrets go to hubs, so they
// are asked over https also where the address is an http one, on its usual port
// only; own says that the feed is the operator's own server, where anything
// goes.
func (o Offer) hubs(base *url.URL, own bool) (hubs []string, topic string) {
	self := resolve(o.Self, base)
	if self == nil || o.Self == "" {
		return nil, ""
	}
	// The hub compares letter by letter.
	if topic = o.Self; !strings.Contains(topic, "://") {
		topic = self.String()
	}
	if checkURL(topic) != nil {
		return nil, ""
	}
	for _, raw := range o.Hubs {
		hub := resolve(raw, base)
		if hub == nil {
			continue
		}
		hub.Fragment = ""
		if !own {
			if hub.Scheme == "http" && (hub.Port() == "" || hub.Port() == "80") {
				hub.Scheme, hub.Host = "https", strings.TrimSuffix(hub.Host, ":80")
			}
			if hub.Scheme != "https" || hub.Port() != "" && hub.Port() != "443" {
				continue
			}
		}
		if s := hub.String(); checkURL(s) == nil {
			hubs = append(hubs, s)
		}
	}
	return hubs, topic
}

// offerOf is the offer in a document of XML.
func offerOf(feed *gofeed.Feed) Offer {
	var o Offer
	if doc, ok := feed.OriginalFeed().(*atom.Feed); ok {
		for _, l := range doc.Links {
			if l != nil {
				o.add(l.Rel, l.Href)
			}
		}
		return o
	}
	for _, space := range []string{"atom", "atom10"} {
		for _, l := range feed.Extensions[space]["link"] {
			o.add(l.Attrs["rel"], l.Attrs["href"])
		}
	}
	return o
}

// linksOf is the offer in the Link headers of an answer (RFC 8288). Links about
// another document than the answer are none of its.
func linksOf(h http.Header) Offer {
	var o Offer
	s := strings.Join(h.Values("Link"), ",")
	for s = s[:min(len(s), maxLinkHeader)]; ; {
		_, rest, ok := strings.Cut(s, "<")
		if !ok {
			return o
		}
		target, rest, ok := strings.Cut(rest, ">")
		if !ok {
			return o
		}
		var rel, anchor string
		var hasRel bool
		for {
			var name, value string
			if name, value, rest, ok = nextParam(rest); !ok {
				break
			}
			switch {
			case name == "rel" && !hasRel: // the first counts
				rel, hasRel = value, true
			case name == "anchor":
				anchor = value
			}
		}
		if anchor == "" {
			o.add(rel, target)
		}
		s = rest
	}
}

// nextParam reads one parameter of a link, its name in lower case. ok is false
// at the end of the link; rest is what follows in either case.
func nextParam(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	if s == "" || s[0] != ';' {
		return "", "", s, false
	}
	s = strings.TrimLeft(s[1:], " \t")
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		end = len(s)
	}
	name = strings.ToLower(strings.TrimRight(s[:end], " \t"))
	s = s[end:]
	if s == "" || s[0] != '=' {
		return name, "", s, true
	}
	s = strings.TrimLeft(s[1:], " \t")
	if s == "" || s[0] != '"' {
		if end = strings.IndexAny(s, ";,"); end < 0 {
			end = len(s)
		}
		return name, strings.TrimRight(s[:end], " \t"), s[end:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return name, b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return name, b.String(), "", true // never closed
}
