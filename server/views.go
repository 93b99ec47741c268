package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"marsad/item"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/*
var staticFiles embed.FS

// views holds the parsed pages and the static files. It is not changed after
// newViews made it.
type views struct {
	pages  map[string]*template.Template
	assets map[string]asset  // by hashed name
	names  map[string]string // plain name → hashed path
	label  func(item.Kind, string) string
}

// An asset is a static file; its name carries its hash, so it may be kept for
// ever.
type asset struct {
	content []byte
	media   string
}

func newViews(o Options, zone *time.Location) (*views, error) {
	v := &views{pages: map[string]*template.Template{}, assets: map[string]asset{}, names: map[string]string{}}
	files, err := fs.Glob(staticFiles, "static/*")
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	for _, f := range files {
		content, err := staticFiles.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("static files: %w", err)
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(f)
		name := strings.TrimSuffix(path.Base(f), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		media := "text/css; charset=utf-8"
		if ext == ".svg" {
			media = "image/svg+xml"
		}
		v.assets[name] = asset{content: content, media: media}
		v.names[path.Base(f)] = "/static/" + name
	}
	v.label = labeller(o.Label)
	funcs := template.FuncMap{
		"asset":    func(name string) string { return v.names[name] },
		"attrs":    langAttrs,
		"lang":     languageName,
		"rtl":      func(lang string) bool { return direction(lang) == "rtl" },
		"line":     line,
		"plain":    plain,
		"link":     webURL,
		"host":     hostOf,
		"sentence": sentence,
		"bytes":    byteSize,
		"count":    thousands,
		"machine":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"human":    func(t time.Time) string { return moment(t, zone) },
		"label":    v.label,
		"search":   func(q string) string { return searchPath(q, "", "") },
	}
	base, err := template.New("layout").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, name := range []string{"search", "item", "alerts", "status", "problem"} {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(templateFiles, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		v.pages[name] = t
	}
	return v, nil
}

// A frame is what every page shows round its own content.
type frame struct {
	Title, Page string
	Query       string // of the search box
	Sample      bool
	Version     string
	Zone        string
	Health      *Status // nil when it cannot be told
	Failing     int
	Data        any
}

// render answers with a page. It writes nothing when it returns an error.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, page, title string, data any) error {
	f := frame{
		Title: line(title, 120), Page: page, Sample: s.o.Sample, Version: s.o.Version, Zone: s.zone.String(), Data: data,
	}
	if d, ok := data.(searchView); ok {
		f.Query = plain(d.Query)
	}
	if st, err := s.health(r.Context()); err == nil {
		f.Health, f.Failing = &st, st.failing()
	} else {
		s.log.WarnContext(r.Context(), "status unknown", "err", err)
	}
	var b bytes.Buffer
	if err := s.views.pages[page].ExecuteTemplate(&b, "layout", f); err != nil {
		return fmt.Errorf("page %s: %w", page, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // an error means that the client has gone
	return nil
}

func (s *Server) static(w http.ResponseWriter, r *http.Request) error {
	a, ok := s.views.assets[r.PathValue("name")]
	if !ok {
		return notFound("there is no file %s", line(r.URL.Path, 100))
	}
	w.Header().Set("Content-Type", a.media)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.content) // an error means that the client has gone
	return nil
}
