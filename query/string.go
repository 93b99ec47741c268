package query

import (
	"strconv"
	"strings"
	"time"

	"marsad/item"
)

// String joins the parts with spaces; an OR among them is put in parentheses.
func (n And) String() string {
	var b strings.Builder
	for i, p := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(grouped(p))
	}
	return b.String()
}

// String joins the parts with OR; an AND among them is put in parentheses.
func (n Or) String() string {
	var b strings.Builder
	for i, p := range n {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteString(grouped(p))
	}
	return b.String()
}

// String is a hyphen and what is denied.
func (n Not) String() string {
	if _, ok := n.X.(Not); ok {
		return "-(" + n.X.String() + ")"
	}
	if r, ok := n.X.(Range); ok && !r.From.IsZero() && !r.To.IsZero() {
		return "-(" + r.String() + ")"
	}
	return "-" + grouped(n.X)
}

// grouped is n in parentheses where it would fall apart without.
func grouped(n Node) string {
	switch n.(type) {
	case And, Or:
		return "(" + n.String() + ")"
	default:
		return n.String()
	}
}

// String is a star.
func (All) String() string { return "*" }

// String is the word, quoted when it would be read as something else.
func (n Word) String() string { return n.In.prefix() + plain(n.Term) }

// String is the words in quotes.
func (n Phrase) String() string { return n.In.prefix() + quote(strings.Join(n.Terms, " ")) }

// String is the words in quotes, a tilde and the distance.
func (n Near) String() string {
	return n.In.prefix() + quote(strings.Join(n.Terms, " ")) + "~" + strconv.Itoa(n.Distance)
}

// String is the beginning and a star.
func (n Prefix) String() string { return n.In.prefix() + plain(n.Term) + "*" }

// String is the word, a tilde and the distance.
func (n Fuzzy) String() string {
	return n.In.prefix() + plain(n.Term) + "~" + strconv.Itoa(n.Distance)
}

// String is the kind, a colon and the id.
func (n Tag) String() string { return string(n.Kind) + ":" + plain(n.ID) }

// String is "near:" and the point and the distance, whatever places are there.
func (n Around) String() string {
	return "near:" + decimal(n.Lat) + "," + decimal(n.Lon) + "," + decimal(n.KM)
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// String is "lang:" and the code.
func (n Lang) String() string { return "lang:" + n.Code }

// String is "source:" and the words.
func (n Source) String() string { return "source:" + plain(strings.Join(n.Terms, " ")) }

// String is "feed:" and the name.
func (n Feed) String() string { return "feed:" + plain(n.Name) }

// String is "story:" and the id.
func (n Story) String() string { return "story:" + string(n.ID) }

// String is "event:" and the id.
func (n Event) String() string { return "event:" + string(n.ID) }

// String is "since:" and "before:" with moments in UTC or ages.
func (n Range) String() string {
	var parts []string
	if !n.From.IsZero() {
		parts = append(parts, "since:"+n.From.String())
	}
	if !n.To.IsZero() {
		parts = append(parts, "before:"+n.To.String())
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, " ")
}

// String is the moment in UTC to the minute, or the age in its largest whole
// unit (d, h, m).
func (b Bound) String() string {
	switch {
	case !b.At.IsZero():
		return b.At.UTC().Format("2006-01-02T15:04Z")
	case b.Ago%(24*time.Hour) == 0:
		return strconv.FormatInt(int64(b.Ago/(24*time.Hour)), 10) + "d"
	case b.Ago%time.Hour == 0:
		return strconv.FormatInt(int64(b.Ago/time.Hour), 10) + "h"
	default:
		return strconv.FormatInt(int64(b.Ago/time.Minute), 10) + "m"
	}
}

// prefix is the field that a text clause is written with.
func (in In) prefix() string {
	if in == Anywhere {
		return ""
	}
	return string(in) + ":"
}

// plain is s as one bare word where the lexer reads it back as that, and in
// quotes otherwise.
func plain(s string) string {
	if s == "" || isOperator(s) || s[0] == '-' || strings.ContainsAny(s, "*~:\\") ||
		strings.IndexFunc(s, breaksWord) >= 0 || strings.IndexFunc(s, isMark) >= 0 {
		return quote(s)
	}
	return s
}

// quote is s in straight quotes, with a backslash before those in it.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// isOperator reports whether a bare word is an operator.
func isOperator(s string) bool { return s == "OR" || s == "AND" || s == "NOT" }

// kindOf is the kind of tag that a field names, if it names one.
func kindOf(field string) (item.Kind, bool) {
	k := item.Kind(field)
	return k, k.Valid()
}
