package ingest

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Limits of an OPML document.
const (
	maxOPML        = 10 << 20
	maxOPMLDepth   = 64
	maxOPMLFeeds   = 10_000
	maxOPMLFolders = 20
	maxOPMLExtra   = 32
)

// A Subscription is a feed of an OPML document.
type Subscription struct {
	// URL is the feed's address, Title what the document calls it, Site the
	// address of its web page; the latter two may be empty.
	URL, Title, Site string
	// Lang is the language that the document states, often none.
	Lang string
	// Folders are where the document files it, each "News/Iraq", sorted.
	Folders []string
	// Extra holds the attributes that Marsad does not know, for writing them
	// back.
	Extra map[string]string
	// Line is where it stands.
	Line int
}

// An OPMLProblem is an outline that cannot be taken.
type OPMLProblem struct {
	Line int    `json:"line"`
	What string `json:"what"`
}

// ReadOPML reads the feeds of an OPML document of any version, as feed readers
// really write them: nested folders, categories, addresses under other names, a
// wrong or missing charset. Each outline that cannot be taken is a problem with
// its line; the others are returned, each address once, in order. It is an error
// when the document is no OPML at all, or larger than 10 MB.
func ReadOPML(r io.Reader) ([]Subscription, []OPMLProblem, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxOPML+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read OPML: %w", err)
	}
	if len(body) > maxOPML {
		return nil, nil, fmt.Errorf("the OPML document is larger than %d MB; split it", maxOPML>>20)
	}
	text, err := toUTF8(body, "", "")
	if err != nil {
		return nil, nil, err
	}
	o := opmlReader{dec: xml.NewDecoder(strings.NewReader(string(text))), byURL: map[string]int{}}
	o.dec.Strict = false
	o.dec.Entity = xml.HTMLEntity
	o.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // converted already
	if err := o.read(); err != nil {
		return nil, nil, err
	}
	return o.feeds, o.problems, nil
}

// An opmlReader goes through a document once.
type opmlReader struct {
	dec      *xml.Decoder
	folders  []string // open outlines; "" for one that is no folder
	feeds    []Subscription
	byURL    map[string]int
	problems []OPMLProblem
	root     bool
}

func (o *opmlReader) read() error {
	for {
		tok, err := o.dec.Token()
		if errors.Is(err, io.EOF) && o.root {
			return nil
		}
		line, _ := o.dec.InputPos()
		if err != nil {
			if !o.root {
				return errors.New("this is no OPML document: it has no <opml>; export your subscriptions as OPML")
			}
			o.problem(line, "the document is broken here, what follows is lost: "+err.Error())
			return nil
		}
		switch t := tok.(type) {
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			switch {
			case !o.root && name != "opml":
				return fmt.Errorf("this is no OPML document but <%s>; export your subscriptions as OPML", clip(t.Name.Local, 40))
			case name == "opml":
				o.root = true
			case name == "outline":
				if len(o.folders) >= maxOPMLDepth {
					return fmt.Errorf("line %d: outlines are nested more than %d deep", line, maxOPMLDepth)
				}
				if len(o.feeds) >= maxOPMLFeeds {
					return fmt.Errorf("line %d: more than %d feeds; split the file", line, maxOPMLFeeds)
				}
				o.folders = append(o.folders, o.outline(t, line))
			}
		case xml.EndElement:
			if strings.EqualFold(t.Name.Local, "outline") && len(o.folders) > 0 {
				o.folders = o.folders[:len(o.folders)-1]
			}
		}
	}
}

func (o *opmlReader) problem(line int, what string) {
	o.problems = append(o.problems, OPMLProblem{Line: line, What: what})
}

// outline takes a feed, or returns the name of the folder that an outline is.
func (o *opmlReader) outline(t xml.StartElement, line int) (folder string) {
	attrs := map[string]string{}
	for _, a := range t.Attr {
		if v := oneLine(a.Value); v != "" && a.Name.Space == "" {
			attrs[strings.ToLower(a.Name.Local)] = v
		}
	}
	take := func(names ...string) (v string) {
		for _, n := range names {
			if v == "" {
				v = attrs[n]
			}
			delete(attrs, n)
		}
		return v
	}
	kind := strings.ToLower(take("type"))
	title := clip(take("title", "text"), 200)
	address := take("xmlurl", "feedurl", "rssurl")
	if address == "" && kind != "link" && kind != "include" {
		address = take("url")
	}
	if address == "" {
		if kind == "rss" || kind == "atom" {
			o.problem(line, fmt.Sprintf("%q has no xmlUrl", title))
		}
		return title
	}
	sub := Subscription{URL: mendFeedURL(address), Title: title, Site: take("htmlurl"), Lang: take("language"), Line: line}
	if e := checkURL(sub.URL); e != nil {
		o.problem(line, fmt.Sprintf("%q: xmlUrl %s", title, e.What))
		return title
	}
	if !validLang(sub.Lang) {
		sub.Lang = ""
	}
	sub.Folders = o.filed(take("category"))
	if len(attrs) > 0 && len(attrs) <= maxOPMLExtra {
		sub.Extra = attrs
	}
	o.add(sub)
	return title
}

// filed are the folders that a feed is in: the outlines round it and those of
// its category attribute ("/News/Iraq,tag").
func (o *opmlReader) filed(category string) []string {
	var out []string
	if path := strings.Join(slices.DeleteFunc(slices.Clone(o.folders), func(s string) bool { return s == "" }), "/"); path != "" {
		out = append(out, clip(path, 200))
	}
	for c := range strings.SplitSeq(category, ",") {
		if c = strings.Trim(strings.TrimSpace(c), "/"); c != "" {
			out = append(out, clip(c, 200))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxOPMLFolders)]
}

// add keeps sub; a feed that is there already gets its folders.
func (o *opmlReader) add(sub Subscription) {
	i, ok := o.byURL[sub.URL]
	if !ok {
		o.byURL[sub.URL] = len(o.feeds)
		o.feeds = append(o.feeds, sub)
		return
	}
	first := &o.feeds[i]
	first.Folders = append(first.Folders, sub.Folders...)
	slices.Sort(first.Folders)
	first.Folders = slices.Compact(first.Folders)
	first.Folders = first.Folders[:min(len(first.Folders), maxOPMLFolders)]
}

// mendFeedURL puts the schemes of old readers right: feed://host, feed:http://….
func mendFeedURL(s string) string {
	rest, ok := strings.CutPrefix(s, "feed:")
	switch {
	case !ok:
		return s
	case strings.HasPrefix(rest, "//"):
		return "http:" + rest
	}
	return rest
}

// WriteOPML writes feeds as OPML 2.0, by folder in the order of their names; a
// feed that is in several folders names them in its category too. ReadOPML gives
// back what was written.
func WriteOPML(w io.Writer, title string, created time.Time, feeds []Subscription) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>%s</title>\n    <dateCreated>%s</dateCreated>\n  </head>\n  <body>\n",
		escapeXML(title), created.UTC().Format(time.RFC1123Z))
	byFolder := map[string][]Subscription{}
	for _, f := range feeds {
		folder := ""
		if len(f.Folders) > 0 {
			folder = f.Folders[0]
		}
		byFolder[folder] = append(byFolder[folder], f)
	}
	for _, folder := range slices.Sorted(maps.Keys(byFolder)) {
		var open []string
		if folder != "" {
			open = strings.Split(folder, "/")
		}
		for depth, name := range open {
			fmt.Fprintf(b, "%s<outline text=%s>\n", strings.Repeat("  ", depth+2), quoted(name))
		}
		indent := strings.Repeat("  ", len(open)+2)
		for _, f := range byFolder[folder] {
			writeOutline(b, indent, f)
		}
		for depth := range slices.Backward(open) {
			fmt.Fprintf(b, "%s</outline>\n", strings.Repeat("  ", depth+2))
		}
	}
	fmt.Fprint(b, "  </body>\n</opml>\n")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	return nil
}

func writeOutline(w io.Writer, indent string, f Subscription) {
	text := f.Title
	if text == "" {
		text = f.URL
	}
	fmt.Fprintf(w, "%s<outline type=\"rss\" text=%s xmlUrl=%s", indent, quoted(text), quoted(f.URL))
	if f.Site != "" {
		fmt.Fprintf(w, " htmlUrl=%s", quoted(f.Site))
	}
	if f.Lang != "" {
		fmt.Fprintf(w, " language=%s", quoted(f.Lang))
	}
	if len(f.Folders) > 1 {
		fmt.Fprintf(w, " category=%s", quoted("/"+strings.Join(f.Folders, ",/")))
	}
	for _, k := range slices.Sorted(maps.Keys(f.Extra)) {
		if xmlName(k) {
			fmt.Fprintf(w, " %s=%s", k, quoted(f.Extra[k]))
		}
	}
	fmt.Fprint(w, "/>\n")
}

// xmlName reports whether an attribute may be called s.
func xmlName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r == '_'
		if !letter && (i == 0 || (r < '0' || r > '9') && r != '-' && r != '.') {
			return false
		}
	}
	return s != ""
}

// quoted is s as the value of an attribute.
func quoted(s string) string { return `"` + escapeXML(s) + `"` }

func escapeXML(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a Builder does not fail
	}
	return b.String()
}
