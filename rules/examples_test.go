package rules_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"marsad/rules"
)

// pack is a pack of one file, p.yaml, whose rules need no examples.
func pack(yaml string) fstest.MapFS {
	return fstest.MapFS{"p.yaml": {Data: []byte(yaml)}, "optional.yaml": {Data: []byte("examples: optional\n")}}
}

func TestEveryRuleNeedsExamples(t *testing.T) {
	t.Parallel()
	const some = "pack: p\nactors:\n- {id: a, strong: {en: [Abe Lin]}, examples: [{yes: Abe Lin, lang: en}, {yes: Abe Lin., lang: en}]}\n" +
		"places:\n- {id: b, plain: {en: [Bee]}, examples: [{yes: Bee, lang: en}, {yes: Bee., lang: en}, {no: Cee, lang: en}]}\n" +
		"themes:\n- {id: t, any: [{doc: place:b}]}\n"
	_, err := rules.Load(fstest.MapFS{"p.yaml": {Data: []byte(some)}})
	want := `p.yaml:3:8: actor "a" has 2 "yes" and 0 "no" under "examples", and needs 2 and 1`
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `p.yaml:7:8: theme "t" has 0 "yes" and 0 "no"`) || strings.Contains(err.Error(), `"b"`) {
		t.Errorf("got %v", err)
	}
	if _, err := rules.Test(fstest.MapFS{"p.yaml": {Data: []byte(some)}}); err == nil {
		t.Error("rules test does not miss the examples")
	}
	if _, err := rules.Load(pack(some)); err != nil {
		t.Errorf("with examples: optional: %v", err)
	}
	_, err = rules.Load(fstest.MapFS{"p.yaml": {Data: []byte("pack: p\nexamples: none\n")}})
	if err == nil || !strings.Contains(err.Error(), `p.yaml:2:11: "none" is not known here; write examples: optional`) {
		t.Errorf("got %v", err)
	}
}
