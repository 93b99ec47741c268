package yamlpos

import (
	"encoding"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxNodes bounds the work that aliases can cause, maxDepth the recursion.
const (
	maxNodes = 1_000_000
	maxDepth = 64
)

// An Unmarshaler decodes itself from a node, with d for its parts and its
// mistakes.
type Unmarshaler interface {
	DecodeYAML(d *Decoder, n *yaml.Node)
}

// A Decoder collects the mistakes of one file. It is not for concurrent use.
type Decoder struct {
	file     string
	mistakes []Mistake
	nodes    int
	depth    int
}

// Mistake records what is wrong at n, with a hint that may be empty.
func (d *Decoder) Mistake(n *yaml.Node, what, hint string) {
	d.mistakes = append(d.mistakes, Mistake{File: d.file, Line: n.Line, Col: n.Column, What: what, Hint: hint})
}

// Decode stores n in into, a pointer; what does not fit becomes a mistake and
// leaves the value as it was.
func (d *Decoder) Decode(n *yaml.Node, into any) {
	d.value(n, reflect.ValueOf(into).Elem())
}

func (d *Decoder) value(n *yaml.Node, v reflect.Value) {
	d.depth++
	defer func() { d.depth-- }()
	d.nodes++
	if d.depth > maxDepth || d.nodes > maxNodes {
		if d.nodes != maxNodes+2 { // said once
			d.Mistake(n, "nested too deeply or too large", "remove aliases that repeat themselves")
			d.nodes = maxNodes + 1
		}
		return
	}
	if n.Kind == yaml.AliasNode {
		d.value(n.Alias, v)
		return
	}
	if v.Kind() == reflect.Pointer && v.Type() != reflect.TypeFor[*yaml.Node]() {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, v.Elem())
		return
	}
	if v.CanAddr() {
		switch u := v.Addr().Interface().(type) {
		case Unmarshaler:
			u.DecodeYAML(d, n)
			return
		case *time.Duration:
			d.duration(n, u)
			return
		case *yaml.Node:
			*u = *n
			return
		case **yaml.Node:
			*u = n
			return
		case encoding.TextUnmarshaler:
			d.text(n, u)
			return
		}
	}
	if isNull(n) {
		return // a key without a value keeps the default
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Map:
		d.mapping(n, v)
	case reflect.Slice:
		d.sequence(n, v)
	default:
		d.scalar(n, v)
	}
}

func (d *Decoder) structure(n *yaml.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	for key, val := range d.pairs(n) {
		index, ok := fields[key.Value]
		if !ok {
			names := make([]string, 0, len(fields))
			for name := range fields {
				names = append(names, name)
			}
			d.Mistake(key, fmt.Sprintf("unknown key %q", key.Value), Suggest(key.Value, names))
			continue
		}
		d.value(val, v.FieldByIndex(index))
	}
}

func (d *Decoder) mapping(n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.MappingNode && v.IsNil() {
		v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	}
	for key, val := range d.pairs(n) {
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		d.value(key, k)
		d.value(val, e)
		v.SetMapIndex(k, e)
	}
}

// pairs yields the keys of the mapping n with their values; a repeated key, or a
// node that is no mapping, is a mistake.
func (d *Decoder) pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, val *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			d.Mistake(n, "want keys and values, found "+describe(n), "")
			return
		}
		first := map[string]*yaml.Node{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, val := n.Content[i], n.Content[i+1]
			if f, ok := first[key.Value]; ok {
				d.Mistake(key, fmt.Sprintf("%q is given twice, first on line %d", key.Value, f.Line), "keep one")
				continue
			}
			first[key.Value] = key
			if !yield(key, val) {
				return
			}
		}
	}
}

func (d *Decoder) sequence(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.Mistake(n, "want a list, found "+describe(n), "write [a, b] or one \"- \" line each")
		return
	}
	s := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		d.value(c, s.Index(i))
	}
	v.Set(s)
}

func (d *Decoder) scalar(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		d.Mistake(n, "want "+wanted(v.Kind())+", found "+describe(n), "")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
		return
	case reflect.Bool:
		if b, err := strconv.ParseBool(n.Value); err == nil {
			v.SetBool(b)
			return
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, v.Type().Bits()); err == nil {
			v.SetInt(i)
			return
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if i, err := strconv.ParseUint(strings.ReplaceAll(n.Value, "_", ""), 10, v.Type().Bits()); err == nil {
			v.SetUint(i)
			return
		}
	case reflect.Float32, reflect.Float64:
		if f, err := strconv.ParseFloat(n.Value, v.Type().Bits()); err == nil {
			v.SetFloat(f)
			return
		}
	}
	d.Mistake(n, fmt.Sprintf("%q is not %s", n.Value, wanted(v.Kind())), "")
}

// text lets a TextUnmarshaler read a scalar; its error is the mistake.
func (d *Decoder) text(n *yaml.Node, u encoding.TextUnmarshaler) {
	if n.Kind != yaml.ScalarNode {
		d.Mistake(n, "want one value, found "+describe(n), "")
		return
	}
	if err := u.UnmarshalText([]byte(n.Value)); err != nil {
		what, hint, _ := strings.Cut(err.Error(), "; ")
		d.Mistake(n, what, hint)
	}
}

func (d *Decoder) duration(n *yaml.Node, into *time.Duration) {
	if n.Kind == yaml.ScalarNode {
		if v, err := parseDuration(n.Value); err == nil {
			*into = v
			return
		}
	}
	d.Mistake(n, fmt.Sprintf("%q is not a duration", n.Value), "write e.g. 15m, 36h or 7d")
}

// parseDuration reads what time.ParseDuration reads, and days: 7d.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n > 100*365 || n < 0 {
			return 0, fmt.Errorf("%q is not a number of days", s)
		}
		return time.Duration(n * float64(24*time.Hour)), nil
	}
	return time.ParseDuration(s)
}

// fieldsOf maps the keys of a struct, embedded ones included, to its fields.
func fieldsOf(t reflect.Type) map[string][]int {
	out := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() || f.Anonymous {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch name {
		case "-":
			continue
		case "":
			name = strings.ToLower(f.Name)
		}
		out[name] = f.Index
	}
	return out
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if isNull(n) {
			return "nothing"
		}
		return strconv.Quote(n.Value)
	default:
		return "something else"
	}
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "text"
	default:
		return "a whole number"
	}
}
