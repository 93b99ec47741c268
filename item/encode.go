package item

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendItem appends the wire form of i to dst: byte for byte what
// encoding/json writes without HTML escapes. Items pass the codec five times on
// their way, so its cost counts (docs/performance.md).
func AppendItem(dst []byte, i Item) ([]byte, error) {
	w := writer{b: append(dst, '{')}
	w.must("id", string(i.ID))
	w.must("rev", string(i.Revision))
	w.must("feed", i.Feed)
	w.may("source", i.Source)
	w.may("url", i.URL)
	w.may("guid", i.GUID)
	w.may("title", i.Title)
	w.may("body", i.Body)
	w.spans("added", i.Added)
	w.may("author", i.Author)
	w.list("categories", i.Categories)
	w.enclosures("enclosures", i.Enclosures)
	w.may("lang", i.Lang)
	w.time("published", i.Published)
	w.may("published_raw", i.PublishedRaw)
	w.time("seen", i.Seen)
	w.time("revised", i.Revised)
	w.time("listed", i.Listed)
	w.flag("backfill", i.Backfill)
	w.flag("sample", i.Sample)
	w.list("flags", i.Flags)
	return append(w.b, '}'), w.err
}

// AppendTagged appends the wire form of t to dst, as AppendItem does.
func AppendTagged(dst []byte, t Tagged) ([]byte, error) {
	dst, err := AppendItem(append(dst, `{"item":`...), t.Item)
	w := writer{b: dst, err: err}
	if len(t.Tags) > 0 {
		w.b = append(w.b, `,"tags":[`...)
		for n, tag := range t.Tags {
			if n > 0 {
				w.b = append(w.b, ',')
			}
			w.tag(tag)
		}
		w.b = append(w.b, ']')
	}
	w.may("pack", t.Pack)
	w.may("story", string(t.Story))
	w.may("event", string(t.Event))
	if t.Seq != 0 {
		w.key("seq")
		w.b = strconv.AppendUint(w.b, t.Seq, 10)
	}
	return append(w.b, '}'), w.err
}

// A writer appends the members of an object; the first error stays.
type writer struct {
	b   []byte
	err error
}

func (w *writer) key(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

func (w *writer) must(name, s string) {
	w.key(name)
	w.b = appendString(w.b, s)
}

func (w *writer) may(name, s string) {
	if s != "" {
		w.must(name, s)
	}
}

func (w *writer) flag(name string, v bool) {
	if v {
		w.key(name)
		w.b = append(w.b, "true"...)
	}
}

func (w *writer) list(name string, list []string) {
	if len(list) == 0 {
		return
	}
	w.key(name)
	for n, s := range list {
		w.b = appendString(append(w.b, "[,"[min(n, 1)]), s)
	}
	w.b = append(w.b, ']')
}

func (w *writer) spans(name string, list []Span) {
	if len(list) == 0 {
		return
	}
	w.key(name)
	for n, s := range list {
		w.b = append(w.b, "[,"[min(n, 1)], '{')
		w.must("field", s.Field)
		w.number("start", int64(s.Start))
		w.number("end", int64(s.End))
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

func (w *writer) enclosures(name string, list []Enclosure) {
	if len(list) == 0 {
		return
	}
	w.key(name)
	for n, e := range list {
		w.b = append(w.b, "[,"[min(n, 1)], '{')
		w.must("url", e.URL)
		w.may("type", e.Type)
		if e.Length != 0 {
			w.number("length", e.Length)
		}
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

func (w *writer) number(name string, n int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *writer) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	w.key(name)
	// The method refuses what RFC 3339 cannot say (years beyond 9999).
	text, err := t.MarshalText()
	if err != nil && w.err == nil {
		w.err = err
	}
	w.b = append(append(append(w.b, '"'), text...), '"')
}

func (w *writer) ratio(name string, f float64) {
	switch {
	case f == 0:
	case f >= 1e-6 && f <= 1:
		w.key(name)
		w.b = strconv.AppendFloat(w.b, f, 'f', -1, 64)
	default: // no ratio, but still a value
		text, err := json.Marshal(f)
		if err != nil && w.err == nil {
			w.err = err
		}
		w.key(name)
		w.b = append(w.b, text...)
	}
}

func (w *writer) tag(t Tag) {
	w.b = append(w.b, '{')
	w.must("kind", string(t.Kind))
	w.must("id", t.ID)
	w.must("status", string(t.Status))
	w.may("rule", t.Rule)
	w.flag("implied", t.Implied)
	if len(t.Evidence) > 0 {
		w.key("evidence")
		for n, e := range t.Evidence {
			w.b = append(w.b, "[,"[min(n, 1)])
			w.evidence(e)
		}
		w.b = append(w.b, ']')
	}
	w.ratio("confidence", t.Confidence)
	w.may("modality", t.Modality)
	w.b = append(w.b, '}')
}

func (w *writer) evidence(e Evidence) {
	w.b = append(w.b, '{')
	w.must("field", e.Field)
	w.number("start", int64(e.Start))
	w.number("end", int64(e.End))
	w.must("text", e.Text)
	w.may("surface", e.Surface)
	w.may("clause", e.Clause)
	w.b = append(w.b, '}')
}

// appendString appends s as JSON, with the escapes of encoding/json.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\b':
				dst = append(dst, '\\', 'b')
			case '\f':
				dst = append(dst, '\\', 'f')
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029': // valid in JSON, not in JavaScript
			dst = append(append(dst, s[start:i]...), '\\', 'u', '2', '0', '2', hex[r&15])
			start = i + size
		}
		i += size
	}
	return append(append(dst, s[start:]...), '"')
}
