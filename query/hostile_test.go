package query_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"marsad/item"
	"marsad/query"
	"marsad/text"
)

// What people send to break the daemon is refused, or read, with little work.
func TestHostileQueries(t *testing.T) {
	parse(t, "wall") // the tables of package text are made once
	for name, q := range map[string]string{
		"10,000 parentheses":  strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000),
		"opened only":         strings.Repeat("(", query.MaxBytes),
		"closed only":         strings.Repeat(")", query.MaxBytes),
		"negations":           strings.Repeat("-(", query.MaxBytes/2),
		"NOT":                 strings.Repeat("NOT ", query.MaxBytes/4),
		"hyphens":             strings.Repeat("-", query.MaxBytes),
		"1 MB of words":       strings.Repeat("wall ", 200_000),
		"1 MB in quotes":      `"` + strings.Repeat("wall ", 200_000) + `"`,
		"1 MB of backslashes": `"` + strings.Repeat(`\`, 1<<20),
		"leading wildcard":    "*wall",
		"only wildcards":      strings.Repeat("*", query.MaxBytes),
		"wildcards":           strings.Repeat("a*", query.MaxBytes/2),
		"a long fuzzy word":   strings.Repeat("a", 1000) + "~2",
		"a fuzzy phrase":      strings.TrimSpace(strings.Repeat("a ", 500)) + "~99999999999999999999",
		"a great distance":    `"border wall"~99999999999999999999`,
		"tildes":              strings.Repeat("~", query.MaxBytes),
		"regular expression":  "/(a+)+$/ /.*.*.*/ /[a-z]{1000}/",
		"colons":              strings.Repeat(":", query.MaxBytes),
		"fields":              strings.Repeat("place:", query.MaxBytes/6),
		"a long name":         "place:" + strings.Repeat("ق", 500),
		"one letter of many":  strings.Repeat("ﷺ", query.MaxBytes/3),
		"marks":               strings.Repeat("\u202e", query.MaxBytes/3),
		"zero bytes":          strings.Repeat("\x00", query.MaxBytes),
		"a far future":        "since:99999999999999999999d before:9999999999-01-01",
		"far away":            "near:99999999999999999999,0,99999999999999999999",
		"the whole world":     strings.Repeat("near:34,42,1000 ", 32),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		n, err := query.Parse(q, options())
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		var e *query.Error
		switch {
		case err == nil && len(n.String()) > query.MaxBytes:
			t.Errorf("%s: read as %d bytes", name, len(n.String()))
		case err != nil && !errors.As(err, &e):
			t.Errorf("%s: %v; want an *Error", name, err)
		case err != nil && len(err.Error()) > 4*query.MaxBytes:
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
		if took > time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: used %d bytes", name, used)
		}
	}
}

// A query at the limits is evaluated in bounded time over an article as long as
// one may be, made to be slow.
func TestHostileArticles(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	long := strings.Repeat("ab", query.MaxLetters/2)
	for name, tt := range map[string]struct{ body, q string }{
		"a phrase that nearly stands everywhere": {strings.Repeat("a ", size/2) + "b", `"` + strings.Repeat("a ", query.MaxPhrase-1) + `c" OR "a a a b b"`},
		"two words that never meet":              {strings.Repeat("a ", size/4) + strings.Repeat("c b ", size/8), `"a b" OR "b a"`},
		"near words":                             {strings.Repeat("a x x x b x x x ", size/16), `"a b a b c"~100 OR "a b"~1`},
		"long words, fuzzy":                      {strings.Join(numbered(size/len(long)), " "+long[6:]), long + "~2 OR " + long[2:] + "~2 OR " + long[1:] + "~1"},
		"many words, fuzzy":                      {strings.Join(numbered(size/8), " "), "wwwwwwwwww~2 OR vvvvvv~2 OR uuuuuu~2"},
	} {
		start := time.Now()
		d := query.NewDoc(&text.Analyzer{}, item.Tagged{Item: item.Item{Body: tt.body}})
		query.Why(parse(t, tt.q), d)
		// A quadratic way takes minutes.
		took := time.Since(start)
		t.Logf("%s: %v", name, took)
		if took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// numbered are n words, each another.
func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		w := []byte("wvu")
		for x := i; x > 0; x /= 23 {
			w = append(w, byte('a'+x%23))
		}
		out[i] = string(w)
	}
	return out
}
