package query

import (
	"strconv"
	"strings"
	"time"
)

// maxAge is the greatest age, about a century.
const maxAge = 36500 * 24 * time.Hour

// date reads the value of since:, after: or before:.
func (p *parser) date(field string, t token) (Node, *Error) {
	s := strings.ToUpper(western(strings.TrimSpace(t.text)))
	if ago, ok := age(s); ok {
		if field == "before" {
			return Range{To: Bound{Ago: ago}}, nil
		}
		return Range{From: Bound{Ago: ago}}, nil
	}
	if (s == "TODAY" || s == "YESTERDAY") && p.o.Now.IsZero() {
		return nil, errorAt(t.pos, t.end, "write an age such as "+field+":24h", "%q means another day tomorrow, and a query that stays cannot", t.text)
	}
	from, to, ok := p.moment(s)
	if !ok {
		hint := "write a date such as 2026-01-05 or 2026-01-05T14:30, or an age such as 7d or 24h"
		if day := likelyDay(s); day != "" {
			hint = "did you mean " + field + ":" + day + "?"
		}
		return nil, errorAt(t.pos, t.end, hint, "%q is neither a date nor an age", t.text)
	}
	at := from
	if field == "after" {
		at = to
	}
	at = at.UTC().Truncate(time.Minute)
	if y := at.Year(); y < firstYear || y > lastYear {
		return nil, errorAt(t.pos, t.end, "", "the date %q is not between %d and %d", t.text, firstYear, lastYear)
	}
	if field == "before" {
		return Range{To: Bound{At: at}}, nil
	}
	return Range{From: Bound{At: at}}, nil
}

// The years that a date may reach, in UTC.
const (
	firstYear = 1970
	lastYear  = 2100
)

// likelyDay is the day that s means when it lacks zeros or has other signs
// between its parts, or "". Which of 5/1 is the month it does not guess.
func likelyDay(s string) string {
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "20060102"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

// age reads a number and m, h, d or w, in capitals.
func age(s string) (time.Duration, bool) {
	if len(s) < 2 || len(s) > 9 || !isDigits(s[:len(s)-1]) {
		return 0, false
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || n == 0 {
		return 0, false
	}
	var unit time.Duration
	switch s[len(s)-1] {
	case 'M':
		unit = time.Minute
	case 'H':
		unit = time.Hour
	case 'D':
		unit = 24 * time.Hour
	case 'W':
		unit = 7 * 24 * time.Hour
	default:
		return 0, false
	}
	if time.Duration(n) > maxAge/unit {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// moment reads a date and returns the beginning and the end of the year, month,
// day or minute that it names.
func (p *parser) moment(s string) (from, to time.Time, ok bool) {
	zone := p.o.Zone
	if zone == nil {
		zone = time.UTC
	}
	if s == "TODAY" || s == "YESTERDAY" {
		y, m, d := p.o.Now.In(zone).Date()
		if s == "YESTERDAY" {
			d--
		}
		return time.Date(y, m, d, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone), true
	}
	for _, l := range []struct {
		layout              string
		years, months, days int
	}{
		{"2006", 1, 0, 0},
		{"2006-01", 0, 1, 0},
		{"2006-01-02", 0, 0, 1},
		{"2006-01-02Z07:00", 0, 0, 1},
		{"2006-01-02T15:04", 0, 0, 0},
		{"2006-01-02T15:04Z07:00", 0, 0, 0},
		{"2006-01-02T15:04:05Z07:00", 0, 0, 0},
	} {
		t, err := time.ParseInLocation(l.layout, s, zone)
		if err != nil {
			continue
		}
		if l.years+l.months+l.days > 0 {
			return t, t.AddDate(l.years, l.months, l.days), true
		}
		t = t.Truncate(time.Minute)
		return t, t.Add(time.Minute), true
	}
	return from, to, false
}
