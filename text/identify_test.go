package text_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"marsad/text"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	tests := []struct{ s, hint, want string }{
		{"The minister said that the border would be closed", "", "en"},
		{"قال الوزير إن المعبر سيفتح غدا أمام المسافرين", "", "ar"},
		{"وزیر گفت که گذرگاه مرزی فردا باز می\u200cشود", "", "fa"},
		{"وەزیر رایگەیاند کە دەروازەی سنووری سبەینێ دەکرێتەوە", "", "ckb"},
		{"Wezîr got ku deriyê sînor dê sibê li ber rêwiyan were vekirin", "", "kmr"},
		{"Bakan, sınır kapısının yarın yolculara açılacağını söyledi", "", "tr"},
		{"Le ministre a annoncé que le poste frontière rouvrira demain", "", "fr"},
		{"Der Minister sagt, dass der Grenzübergang nicht geöffnet wird", "", "de"},
		{"El ministro dijo que el paso fronterizo se abrirá mañana", "", "es"},
		{"Министр сказал, что граница не будет закрыта", "", "ru"},
		{"وزیر نے کہا ہے کہ سرحد کل کھول دی جائے گی", "", "ur"},
		{"השר אמר כי המעבר ייפתח מחר", "", "he"},
		{"部长说边境明天开放", "", "zh"},
		{"12345 !!!", "", "und"},
		{"", "", "und"},
		{"12345", "tr-TR", "tr"},
		{"Aleppo", "", "und"},
		{"Aleppo", "fr", "fr"},
		{"The minister said that the border would be closed", "ar", "en"},
		{"Rojava", "ku", "kmr"},
		{"\xff\xfe\x00", "xx-!!", "xx"},
	}
	for _, tt := range tests {
		if got := text.Identify(tt.s, tt.hint); got != tt.want {
			t.Errorf("Identify(%q, %q) = %q, want %q", tt.s, tt.hint, got, tt.want)
		}
	}
}

// The labelled items are real feeds' text in seven languages.
func TestIdentifyLabelledItems(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../shared/gold/dev-docs.jsonl")
	if err != nil {
		t.Skipf("labelled items are not here: %v", err)
	}
	defer f.Close()
	var docs, wrong, titles, wrongTitles int
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d struct{ ID, Lang, Title, Body string }
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		docs++
		if got := text.Identify(d.Title+"\n"+d.Body, ""); got != d.Lang {
			wrong++
			t.Logf("%s: %s taken for %s: %.80s", d.ID, d.Lang, got, d.Title)
		}
		if len(strings.Fields(d.Title)) >= 3 {
			titles++
			if got := text.Identify(d.Title, ""); got != d.Lang {
				wrongTitles++
				t.Logf("%s: title %s taken for %s: %.80s", d.ID, d.Lang, got, d.Title)
			}
		}
	}
	t.Logf("%d of %d items and %d of %d bare titles wrong", wrong, docs, wrongTitles, titles)
	if wrong > 0 {
		t.Errorf("%d of %d items have the wrong language", wrong, docs)
	}
	if wrongTitles*8 > titles {
		t.Errorf("%d of %d bare titles have the wrong language", wrongTitles, titles)
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("Türkiye’nin", "tr")
	f.Add("\xff", "!")
	f.Fuzz(func(t *testing.T, s, hint string) {
		if got := text.Identify(s, hint); len(got) < 2 || len(got) > 3 {
			t.Fatalf("Identify(%q, %q) = %q", s, hint, got)
		}
	})
}
