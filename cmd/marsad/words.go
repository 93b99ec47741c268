package main

import (
	"fmt"
	"strings"
	"time"

	"marsad/item"
)

// tagLine lists the tags that are named in the text.
func tagLine(tags []item.Tag) string {
	var out []string
	for _, t := range tags {
		switch {
		case t.Implied:
		case t.Status == item.Candidate:
			out = append(out, t.Key()+"?")
		default:
			out = append(out, t.Key())
		}
	}
	return strings.Join(out, " ")
}

// ago is an age in one unit: 5m, 3h, 12d.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "soon"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// plural is "1 article" or "3 articles".
func plural[N uint64 | int](n N, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "ch"):
		what += "es"
	case strings.HasSuffix(what, "y"):
		what = strings.TrimSuffix(what, "y") + "ies"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// behind is s after a semicolon, or nothing when s is empty.
func behind(s string) string {
	if s == "" {
		return ""
	}
	return "; " + s
}
