package rules_test

import (
	"strings"
	"testing"
	"time"

	"marsad/item"
)

// What a rule can say, each with what it does and what it leaves alone.
func TestRuleLanguage(t *testing.T) {
	t.Parallel()
	const front = "actors:\n- {id: f, strong: {en: [Popular Mobilization Forces], fr: [Forces de mobilisation]}, gated: {en: [PMF]}, gate: [{doc: [{en: [Iraq]}]}]}\n"
	const gated = "places:\n- {id: x, plain: {en: [Exeter]}}\n- {id: y, in: x, plain: {en: [Yeovil]}}\n- {id: a, gated: {en: [Aden]}, gate: [%]}\nactors: [{id: z, strong: {en: [Zoe Zed]}}]\nlexicons: {port: {en: [port*]}}\n"
	gate := func(clause string) string { return strings.ReplaceAll(gated, "%", clause) }
	for _, tt := range []struct {
		name, rules, lang, text, want string
	}{
		{"names by script", "actors: [{id: a, strong: {en: [Abe Lin], ar: [أيب لين], ckb: [ئەیب لین]}}]", "ar", "قال أيب لين وئەیب لین", "a@أيب لين,ئەیب لین"},
		{"titled", "actors: [{id: a, titled: {titles: {en: [king]}, names: {en: [Zog]}}}]", "en", "Zog met King Zog", "a@Zog"},
		{"backref", "actors: [{id: a, strong: {en: [Abe Lin]}, backref: {en: [Lin]}}]", "en", "Abe Lin spoke. Lin left.", "a@Abe Lin,Lin"},
		{"backref alone", "actors: [{id: a, strong: {en: [Abe Lin]}, backref: {en: [Lin]}}]", "en", "Lin left.", ""},
		{"acronym, capitals", front, "en", "PMF and pmf in Iraq", "f@PMF"},
		{"acronym, gate shut", front, "en", "The PMF spoke.", ""},
		{"acronym, bound to its own", front, "en", "The PMF spoke. The Popular Mobilization Forces (PMF) left.", "f@PMF,Popular Mobilization Forces,PMF"},
		{"acronym, bound to another", front, "en", "In Iraq the Pakistan Muslim Front (PMF) spoke; the PMF’s men left.", ""},
		{"acronym, another in brackets", front, "en", "In Iraq PMF (product-market fit) counts. PMF!", ""},
		{"acronym, another over a small word", front, "en", "In Iraq the Party of Mountain and Forest (PMF) won. PMF!", ""},
		{"acronym, its own in other words", front, "en", "In Iraq the Popular Mobilization Factions (PMF) spoke.", "f@PMF"},
		{"acronym, both", front, "en", "Pakistan Muslim Front (PMF), not the Popular Mobilization Forces (PMF)", "f@PMF,Popular Mobilization Forces,PMF"},
		{"acronym, other letters", front, "en", "In Iraq the army (PMF) spoke", "f@PMF"},
		{"acronym, over a comma", front, "en", "In Iraq pears, more, figs (PMF)", "f@PMF"},
		{"before", gate("{before: {max: 1, any: [port]}}"), "en", "port of Aden", "a@Aden"},
		{"not before", gate("{before: {max: 1, any: [port]}}"), "en", "Aden port", ""},
		{"after", gate("{after: {max: 0, any: [port]}}"), "en", "Aden port", "a@Aden"},
		{"near", gate("{near: {max: 2, any: [port]}}"), "en", "Aden has its port", "a@Aden"},
		{"too far", gate("{near: {max: 2, any: [port]}}"), "en", "Aden has one two three port", ""},
		{"sentence", gate("{sentence: port}"), "en", "A port one two three four five six seven Aden", "a@Aden"},
		{"another sentence", gate("{sentence: port}"), "en", "A port. It is Aden.", ""},
		{"anywhere", gate("{doc: port}"), "en", "A port. It is Aden.", "a@Aden"},
		{"title only", gate("{title: port}"), "en", "A port. It is Aden.", ""},
		{"another tag", gate("{doc: actor:z}"), "en", "Zoe Zed is in Aden.", "z@Zoe Zed a@Aden"},
		{"a kind of tag", gate("{doc: \"actor:*\"}"), "en", "Zoe Zed is in Aden.", "z@Zoe Zed a@Aden"},
		{"a place in a place", gate("{doc: in:x}"), "en", "Yeovil and Aden", "a@Aden x@ y@Yeovil"},
		{"language", gate("{lang: [fr]}"), "fr", "Aden", "a@Aden"},
		{"another language", gate("{lang: [fr]}"), "en", "Aden", ""},
		{"source", gate("{source: [gazette]}"), "en", "Aden", "a@Aden"},
		{"another source", gate("{source: [herald]}"), "en", "Aden", ""},
		{"negated", gate("{not: {doc: port}}"), "en", "Aden", "a@Aden"},
		{"excluded", "lexicons: {port: {en: [port*]}}\nplaces: [{id: a, plain: {en: [Aden]}, reject: [{after: {max: 0, any: [port]}}]}]", "en", "Aden port. Aden.", "a@Aden"},
		{"strong beats reject", "places: [{id: a, strong: {en: [Aden]}, reject: [{after: {max: 0, any: [{en: [port]}]}}]}]", "en", "Aden port", "a@Aden"},
		{"exposes", "places: [{id: a, plain: {en: [Aden]}}]\nactors: [{id: u, strong: {en: [University of Aden]}, exposes: [a]}, {id: b, strong: {en: [Bank of Aden]}}]", "en", "University of Aden", "u@University of Aden a@Aden"},
		{"exposes not", "places: [{id: a, plain: {en: [Aden]}}]\nactors: [{id: b, strong: {en: [Bank of Aden]}}]", "en", "Bank of Aden", "b@Bank of Aden"},
		{"before its time", "places: [{id: a, plain: {en: [Aden]}, from: 2025-01-01}]", "en", "Aden", ""},
		{"in its time", "places: [{id: a, plain: {en: [Aden]}, until: 2025-01-01}]", "en", "Aden", "a@Aden"},
		{"candidate", "places: [{id: a, gated: {en: [Aden]}, gate: [{doc: [{en: [port]}]}], unsure: true}]", "en", "Aden", "a?@Aden"},
		{"theme: all, any, none", "places: [{id: a, plain: {en: [Aden]}}]\nthemes: [{id: t, any: [{doc: [{en: [port]}]}], all: [{doc: place:a}], none: [{doc: [{en: [Mexico]}]}]}]", "en", "the port of Aden", "a@Aden t@port"},
		{"theme: none", "places: [{id: a, plain: {en: [Aden]}}]\nthemes: [{id: t, any: [{doc: [{en: [port]}]}], all: [{doc: place:a}], none: [{doc: [{en: [Mexico]}]}]}]", "en", "the port of Aden, Mexico", "a@Aden"},
		{"theme: a tag in its words", "places: [{id: a, plain: {en: [Aden]}}]\nthemes: [{id: t, any: [{near: {max: 1, of: [place:a, {en: [port]}]}}]}]", "en", "Aden port", "a@Aden t@Aden,port"},
		{"theme: in a language", "themes: [{id: t, any: [{doc: [{all: [port]}]}], all: [{lang: [fr]}]}]", "en", "port", ""},
		{"theme: not", "themes: [{id: t, any: [{all: [{doc: [{en: [port]}]}, {not: {title: [{en: [port]}]}}]}]}]", "en", "port", "t@port"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := one(t, tt.rules)
			it := item.Item{Body: tt.text, Lang: tt.lang, Source: "Gazette", Published: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
			if got := shown(p.Tag(it).Tags); got != tt.want {
				t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}
