package server

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"marsad/item"
)

// A Table writes articles as CSV (RFC 4180), the first line naming the columns.
// No cell is a formula to a spreadsheet. It is for one goroutine.
type Table struct {
	w    io.Writer
	csv  *csv.Writer
	mark bool
}

// NewTable writes to w; with mark it begins with a byte order mark, without which
// Excel does not read UTF-8.
func NewTable(w io.Writer, mark bool) *Table {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return &Table{w: w, csv: c, mark: mark}
}

// Columns are the names in the first line.
func (*Table) Columns() []string {
	return []string{
		"id", "published", "seen", "lang", "source", "feed", "title", "body", "url", "actors", "places", "themes", "copies", "sample",
	}
}

// Open writes the first line.
func (t *Table) Open() error {
	if t.mark {
		if _, err := io.WriteString(t.w, "\ufeff"); err != nil {
			return err
		}
	}
	return t.write(t.Columns())
}

// Write writes the line of an article: its certain tags, those implied left out,
// with spaces between.
func (t *Table) Write(h Hit) error {
	tags := map[item.Kind][]string{}
	for _, tag := range h.Tags {
		if tag.Status == item.Certain && !tag.Implied {
			tags[tag.Kind] = append(tags[tag.Kind], tag.ID)
		}
	}
	copies, sample := "", ""
	if h.Copies > 0 {
		copies = strconv.Itoa(h.Copies)
	}
	if h.Sample {
		sample = "SAMPLE"
	}
	cells := []string{
		string(h.ID), cellTime(h.Published), cellTime(h.Seen), h.Lang, h.Source, h.Feed, h.Title, h.Body, h.URL,
		strings.Join(tags[item.Actor], " "), strings.Join(tags[item.Place], " "), strings.Join(tags[item.Theme], " "), copies, sample,
	}
	for i, c := range cells {
		cells[i] = cell(c)
	}
	return t.write(cells)
}

func (t *Table) write(cells []string) error {
	if err := t.csv.Write(cells); err != nil {
		return err
	}
	t.csv.Flush() // a row is there as soon as its article is
	return t.csv.Error()
}

func (t *Table) open() error     { return t.Open() }
func (t *Table) hit(h Hit) error { return t.Write(h) }
func (*Table) close() error      { return nil }

// cell is a text as a cell: what a spreadsheet would take for a formula stands
// behind an apostrophe, as do tabs and line ends that would move it into another
// cell; NUL ends a text in some.
func cell(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	lead := strings.TrimLeft(s, " \u00a0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
	if lead != "" && strings.ContainsAny(firstRune(lead), "=+-@\t\r\n|%＝＋－＠") {
		return "'" + s
	}
	return s
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func cellTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
