package ingest

import (
	"strings"
	"time"
	"unicode"
)

// parseDate reads a date as feeds write it, in UTC. It knows ISO 8601 in its
// common shapes and every order of words and numbers around an English month
// name. It does not guess: of 03/04/2026 nobody knows which is the month. A date
// without a zone is taken as UTC; so is one with a zone whose name means nothing
// here, which certain tells.
func parseDate(s string) (t time.Time, certain, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 6 || len(s) > 100 {
		return time.Time{}, false, false
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), true, true
	}
	p := dateParts{certain: true, hour: -1}
	if !p.read(s) {
		return time.Time{}, false, false
	}
	return p.time()
}

// dateParts gathers what the words of a date say.
type dateParts struct {
	year, month, day     int
	hour, minute, second int
	nanos                int
	pm, am               bool
	offset               int
	hasZone, certain     bool
}

// read goes through s word by word and reports whether all of it was
// understood.
func (p *dateParts) read(s string) bool {
	for s != "" {
		c := rune(s[0])
		switch {
		case c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r':
			s = s[1:]
		case '0' <= c && c <= '9':
			n := span(s, func(c byte) bool { return '0' <= c && c <= '9' })
			rest, ok := p.number(s[:n], s[n:])
			if !ok {
				return false
			}
			s = rest
		case c == '+' || c == '-':
			rest, ok := p.zoneOffset(s)
			if !ok {
				return false
			}
			s = rest
		case unicode.IsLetter(c) && c < 0x80:
			n := span(s, func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '.' })
			word := s[:n]
			s = s[n:]
			if !p.word(strings.ToLower(strings.ReplaceAll(word, ".", ""))) {
				return false
			}
		case c == '(':
			_, rest, ok := strings.Cut(s, ")")
			if !ok {
				return false
			}
			s = rest
		case c == '.':
			s = s[1:]
		default:
			return false
		}
	}
	return true
}

func span(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

// number takes digits and what hangs on them: a time, an ISO date, a day or a
// year.
func (p *dateParts) number(digits, rest string) (string, bool) {
	if len(digits) > 9 {
		return "", false
	}
	v := atoi(digits)
	if strings.HasPrefix(rest, ":") && p.hour < 0 {
		return p.clock(v, rest)
	}
	if (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, ".")) && p.year == 0 && p.month == 0 && p.day == 0 {
		if out, ok := p.numeric(v, len(digits), rest); ok {
			return out, true
		}
	}
	switch {
	case len(digits) == 8 && p.year == 0 && p.month == 0:
		p.year, p.month, p.day = v/10000, v/100%100, v%100
	case len(digits) <= 2 && p.day == 0:
		p.day = v
		for _, suffix := range []string{"st", "nd", "rd", "th"} {
			if strings.HasPrefix(strings.ToLower(rest), suffix) {
				rest = rest[2:]
				break
			}
		}
	case len(digits) == 4 && p.year == 0:
		p.year = v
	case len(digits) == 2 && p.year == 0 && p.month != 0 && p.day != 0:
		p.year = 2000 + v
		if v >= 70 {
			p.year = 1900 + v
		}
	default:
		return "", false
	}
	return strings.TrimPrefix(rest, "-"), true
}

// clock reads the rest of hh:mm[:ss[.fff]].
func (p *dateParts) clock(hour int, rest string) (string, bool) {
	p.hour = hour
	parts := []*int{&p.minute, &p.second}
	for _, part := range parts {
		if !strings.HasPrefix(rest, ":") {
			break
		}
		n := span(rest[1:], func(c byte) bool { return '0' <= c && c <= '9' })
		if n == 0 || n > 2 {
			return "", false
		}
		*part = atoi(rest[1 : 1+n])
		rest = rest[1+n:]
	}
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') && rest[1] >= '0' && rest[1] <= '9' {
		n := span(rest[1:], func(c byte) bool { return '0' <= c && c <= '9' })
		frac := (rest[1:1+n] + "000000000")[:9]
		p.nanos = atoi(frac)
		rest = rest[1+n:]
	}
	return rest, true
}

// numeric reads y-m-d, y/m/d, d.m.y, and d/m/y or m/d/y where only one of both
// is possible.
func (p *dateParts) numeric(first, width int, rest string) (string, bool) {
	sep := rest[0]
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	n := span(rest[1:], isDigit)
	if n == 0 || n > 2 || 1+n >= len(rest) || rest[1+n] != sep {
		return "", false
	}
	second := atoi(rest[1 : 1+n])
	rest = rest[2+n:]
	m := span(rest, isDigit)
	if m == 0 || m > 4 {
		return "", false
	}
	third, after := atoi(rest[:m]), rest[m:]
	switch {
	case width == 4 && m <= 2:
		p.year, p.month, p.day = first, second, third
		// The T of ISO 8601.
		if len(after) > 1 && (after[0] == 'T' || after[0] == 't') && isDigit(after[1]) {
			after = after[1:]
		}
	case width <= 2 && m == 4 && sep == '.':
		p.day, p.month, p.year = first, second, third
	case width <= 2 && m == 4 && first > 12 && second <= 12:
		p.day, p.month, p.year = first, second, third
	case width <= 2 && m == 4 && second > 12 && first <= 12:
		p.month, p.day, p.year = first, second, third
	case width <= 2 && m == 4 && first == second:
		p.day, p.month, p.year = first, second, third
	default:
		return "", false
	}
	return after, true
}

// zoneOffset reads +hh, +hhmm or +hh:mm.
func (p *dateParts) zoneOffset(s string) (string, bool) {
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	s = strings.TrimLeft(s, "+-")
	if p.hour < 0 {
		return s, s != "" // a dash between the words of a date
	}
	n := span(s, func(c byte) bool { return '0' <= c && c <= '9' })
	var h, m int
	switch rest := s[n:]; {
	case n == 0:
		return s, s != ""
	case n <= 2:
		h = atoi(s[:n])
		if k := span(strings.TrimPrefix(rest, ":"), func(c byte) bool { return '0' <= c && c <= '9' }); strings.HasPrefix(rest, ":") && k == 2 {
			m = atoi(rest[1:3])
			n += 3
		}
	case n == 3:
		h, m = atoi(s[:1]), atoi(s[1:3])
	case n == 4:
		h, m = atoi(s[:2]), atoi(s[2:4])
	default:
		return "", false
	}
	if h > 14 || m > 59 {
		return "", false
	}
	p.offset, p.hasZone = sign*(h*3600+m*60), true
	return s[n:], true
}

func (p *dateParts) word(w string) bool {
	switch w {
	case "", "t", "at", "of", "de":
		return true
	case "am":
		p.am = true
		return true
	case "pm":
		p.pm = true
		return true
	}
	if len(w) >= 3 {
		if p.month == 0 {
			if i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", w[:3]); i >= 0 && i%3 == 0 && strings.HasPrefix(monthName(i/3), w) {
				p.month = i/3 + 1
				return true
			}
		}
		for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
			if strings.HasPrefix(day, w) {
				return true
			}
		}
	}
	if p.hour < 0 {
		return false // a word that is no month in the place of one
	}
	if p.hasZone {
		return true // "+0300 (EAT)" without the brackets
	}
	offset, known := zoneByName(w)
	p.offset, p.hasZone = offset, true
	p.certain = p.certain && known
	return len(w) <= 5
}

func monthName(i int) string {
	return strings.ToLower(time.Month(i + 1).String())
}

// zoneByName gives the offset in seconds of a zone's abbreviation. Of those with
// several meanings it takes the one that news feeds use; AST is Arabia here.
func zoneByName(w string) (int, bool) {
	const h = 3600
	switch w {
	case "z", "ut", "utc", "gmt", "wet":
		return 0, true
	case "est":
		return -5 * h, true
	case "edt":
		return -4 * h, true
	case "cst":
		return -6 * h, true
	case "cdt":
		return -5 * h, true
	case "mst":
		return -7 * h, true
	case "mdt":
		return -6 * h, true
	case "pst":
		return -8 * h, true
	case "pdt":
		return -7 * h, true
	case "bst", "west", "cet", "met":
		return h, true
	case "cest", "mest", "eet", "sast":
		return 2 * h, true
	case "eest", "ast", "msk", "trt", "eat":
		return 3 * h, true
	case "irst":
		return 3*h + h/2, true
	case "irdt":
		return 4*h + h/2, true
	case "gst":
		return 4 * h, true
	case "pkt":
		return 5 * h, true
	case "ist":
		return 5*h + h/2, true
	case "hkt", "sgt":
		return 8 * h, true
	case "jst", "kst":
		return 9 * h, true
	}
	return 0, false
}

// time builds the instant and checks that every part is in its range.
func (p *dateParts) time() (time.Time, bool, bool) {
	if p.year == 0 || p.month < 1 || p.month > 12 || p.day < 1 || p.day > 31 {
		return time.Time{}, false, false
	}
	if p.hour < 0 {
		p.hour = 0
	}
	if p.pm && p.hour < 12 {
		p.hour += 12
	}
	if p.am && p.hour == 12 {
		p.hour = 0
	}
	if p.hour > 24 || p.minute > 59 || p.second > 60 {
		return time.Time{}, false, false
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nanos, time.UTC)
	if t.Day() != p.day && p.hour < 24 { // 31 February
		return time.Time{}, false, false
	}
	return t.Add(-time.Duration(p.offset) * time.Second), p.certain, true
}

// atoi reads digits that are known to be some.
func atoi(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
