package alert_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"marsad/alert"
)

func TestLine(t *testing.T) {
	t.Parallel()
	arabic := sample("one", "tty")
	arabic.Sample, arabic.Priority = true, alert.Urgent
	plain := alert.Alert{Watch: "hol", Title: "Camp", PageURL: "http://localhost:8080/items/x"}
	hostile := alert.Alert{
		Watch: "w", Title: "\x1b[2Ja\u202eb\u2066c\r\nd\te\u200b\u061c\u0007\xff\u2028f  g سوریه\u200cها \U000e0041",
		Source: "\u2069x", URL: "https://x.example/\u202e\x1b]8;;",
	}
	tests := []struct {
		name string
		a    alert.Alert
		want string
	}{
		{"arabic", arabic, "2026-03-01 09:30Z ALERT [SAMPLE] urgent border-wall: \u2068جدار حدودي قرب القائم\u2069 (\u2068وكالة\u2069, ar) — place:al-qaem «\u2068القائم\u2069» — https://news.example/one"},
		{"plain", plain, "ALERT hol: Camp — http://localhost:8080/items/x"},
		{"empty", alert.Alert{Watch: "w", Title: "\x00 \n"}, "ALERT w: (no title)"},
		{"hostile", hostile, "ALERT w: \u2068[2Jabc d e\ufffd f g سوریه\u200cها\u2069 (x) — https://x.example/]8;;"},
		{
			"long",
			alert.Alert{Watch: "w", Title: strings.Repeat("é", 200)},
			"ALERT w: " + strings.Repeat("é", 159) + "…",
		},
		{
			"reasons", alert.Alert{Watch: "w", Title: "t", Why: []alert.Reason{
				{Clause: "wall", Text: "Wall"}, {Clause: "wall", Text: "wall"}, {Clause: "b"}, {Clause: "c"}, {Clause: "d"}, {Clause: "e"}, {Clause: "f"},
			}}, "ALERT w: t — wall, b, c, d, e, …",
		},
	}
	for _, tt := range tests {
		if got := alert.Line(tt.a); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// Nothing in a line acts on the terminal, isolates are balanced and it is one
// line of bounded length.
func FuzzLine(f *testing.F) {
	f.Add("title", "source", "https://x.example", "clause", "text")
	f.Add("\x1b[31m", "\u202e", "\u2068\u2068", "\u2069", "\xff\n")
	f.Add("القائم\u2069", "\u2067", "\u009b", "\u00ad", "ا\u0300")
	f.Fuzz(func(t *testing.T, title, source, url, clause, text string) {
		line := alert.Line(alert.Alert{
			Watch: "w", Title: title, Source: source, URL: url, Lang: source,
			Why: []alert.Reason{{Clause: clause, Text: text}},
		})
		if !utf8.ValidString(line) || utf8.RuneCountInString(line) > 1000 {
			t.Fatalf("%q is too long or no UTF-8", line)
		}
		depth := 0
		for _, r := range line {
			switch r {
			case '\u2068':
				depth++
			case '\u2069':
				depth--
			case '\u200c', '\u200d':
			default:
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
					t.Fatalf("%U in %q", r, line)
				}
			}
			if depth < 0 || depth > 1 {
				t.Fatalf("isolates in %q", line)
			}
		}
		if depth != 0 {
			t.Fatalf("isolates in %q", line)
		}
	})
}
