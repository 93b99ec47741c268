package server_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"marsad/server"
)

// noEditor is an editor of feeds that nobody asks for anything.
type noEditor struct{ server.FeedEditor }

type openAPI struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Parameters  []struct{ Name, In string }
		Responses   map[string]any
	}
}

func readOpenAPI(t *testing.T) (doc openAPI, raw string) {
	t.Helper()
	w := ask(t, newServer(t, nil), http.MethodGet, "/api/v1/openapi.json")
	wantStatus(t, w, http.StatusOK)
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc, w.Body.String()
}

// TestOpenAPIRoutes holds the description and the routes together, both ways.
func TestOpenAPIRoutes(t *testing.T) {
	t.Parallel()
	doc, raw := readOpenAPI(t)
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes, described, ids []string
	for _, m := range regexp.MustCompile(`\{"([A-Z]+)", "(/[^"]*)",`).FindAllStringSubmatch(string(source), -1) {
		if strings.HasPrefix(m[2], "/api/") || strings.HasPrefix(m[2], "/-/") || m[2] == "/metrics" {
			routes = append(routes, m[1]+" "+m[2])
		}
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			ids = append(ids, op.OperationID)
			if len(op.Responses) == 0 {
				t.Errorf("%s %s has no response", method, path)
			}
		}
	}
	slices.Sort(routes)
	slices.Sort(described)
	if !slices.Equal(routes, described) {
		t.Errorf("the routes are\n%s\nand described are\n%s", strings.Join(routes, "\n"), strings.Join(described, "\n"))
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(described) || slices.Contains(ids, "") {
		t.Errorf("operation ids are missing or given twice: %v", ids)
	}
	for _, m := range regexp.MustCompile(`"\$ref":\s*"([^"]*)"`).FindAllStringSubmatch(raw, -1) {
		if !resolves(raw, m[1]) {
			t.Errorf("%s leads nowhere", m[1])
		}
	}
}

// resolves reports whether a reference within a document leads anywhere.
func resolves(doc, ref string) bool {
	var at any
	if json.Unmarshal([]byte(doc), &at) != nil {
		return false
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := at.(map[string]any)
		if !ok {
			return false
		}
		if at, ok = m[part]; !ok {
			return false
		}
	}
	return true
}

// TestOpenAPIParameters asks each route for a parameter it does not know; the
// refusal lists those that it knows, which are those described.
func TestOpenAPIParameters(t *testing.T) {
	t.Parallel()
	doc, _ := readOpenAPI(t)
	s := newServer(t, func(o *server.Options) { o.Editor = noEditor{} })
	for path, methods := range doc.Paths {
		op, ok := methods["get"]
		if !ok || !strings.HasPrefix(path, "/api/") {
			continue
		}
		var described []string
		for _, p := range op.Parameters {
			switch p.In {
			case "query":
				described = append(described, p.Name)
			case "path":
				if !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s has no part %s", path, p.Name)
				}
			}
		}
		target := strings.ReplaceAll(path, "{id}", string(articles()[0].Item.ID))
		w := ask(t, s, http.MethodGet, target+"?nosuch=1")
		var p server.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusBadRequest {
			t.Errorf("%s takes a parameter that it does not know: %d %v", path, w.Code, err)
			continue
		}
		var known []string
		if list, ok := strings.CutPrefix(p.Hint, "the parameters are "); ok {
			known = strings.Split(list, ", ")
		}
		slices.Sort(known)
		slices.Sort(described)
		if !slices.Equal(known, described) {
			t.Errorf("%s takes %v, described are %v", path, known, described)
		}
	}
}
