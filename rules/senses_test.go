package rules_test

import (
	"strings"
	"testing"

	"marsad/item"
	"marsad/rules"
)

const alike = `
places:
- {id: iraq, plain: {en: [Iraq], ar: [العراق]}}
- {id: nineveh, in: iraq, plain: {en: [Nineveh]}}
- {id: mosul, in: nineveh, plain: {en: [Mosul]}}
- {id: syria, plain: {en: [Syria]}}
- {id: latakia, in: syria, plain: {en: [Latakia]}}
- {id: aleppo, in: syria, plain: {en: [Aleppo], ar: [حلب]}}
- {id: rabia, in: nineveh, gated: {en: [Rabia]}, gate: [{before: {max: 1, any: [{en: [town, in]}]}}], like: [rabia-latakia]}
- {id: rabia-latakia, in: latakia, gated: {en: [Rabia]}, gate: [{before: {max: 1, any: [{en: [town, in]}]}}]}
- {id: al-bab, in: aleppo, plain: {en: [al-Bab], ar: [الباب]}, like: [bab-gate]}
- {id: lebanon, plain: {en: [Lebanon]}}
- {id: libya, plain: {en: [Libya]}}
- {id: tripoli, in: lebanon, plain: {en: [Tripoli]}, like: [tripoli-libya], beside: [{en: [Lebanese]}]}
- {id: tripoli-libya, in: libya, plain: {en: [Tripoli, Tripoli of the West]}, prominent: true}
- {id: hasaka, in: syria, plain: {en: [Hasaka]}}
- {id: tel-brak, in: hasaka, plain: {en: [Tel Marouf]}, like: [tel-other], beside: [place:qamishli]}
- {id: tel-other, in: latakia, plain: {en: [Tel Marouf]}}
- {id: qamishli, in: hasaka, plain: {en: [Qamishli]}, beside: [place:nusaybin], like: [qamishli-street]}
- {id: qamishli-street, in: lebanon, plain: {en: [Qamishli]}}
- {id: nusaybin, plain: {en: [Nusaybin]}}
actors:
- {id: bab-gate, type: company, plain: {en: [al-Bab], ar: [الباب]}, beside: [{en: [shares], ar: [شركة]}]}
- {id: front, strong: {en: [Popular Fury]}, acronyms: {en: [PF]}, like: [party], beside: [place:iraq]}
- {id: party, strong: {en: [Peace First]}, acronyms: {en: [PF]}, beside: [place:syria]}
`

func TestSenses(t *testing.T) {
	t.Parallel()
	p := one(t, alike)
	for _, tt := range []struct{ text, want string }{
		// A place that holds one of them, or lies in what holds it.
		{"A fire in Rabia, Nineveh.", "nineveh@Nineveh rabia@Rabia iraq^"},
		{"A fire in Rabia; Latakia sent help.", "latakia@Latakia rabia-latakia@Rabia syria^"},
		{"Buses from Mosul. They stop in Rabia.", "mosul@Mosul rabia@Rabia iraq^ nineveh^"},
		// "X, Y" is worth more than one in the sentence, that more than one elsewhere.
		{"In Rabia, Nineveh, he spoke of Latakia.", "latakia@Latakia nineveh@Nineveh rabia@Rabia iraq^ syria^"},
		{"In Rabia the men of Latakia met. Nineveh is far.", "latakia@Latakia nineveh@Nineveh rabia-latakia@Rabia iraq^ syria^"},
		// One sense for all of a text.
		{"In Rabia they wait. The town Rabia, in Nineveh, is small.", "nineveh@Nineveh rabia@Rabia,Rabia iraq^"},
		// Unless each is told where it stands.
		{"In Rabia, Nineveh, it rains. In Rabia, Latakia, it snows.", "latakia@Latakia nineveh@Nineveh rabia@Rabia rabia-latakia@Rabia iraq^ syria^"},
		// Nothing tells: no coin is tossed. Without a common place all are candidates.
		{"They wait in Rabia.", "rabia?@Rabia rabia-latakia?@Rabia iraq?^ latakia?^ nineveh?^ syria?^"},
		{"They wait at Tel Marouf.", "syria?@Tel Marouf"},
		{"They wait at Tel Marouf. Syria waits.", "syria@Syria"},
		{"Nothing here: Rabia sings.", ""},
		// The prominent one, unless something tells.
		{"Planes over Tripoli.", "tripoli-libya@Tripoli libya^"},
		{"Planes over Tripoli, in northern Lebanon.", "lebanon@Lebanon tripoli@Tripoli"},
		{"The Lebanese army went to Tripoli.", "tripoli@Tripoli lebanon^"},
		{"Tripoli of the West. The Lebanese flew to Tripoli.", "tripoli-libya@Tripoli of the West,Tripoli libya^"},
		// Neighbours.
		{"Smoke between Qamishli and Nusaybin.", "nusaybin@Nusaybin qamishli@Qamishli hasaka^ syria^"},
		// A place and an actor.
		{"Fighters entered al-Bab near Aleppo.", "al-bab@al-Bab aleppo@Aleppo syria^"},
		{"Trading in al-Bab shares rose.", "bab-gate@al-Bab"},
		{"They like al-Bab.", "bab-gate?@al-Bab al-bab?@al-Bab aleppo?^ syria?^"},
		{"وصلوا إلى الباب قرب حلب", "al-bab@الباب aleppo@حلب syria^"},
		// Acronyms.
		{"Popular Fury came; the PF left.", "front@Popular Fury,PF"},
		{"The PF met in Syria.", "party@PF syria@Syria"},
		{"The PF met.", "front?@PF party?@PF"},
	} {
		lang := "en"
		if strings.Contains(tt.text, "حلب") {
			lang = "ar"
		}
		var named, implied []string
		for s := range strings.SplitSeq(shown(p.Tag(item.Item{Body: tt.text, Lang: lang}).Tags), " ") {
			if id, ok := strings.CutSuffix(s, "@"); ok {
				implied = append(implied, id+"^")
			} else if s != "" {
				named = append(named, s)
			}
		}
		if got := strings.Join(append(named, implied...), " "); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
		}
	}
	ex, _ := p.Explain(item.Item{Body: "A fire in Rabia, Nineveh.", Lang: "en"}, item.Place, "rabia-latakia")
	if len(ex.Mentions) != 1 || !strings.Contains(ex.Mentions[0].Reason, `speaks for it: "Rabia" (place:rabia,`) {
		t.Errorf("explained as %+v", ex.Mentions)
	}
	for _, id := range []string{"tel-brak", "tel-other", "syria"} {
		ex, _ := p.Explain(item.Item{Body: "They wait at Tel Marouf.", Lang: "en"}, item.Place, id)
		if len(ex.Mentions) != 1 || ex.Mentions[0].Unsure != (id == "syria") || ex.Mentions[0].Reason != "nothing tells which rule is meant: one of tel-brak, tel-other" {
			t.Errorf("%s is explained as %+v", id, ex.Mentions)
		}
	}
	ex, _ = p.Explain(item.Item{Body: "They wait in Rabia.", Lang: "en"}, item.Place, "rabia")
	if len(ex.Mentions) != 1 || !ex.Mentions[0].Unsure || ex.Mentions[0].Reason != "nothing tells which rule is meant: one of rabia, rabia-latakia" {
		t.Errorf("explained as %+v", ex.Mentions)
	}
}

func TestSenseMistakes(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"- {id: a, plain: {en: Zed}}\n- {id: b, plain: {en: Zed}}":                                                                        `"Zed" names b here and a at p.yaml:3`,
		"- {id: a, plain: {en: Zed}, like: [b]}\n- {id: b, plain: {en: Zed}}":                                                             `p.yaml:3:8: nothing tells "a" from b`,
		"- {id: a, plain: {en: Zed}, like: [b], prominent: true}\n- {id: b, plain: {en: Zed}}":                                            `p.yaml:4:8: nothing tells "b" from a`,
		"- {id: c, plain: {en: Cee}}\n- {id: a, in: c, plain: {en: Zed}, gated: {en: Ay}, like: [b]}\n- {id: b, in: c, plain: {en: Zed}}": `p.yaml:4:8: nothing tells "a" from b`,
		"- {id: a, plain: {en: Zed}, like: [b], prominent: true}\n- {id: b, plain: {en: Zed}, prominent: true}":                           `p.yaml:4:8: "b" and "a" are both prominent`,
		"- {id: a, plain: {en: Zed}, like: [b], prominent: true}\n- {id: b, plain: {en: Bee}, beside: [place:a]}":                         `p.yaml:3:36: "a" and "b" have no name in common`,
		"- {id: a, plain: {en: Zed}, like: [c]}":                                                                                          `p.yaml:3:36: unknown actor or place "c"`,
		"- {id: a, plain: {en: Zed}, like: [a]}":                                                                                          `p.yaml:3:36: "a" is said to be like itself`,
		"- {id: a, plain: {en: Zed}, prominent: true}":                                                                                    `p.yaml:3:8: "a" has "beside" or "prominent" and is like no other rule`,
		"- {id: a, plain: {en: Zed}, like: [b], prominent: true}\n- {id: b, plain: {en: Zed}, beside: [place:x]}":                         `p.yaml:4:38: unknown place "x"`,
	} {
		_, err := rules.Load(pack("pack: p\nplaces:\n" + yaml + "\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", yaml, err, want)
		}
	}
}
