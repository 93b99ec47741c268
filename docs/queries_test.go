package docs_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/item"
	"marsad/query"
	"marsad/rules"
	"marsad/text"
)

// now is when the queries of queries.md are asked.
func now() time.Time { return time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC) }

func queryOptions(t *testing.T) query.Options {
	t.Helper()
	return query.Options{Names: names(t), Now: now(), Zone: time.UTC}
}

// sampleArticles are those of the page, tagged.
func sampleArticles(t *testing.T, p page) []*query.Doc {
	t.Helper()
	pack, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatal(err)
	}
	var docs []*query.Doc
	for _, table := range p.tables {
		if table.header[0] != "article" {
			continue
		}
		for _, r := range table.rows {
			published, err := time.Parse("2006-01-02 15:04", r.cells[4])
			if err != nil {
				t.Fatalf("%s:%d: %v", p.path, r.line, err)
			}
			tagged := pack.Tag(item.Item{
				ID: articleID(r.cells[0]), Lang: r.cells[1], Source: r.cells[2], Feed: r.cells[3],
				Published: published, Listed: published, Seen: published, Title: r.cells[5], Body: r.cells[6],
			})
			tagged.Story, tagged.Event = tagged.Item.ID, tagged.Item.ID
			if r.cells[0] == "2" {
				tagged.Event = articleID("1")
			}
			docs = append(docs, query.NewDoc(&text.Analyzer{}, tagged))
		}
	}
	if len(docs) < 3 {
		t.Fatalf("%d articles: the search for them is broken", len(docs))
	}
	return docs
}

func articleID(number string) item.ID { return item.ID(fmt.Sprintf("%032s", number)) }

// The queries of the page find the articles it says.
func TestQueriesFind(t *testing.T) {
	t.Parallel()
	p := readPage(t, "queries.md")
	docs, o := sampleArticles(t, p), queryOptions(t)
	for _, table := range p.tables {
		if len(table.header) < 2 || table.header[1] != "finds" {
			continue
		}
		for _, r := range table.rows {
			n, err := query.Parse(strings.Trim(r.cells[0], "`"), o)
			if err != nil {
				t.Errorf("%s:%d: %v", p.path, r.line, err)
				continue
			}
			n = query.At(n, now())
			var found []string
			for _, d := range docs {
				if query.Match(n, d) {
					found = append(found, strings.TrimLeft(string(d.Tagged().Item.ID), "0"))
				}
			}
			want := strings.Fields(strings.ReplaceAll(r.cells[1], "none", ""))
			if !slices.Equal(found, want) {
				t.Errorf("%s:%d: %s finds %v, not %v", p.path, r.line, r.cells[0], found, want)
			}
		}
	}
}

// The queries of the page are read as it says, and what they are read as is read
// as itself.
func TestQueriesReadAs(t *testing.T) {
	t.Parallel()
	p, o := readPage(t, "queries.md"), queryOptions(t)
	count := 0
	for _, table := range p.tables {
		if len(table.header) < 2 || table.header[1] != "read as" {
			continue
		}
		for _, r := range table.rows {
			count++
			q, want := strings.Trim(r.cells[0], "`"), strings.Trim(r.cells[1], "`")
			for _, s := range []string{q, want} {
				n, err := query.Parse(s, o)
				if err != nil {
					t.Errorf("%s:%d: %s: %v", p.path, r.line, s, err)
				} else if n.String() != want {
					t.Errorf("%s:%d: %s is read as %s, not %s", p.path, r.line, s, n, want)
				}
			}
		}
	}
	if count < 10 {
		t.Errorf("%d readings: the search for them is broken", count)
	}
}

// The mistakes of the page are told as it says.
func TestQueryMistakes(t *testing.T) {
	t.Parallel()
	p, o := readPage(t, "queries.md"), queryOptions(t)
	count := 0
	for _, table := range p.tables {
		if table.header[0] != "mistake" {
			continue
		}
		for _, r := range table.rows {
			count++
			_, err := query.Parse(strings.Trim(r.cells[0], "`"), o)
			for part := range strings.SplitSeq(r.cells[1], "; ") {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%s:%d: %s says %v, not %s", p.path, r.line, r.cells[0], err, part)
				}
			}
		}
	}
	if count < 10 {
		t.Errorf("%d mistakes: the search for them is broken", count)
	}
}

// The page tells the limits and the fields that there are.
func TestQueryLimits(t *testing.T) {
	t.Parallel()
	p := readPage(t, "queries.md")
	limits := []int{
		query.MaxBytes, query.MaxClauses, query.MaxDepth, query.MaxWild, query.MaxLetters, query.MaxFuzzy,
		query.MaxPhrase, query.MaxNear, query.MaxKilometres, query.MaxPlaces,
	}
	var told []int
	var fields []string
	for _, table := range p.tables {
		for _, r := range table.rows {
			switch {
			case table.header[0] == "limit":
				digits, _, _ := strings.Cut(r.cells[1], ",")
				n, err := strconv.Atoi(digits)
				if err != nil {
					t.Errorf("%s:%d: %v", p.path, r.line, err)
				}
				told = append(told, n)
			case table.heading == "Fields":
				field, _, ok := strings.Cut(strings.Trim(r.cells[0], "`"), ":")
				if ok && !slices.Contains(fields, field) && !strings.HasPrefix(field, "-") {
					fields = append(fields, field)
				}
			}
		}
	}
	if diff := cmp.Diff(limits, told); diff != "" {
		t.Errorf("%s, limits (-code +page):\n%s", p.path, diff)
	}
	compare(t, p.path+", fields", fields, query.Fields())
}
