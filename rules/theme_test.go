package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"marsad/item"
	"marsad/rules"
	"marsad/tagger"
)

// one loads a pack of one file.
func one(t *testing.T, yaml string) *tagger.Pack {
	t.Helper()
	p, err := rules.Load(pack("pack: p\n" + yaml))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shown writes tags as "id@text,text" with ? for candidates and (modality).
func shown(tags []item.Tag) string {
	var out []string
	for _, t := range tags {
		s := t.ID
		if t.Status == item.Candidate {
			s += "?"
		}
		if t.Modality != "" {
			s += "(" + t.Modality + ")"
		}
		var texts []string
		for _, e := range t.Evidence {
			texts = append(texts, e.Text)
		}
		out = append(out, s+"@"+strings.Join(texts, ","))
	}
	return strings.Join(out, " ")
}

const words = `
lexicons:
  wall: {en: [wall*]}
  border: {en: [border]}
  build: {en: [build*, built]}
  plan: {en: [will, plan*]}
  deny: {en: [denied, denies]}
`

func TestThemeLanguage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, theme, title, body, want string
	}{
		{"counts", "any: [{doc: {any: [wall], count: 3}}]", "", "A wall. The wall, walls.", "t@wall,wall,walls"},
		{"too few", "any: [{doc: {any: [wall], count: 3}}]", "", "A wall. The wall.", ""},
		{"one place counts once", "any: [{doc: {any: [wall, {en: [wall]}], count: 2}}]", "", "A wall.", ""},
		{"counts pairs", "any: [{near: {max: 0, of: [wall, border], count: 2}}]", "", "border wall, border wall", "t@border,wall,border,wall"},
		{"too few pairs", "any: [{near: {max: 2, of: [wall, border], count: 2}}]", "", "border wall", ""},
		{"in order", "any: [{near: {max: 2, of: [build, border, wall], ordered: true}}]", "", "They build a border wall", "t@build,border,wall"},
		{"out of order", "any: [{near: {max: 2, of: [build, border, wall], ordered: true}}]", "", "The border wall they build", ""},
		{"in order, too far", "any: [{near: {max: 2, of: [build, wall], ordered: true}}]", "", "They build one two three walls", ""},
		{"in order, by the second way", "any: [{near: {max: 1, of: [build, border, wall], ordered: true}}]", "", "build border to border wall build a border wall", "t@build,border,wall"},
		{"in order in a sentence", "any: [{sentence: {of: [build, wall], ordered: true}}]", "", "They build one two three four five six seven walls. Build.", "t@build,walls"},
		{"not over sentences", "any: [{sentence: {of: [build, wall], ordered: true}}]", "", "They build. A wall", ""},
		{"weights", "threshold: 2\n  any: [{doc: wall, weight: 1.5}, {doc: border, weight: 0.5}]", "", "border wall", "t@border,wall"},
		{"half the weight", "threshold: 2\n  any: [{doc: wall, weight: 1.5}, {doc: border, weight: 0.5}]", "", "wall", "t?@wall"},
		{"too little weight", "threshold: 2\n  any: [{doc: wall, weight: 1.5}, {doc: border, weight: 0.5}]", "", "border", ""},
		{"title boost", "boost: {title: 2}\n  any: [{doc: wall, weight: 0.5}]", "A wall", "", "t@wall"},
		{"no title boost", "boost: {title: 2}\n  any: [{doc: wall, weight: 0.5}]", "", "A wall", "t?@wall"},
		{"lead boost", "boost: {lead: 2}\n  any: [{doc: wall, weight: 0.5}]", "", "One. A wall. Three.", "t@wall"},
		{"no lead boost", "boost: {lead: 2}\n  any: [{doc: wall, weight: 0.5}]", "", "One. Two. A wall.", "t?@wall"},
		{"planned", "modality: {denied: [deny], planned: [plan]}\n  any: [{doc: wall}]", "", "They will have a wall.", "t(planned)@wall"},
		{"denied", "modality: {denied: [deny], planned: [plan]}\n  any: [{doc: wall}]", "They plan a wall", "He denied that they will have a wall.", "t(denied)@wall,wall"},
		{"a fact elsewhere", "modality: {denied: [deny], planned: [plan]}\n  any: [{doc: wall}]", "", "They will have a wall. The wall stands.", "t@wall,wall"},
		{"a cue elsewhere", "modality: {planned: [plan]}\n  any: [{doc: wall}]", "", "They will come. The wall stands.", "t@wall"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := one(t, words+"themes:\n- id: t\n  "+tt.theme+"\n")
			if got := shown(p.Tag(item.Item{Title: tt.title, Body: tt.body, Lang: "en"}).Tags); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGatesCount(t *testing.T) {
	t.Parallel()
	p := one(t, words+"places:\n- {id: a, gated: {en: [Aden]}, gate: [{sentence: {any: [wall, border], count: 2}}]}\n")
	for text, want := range map[string]string{
		"Aden has a wall":              "",
		"Aden has a wall on a border":  "a@Aden",
		"Aden has a wall. The border.": "",
	} {
		if got := shown(p.Tag(item.Item{Body: text, Lang: "en"}).Tags); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestConfidence(t *testing.T) {
	t.Parallel()
	p := one(t, words+`
actors:
- {id: s, strong: {en: [Abe Lin]}, backref: {en: [Lin]}}
- {id: c, backref: {en: [Ode]}, strong: {en: [Cy Ode]}, unsure: true}
- {id: k, titled: {titles: {en: [king]}, names: {en: [Zog]}}}
places:
- {id: g, in: i, gated: {en: [Aden]}, gate: [{sentence: wall}]}
- {id: i, plain: {en: [Yemen]}}
themes:
- {id: t, any: [{doc: wall}]}
`)
	var got strings.Builder
	for _, tag := range p.Tag(item.Item{Body: "Abe Lin, Ode and King Zog saw the wall of Aden. Lin left.", Lang: "en"}).Tags {
		fmt.Fprintf(&got, " %s=%v", tag.ID, tag.Confidence)
	}
	if want := " c=0.5 k=0.95 s=0.98 g=0.9 i=0.9 t=0.9"; got.String() != want {
		t.Errorf("got %s, want %s", got.String(), want)
	}
}

func TestThemeMistakes(t *testing.T) {
	t.Parallel()
	for theme, want := range map[string]string{
		"any: [{doc: {of: [wall, border], ordered: true}}]":                           "p.yaml:12:9: only near and sentence",
		"any: [{doc: {any: [wall], count: 1000}}]":                                    "p.yaml:12:9: count must be between",
		"any: [{doc: wall}]\n  threshold: -1":                                         "p.yaml:11:7: the threshold of theme \"t\" is below zero",
		"any: [{doc: wall}]\n  boost: {title: 0.5}":                                   "p.yaml:11:7: a boost of theme \"t\" is not between",
		"any: [{doc: wall}]\n  boost: {titel: 2}":                                     "p.yaml:13:11: unknown key \"titel\"",
		"any: [{doc: wall}]\n  modality: {planned: [pln]}":                            "p.yaml:13:24: unknown lexicon \"pln\"; did you mean \"plan\"?",
		"any: [{doc: wall}]\n  modality: {}\n  examples: [{yes: A wall, is: denied}]": "must give theme t as denied; it gives fact",
	} {
		_, err := rules.Load(pack("pack: p\n" + words + "\nthemes:\n- id: t\n  " + theme + "\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", theme, err, want)
		}
	}
}
