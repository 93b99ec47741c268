package server

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// An operation is one route as the description of the API states it.
type operation struct {
	method, path, id, summary string
	params                    []string // of the query
	media                     string   // of a good reply; JSON when empty
	reply                     any      // a value of the type that is answered; nil is text
}

const (
	mediaJSON = "application/json"
	mediaText = "text/plain"
)

// operations describes every route of the API.
func operations() []operation {
	some := []string{"q", "limit", "cursor", "sort", "collapse"}
	with := func(more ...string) []string { return append(append([]string{}, some...), more...) }
	return []operation{
		{"get", "/api/v1/search", "search", "A page of what a query finds.", with("facets", "histogram", "over", "related"), "", Results{}},
		{"get", "/api/v1/search.jsonl", "searchLines", "Everything that a query finds, one article a line.", some, "application/jsonl", Hit{}},
		{"get", "/api/v1/search.csv", "searchTable", "The same as a table.", with("bom"), "text/csv", nil},
		{"get", "/api/v1/search.geojson", "searchMap", "The same as GeoJSON: the articles with places whose coordinates are known.", some, "application/geo+json", map[string]any{}},
		{"get", "/api/v1/search.atom", "searchAtom", "A page as an Atom feed.", some, "application/atom+xml", nil},
		{"get", "/api/v1/search.json", "searchFeed", "A page as a JSON Feed 1.1.", some, "application/feed+json", jsonFeed{}},
		{"get", "/api/v1/items/{id}", "article", "One article with all that is kept of it.", nil, "", Article{}},
		{"get", "/api/v1/alerts", "alerts", "The latest alerts, newest first.", []string{"limit"}, "", Alerts{}},
		{"get", "/api/v1/alerts.jsonl", "alertLines", "The same, one alert a line.", []string{"limit"}, "application/jsonl", nil},
		{"get", "/api/v1/alerts/dead", "deadLetters", "The deliveries that were given up.", nil, "", DeadLetters{}},
		{"post", "/api/v1/alerts/dead/{id}/retry", "retryDeadLetter", "Sends a dead letter once more, now.", nil, mediaText, nil},
		{"get", "/api/v1/feeds", "feeds", "The feeds and their health.", nil, "", Feeds{}},
		{"post", "/api/v1/feeds", "addFeed", "Polls the feed found at an address; the body is a NewFeed.", nil, "", FoundFeed{}},
		{"get", "/api/v1/discover", "checkFeed", "Looks at an address and changes nothing.", []string{"url"}, "", FoundFeed{}},
		{"get", "/api/v1/feeds.opml", "exportFeeds", "All feeds as OPML.", nil, "text/x-opml", nil},
		{"post", "/api/v1/feeds.opml", "importFeeds", "Adds the feeds of the OPML document in the body.", nil, "", FeedImport{}},
		{"delete", "/api/v1/feeds/{name}", "removeFeed", "Removes a feed that was added.", nil, mediaText, nil},
		{"post", "/api/v1/feeds/{name}/pause", "pauseFeed", "Stops polling a feed.", nil, mediaText, nil},
		{"post", "/api/v1/feeds/{name}/resume", "resumeFeed", "Polls it again.", nil, mediaText, nil},
		{"get", "/api/v1/status", "status", "The daemon's health.", nil, "", Status{}},
		{"get", "/api/v1/retag", "retagStatus", "How far tagging the archive again has come.", nil, "", Retag{}},
		{"post", "/api/v1/retag", "startRetag", "Starts it, unless it is running.", nil, "", Retag{}},
		{"delete", "/api/v1/retag", "stopRetag", "Stops it.", nil, "", Retag{}},
		{"get", "/api/v1/openapi.json", "description", "This description.", nil, "", map[string]any{}},
		{"get", "/-/healthy", "healthy", "200 while the process answers.", nil, mediaText, nil},
		{"get", "/-/ready", "ready", "200, or 503 and why not.", nil, mediaText, nil},
		{"post", "/-/reload", "reload", "Loads the configuration again, whole or not at all.", nil, mediaText, nil},
		{"get", "/metrics", "metrics", "Prometheus metrics.", nil, mediaText, nil},
	}
}

// object is a JSON object being made.
type object = map[string]any

// parameterSchemas are the parameters by name.
func parameterSchemas() map[string]object {
	list := func(s string) object { return object{"type": "string", "description": s} }
	choice := func(s string, of ...string) object { return object{"type": "string", "enum": of, "description": s} }
	return map[string]object{
		"q":         list("The query; everything when missing."),
		"limit":     {"type": "integer", "minimum": 0, "description": "How many."},
		"cursor":    list("\"next\" of the page before."),
		"sort":      choice("Newest first (the default), best match first, or first seen last.", "date", "score", "seen"),
		"collapse":  choice("One article a story.", "story"),
		"facets":    list("What to count, with commas between; 1 is place,actor,theme,lang,source."),
		"histogram": choice("Counts over time.", "auto", "day", "week", "month"),
		"over":      list("Tags to count over time, kind:id, with commas between."),
		"related":   {"type": "integer", "minimum": 0, "maximum": 50, "description": "How many co-occurring tags."},
		"bom":       choice("Begin with a byte order mark.", "0", "1"),
		"url":       list("The address to look at."),
		"id":        list("The id of an article or a dead letter."),
		"name":      list("The name of a feed."),
	}
}

// describe makes the description of the API (OpenAPI 3.1). The schemas are read
// off the Go types that are answered, so they cannot differ from them.
func describe(version string) object {
	schemas, params := object{}, parameterSchemas()
	paths := map[string]object{}
	problem := object{"description": "Why not.", "content": object{"application/problem+json": object{"schema": schemaOf(reflect.TypeFor[Problem](), schemas)}}}
	part := regexp.MustCompile(`\{(\w+)\}`)
	for _, op := range operations() {
		list := []object{}
		add := func(name, in string) {
			schema := object{}
			for k, v := range params[name] {
				if k != "description" {
					schema[k] = v
				}
			}
			list = append(list, object{"name": name, "in": in, "required": in == "path" || name == "url", "description": params[name]["description"], "schema": schema})
		}
		for _, m := range part.FindAllStringSubmatch(op.path, -1) {
			add(m[1], "path")
		}
		for _, name := range op.params {
			add(name, "query")
		}
		media, schema := op.media, object{"type": "string"}
		if media == "" {
			media = mediaJSON
		}
		if op.reply != nil {
			schema = schemaOf(reflect.TypeOf(op.reply), schemas)
		}
		described := object{
			"operationId": op.id, "summary": op.summary, "parameters": list,
			"responses": object{"200": object{"description": "Done.", "content": object{media: object{"schema": schema}}}, "default": problem},
		}
		switch op.id {
		case "addFeed":
			described["requestBody"] = object{"required": true, "content": object{mediaJSON: object{"schema": schemaOf(reflect.TypeFor[NewFeed](), schemas)}}}
		case "importFeeds":
			described["requestBody"] = object{"required": true, "content": object{"text/x-opml": object{"schema": object{"type": "string"}}}}
		}
		if paths[op.path] == nil {
			paths[op.path] = object{}
		}
		paths[op.path][op.method] = described
	}
	if version == "" {
		version = "0"
	}
	return object{
		"openapi": "3.1.0",
		"info":    object{"title": "Marsad", "version": version, "description": "News on Iraq and Syria: searched, counted, watched. Fields may be added and are never renamed."},
		"paths":   paths,
		"components": object{
			"schemas":         schemas,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}, "password": object{"type": "http", "scheme": "basic"}},
		},
		"security": []object{{}, {"token": []string{}}, {"password": []string{}}}, // none where server.token_file is not set
	}
}

// schemaOf is the JSON Schema of what encoding/json makes of a type; structs with
// a name become schemas of their own.
func schemaOf(t reflect.Type, named object) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem(), named)
	case t.Kind() == reflect.Struct:
		name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
		if name == "Item" {
			name = "FeedItem"
		}
		ref := object{"$ref": "#/components/schemas/" + name}
		if _, done := named[name]; !done {
			s := object{"type": "object"}
			named[name] = s // before its fields, which may hold it again
			properties, required := object{}, []string{}
			fieldsOf(t, named, properties, &required)
			s["properties"], s["required"] = properties, required
		}
		return ref
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return object{"type": "array", "items": schemaOf(t.Elem(), named)}
	case t.Kind() == reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return object{"type": "object"}
		}
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem(), named)}
	case t.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	case t.Kind() == reflect.Float64, t.Kind() == reflect.Float32:
		return object{"type": "number"}
	case t.Kind() == reflect.String:
		return object{"type": "string"}
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return object{"type": "integer"}
	default:
		return object{}
	}
}

// fieldsOf adds the fields of a struct, those of embedded structs among them.
func fieldsOf(t reflect.Type, named, properties object, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fieldsOf(f.Type, named, properties, required)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		properties[name] = schemaOf(f.Type, named)
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
}

// apiDescription answers /api/v1/openapi.json.
func (s *Server) apiDescription(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	b, err := json.MarshalIndent(describe(s.o.Version), "", " ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaJSON)
	_, _ = w.Write(append(b, '\n')) // an error means that the client has gone
	return nil
}
