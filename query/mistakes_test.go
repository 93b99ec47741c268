package query_test

import (
	"strings"
	"testing"

	"marsad/query"
)

// Signs of direction that come along when text is copied change nothing.
func TestInvisibleMarks(t *testing.T) {
	for in, want := range map[string]string{
		"\u200flang:ar wall":        "lang:ar wall",
		"\u2068lang:ar\u2069 wall":  "lang:ar wall",
		"\ufeffwall\u200e":          "wall",
		"wall \u200f-fence":         "wall -fence",
		"wall \u200fOR\u200f fence": "wall OR fence",
		"feed:one\u200f":            "feed:one",
	} {
		n, err := query.Parse(in, query.Options{})
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		w, err := query.Parse(want, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n.String() != w.String() {
			t.Errorf("%q is read as %q, want %q", in, n, w)
		}
	}
	for _, in := range []string{"--wall", "---wall", "fence --limit 3"} {
		if n, err := query.Parse(in, query.Options{}); err == nil || !strings.Contains(err.Error(), "two hyphens") {
			t.Errorf("%q is read as %v, %v", in, n, err)
		}
	}
}

// Mistakes that were read as something else, or explained as another.
func TestMisleading(t *testing.T) {
	for in, want := range map[string]string{
		"(":                "not closed",
		"wall (":           "not closed",
		"title:lang:ar":    "the field lang: inside title:",
		"title:(lang:ar)":  "the field lang: inside title:",
		"title:(a lang:x)": "the field lang: inside title:",
	} {
		if n, err := query.Parse(in, query.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %q", in, n, err, want)
		}
	}
}
