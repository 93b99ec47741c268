package rules_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"marsad/item"
	"marsad/rules"
)

func TestShippedPackLoads(t *testing.T) {
	t.Parallel()
	p, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatalf("the shipped pack has mistakes:\n%v", err)
	}
	counts := map[item.Kind]int{}
	for _, e := range p.Entries() {
		counts[e.Kind]++
		if e.Name == "" {
			t.Errorf("%s %s has no name to show", e.Kind, e.ID)
		}
		if e.Kind == item.Place && !e.Located {
			t.Errorf("place %s has no coordinates", e.ID)
		}
	}
	for kind, least := range map[item.Kind]int{item.Actor: 40, item.Place: 35, item.Theme: 15} {
		if counts[kind] < least {
			t.Errorf("%d rules for %ss, want at least %d", counts[kind], kind, least)
		}
	}
	t.Logf("%d actors, %d places, %d themes; pack %s", counts[item.Actor], counts[item.Place], counts[item.Theme], p.Hash())
}

// One name in any language finds what is tagged in all.
func TestShippedNamesResolve(t *testing.T) {
	t.Parallel()
	p, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kind item.Kind
		id   string
		in   []string
	}{
		{item.Place, "al-qaem", []string{"al-Qaem", "القائم", "El Kaim", "Al-Qa’im", "ئەلقائیم"}},
		{item.Place, "damascus", []string{"Damascus", "دمشق", "Şam", "Damas", "دیمەشق"}},
		{item.Actor, "qasim-al-araji", []string{"قاسم الأعرجي", "Qasim al-Araji", "Kasım el-Araci"}},
		{item.Actor, "ahmed-al-sharaa", []string{"أحمد الشرع", "Ahmed eş-Şara", "Ahmad al-Chareh", "Jolani"}},
		{item.Theme, "border-wall", []string{"border-wall", "Border wall", "sınır duvarı"}},
	} {
		for _, name := range tt.in {
			if id, _ := p.Names().Resolve(tt.kind, name); id != tt.id {
				t.Errorf("%s %q resolves to %q, want %q", tt.kind, name, id, tt.id)
			}
		}
	}
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, yaml, want string }{
		{"unknown key", "pack: p\nactors:\n- id: a\n  strng: {en: [A B]}\n", `p.yaml:4:3: unknown key "strng"; did you mean "strong"?`},
		{"unknown scope", "pack: p\nplaces:\n- id: a\n  plain: {en: [Aa]}\n  reject: [{nea: {max: 1, any: [x]}}]\n", `p.yaml:5:13: unknown key "nea"; did you mean "near"?`},
		{"duplicate name", "pack: p\nactors:\n- id: a\n  strong: {en: [Abe Lin]}\n- id: b\n  strong: {en: [Abé Lin]}\n", `p.yaml:6:17: "Abé Lin" names b here and a at p.yaml:4; put it under "gated" in one of them, bound both in time, or say in one "like"`},
		{"unknown reference", "pack: p\nplaces:\n- id: a\n  gated: {en: [Aa]}\n  gate: [{doc: place:bb}]\n", `p.yaml:5:16: unknown place "bb"`},
		{"circle", "pack: p\nplaces:\n- {id: a, in: b, plain: {en: Aaa}}\n- {id: b, in: a, plain: {en: Bbb}}\n", `p.yaml:3:15: the places that hold "a" form a circle`},
		{"failing example", "pack: p\nactors:\n- id: a\n  strong: {en: [Abe Lin]}\n  examples: [{yes: Nobody, lang: en}]\n", `p.yaml:5:20: the example must give actor a and does not`},
		{"bad date", "pack: p\nactors:\n- id: a\n  strong: {en: [Abe Lin]}\n  from: soon\n", `p.yaml:5:9: "soon" is not a date; write it as 2024-12-08`},
		{"two scopes", "pack: p\nplaces:\n- id: a\n  plain: {en: [Aa]}\n  reject: [{near: [x], doc: [y]}]\n", "a condition has one scope"},
		{"language twice", "pack: p\nactors:\n- id: a\n  strong: {en: [Abe Lin], en: [Bob Lin]}\n", `language "en" is given twice`},
		{"bad coordinates", "pack: p\nplaces:\n- {id: a, plain: {en: Aaa}, at: [100, 10]}\n", "latitude"},
		{"one role, two holders", "pack: p\nactors:\n- {id: a, role: king, strong: {en: [Abe Lin]}, until: 2021-01-01}\n- {id: b, role: king, strong: {en: [Bob Lin]}, from: 2020-01-01}\n", `p.yaml:4:17: b holds the role "king" at a time when a does (p.yaml:3)`},
		{"one role, one holder twice", "pack: p\nactors:\n- {id: a, role: king, strong: {en: [Abe Lin]}, also: [{role: king, plain: {en: [Abe the King]}}]}\n", `p.yaml:3:62: a holds the role "king"`},
		{"one gate for two", "pack: p\nlexicons: {x: {en: [xyz]}}\nplaces:\n- {id: a, gated: {en: [Springfield]}, gate: [{sentence: x}]}\n- {id: b, gated: {en: [Springfield]}, gate: [{sentence: x}]}\n", `p.yaml:5:24: "Springfield" has one gate for b here and for a at p.yaml:4; ask for what tells the two apart`},
		{"one gate for two, words in place", "pack: p\nplaces:\n- {id: a, gated: {en: [Springfield]}, gate: [{sentence: [{en: [xyz]}]}]}\n- {id: b, gated: {en: [Springfield]}, gate: [{sentence: [{en: [xyz]}]}]}\n", `p.yaml:4:24: "Springfield" has one gate`},
		{"one title for two", "pack: p\nlexicons: {x: {en: [king]}}\nactors:\n- {id: a, titled: {titles: x, names: {en: [Zog]}}}\n- {id: b, titled: {titles: x, names: {en: [Zog]}}}\n", `p.yaml:5:44: "Zog" after one title is b here and a at p.yaml:4`},
		{"a common word", "pack: p\ncommon: {en: [Hit], ar: [القائم]}\nplaces:\n- {id: a, plain: {en: [Hit, Hit Town], ar: [القائم], tr: [Hit]}}\n- {id: b, gated: {en: [HIT]}, strong: {en: [HIT]}, gate: [{doc: place:a}]}\n", `p.yaml:4:24: "Hit" of a is a common word (p.yaml:2); put it under "gated"`},
		{"a common Arabic word", "pack: p\ncommon: {ar: [قائم, القائم]}\nplaces:\n- {id: a, plain: {ar: [القَائم]}}\n", `p.yaml:4:24: "القَائم" of a is a common word (p.yaml:2)`},
		{"unknown parent", "pack: p\nplaces:\n- {id: a, in: c, plain: {en: Aaa}}\n", `p.yaml:3:15: unknown place "c"`},
		{"actor in a place", "pack: p\nactors:\n- {id: a, in: a, plain: {en: Aaa}}\n", `p.yaml:3:15: actor "a" has "in"; only places lie in places`},
		{"unknown language", "pack: p\nactors:\n- {id: a, plain: {english: Aaa}}\n", `p.yaml:3:19: unknown language "english"`},
		{"gap", "pack: p\nactors:\n- {id: a, titled: {titles: {en: [king]}, names: {en: [Zog]}, gap: 99}}\n", `p.yaml:3:8: the gap between title and name must be between 0 and 20 words`},
		{"dates the wrong way round", "pack: p\nactors:\n- {id: a, plain: {en: [Zog]}, from: 2021-01-01, until: 2020-01-01}\n", `p.yaml:3:8: "from" is not before "until"`},
		{"unknown schema", "pack: p\nschema: 2\n", `p.yaml:2:9: schema "2" is not known`},
		{"no YAML", "pack: [\n", "p.yaml:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := rules.Load(pack(tt.yaml))
			var e *rules.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// What looks like the mistakes above and is right.
func TestNoMistake(t *testing.T) {
	t.Parallel()
	for name, yaml := range map[string]string{
		"one role, one after the other":     "actors:\n- {id: a, role: king, strong: {en: [Abe Lin]}, until: 2020-01-01}\n- {id: b, role: king, strong: {en: [Bob Lin]}, from: 2020-01-01}\n",
		"gates that differ":                 "lexicons: {x: {en: [xyz]}, y: {en: [yyz]}}\nplaces:\n- {id: a, gated: {en: [Springfield]}, gate: [{sentence: x}]}\n- {id: b, gated: {en: [Springfield]}, gate: [{sentence: y}]}\n",
		"titles that differ":                "lexicons: {x: {en: [king]}, y: {en: [queen]}}\nactors:\n- {id: a, titled: {titles: x, names: {en: [Zog]}}}\n- {id: b, titled: {titles: y, names: {en: [Zog]}}}\n",
		"one gated, one plain":              "lexicons: {x: {en: [xyz]}}\nplaces:\n- {id: a, plain: {en: [Springfield]}}\n- {id: b, gated: {en: [Springfield]}, gate: [{sentence: x}]}\n",
		"a common word in another language": "common: {en: [Hit]}\nplaces:\n- {id: a, plain: {tr: [Hit]}, gated: {en: [Hit]}}\n",
		"a shared surname":                  "actors:\n- {id: a, strong: {en: [Abe Lin]}, backref: {en: [Lin]}}\n- {id: b, strong: {en: [Bob Lin]}, backref: {en: [Lin]}}\n",
	} {
		if _, err := rules.Load(pack("pack: p\n" + yaml)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryMistakeIsListed(t *testing.T) {
	t.Parallel()
	_, err := rules.Load(fstest.MapFS{
		"a.yaml": {Data: []byte("pack: p\nactors:\n- {id: A, strong: {en: [Abe Lin]}}\n- {id: b, strong: {xx: [Bob Lin]}}\n")},
		"b.yaml": {Data: []byte("places:\n- {id: c, in: nowhere, plain: {en: [Cee]}}\n")},
	})
	var e *rules.Error
	if !errors.As(err, &e) || len(e.Mistakes) != 6 || e.Mistakes[5].File != "b.yaml" {
		t.Errorf("got %v, want six mistakes in two files: each rule lacks examples, and has one more", err)
	}
}

func TestEmptyFolder(t *testing.T) {
	t.Parallel()
	if _, err := rules.Load(fstest.MapFS{}); err == nil {
		t.Error("an empty folder is no pack")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("pack: p\nlexicons: {a: {en: [word*]}}\nactors:\n- id: a\n  strong: {en: [Abe Lin]}\n  gate: [{near: {max: 2, any: [a]}}, {not: {doc: [a]}}, {all: [{lang: en}]}]\n  examples: [{yes: Abe Lin, lang: en}]\n"))
	f.Add([]byte("pack: p\nthemes:\n- {id: t, any: [{near: {of: [{en: [aaa]}, {en: [bbb]}]}}]}\ndecoys: {en: [x y]}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := rules.Load(pack(string(data)))
		if (p == nil) == (err == nil) {
			t.Errorf("pack %v, error %v", p, err)
		}
	})
}

// What is no plain file is refused before it is opened: a pipe would never end.
// Files of editors are none of the pack's.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	const good = "pack: p\nexamples: optional\nplaces:\n- {id: rawah, plain: {en: [Rawah]}}\n"
	load := func(add func(dir string) error) error {
		dir := t.TempDir()
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "p.yaml"), []byte(good), 0o600), add(dir)); err != nil {
			t.Fatal(err)
		}
		_, err := rules.Load(os.DirFS(dir))
		return err
	}
	err := load(func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, "q.yaml"), 0o600) })
	if err == nil || !strings.Contains(err.Error(), "q.yaml is no file but a pipe") {
		t.Errorf("pipe: %v", err)
	}
	err = load(func(dir string) error { return os.Symlink("/dev/zero", filepath.Join(dir, "q.yaml")) })
	if err == nil || !strings.Contains(err.Error(), "q.yaml is no file but a device") {
		t.Errorf("device: %v", err)
	}
	err = load(func(dir string) error { return os.WriteFile(filepath.Join(dir, "q.yaml"), make([]byte, 5<<20), 0o600) })
	if err == nil || !strings.Contains(err.Error(), "larger than 4 MB") {
		t.Errorf("large: %v", err)
	}
	err = load(func(dir string) error { return os.Symlink("nobody@host.1", filepath.Join(dir, ".#p.yaml")) })
	if err != nil {
		t.Errorf("an editor's file: %v", err)
	}
}
