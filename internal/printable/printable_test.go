package printable_test

import (
	"testing"

	"marsad/internal/printable"
)

func TestLine(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"Camp", "Camp"},
		{"", ""},
		{" two\r\n lines\t\u2028", "two lines"},
		{"\x1b[2Ja\u009b\u202eb\u2066c\u200b\u061c\a\ufeff\u00ad\U000e0041", "[2Jabc"},
		{"\xff", "\ufffd"},
		{"سوریه\u200cها", "\u2068سوریه\u200cها\u2069"},
		{"القائم\u2069", "\u2068القائم\u2069"},
		{"1234567890", "1234567890"},
		{"12345678901", "123456789…"},
		{"éééééééééé", "éééééééééé"},
		{"الحدود العراقية", "\u2068الحدود ال…\u2069"},
		{"\u202a\u202a123456789\u202a0", "1234567890"},
	}
	for _, tt := range tests {
		if got := printable.Line(tt.in, 10); got != tt.want {
			t.Errorf("Line(%q, 10) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := printable.Text("a  longer text than that"); got != "a longer text than that" {
		t.Errorf("Text = %q", got)
	}
}
