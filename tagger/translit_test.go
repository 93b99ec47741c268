package tagger_test

import (
	"fmt"
	"strings"
	"testing"

	"marsad/item"
	"marsad/tagger"
)

func person(id string, names ...string) tagger.Entity {
	return tagger.Entity{Kind: item.Actor, ID: id, Type: "person", Blocks: []tagger.Block{{Strong: list("en", names...)}}}
}

// spelt is a pack whose names have many romanisations.
func spelt() tagger.Source {
	return tagger.Source{Pack: "spelt", Entities: []tagger.Entity{
		person("sadr", "Muqtada al-Sadr"), person("maliki", "Nouri al-Maliki"), person("khazali", "Qais al-Khazali"),
		person("sudani", "Mohammed Shia al-Sudani"), person("rashid", "Abdul Latif Rashid"), person("hussein", "Fuad Hussein"),
		person("crown", "Mohammed bin Salman"),
		{Kind: item.Place, ID: "zor", Blocks: []tagger.Block{{Plain: list("en", "Deir ez-Zor")}}},
		{Kind: item.Place, ID: "kamal", Blocks: []tagger.Block{{Plain: list("en", "Abu Kamal")}}},
		{Kind: item.Place, ID: "raqqa", Blocks: []tagger.Block{{Plain: list("en", "Raqqa")}}},
		{Kind: item.Place, ID: "region", Blocks: []tagger.Block{{Plain: list("en", "Kurdish region of Iraq")}}},
		{Kind: item.Actor, ID: "party", Type: "party", Blocks: []tagger.Block{{Strong: list("en", "Dawa Party")}}},
		{Kind: item.Actor, ID: "mufti", Type: "person", Blocks: []tagger.Block{{
			Plain: list("en", "Hasan Qadiri"), Reject: []tagger.Clause{{Scope: tagger.Before, Any: []tagger.Operand{inline("en", "street")}}},
		}}},
	}}
}

func TestTransliteration(t *testing.T) {
	t.Parallel()
	p := compile(t, spelt())
	for _, tt := range []struct{ lang, text, want string }{
		{"en", "Moqtada as-Sadr", "actor:sadr@Moqtada as-Sadr"},
		{"en", "Muktada Al Sadr’s men", "actor:sadr@Muktada Al Sadr"},
		{"tr", "Mukteda es-Sadr’ın evi", "actor:sadr@Mukteda es-Sadr"},
		{"en", "Nuri el Maliki", "actor:maliki@Nuri el Maliki"},
		{"en", "NURI AL-MALIKI", "actor:maliki@NURI AL-MALIKI"},
		{"en", "Noori Maliky", "actor:maliki@Noori Maliky"},
		{"en", "Kays Khazali", "actor:khazali@Kays Khazali"},
		{"kmr", "Qeys Xezalî", "actor:khazali@Qeys Xezalî"},
		{"en", "Mohamed Shiaa al-Soudani, Muhammad Shia Sudani", "actor:sudani@Mohamed Shiaa al-Soudani,Muhammad Shia Sudani"},
		{"en", "Abdullatif Rasheed and Abdel-Latif Rashid", "actor:rashid@Abdullatif Rasheed,Abdel-Latif Rashid"},
		{"fr", "la visite d’Abdel Latif Rachid, d’Abdel Latif Rashid", "actor:rashid@Abdel Latif Rashid"},
		{"en", "Fouad Husain", "actor:hussein@Fouad Husain"},
		{"en", "Mohammad ibn Salman", "actor:crown@Mohammad ibn Salman"},
		{"en", "Dayr az-Zor, Deir Ezzor, Deir al-Zour and Deir-Azzor", "place:zor@Dayr az-Zor,Deir Ezzor,Deir al-Zour,Deir-Azzor"},
		{"en", "Abou Kemal", "place:kamal@Abou Kemal"},
		// What stands there as it is spelled is found as such.
		{"en", "Muqtada al-Sadr", "actor:sadr@Muqtada al-Sadr"},
		// One word, no capitals, a stop between, a reject: nothing.
		{"en", "Raqqah and Rakka", ""},
		{"en", "They saw Nuri and maliki. The noori Maliky. Nuri. Maliki. Nuri, Maliki.", ""},
		{"en", "nuri el maliki", ""},
		{"en", "Street Hassan Kadiri", ""},
		{"en", "with Hassan Kadiri", "actor:mufti@Hassan Kadiri"},
		// Names of other sorts have no keys.
		{"en", "Kurdish Region Of Iraqq; the Daawa Party", ""},
		// A conjunction is no article.
		{"fr", "Nouri et Maliki; Muqtada et Sadr", ""},
		{"en", "Muqtada as Sadr said", ""},
	} {
		out := p.Tag(item.Item{Body: tt.text, Lang: tt.lang})
		checkTagged(t, item.Item{Body: tt.text}, out)
		if got := show(out.Tags); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestTransliteratedIsLessSure(t *testing.T) {
	t.Parallel()
	p := compile(t, spelt())
	for text, want := range map[string]string{
		"Muqtada al-Sadr": "0.98 strong", "Moqtada al-Sadr": "0.95 strong, transliterated",
		"Deir ez-Zor": "0.95 plain", "Dayr ez-Zor": "0.92 plain, transliterated",
	} {
		tags := p.Tag(item.Item{Body: text, Lang: "en"}).Tags
		if len(tags) != 1 {
			t.Fatalf("%s: %s", text, show(tags))
		}
		if got := fmt.Sprintf("%.2f %s", tags[0].Confidence, tags[0].Evidence[0].Clause); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	ex, _ := p.Explain(item.Item{Body: "Moqtada al-Sadr", Lang: "en"}, item.Actor, "sadr")
	if len(ex.Mentions) != 1 || !ex.Mentions[0].Counts || !strings.Contains(ex.Mentions[0].Reason, "spelled otherwise") || ex.Mentions[0].Name != "Muqtada al-Sadr" {
		t.Errorf("explained as %+v", ex.Mentions)
	}
}

// Two names that differ in spelling alone must not be found for one another.
func TestLikenesses(t *testing.T) {
	t.Parallel()
	s := spelt()
	s.Entities = append(s.Entities, person("other", "Noori Malki"), person("third", "Nuri Maliki"))
	s.Entities[len(s.Entities)-1].Blocks[0].Strong[0].Text[0].Pos.Line = 7
	_, mistakes := tagger.Compile(s)
	if len(mistakes) != 1 || mistakes[0].Pos.Line != 7 || !strings.Contains(mistakes[0].What, `"Nuri Maliki" of third here and "Nouri al-Maliki" of maliki at t:1 are one name in another spelling`) {
		t.Fatalf("got %v", mistakes)
	}
	off := false
	s.Entities[len(s.Entities)-1].Blocks[0].Translit = &off
	p := compile(t, s)
	for text, want := range map[string]string{"Nuri Maliki": "actor:third@Nuri Maliki", "Nuri al-Maliky": "actor:maliki@Nuri al-Maliky"} {
		if got := show(p.Tag(item.Item{Body: text, Lang: "en"}).Tags); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	on := true
	s.Entities[11].Blocks[0].Translit = &on
	if got := show(compile(t, s).Tag(item.Item{Body: "Daawa Party", Lang: "en"}).Tags); got != "actor:party@Daawa Party" {
		t.Errorf("an organisation whose rule asks for it: %s", got)
	}
}

// Keys must not make a text of near-names take more than linear time.
func TestFloodOfSpellings(t *testing.T) {
	t.Parallel()
	p := compile(t, spelt())
	it := item.Item{Body: strings.Repeat("Noori Maliky Moqtada as-Sadr Deir Abou Kemal ", 20000), Lang: "en"}
	checkTagged(t, it, p.Tag(it))
}
