package yamlpos_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"marsad/internal/yamlpos"

	"github.com/google/go-cmp/cmp"
)

type size int64

func (s *size) UnmarshalText(b []byte) error {
	if string(b) == "1MB" {
		*s = 1 << 20
		return nil
	}
	return errors.New(`"` + string(b) + `" is not a size; write e.g. 10MB`)
}

type doc struct {
	Interval time.Duration     `yaml:"interval"`
	Max      size              `yaml:"max_body"`
	Feeds    []feed            `yaml:"feeds"`
	Labels   map[string]string `yaml:"labels"`
	On       bool              `yaml:"on"`
	Share    float64           `yaml:"share"`
}

type feed struct {
	Name string `yaml:"name"`
	Port int    `yaml:"port"`
}

func TestDecode(t *testing.T) {
	got := doc{Interval: time.Hour, On: true}
	_, ms := yamlpos.Decode("a.yaml", []byte(`
max_body: 1MB
feeds:
  - {name: one, port: 80}
  - name: two
labels: {a: b}
share: 0.5
on:
`), &got)
	if len(ms) > 0 {
		t.Fatalf("mistakes: %v", ms)
	}
	want := doc{Interval: time.Hour, Max: 1 << 20, Feeds: []feed{{"one", 80}, {Name: "two"}}, Labels: map[string]string{"a": "b"}, On: true, Share: 0.5}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	var got doc
	_, ms := yamlpos.Decode("p.yaml", []byte(`intreval: 5m
interval: soon
max_body: 10 apples
feeds:
  - name: [x]
    port: many
  - nane: two
feeds: []
on: perhaps
labels: none
`), &got)
	want := []string{
		`p.yaml:1:1: unknown key "intreval"; did you mean "interval"?`,
		`p.yaml:2:11: "soon" is not a duration; write e.g. 15m, 36h or 7d`,
		`p.yaml:3:11: "10 apples" is not a size; write e.g. 10MB`,
		`p.yaml:5:11: want text, found a list`,
		`p.yaml:6:11: "many" is not a whole number`,
		`p.yaml:7:5: unknown key "nane"; did you mean "name"?`,
		`p.yaml:8:1: "feeds" is given twice, first on line 4; keep one`,
		`p.yaml:9:5: "perhaps" is not true or false`,
		`p.yaml:10:9: want keys and values, found "none"`,
	}
	var lines []string
	for _, m := range ms {
		lines = append(lines, m.String())
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestAt(t *testing.T) {
	var got doc
	d, _ := yamlpos.Decode("p.yaml", []byte("interval: 5m\nfeeds:\n  - name: one\n    port: 1\n"), &got)
	for path, want := range map[string][2]int{
		"interval":      {1, 11},
		"feeds":         {2, 1},
		"feeds[0].port": {4, 11},
		"feeds[0].url":  {3, 5},
		"feeds[7]":      {2, 1},
		"":              {1, 1},
	} {
		line, col := d.At(path)
		if got := [2]int{line, col}; got != want {
			t.Errorf("At(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestNotYAML(t *testing.T) {
	var got doc
	for name, in := range map[string]string{
		"tab":        "feeds:\n\t- name: x\n",
		"unbalanced": "feeds: [a, b\n",
		"huge":       strings.Repeat("a", yamlpos.MaxSize+1),
		"two":        "on: true\n---\non: false\n",
	} {
		if _, ms := yamlpos.Decode("p.yaml", []byte(in), &got); len(ms) == 0 {
			t.Errorf("%s: no mistake", name)
		}
	}
}

func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("labels: &a0 {x: y}\n")
	b.WriteString("feeds: &b\n  - *b\n")
	var got doc
	if _, ms := yamlpos.Decode("p.yaml", []byte(b.String()), &got); len(ms) == 0 {
		t.Error("an alias that contains itself was accepted")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("interval: 5m\nfeeds: [{name: x}]\n"))
	f.Add([]byte("a: &a [*a]\nfeeds: &b [*b, *b]"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		var got doc
		if d, ms := yamlpos.Decode("f.yaml", data, &got); d != nil {
			d.At("feeds[0].name")
			for _, m := range ms {
				_ = m.String()
			}
		}
	})
}
