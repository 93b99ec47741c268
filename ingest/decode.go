package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	jsonfeed "github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"

	"marsad/item"
)

// A Document is a feed as its publisher wrote it, whatever the format.
type Document struct {
	// Format is "rss", "atom" or "json".
	Format string
	Title  string
	// Link is the address of the site; not always absolute.
	Link     string
	Language string
	Entries  []Entry
	// Asked is what the publisher asks of its readers, Offer what he says of
	// being pushed.
	Asked Asked
	Offer Offer
	// Partial says that the document was broken, and that Entries is what could
	// be read.
	Partial bool
	// Note is a sentence about what had to be mended or left out; often empty.
	Note string
}

// An Entry is one item of a feed before it is normalised. The JSON names are
// those of archives of entries, which can be replayed.
type Entry struct {
	// Feed is the feed's address in an archive; not used by Normaliser.
	Feed  string `json:"feed,omitempty"`
	Title string `json:"title,omitempty"`
	// Description and Content are HTML or plain text; Content is the longer
	// form where the feed has both.
	Description string `json:"description,omitempty"`
	Content     string `json:"content,omitempty"`
	// Link may be relative to the feed's address.
	Link string `json:"link,omitempty"`
	GUID string `json:"guid,omitempty"`
	// Published is the date as it is written.
	Published  string   `json:"published,omitempty"`
	Lang       string   `json:"lang,omitempty"`
	Author     string   `json:"author,omitempty"`
	Source     string   `json:"source,omitempty"`
	Categories []string `json:"categories,omitempty"`
	// Enclosures may have relative addresses.
	Enclosures []item.Enclosure `json:"enclosures,omitempty"`
	// Plain says that Description and Content hold no markup.
	Plain bool `json:"plain,omitempty"`
}

// Decode reads a feed of any supported format: RSS 0.9x, 1.0 and 2.0, Atom and
// JSON Feed. contentType is the HTTP header, lang the language that helps to
// guess an undeclared character set; both may be empty. At most limit entries
// are returned. Body may be overwritten.
//
// A broken document gives the entries that are complete, and Partial. Every
// failure is an *Error. The time and memory that a document may cost are
// bounded by limits that hostile documents hit and feeds do not.
func Decode(body []byte, contentType, lang string, limit int) (*Document, error) {
	text, err := toUTF8(body, contentType, lang)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, &Error{Problem: ProblemEmpty, What: "the document is empty", Hint: "it is asked again later"}
	}
	if text[0] == '{' || text[0] == '[' {
		return decodeJSON(text, limit)
	}
	root, doc := rootOf(text)
	if !isFeedRoot(root) && root != "html" {
		// A PHP warning or a stray tag in front of the feed.
		for _, tag := range []string{"<rss", "<feed", "<rdf:RDF"} {
			if i := bytes.Index(text[:min(len(text), 16<<10)], []byte(tag)); i >= 0 {
				root, doc = rootOf(text[i:])
				break
			}
		}
	}
	if !isFeedRoot(root) {
		return nil, notAFeed(root)
	}
	return decodeXML(doc, root, limit)
}

func isFeedRoot(root string) bool { return root == "rss" || root == "feed" || root == "rdf" }

func notAFeed(root string) error {
	e := &Error{Problem: ProblemNotAFeed}
	switch root {
	case "html", "head", "body":
		e.What, e.Hint = "the address gives a web page, not a feed", "look for the feed's own address on that page"
	case "opml":
		e.What, e.Hint = "the address gives a list of feeds (OPML), not a feed", "add the feeds that it lists"
	case "urlset", "sitemapindex":
		e.What, e.Hint = "the address gives a sitemap, not a feed", "look for the feed's own address on that site"
	case "":
		e.What, e.Hint = "the address gives neither XML nor JSON", "check the feed's address in a browser"
	default:
		e.What, e.Hint = fmt.Sprintf("the address gives a <%s> document, not a feed", clip(root, 40)), "check the feed's address in a browser"
	}
	return e
}

func decodeXML(doc []byte, root string, limit int) (*Document, error) {
	feed, err := parse(doc)
	if e, ok := errors.AsType[*Error](err); ok {
		return nil, e
	}
	p := cutItems(doc, root, limit)
	whole := len(p.items) + p.lost
	if err == nil && len(feed.Items) >= whole {
		return newDocument(feed, limit), nil
	}
	// Broken: an error, or a wrong tag that swallowed items in silence.
	best := feed
	if again, err := parse(p.whole()); err == nil && (best == nil || len(again.Items) > len(best.Items)) {
		best = again
	}
	if best == nil || len(best.Items) < len(p.items) {
		if each := parseEach(p); each != nil && (best == nil || len(each.Items) > len(best.Items)) {
			best = each
		}
	}
	if best == nil {
		return nil, &Error{
			Problem: ProblemBroken, What: "the feed is broken and holds no complete item: " + clip(err.Error(), 200),
			Hint: "tell the publisher; it is asked again later", Err: err,
		}
	}
	d := newDocument(best, limit)
	d.Partial = true
	d.Note = fmt.Sprintf("the feed is broken: %d of %d items could be read", len(d.Entries), max(whole, len(d.Entries)))
	return d, nil
}

// parse guards doc and gives it to gofeed.
func parse(doc []byte) (*gofeed.Feed, error) {
	if err := guard(doc); err != nil {
		return nil, err
	}
	p := gofeed.NewParser()
	p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	p.KeepOriginalFeed = true
	return p.Parse(bytes.NewReader(doc))
}

// parseEach reads item by item and leaves out those that cannot be read.
func parseEach(p pieces) *gofeed.Feed {
	var all *gofeed.Feed
	var originals []*rss.Item
	var entries []*atom.Entry
	// A long head before each of many items would be quadratic.
	if len(p.head) > 64<<10 || len(p.head)*len(p.items) > 64<<20 {
		return nil
	}
	for i := range p.items {
		one, err := parse(p.single(i))
		if err != nil || len(one.Items) == 0 {
			continue
		}
		switch o := one.OriginalFeed().(type) {
		case *rss.Feed:
			originals = append(originals, o.Items...)
		case *atom.Feed:
			entries = append(entries, o.Entries...)
		}
		if all == nil {
			all = one
			continue
		}
		all.Items = append(all.Items, one.Items...)
	}
	if all == nil {
		return nil
	}
	switch o := all.OriginalFeed().(type) {
	case *rss.Feed:
		o.Items = originals
	case *atom.Feed:
		o.Entries = entries
	}
	return all
}

func decodeJSON(doc []byte, limit int) (*Document, error) {
	if err := guardJSON(doc); err != nil {
		return nil, err
	}
	var probe struct {
		Version string           `json:"version"`
		Items   *json.RawMessage `json:"items"`
		FeedURL string           `json:"feed_url"`
		Hubs    []struct{ Type, URL string }
	}
	if err := json.Unmarshal(doc, &probe); err != nil && !isTypeError(err) {
		return nil, &Error{
			Problem: ProblemBroken, What: "the JSON document is broken: " + clip(err.Error(), 200),
			Hint: "tell the publisher; it is asked again later", Err: err,
		}
	}
	if probe.Items == nil {
		return nil, &Error{Problem: ProblemNotAFeed, What: "the address gives JSON, but not a JSON Feed", Hint: "check the feed's address in a browser"}
	}
	p := gofeed.NewParser()
	p.KeepOriginalFeed = true
	feed, err := p.Parse(bytes.NewReader(doc))
	note := ""
	if isTypeError(err) {
		// Numbers as ids, one author instead of a list: mend and read again.
		note = "values of wrong types were mended"
		if doc, err = mendJSON(doc); err == nil {
			feed, err = p.Parse(bytes.NewReader(doc))
		}
	}
	if err != nil {
		return nil, &Error{
			Problem: ProblemBroken, What: "the JSON feed is broken: " + clip(err.Error(), 200),
			Hint: "tell the publisher; it is asked again later", Err: err,
		}
	}
	d := newDocument(feed, limit)
	d.Offer.add("self", probe.FeedURL)
	for _, h := range probe.Hubs {
		if strings.EqualFold(h.Type, "WebSub") {
			d.Offer.add("hub", h.URL)
		}
	}
	if d.Note == "" {
		d.Note = note
	}
	return d, nil
}

func isTypeError(err error) bool {
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

// mendJSON keeps of a JSON feed what has the type it should have; ids may be
// numbers, as the standard says. Items are taken one by one: all of them as maps
// would take fifty times the document.
func mendJSON(doc []byte) ([]byte, error) {
	var feed map[string]json.RawMessage
	if err := json.Unmarshal(doc, &feed); err != nil {
		return nil, err
	}
	var items, kept []json.RawMessage
	if err := json.Unmarshal(feed["items"], &items); err != nil && !isTypeError(err) {
		return nil, err
	}
	for _, raw := range items {
		var it map[string]any
		if json.Unmarshal(raw, &it) != nil || it == nil {
			continue
		}
		b, err := json.Marshal(stringsOf(it, "id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "date_modified", "language"))
		if err != nil {
			return nil, err
		}
		kept = append(kept, b)
	}
	delete(feed, "items")
	top := make(map[string]any, len(feed))
	for k, raw := range feed {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, err
		}
		top[k] = v
	}
	out := stringsOf(top, "version", "title", "home_page_url", "feed_url", "description", "language")
	out["items"] = append([]json.RawMessage{}, kept...)
	return json.Marshal(out)
}

func stringsOf(m map[string]any, keys ...string) map[string]any {
	out := make(map[string]any, len(keys))
	for _, k := range keys {
		switch v := m[k].(type) {
		case string:
			out[k] = v
		case float64:
			out[k] = fmt.Sprint(v)
		}
	}
	return out
}

// newDocument takes from gofeed's feed what Marsad uses.
func newDocument(feed *gofeed.Feed, limit int) *Document {
	d := &Document{Format: feed.FeedType, Title: feed.Title, Link: feed.Link, Language: feed.Language, Asked: askedOf(feed), Offer: offerOf(feed)}
	items := feed.Items
	if len(items) > limit {
		d.Note = fmt.Sprintf("the feed holds %d items, the first %d are read", len(items), limit)
		items = items[:limit]
	}
	d.Entries = make([]Entry, len(items))
	for i, it := range items {
		d.Entries[i] = newEntry(it)
		addOriginal(&d.Entries[i], feed.OriginalFeed(), i)
	}
	return d
}

func newEntry(it *gofeed.Item) Entry {
	e := Entry{
		Title: it.Title, Description: it.Description, Content: it.Content,
		Link: it.Link, GUID: it.GUID, Published: it.Published, Categories: it.Categories,
	}
	if e.Published == "" {
		e.Published = it.Updated
	}
	// FeedBurner counts clicks through an address of its own.
	if orig := firstExt(it.Extensions, "feedburner", "origLink"); orig != nil && orig.Value != "" {
		e.Link = orig.Value
	}
	if e.Link == "" && len(it.Links) > 0 {
		e.Link = it.Links[0]
	}
	if e.Link == "" && (strings.HasPrefix(e.GUID, "http://") || strings.HasPrefix(e.GUID, "https://")) {
		e.Link = e.GUID
	}
	if e.Description == "" {
		e.Description = mediaDescription(it.Extensions)
	}
	var names []string
	for _, a := range it.Authors {
		switch {
		case a == nil:
		case a.Name != "":
			names = append(names, a.Name)
		case a.Email != "":
			names = append(names, a.Email)
		}
	}
	e.Author = strings.Join(names, ", ")
	for _, x := range it.Enclosures {
		if x != nil && len(e.Enclosures) < maxEnclosures {
			length, _ := strconv.ParseInt(strings.TrimSpace(x.Length), 10, 64) // not stated is 0
			e.Enclosures = append(e.Enclosures, item.Enclosure{URL: x.URL, Type: x.Type, Length: max(length, 0)})
		}
	}
	if it.DublinCoreExt != nil && len(it.DublinCoreExt.Language) > 0 {
		e.Lang = it.DublinCoreExt.Language[0]
	}
	return e
}

// addOriginal adds what only the format's own feed tells.
func addOriginal(e *Entry, original any, i int) {
	switch o := original.(type) {
	case *rss.Feed:
		if i < len(o.Items) && o.Items[i] != nil && o.Items[i].Source != nil {
			e.Source = o.Items[i].Source.Title
		}
	case *atom.Feed:
		if i < len(o.Entries) && o.Entries[i] != nil && o.Entries[i].Source != nil {
			e.Source = o.Entries[i].Source.Title
		}
	case *jsonfeed.Feed:
		if i < len(o.Items) && o.Items[i] != nil {
			e.Lang = o.Items[i].Language
			e.Plain = o.Items[i].ContentHTML == ""
		}
	}
}

func firstExt(x ext.Extensions, space, name string) *ext.Extension {
	if es := x[space][name]; len(es) > 0 {
		return &es[0]
	}
	return nil
}

// mediaDescription is the text that video sites give instead of a summary.
func mediaDescription(x ext.Extensions) string {
	if d := firstExt(x, "media", "description"); d != nil {
		return d.Value
	}
	if g := firstExt(x, "media", "group"); g != nil {
		if d := g.Children["description"]; len(d) > 0 {
			return d[0].Value
		}
	}
	return ""
}

// clip cuts s to at most n bytes at a rune.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
