package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"

	"marsad/index"
	"marsad/item"
)

// tagURI begins the ids of feeds and entries (RFC 4151). They are the same on
// every machine and under every address; nobody can own the name.
const tagURI = "tag:marsad.invalid,2026:"

// A newsFeed is a page of a search as feed readers take it, whichever the form.
type newsFeed struct {
	id, title, self, home, next string
	updated                     time.Time
	sample                      bool
	hits                        []index.Hit
}

// newsFeed searches for the articles of a feed.
func (s *Server) newsFeed(r *http.Request) (newsFeed, error) {
	se, err := s.parseSearch(r, "q", "limit", "cursor", "sort", "collapse")
	if err != nil {
		return newsFeed{}, err
	}
	res, err := s.find(r.Context(), se)
	if err != nil {
		return newsFeed{}, err
	}
	base := "http://"
	if s.o.Config.TLS.CertFile != "" {
		base = "https://"
	}
	base += r.Host // one of ours: the guard has seen to it
	values := r.URL.Query()
	values.Del("cursor")
	sum := sha256.Sum256([]byte(values.Encode()))
	f := newsFeed{
		id: tagURI + "search/" + hex.EncodeToString(sum[:8]), title: "Marsad: all news",
		self: base + r.URL.RequestURI(), home: base + searchPath(se.q, se.sort, ""), sample: s.o.Sample, hits: res.Hits,
		updated: time.Unix(0, 0).UTC(), // of an empty feed: Atom asks for some time, and now would change
	}
	if se.q != "" {
		f.title = "Marsad: " + line(se.q, 200)
	}
	if s.o.Sample {
		f.title = "SAMPLE · " + f.title
	}
	if res.Cursor != "" {
		values.Set("cursor", res.Cursor)
		f.next = base + r.URL.Path + "?" + values.Encode()
	}
	for _, h := range res.Hits {
		if t := changed(h.Tagged.Item); t.After(f.updated) {
			f.updated = t
		}
	}
	return f, nil
}

// changed is when the text of an article became what it is, as far as is known.
func changed(i item.Item) time.Time {
	for _, t := range []time.Time{i.Revised, i.Seen, i.Published} {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return i.Listed.UTC()
}

// link is the address of an article: the publisher's, or its page here.
func (f newsFeed) link(i item.Item) string {
	if u := webURL(i.URL); u != "" {
		return u
	}
	u, err := url.Parse(f.home)
	if err != nil {
		return f.home
	}
	return u.Scheme + "://" + u.Host + "/items/" + string(i.ID)
}

func entryTitle(i item.Item) string {
	if t := line(i.Title, titleRunes); t != "" {
		return t
	}
	return "(no title)"
}

// The elements of an Atom document (RFC 4287).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomPerson  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Maker   string      `xml:"generator"`
		Entries []atomEntry `xml:"entry"`
	}
	atomEntry struct {
		Lang       string         `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
		ID         string         `xml:"id"`
		Title      string         `xml:"title"`
		Updated    string         `xml:"updated"`
		Published  string         `xml:"published,omitempty"`
		Author     *atomPerson    `xml:"author"`
		Links      []atomLink     `xml:"link"`
		Categories []atomCategory `xml:"category"`
		Content    *atomText      `xml:"content"`
	}
	atomPerson struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomCategory struct {
		Term   string `xml:"term,attr"`
		Scheme string `xml:"scheme,attr"`
		Label  string `xml:"label,attr,omitempty"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
)

// apiSearchAtom answers /api/v1/search.atom.
func (s *Server) apiSearchAtom(w http.ResponseWriter, r *http.Request) error {
	f, err := s.newsFeed(r)
	if err != nil {
		return err
	}
	doc := atomFeed{
		ID: f.id, Title: f.title, Updated: f.updated.Format(time.RFC3339), Author: atomPerson{"Marsad"}, Maker: "Marsad",
		Links: []atomLink{{"self", "application/atom+xml", f.self}, {"alternate", "text/html", f.home}},
	}
	if f.next != "" {
		doc.Links = append(doc.Links, atomLink{"next", "application/atom+xml", f.next})
	}
	for _, h := range f.hits {
		i := h.Tagged.Item
		e := atomEntry{
			ID: tagURI + "item/" + string(i.ID), Title: entryTitle(i), Updated: changed(i).Format(time.RFC3339),
			Links: []atomLink{{"alternate", "text/html", f.link(i)}},
		}
		e.Lang = feedLang(i.Lang)
		if !i.Published.IsZero() {
			e.Published = i.Published.UTC().Format(time.RFC3339)
		}
		if name := line(i.Source, 200); name != "" {
			e.Author = &atomPerson{name}
		}
		for _, t := range h.Tagged.Tags {
			if t.Status == item.Certain {
				e.Categories = append(e.Categories, atomCategory{t.Key(), tagURI + "tags", s.views.label(t.Kind, t.ID)})
			}
		}
		if i.Body != "" {
			e.Content = &atomText{"text", plain(i.Body)}
		}
		doc.Entries = append(doc.Entries, e)
	}
	b, err := xml.Marshal(doc)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, _ = w.Write(append([]byte(xml.Header), append(b, '\n')...)) // an error means that the client has gone
	return nil
}

// feedLang is a language as feeds name it: none rather than "und".
func feedLang(lang string) string { return strings.TrimSuffix(lang, "und") }

// The objects of a JSON Feed (version 1.1).
type (
	jsonFeed struct {
		Version string     `json:"version"`
		Title   string     `json:"title"`
		Home    string     `json:"home_page_url"`
		Self    string     `json:"feed_url"`
		Next    string     `json:"next_url,omitempty"`
		Items   []jsonItem `json:"items"`
		// Sample marks the demo's invented news.
		Sample bool `json:"_sample,omitempty"`
	}
	jsonItem struct {
		ID        string       `json:"id"`
		URL       string       `json:"url"`
		Title     string       `json:"title"`
		Text      string       `json:"content_text"`
		Published string       `json:"date_published,omitempty"`
		Modified  string       `json:"date_modified"`
		Authors   []jsonAuthor `json:"authors,omitempty"`
		Tags      []string     `json:"tags,omitempty"`
		Lang      string       `json:"language,omitempty"`
	}
	jsonAuthor struct {
		Name string `json:"name"`
	}
)

// apiSearchFeed answers /api/v1/search.json.
func (s *Server) apiSearchFeed(w http.ResponseWriter, r *http.Request) error {
	f, err := s.newsFeed(r)
	if err != nil {
		return err
	}
	doc := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.title, Home: f.home, Self: f.self, Next: f.next,
		Items: []jsonItem{}, Sample: f.sample,
	}
	for _, h := range f.hits {
		i := h.Tagged.Item
		e := jsonItem{
			ID: tagURI + "item/" + string(i.ID), URL: f.link(i), Title: entryTitle(i), Text: plain(i.Body),
			Modified: changed(i).Format(time.RFC3339), Lang: feedLang(i.Lang),
		}
		if !i.Published.IsZero() {
			e.Published = i.Published.UTC().Format(time.RFC3339)
		}
		if name := line(i.Source, 200); name != "" {
			e.Authors = []jsonAuthor{{name}}
		}
		for _, t := range h.Tagged.Tags {
			if t.Status == item.Certain {
				e.Tags = append(e.Tags, t.Key())
			}
		}
		doc.Items = append(doc.Items, e)
	}
	w.Header().Set("Content-Type", "application/feed+json; charset=utf-8")
	encode(w, doc)
	return nil
}
