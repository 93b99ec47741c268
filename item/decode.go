package item

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// DecodeItem sets *i, which must be zero, from its wire form. What AppendItem
// wrote is read at a third of the cost of encoding/json; anything unusual
// (escapes such as \u, unknown members, white space) is left to encoding/json,
// so old and foreign records read the same.
func DecodeItem(data []byte, i *Item) error {
	r := reader{s: string(data)}
	if r.item(i); r.end() {
		return nil
	}
	*i = Item{}
	return json.Unmarshal(data, i)
}

// DecodeTagged sets *t, which must be zero, as DecodeItem does.
func DecodeTagged(data []byte, t *Tagged) error {
	r := reader{s: string(data)}
	if r.tagged(t); r.end() {
		return nil
	}
	*t = Tagged{}
	return json.Unmarshal(data, t)
}

// A reader reads the wire form and nothing else: what it does not expect makes
// it give up. Strings are slices of s where they hold no escape.
type reader struct {
	s   string
	i   int
	bad bool
}

// end reports whether all of s was read as expected.
func (r *reader) end() bool { return !r.bad && r.i == len(r.s) }

// take passes over c, or gives up.
func (r *reader) take(c byte) {
	if !r.skip(c) {
		r.bad = true
	}
}

// skip passes over c if it comes next.
func (r *reader) skip(c byte) bool {
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

// members calls member with each key of an object.
func (r *reader) members(member func(key string)) {
	r.take('{')
	for first := true; !r.bad && !r.skip('}'); first = false {
		if !first {
			r.take(',')
		}
		key := r.str()
		r.take(':')
		if !r.bad {
			member(key)
		}
	}
}

// elements calls element for each element of an array.
func (r *reader) elements(element func()) {
	r.take('[')
	for first := true; !r.bad && !r.skip(']'); first = false {
		if !first {
			r.take(',')
		}
		element()
	}
}

func (r *reader) tagged(t *Tagged) {
	r.members(func(key string) {
		switch key {
		case "item":
			r.item(&t.Item)
		case "tags":
			r.bad = r.bad || t.Tags != nil // given twice
			r.elements(func() {
				t.Tags = append(t.Tags, Tag{})
				r.tag(&t.Tags[len(t.Tags)-1])
			})
		case "pack":
			t.Pack = r.str()
		case "story":
			t.Story = ID(r.str())
		case "event":
			t.Event = ID(r.str())
		case "seq":
			t.Seq = r.number()
		default:
			r.bad = true
		}
	})
}

func (r *reader) item(i *Item) {
	r.members(func(key string) {
		switch key {
		case "id":
			i.ID = ID(r.str())
		case "rev":
			i.Revision = Revision(r.str())
		case "feed":
			i.Feed = r.str()
		case "source":
			i.Source = r.str()
		case "url":
			i.URL = r.str()
		case "guid":
			i.GUID = r.str()
		case "title":
			i.Title = r.str()
		case "body":
			i.Body = r.str()
		case "added":
			r.bad = r.bad || i.Added != nil // given twice
			r.elements(func() {
				i.Added = append(i.Added, Span{})
				r.span(&i.Added[len(i.Added)-1])
			})
		case "author":
			i.Author = r.str()
		case "categories":
			i.Categories = r.list()
		case "enclosures":
			r.bad = r.bad || i.Enclosures != nil // given twice
			r.elements(func() {
				i.Enclosures = append(i.Enclosures, Enclosure{})
				r.enclosure(&i.Enclosures[len(i.Enclosures)-1])
			})
		case "lang":
			i.Lang = r.str()
		case "published":
			i.Published = r.time()
		case "published_raw":
			i.PublishedRaw = r.str()
		case "seen":
			i.Seen = r.time()
		case "revised":
			i.Revised = r.time()
		case "listed":
			i.Listed = r.time()
		case "backfill":
			i.Backfill = r.yes()
		case "sample":
			i.Sample = r.yes()
		case "flags":
			i.Flags = r.list()
		default:
			r.bad = true
		}
	})
}

func (r *reader) span(s *Span) {
	r.members(func(key string) {
		switch key {
		case "field":
			s.Field = r.str()
		case "start":
			s.Start = int(r.number()) //nolint:gosec // number gives up above 2⁶³
		case "end":
			s.End = int(r.number()) //nolint:gosec // as above
		default:
			r.bad = true
		}
	})
}

func (r *reader) enclosure(e *Enclosure) {
	r.members(func(key string) {
		switch key {
		case "url":
			e.URL = r.str()
		case "type":
			e.Type = r.str()
		case "length":
			e.Length = int64(r.number()) //nolint:gosec // as above
		default:
			r.bad = true
		}
	})
}

func (r *reader) tag(t *Tag) {
	r.members(func(key string) {
		switch key {
		case "kind":
			t.Kind = Kind(r.str())
		case "id":
			t.ID = r.str()
		case "status":
			t.Status = Status(r.str())
		case "rule":
			t.Rule = r.str()
		case "confidence":
			t.Confidence = r.ratio()
		case "modality":
			t.Modality = r.str()
		case "implied":
			t.Implied = r.yes()
		case "evidence":
			r.bad = r.bad || t.Evidence != nil // given twice
			r.elements(func() {
				t.Evidence = append(t.Evidence, Evidence{})
				r.evidence(&t.Evidence[len(t.Evidence)-1])
			})
		default:
			r.bad = true
		}
	})
}

func (r *reader) evidence(e *Evidence) {
	r.members(func(key string) {
		switch key {
		case "field":
			e.Field = r.str()
		case "start":
			e.Start = int(r.number()) //nolint:gosec // number gives up above 2³¹
		case "end":
			e.End = int(r.number()) //nolint:gosec // as above
		case "text":
			e.Text = r.str()
		case "surface":
			e.Surface = r.str()
		case "clause":
			e.Clause = r.str()
		default:
			r.bad = true
		}
	})
}

func (r *reader) list() []string {
	out := []string{}
	r.elements(func() { out = append(out, r.str()) })
	return out
}

func (r *reader) yes() bool {
	if strings.HasPrefix(r.s[r.i:], "true") {
		r.i += len("true")
		return true
	}
	r.bad = true
	return false
}

// number reads a whole number below 2³¹ or, with up to 19 digits, a sequence.
func (r *reader) number() uint64 {
	start := r.i
	for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
	}
	digits := r.s[start:r.i]
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || len(digits) > 1 && digits[0] == '0' {
		r.bad = true
	}
	return n
}

// ratio reads a number like 0.95, as AppendTagged writes it.
func (r *reader) ratio() float64 {
	start := r.i
	for r.i < len(r.s) && (r.s[r.i] >= '0' && r.s[r.i] <= '9' || r.s[r.i] == '.') {
		r.i++
	}
	digits := r.s[start:r.i]
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || digits != "1" && (len(digits) < 3 || digits[:2] != "0.") {
		r.bad = true
	}
	return f
}

func (r *reader) time() time.Time {
	t, err := time.Parse(time.RFC3339, r.str())
	if err != nil {
		r.bad = true
	}
	return t
}

// str reads a string. Invalid UTF-8 and control characters, which encoding/json
// treats in its own way, make it give up.
func (r *reader) str() string {
	r.take('"')
	start := r.i
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c == '"':
			out := r.s[start:r.i]
			r.i++
			if !utf8.ValidString(out) {
				r.bad = true
			}
			return out
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.bad = true
			return ""
		default:
			r.i++
		}
	}
	r.bad = true
	return ""
}

// escaped reads the rest of a string that began at start and has an escape at
// r.i.
func (r *reader) escaped(start int) string {
	var b strings.Builder
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == '"':
			b.WriteString(r.s[start:r.i])
			r.i++
			out := b.String()
			if !utf8.ValidString(out) {
				r.bad = true
			}
			return out
		case c < ' ':
			r.bad = true
			return ""
		case c != '\\':
			r.i++
			continue
		}
		b.WriteString(r.s[start:r.i])
		if r.i+1 >= len(r.s) {
			break
		}
		at := strings.IndexByte(`"\/bfnrt`, r.s[r.i+1])
		if at < 0 {
			break
		}
		b.WriteByte("\"\\/\b\f\n\r\t"[at])
		r.i += 2
		start = r.i
	}
	r.bad = true
	return ""
}
