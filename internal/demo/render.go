package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"

	"marsad/internal/demo/corpus"
)

// site is the address that every sample link begins with. The domain .invalid
// is reserved (RFC 6761), so no link can lead to a real publisher.
const site = "http://sample.invalid/"

// A document is one state of one feed, as it is sent.
type document struct {
	body     []byte
	mime     string
	etag     string
	modified time.Time // whole seconds
}

// A story is an item with its addresses and its date worked out.
type story struct {
	corpus.Item
	link string
	date time.Time // zero when undated
}

// render writes the feed as it stands at a demo that began at start: without
// the dripping items, or, when dripped is not zero, with them, dated dripped.
func render(f corpus.Feed, self string, start, dripped time.Time) (document, error) {
	doc := document{modified: start.Add(-30 * 24 * time.Hour)}
	var stories []story
	for _, it := range f.Items {
		if it.Drip && dripped.IsZero() {
			continue
		}
		s := story{Item: it, link: site + f.Name + "/" + digest(it.Title)[:12]}
		switch {
		case it.Drip:
			s.date = dripped
		case !it.Undated:
			s.date = start.Add(-it.Age)
		}
		if s.date.After(doc.modified) {
			doc.modified = s.date
		}
		stories = append(stories, s)
	}

	var err error
	switch f.Format {
	case corpus.RSS2:
		doc.mime = "application/rss+xml"
		doc.body, err = encodeXML(f.Encoding, rss2Of(f, stories, doc.modified))
	case corpus.RSS1:
		doc.mime = "application/rdf+xml"
		doc.body, err = encodeXML(f.Encoding, rss1Of(f, self, stories))
	case corpus.Atom:
		doc.mime = "application/atom+xml; charset=utf-8"
		doc.body, err = encodeXML(f.Encoding, atomOf(f, self, stories, doc.modified))
	case corpus.JSON:
		doc.mime = "application/feed+json"
		doc.body, err = json.MarshalIndent(jsonOf(f, self, stories), "", "  ")
	default:
		err = fmt.Errorf("unknown format %q", f.Format)
	}
	if err != nil {
		return document{}, fmt.Errorf("write sample feed %s: %w", f.Name, err)
	}
	// One feed of a legacy encoding says so in the header and in the text, the
	// other in the text alone: readers must manage both.
	if f.Encoding == "iso-8859-9" {
		doc.mime += "; charset=" + f.Encoding
	}
	doc.etag = `"` + digest(string(doc.body))[:32] + `"`
	return doc, nil
}

// encodeXML writes v with an XML declaration, in the encoding. A character that
// the encoding lacks is an error, never a question mark.
func encodeXML(encoding string, v any) ([]byte, error) {
	body, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	text := `<?xml version="1.0" encoding="` + encoding + `"?>` + "\n" + string(body) + "\n"
	switch encoding {
	case "windows-1256":
		text, err = charmap.Windows1256.NewEncoder().String(text)
	case "iso-8859-9":
		text, err = charmap.ISO8859_9.NewEncoder().String(text)
	}
	return []byte(text), err
}

// digest returns the SHA-256 of s in hexadecimal.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// plain returns the story's text, a blank line between paragraphs.
func (s story) plain() string { return strings.Join(s.Paragraphs, "\n\n") }

// html returns the story's text as HTML.
func (s story) html() string {
	var b strings.Builder
	for _, p := range s.Paragraphs {
		b.WriteString("<p>" + html.EscapeString(p) + "</p>\n")
	}
	return b.String()
}

// text returns the story's text in the feed's markup.
func (s story) text(f corpus.Feed) string {
	if f.Markup == corpus.HTML {
		return s.html()
	}
	return s.plain()
}

// about is each feed's description of itself.
const about = "SAMPLE: invented news for trying Marsad"

// format writes the date in the layout, or nothing when there is none.
func (s story) format(layout string, zone *time.Location) string {
	if s.date.IsZero() {
		return ""
	}
	return s.date.In(zone).Format(layout)
}

type rss2 struct {
	XMLName xml.Name    `xml:"rss"`
	Version string      `xml:"version,attr"`
	Channel rss2Channel `xml:"channel"`
}

type rss2Channel struct {
	Title       string     `xml:"title"`
	Link        string     `xml:"link"`
	Description string     `xml:"description"`
	Language    string     `xml:"language"`
	Built       string     `xml:"lastBuildDate"`
	Items       []rss2Item `xml:"item"`
}

type rss2Item struct {
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	GUID        string `xml:"guid"`
	Date        string `xml:"pubDate,omitempty"`
	Description string `xml:"description"`
}

func rss2Of(f corpus.Feed, stories []story, built time.Time) rss2 {
	baghdad := time.FixedZone("", 3*60*60)
	c := rss2Channel{
		Title: f.Source, Link: site + f.Name + "/", Description: about,
		Language: f.Declared, Built: built.In(baghdad).Format(time.RFC1123Z),
	}
	for _, s := range stories {
		c.Items = append(c.Items, rss2Item{
			Title: s.Title, Link: s.link, GUID: s.link,
			Date: s.format(time.RFC1123Z, baghdad), Description: s.text(f),
		})
	}
	return rss2{Version: "2.0", Channel: c}
}

type rss1 struct {
	XMLName xml.Name    `xml:"rdf:RDF"`
	RDF     string      `xml:"xmlns:rdf,attr"`
	DC      string      `xml:"xmlns:dc,attr"`
	RSS     string      `xml:"xmlns,attr"`
	Channel rss1Channel `xml:"channel"`
	Items   []rss1Item  `xml:"item"`
}

type rss1Channel struct {
	About       string     `xml:"rdf:about,attr"`
	Title       string     `xml:"title"`
	Link        string     `xml:"link"`
	Description string     `xml:"description"`
	Language    string     `xml:"dc:language"`
	Items       []rss1Link `xml:"items>rdf:Seq>rdf:li"`
}

type rss1Link struct {
	Resource string `xml:"rdf:resource,attr"`
}

type rss1Item struct {
	About       string `xml:"rdf:about,attr"`
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	Description string `xml:"description"`
	Date        string `xml:"dc:date,omitempty"`
}

func rss1Of(f corpus.Feed, self string, stories []story) rss1 {
	d := rss1{
		RDF: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
		DC:  "http://purl.org/dc/elements/1.1/",
		RSS: "http://purl.org/rss/1.0/",
		Channel: rss1Channel{
			About: self, Title: f.Source, Link: site + f.Name + "/",
			Description: about, Language: f.Declared,
		},
	}
	for _, s := range stories {
		d.Channel.Items = append(d.Channel.Items, rss1Link{Resource: s.link})
		d.Items = append(d.Items, rss1Item{
			About: s.link, Title: s.Title, Link: s.link,
			Description: s.text(f), Date: s.format(time.RFC3339, time.UTC),
		})
	}
	return d
}

type atom struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	About   string      `xml:"subtitle"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Link      atomLink `xml:"link"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Content   atomText `xml:"content"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func atomOf(f corpus.Feed, self string, stories []story, updated time.Time) atom {
	d := atom{
		Lang: f.Declared, ID: site + f.Name + "/", Title: f.Source, About: about,
		Updated: updated.UTC().Format(time.RFC3339), Author: f.Source,
		Links: []atomLink{{Rel: "alternate", Href: site + f.Name + "/"}, {Rel: "self", Href: self}},
	}
	for _, s := range stories {
		date := s.format(time.RFC3339, time.UTC)
		e := atomEntry{
			ID: s.link, Title: s.Title, Link: atomLink{Rel: "alternate", Href: s.link},
			Published: date, Updated: date, Content: atomText{Type: "text", Text: s.text(f)},
		}
		if f.Markup == corpus.HTML {
			e.Content.Type = "html"
		}
		d.Entries = append(d.Entries, e)
	}
	return d
}

type jsonFeed struct {
	Version     string     `json:"version"`
	Title       string     `json:"title"`
	HomePage    string     `json:"home_page_url"`
	FeedURL     string     `json:"feed_url"`
	Description string     `json:"description"`
	Language    string     `json:"language"`
	Items       []jsonItem `json:"items"`
}

type jsonItem struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	Title string `json:"title"`
	Text  string `json:"content_text,omitempty"`
	HTML  string `json:"content_html,omitempty"`
	Date  string `json:"date_published,omitempty"`
}

func jsonOf(f corpus.Feed, self string, stories []story) jsonFeed {
	d := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.Source,
		HomePage: site + f.Name + "/", FeedURL: self, Description: about, Language: f.Declared,
	}
	for _, s := range stories {
		it := jsonItem{ID: s.link, URL: s.link, Title: s.Title, Date: s.format(time.RFC3339, time.UTC)}
		if f.Markup == corpus.HTML {
			it.HTML = s.html()
		} else {
			it.Text = s.plain()
		}
		d.Items = append(d.Items, it)
	}
	return d
}
