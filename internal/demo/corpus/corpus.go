// Package corpus holds the demo's self-written sample news: plain text files,
// one for each invented feed, that a person can read and edit. README.md beside
// it gives their form and the rules for what stands in them.
package corpus

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed *.txt
var files embed.FS

// The forms in which a feed can be served.
const (
	RSS2 = "rss2"
	RSS1 = "rss1"
	Atom = "atom"
	JSON = "json"
)

// The markup that a feed gives its texts.
const (
	Plain = "plain"
	HTML  = "html"
)

// A Feed is one invented source and what it reports.
type Feed struct {
	Name   string // the file's name without ".txt"
	Source string // the publisher's invented name, in its own language
	Lang   string // en, ar, ckb, kmr, fa, tr or fr
	// Declared is the language that the feed claims. It differs from Lang where
	// real feeds are wrong too: Kurdish feeds say "ku".
	Declared string
	Format   string // RSS2, RSS1, Atom or JSON
	Encoding string // "utf-8", "windows-1256" or "iso-8859-9"
	Markup   string // Plain or HTML
	Items    []Item // in the file's order
}

// An Item is one invented report.
type Item struct {
	Title      string
	Paragraphs []string // at least one
	// Age is how long before the demo's start it was published; zero for an
	// undated and for a dripping item.
	Age     time.Duration
	Undated bool // the feed gives no date for it
	Drip    bool // it appears only some time after the start
}

// Load reads the embedded feeds in the order of their names.
func Load() ([]Feed, error) {
	names, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list sample feeds: %w", err)
	}
	var feeds []Feed
	for _, n := range names {
		text, err := files.ReadFile(n.Name())
		if err != nil {
			return nil, fmt.Errorf("read sample feed %s: %w", n.Name(), err)
		}
		f, err := Parse(n.Name(), string(text))
		if err != nil {
			return nil, err
		}
		feeds = append(feeds, f)
	}
	slices.SortFunc(feeds, func(a, b Feed) int { return cmp.Compare(a.Name, b.Name) })
	return feeds, nil
}

// Parse reads the text of one feed file; file names it in errors, which have
// the form "file:line: what is wrong", and, without its ending, names the feed.
func Parse(file, text string) (Feed, error) {
	p := parser{file: file}
	p.feed = Feed{
		Name:     strings.TrimSuffix(path.Base(file), ".txt"),
		Encoding: "utf-8",
		Markup:   Plain,
	}
	if !utf8.ValidString(text) {
		return Feed{}, p.errorf("not UTF-8")
	}
	for line := range strings.Lines(text) {
		p.line++
		if err := p.take(strings.TrimSpace(line)); err != nil {
			return Feed{}, err
		}
	}
	if err := p.endItem(); err != nil {
		return Feed{}, err
	}
	return p.feed, p.check()
}

// A parser holds what has been read of one file.
type parser struct {
	file string
	line int
	feed Feed
	item *Item // the item being read; nil while the header is
	gap  bool  // a blank line came since the last line of the item's text
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", p.file, p.line, fmt.Errorf(format, args...))
}

// take reads one line without the white space around it.
func (p *parser) take(line string) error {
	when, marked := strings.CutPrefix(line, "-- ")
	when, closed := strings.CutSuffix(when, " --")
	switch {
	case strings.HasPrefix(line, "#"):
		return nil
	case marked && closed:
		return p.beginItem(when)
	case line == "":
		p.gap = true
		return nil
	case p.item == nil:
		return p.header(line)
	}
	p.text(line)
	return nil
}

// header reads a "key: value" line.
func (p *parser) header(line string) error {
	key, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return p.errorf(`want "key: value" or "-- age --", not %q`, line)
	}
	oneOf := func(to *string, allowed ...string) error {
		if !slices.Contains(allowed, value) {
			return p.errorf("%s %q: want one of %s", key, value, strings.Join(allowed, ", "))
		}
		*to = value
		return nil
	}
	switch key {
	case "source":
		p.feed.Source = value
	case "declares":
		p.feed.Declared = value
	case "lang":
		return oneOf(&p.feed.Lang, "en", "ar", "ckb", "kmr", "fa", "tr", "fr")
	case "format":
		return oneOf(&p.feed.Format, RSS2, RSS1, Atom, JSON)
	case "encoding":
		return oneOf(&p.feed.Encoding, "utf-8", "windows-1256", "iso-8859-9")
	case "markup":
		return oneOf(&p.feed.Markup, Plain, HTML)
	default:
		return p.errorf("unknown key %q", key)
	}
	return nil
}

// beginItem reads what stands between the dashes of "-- age --".
func (p *parser) beginItem(when string) error {
	if err := p.endItem(); err != nil {
		return err
	}
	p.item = &Item{}
	p.gap = false
	switch when {
	case "undated":
		p.item.Undated = true
	case "drip":
		p.item.Drip = true
	default:
		age, err := parseAge(when)
		if err != nil {
			return p.errorf("%w", err)
		}
		p.item.Age = age
	}
	return nil
}

// text reads a line of the item's title or body.
func (p *parser) text(line string) {
	it := p.item
	switch n := len(it.Paragraphs); {
	case it.Title == "":
		it.Title = line
	case n == 0 || p.gap:
		it.Paragraphs = append(it.Paragraphs, line)
	default:
		it.Paragraphs[n-1] += " " + line
	}
	p.gap = false
}

// endItem keeps the item that was being read.
func (p *parser) endItem() error {
	if p.item == nil {
		return nil
	}
	if p.item.Title == "" || len(p.item.Paragraphs) == 0 {
		return p.errorf("the item before this line lacks a title or a text")
	}
	p.feed.Items = append(p.feed.Items, *p.item)
	p.item = nil
	return nil
}

// check tells what the file as a whole lacks.
func (p *parser) check() error {
	f := &p.feed
	if f.Declared == "" {
		f.Declared = f.Lang
	}
	if f.Source == "" || f.Lang == "" || f.Format == "" {
		return p.errorf("the header lacks source, lang or format")
	}
	if len(f.Items) == 0 {
		return p.errorf("no items")
	}
	if f.Encoding != "utf-8" && f.Format == JSON {
		return p.errorf("a JSON Feed is always UTF-8")
	}
	titles := make(map[string]bool, len(f.Items))
	for _, it := range f.Items {
		if it.Undated && f.Format == Atom {
			return p.errorf("an Atom entry must have a date: %q", it.Title)
		}
		if titles[it.Title] {
			return p.errorf("the title %q stands twice", it.Title)
		}
		titles[it.Title] = true
	}
	return nil
}

// parseAge reads "25m", "3h20m", "2d" or "5d4h".
func parseAge(s string) (time.Duration, error) {
	const day, most = 24 * time.Hour, 30 // days
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		days, rest = "", s
	}
	var age time.Duration
	if days != "" {
		n, err := time.ParseDuration(days + "h") // a count of days, read as one of hours
		if err != nil {
			return 0, errAge(s)
		}
		if n < 0 || n > most*time.Hour {
			return 0, errAge(s)
		}
		age = n * (day / time.Hour)
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 || d > day*most {
			return 0, errAge(s)
		}
		age += d
	}
	if age <= 0 {
		return 0, errAge(s)
	}
	return age, nil
}

func errAge(s string) error {
	return errors.New(`age "` + s + `": write e.g. 25m, 3h20m or 5d4h, at most 30 days, or undated or drip`)
}
