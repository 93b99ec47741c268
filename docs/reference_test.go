package docs_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"marsad/alert"
	"marsad/item"
	"marsad/query"
	"marsad/server"
)

// Every query in a table of queries can be read with the built-in pack.
func TestQueries(t *testing.T) {
	t.Parallel()
	opts := query.Options{Names: names(t), Now: time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC), Zone: time.UTC}
	count := 0
	for _, p := range handbook(t) {
		for _, table := range p.tables {
			if table.header[0] != "query" {
				continue
			}
			for _, r := range table.rows {
				q := strings.Trim(r.cells[0], "`")
				if _, err := query.Parse(q, opts); err != nil {
					t.Errorf("%s:%d: %s: %v", p.path, r.line, q, err)
				}
				count++
			}
		}
	}
	if count < 10 {
		t.Errorf("%d queries: the search for them is broken", count)
	}
}

// The tables of fields name exactly those of the wire forms.
func TestFields(t *testing.T) {
	t.Parallel()
	want := map[string][]reflect.Type{
		"Search results":            {reflect.TypeFor[server.Results]()},
		"Errors":                    {reflect.TypeFor[server.Problem]()},
		"Articles and tags as JSON": {reflect.TypeFor[server.Hit]()},
		"Tags":                      {reflect.TypeFor[item.Tag]()},
		"Evidence":                  {reflect.TypeFor[item.Evidence]()},
		"One article":               {reflect.TypeFor[server.Article]()},
		"Alerts as JSON":            {reflect.TypeFor[alert.Alert]()},
		"Reasons":                   {reflect.TypeFor[alert.Reason]()},
		"Dead letters":              {reflect.TypeFor[alert.Delivery](), reflect.TypeFor[alert.DeadLetter]()},
		"Status as JSON":            {reflect.TypeFor[server.Status]()},
	}
	p := readPage(t, "reference.md")
	for _, table := range p.tables {
		types, ok := want[table.heading]
		if !ok || table.header[0] != "field" {
			continue
		}
		delete(want, table.heading)
		var fields []string
		for _, typ := range types {
			fields = append(fields, jsonFields(typ)...)
		}
		var documented []string
		for _, r := range table.rows {
			documented = append(documented, code(r.cells[0])...)
		}
		compare(t, p.path+", "+table.heading, documented, fields)
	}
	for heading := range want {
		t.Errorf("%s has no table of fields under %q", p.path, heading)
	}
}

// jsonFields lists the fields of a struct's wire form, without those of embedded
// structs.
func jsonFields(typ reflect.Type) []string {
	var out []string
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			out = append(out, name)
		}
	}
	return out
}

// Every json block of the handbook is JSON.
func TestJSONBlocks(t *testing.T) {
	t.Parallel()
	for _, p := range handbook(t) {
		for _, b := range p.blocks {
			if b.lang == "json" && !json.Valid([]byte(b.text)) {
				t.Errorf("%s:%d: not valid JSON", p.path, b.line)
			}
		}
	}
}

// The routes in the reference are those of the server.
func TestRoutes(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../server/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, m := range regexp.MustCompile(`\{"([A-Z]+)", "(/[^"]*)",`).FindAllStringSubmatch(string(source), -1) {
		routes = append(routes, m[1]+" "+strings.TrimSuffix(m[2], "{$}"))
	}
	p := readPage(t, "reference.md")
	for _, table := range p.tables {
		if !slices.Equal(table.header, []string{"route", "answers"}) {
			continue
		}
		var documented []string
		for _, r := range table.rows {
			documented = append(documented, code(r.cells[0])...)
		}
		compare(t, p.path+", routes", documented, routes)
		return
	}
	t.Errorf("%s has no table of routes", p.path)
}

// compare reports what is documented and does not exist, and the reverse.
func compare(t *testing.T, where string, documented, exist []string) {
	t.Helper()
	for _, name := range documented {
		if !slices.Contains(exist, name) {
			t.Errorf("%s: there is no %q", where, name)
		}
	}
	for _, name := range exist {
		if !slices.Contains(documented, name) {
			t.Errorf("%s: %q is missing", where, name)
		}
	}
}
