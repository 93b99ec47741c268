package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"marsad/item"
)

// moment is a time as pages state it: absolute, to the minute, with its offset
// from UTC, so that a printed page still says when.
func moment(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	_, offset := t.Zone()
	name := "UTC"
	if offset != 0 {
		sign := '+'
		if offset < 0 {
			sign, offset = '−', -offset
		}
		name += fmt.Sprintf("%c%d", sign, offset/3600)
		if m := offset % 3600 / 60; m != 0 {
			name += fmt.Sprintf(":%02d", m)
		}
	}
	return t.Format("2 Jan 2006, 15:04 ") + name
}

// byteSize is a number of bytes as people read it.
func byteSize(n uint64) string {
	const unit = 1000
	if n < unit {
		return strconv.FormatUint(n, 10) + " B"
	}
	f, i := float64(n)/unit, 0
	for f >= unit && i < 4 {
		f, i = f/unit, i+1
	}
	digits := strconv.FormatFloat(f, 'f', 0, 64)
	if f < 100 {
		digits = strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
	}
	return digits + " " + string("kMGTP"[i]) + "B"
}

// thousands is a whole number with commas.
func thousands(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// sentence turns the text of an error into one: a capital, a full stop.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[n:]
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// labeller returns how pages call a tag: its label, else its id.
func labeller(label func(item.Kind, string) string) func(item.Kind, string) string {
	return func(kind item.Kind, id string) string {
		if label != nil {
			if l := label(kind, id); l != "" {
				return line(l, 80)
			}
		}
		return line(id, 80)
	}
}
