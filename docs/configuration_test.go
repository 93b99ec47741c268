package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"marsad/config"
	"marsad/internal/yamlpos"
	"marsad/query"
)

// Every key of the configuration stands in a table of configuration.md, every
// key there exists, and the defaults are those of the code.
func TestConfigurationKeys(t *testing.T) {
	t.Parallel()
	missing := map[string]reflect.Value{}
	configKeys("", reflect.ValueOf(config.Default()), missing)
	all := len(missing)
	p := readPage(t, "configuration.md")
	for _, table := range p.tables {
		if table.header[0] != "key" {
			continue
		}
		if want := []string{"key", "type", "default", "meaning"}; !slices.Equal(table.header, want) {
			t.Errorf("%s: a table under %q has the columns %q, want %q", p.path, table.heading, table.header, want)
			continue
		}
		for _, r := range table.rows {
			for _, key := range expand(strings.Trim(r.cells[0], "`")) {
				value, ok := missing[key]
				if !ok {
					t.Errorf("%s:%d: there is no key %q, or it stands twice", p.path, r.line, key)
					continue
				}
				delete(missing, key)
				if err := checkDefault(r.cells[2], value); err != nil && !strings.Contains(key, "[]") {
					t.Errorf("%s:%d: %s: %v", p.path, r.line, key, err)
				}
			}
		}
	}
	for key := range missing {
		t.Errorf("%s does not explain %s", p.path, key)
	}
	if all < 50 {
		t.Errorf("the configuration has %d keys: the walk is broken", all)
	}
}

// configKeys notes the keys of v, a struct of the configuration, with their
// values; "[]" stands for the elements of a list.
func configKeys(prefix string, v reflect.Value, into map[string]reflect.Value) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || f.Anonymous || name == "-" {
			continue
		}
		key, value := prefix+name, v.FieldByIndex(f.Index)
		switch {
		case name == "":
			into[prefix+f.Name+" (no yaml tag)"] = value
		case f.Type.Kind() == reflect.Struct:
			configKeys(key+".", value, into)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			configKeys(key+"[].", reflect.Zero(f.Type.Elem()), into)
		default:
			into[key] = value
		}
	}
}

// expand turns a{b,c}d into abd and acd.
func expand(s string) []string {
	before, rest, ok := strings.Cut(s, "{")
	list, after, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return []string{s}
	}
	var out []string
	for name := range strings.SplitSeq(list, ",") {
		out = append(out, before+name+after)
	}
	return out
}

// checkDefault compares the documented default with v: a value in backticks is
// read as the configuration reads it, words stand for the zero value.
func checkDefault(cell string, v reflect.Value) error {
	if parts := code(cell); len(parts) != 1 || cell != "`"+parts[0]+"`" {
		if !v.IsZero() {
			return fmt.Errorf("the default is %v, not %q", v, cell)
		}
		return nil
	}
	got := reflect.New(v.Type())
	if _, mistakes := yamlpos.Decode("default", []byte(strings.Trim(cell, "`")), got.Interface()); len(mistakes) > 0 {
		return fmt.Errorf("%s", mistakes[0])
	}
	if !reflect.DeepEqual(got.Elem().Interface(), v.Interface()) {
		return fmt.Errorf("the default is %v, not %v", v, got.Elem())
	}
	return nil
}

// Every yaml block of the handbook is a configuration that loads and whose
// queries compile. A block that begins in the first column is a whole one; one
// that is indented belongs below the only stanza that has its first key.
func TestYAMLBlocks(t *testing.T) {
	opts := query.Options{Names: names(t), Zone: time.UTC}
	count := 0
	for _, p := range handbook(t) {
		for _, b := range p.blocks {
			if b.lang != "yaml" {
				continue
			}
			count++
			t.Run(fmt.Sprintf("%s:%d", p.path, b.line), func(t *testing.T) {
				text := whole(t, b.text)
				dir := t.TempDir()
				makeSecrets(t, dir, text)
				path := filepath.Join(dir, "pipeline.yaml")
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				f, err := config.Load(path)
				if err != nil {
					t.Fatal(err)
				}
				if _, mistakes := f.Alert.Compile(opts); len(mistakes) > 0 {
					t.Error(mistakes)
				}
			})
		}
	}
	if count < 5 {
		t.Errorf("%d yaml blocks: the search for them is broken", count)
	}
}

// whole puts the stanza above a fragment.
func whole(t *testing.T, text string) string {
	t.Helper()
	first := regexp.MustCompile(`(?m)^( *)([a-z_]+):`).FindStringSubmatch(text)
	if first == nil {
		t.Fatal("no key in it")
	}
	if first[1] == "" {
		return text
	}
	keys := map[string]reflect.Value{}
	configKeys("", reflect.ValueOf(config.Default()), keys)
	stanzas := map[string]bool{}
	for key := range keys {
		path := strings.FieldsFunc(key, func(r rune) bool { return r == '.' || r == '[' })
		if len(path) > 1 && path[1] == first[2] {
			stanzas[path[0]] = true
		}
	}
	if len(stanzas) != 1 {
		t.Fatalf("%d stanzas have a key %q; write the stanza's name above it", len(stanzas), first[2])
	}
	for name := range stanzas {
		text = name + ":\n" + text
	}
	return text
}

// makeSecrets makes what the configuration names: files and variables with
// secrets, and programs.
func makeSecrets(t *testing.T, dir, text string) {
	t.Helper()
	make := func(name, content string, mode os.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	contents := map[string]string{
		"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "url": "https://hooks.example.org/T/B/x\n",
		"token": "123456:ABC-DEF_ghi\n", "password": "a password\n",
	}
	for _, m := range regexp.MustCompile(`(secret|url|token|password)_(file|env): *([^\s#}]+)`).FindAllStringSubmatch(text, -1) {
		if m[2] == "env" {
			t.Setenv(m[3], strings.TrimSpace(contents[m[1]]))
			continue
		}
		make(m[3], contents[m[1]], 0o600)
	}
	for _, m := range regexp.MustCompile(`command: *\[([^\s\],]+)`).FindAllStringSubmatch(text, -1) {
		make(m[1], "#!/bin/sh\n", 0o700)
	}
	for _, m := range regexp.MustCompile(`\benv: *\[([^\s\],]+)\]`).FindAllStringSubmatch(text, -1) {
		t.Setenv(m[1], "value")
	}
}
