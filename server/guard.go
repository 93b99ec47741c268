package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

const (
	maxHeader = 16 << 10
	maxBody   = 1 << 20
)

// contentPolicy lets pages load nothing but the server's own files, nothing that
// stands in the page itself (an inline script or style), and lets nobody frame
// them.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// guard puts everything round the routes that no route may do without: the
// headers of a hostile world, the host list, the origin check, the token, the
// bound on bodies, counting and the recovery from panics.
func (s *Server) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &recorder{ResponseWriter: rw}
		defer s.finish(w, r, time.Now())

		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")

		if p := s.refuse(origin, r); p != nil {
			if p.Status == http.StatusUnauthorized {
				h.Set("WWW-Authenticate", `Basic realm="Marsad", charset="UTF-8"`)
				h.Add("WWW-Authenticate", `Bearer realm="Marsad"`)
			}
			writeProblem(w, p)
			return
		}
		limit := int64(maxBody)
		switch {
		case r.URL.Path == importPath:
			limit = maxImport
		case s.toHubs(r):
			limit = maxPush
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// finish is deferred by guard: it counts the request, and answers it when its
// handler panicked. A reply cut off on purpose stays cut off.
func (s *Server) finish(w *recorder, r *http.Request, begun time.Time) {
	p := recover()
	err, _ := p.(error)
	abort := errors.Is(err, http.ErrAbortHandler)
	if p != nil && !abort {
		s.metrics.panics.Inc()
		s.log.ErrorContext(r.Context(), "handler panicked", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		if w.status == 0 {
			s.fail(w, r, problemOf(nil))
		}
	}
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	s.metrics.requests.WithLabelValues(route, fmt.Sprintf("%dxx", w.code()/100)).Inc()
	s.metrics.duration.WithLabelValues(route).Observe(time.Since(begun).Seconds())
	if abort {
		panic(p)
	}
}

// refuse returns why a request is not let in, or nil.
func (s *Server) refuse(origin *http.CrossOriginProtection, r *http.Request) *Problem {
	if !s.hostAllowed(r.Host) && (!s.toHubs(r) || !strings.EqualFold(hostOnly(r.Host), s.o.PushHost)) {
		s.metrics.refused.WithLabelValues("host").Inc()
		return &Problem{
			Type: typeRefused, Title: "Misdirected request", Status: http.StatusMisdirectedRequest,
			Detail: fmt.Sprintf("this server does not go by the name %q", line(r.Host, 100)),
			Hint:   "open it as " + s.URL() + ", or add the name to server.allowed_hosts",
		}
	}
	if err := origin.Check(r); err != nil {
		s.metrics.refused.WithLabelValues("origin").Inc()
		return &Problem{
			Type: typeRefused, Title: "Forbidden", Status: http.StatusForbidden,
			Detail: "the request was sent by a page of another site",
		}
	}
	if s.open(r) || authorized(s.token, r) {
		return nil
	}
	s.metrics.refused.WithLabelValues("token").Inc()
	return &Problem{
		Type: typeNoToken, Title: "Unauthorized", Status: http.StatusUnauthorized,
		Detail: "this server asks for a token",
		Hint:   "send Authorization: Bearer TOKEN; in a browser, give the token as the password of any user name",
	}
}

// open reports whether a request needs no token: supervisors ask for health
// without one, hubs cannot have one, and the answers say nothing about the news.
func (s *Server) open(r *http.Request) bool {
	return r.URL.Path == "/-/healthy" || r.URL.Path == "/-/ready" || s.toHubs(r)
}

// hostAllowed reports whether the Host header names this server. The port does
// not matter: rebinding needs a name.
func (s *Server) hostAllowed(host string) bool {
	_, ok := s.hosts[strings.ToLower(hostOnly(host))]
	return ok
}

// hostOnly is a Host header without its port.
func hostOnly(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.Trim(host, "[]")
}

// recorder remembers the status of a reply.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(code int) {
	if w.status == 0 && code >= 200 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
