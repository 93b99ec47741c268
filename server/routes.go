package server

import (
	"errors"
	"net/http"
	"strings"
)

// handler answers a request or returns why it cannot, having written nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

// Handler returns the whole server, guards included, as New mounts it.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	allowed := map[string][]string{} // methods by path
	for _, r := range []struct {
		method, path string
		handle       handler
	}{
		{"GET", "/{$}", s.searchPage},
		{"GET", "/items/{id}", s.itemPage},
		{"GET", "/alerts", s.alertsPage},
		{"GET", "/status", s.statusPage},
		{"GET", "/static/{name}", s.static},

		{"GET", "/api/v1/search", s.apiSearch},
		{"GET", "/api/v1/search.jsonl", s.apiSearchLines},
		{"GET", "/api/v1/search.csv", s.apiSearchTable},
		{"GET", "/api/v1/search.geojson", s.apiSearchMap},
		{"GET", "/api/v1/search.atom", s.apiSearchAtom},
		{"GET", "/api/v1/search.json", s.apiSearchFeed},
		{"GET", "/api/v1/items/{id}", s.apiItem},
		{"GET", "/api/v1/alerts", s.apiAlerts},
		{"GET", "/api/v1/alerts.jsonl", s.apiAlertLines},
		{"GET", "/api/v1/alerts/dead", s.apiDead},
		{"POST", "/api/v1/alerts/dead/{id}/retry", s.apiRetry},
		{"GET", "/api/v1/feeds", s.apiFeeds},
		{"POST", "/api/v1/feeds", s.apiAddFeed},
		{"GET", "/api/v1/discover", s.apiCheckFeed},
		{"GET", "/api/v1/feeds.opml", s.apiExportFeeds},
		{"POST", "/api/v1/feeds.opml", s.apiImportFeeds},
		{"DELETE", "/api/v1/feeds/{name}", s.apiRemoveFeed},
		{"POST", "/api/v1/feeds/{name}/pause", s.apiPauseFeed},
		{"POST", "/api/v1/feeds/{name}/resume", s.apiResumeFeed},
		{"GET", "/api/v1/status", s.apiStatus},
		{"GET", "/api/v1/retag", s.apiRetag},
		{"POST", "/api/v1/retag", s.apiStartRetag},
		{"DELETE", "/api/v1/retag", s.apiStopRetag},

		{"GET", "/api/v1/openapi.json", s.apiDescription},

		{"GET", "/push/{token}", s.verifyPush},
		{"POST", "/push/{token}", s.takePush},

		{"GET", "/-/healthy", s.healthy},
		{"GET", "/-/ready", s.ready},
		{"POST", "/-/reload", s.reload},
		{"GET", "/metrics", s.metricsPage},
	} {
		mux.Handle(r.method+" "+r.path, s.handle(r.handle))
		if r.method == http.MethodGet {
			allowed[r.path] = append(allowed[r.path], http.MethodGet, http.MethodHead)
		} else {
			allowed[r.path] = append(allowed[r.path], r.method)
		}
	}
	for path, methods := range allowed {
		allow := strings.Join(methods, ", ")
		mux.Handle(path, s.handle(func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Allow", allow)
			return &Problem{
				Type: typeMethod, Title: "Method not allowed", Status: http.StatusMethodNotAllowed,
				Detail: "this address takes " + allow + " only",
			}
		}))
	}
	mux.Handle("/", s.handle(func(_ http.ResponseWriter, r *http.Request) error {
		return notFound("there is no page %s", line(r.URL.Path, 100)).
			hint("the pages are /, /alerts and /status; the API is below /api/v1/")
	}))
	return s.guard(mux)
}

// handle makes a handler of h that answers its errors.
func (s *Server) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		if r.Context().Err() != nil {
			return // the client has gone, and its leaving is no error
		}
		p := problemOf(err)
		if p.Type == typeInternal {
			s.log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "err", err)
		}
		s.fail(w, r, p)
	})
}

// fail answers with p: as a page to browsers on a page, else as JSON.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p *Problem) {
	api := strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/-/") || r.URL.Path == "/metrics"
	if api || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		writeProblem(w, p)
		return
	}
	if err := s.render(w, r, p.Status, "problem", p.Title, p); err != nil {
		s.log.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "err", err)
		writeProblem(w, p)
	}
}

func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) error {
	return text(w, http.StatusOK, "ok")
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if why := s.notReady(); why != "" {
		w.Header().Set("Retry-After", "1")
		return text(w, http.StatusServiceUnavailable, "not ready: "+why)
	}
	return text(w, http.StatusOK, "ready")
}

// text answers with one line of plain text.
func text(w http.ResponseWriter, status int, s string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(s + "\n")) // an error means that the client has gone
	return nil
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) error {
	if s.o.Reload == nil {
		return notFound("this daemon cannot reload").hint("restart it")
	}
	if err := s.o.Reload(r.Context()); err != nil {
		if p, ok := errors.AsType[*Problem](err); ok {
			return p
		}
		return &Problem{
			Type: typeConfig, Title: "Configuration refused", Status: http.StatusUnprocessableEntity,
			Detail: err.Error(), Hint: "nothing was changed; the daemon keeps its configuration",
		}
	}
	return text(w, http.StatusOK, "reloaded")
}

func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) error {
	if s.o.Metrics == nil {
		return notFound("this daemon has no metrics")
	}
	s.o.Metrics.ServeHTTP(w, r)
	return nil
}
