package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// A Problem is an error as the API states it (RFC 9457, media type
// application/problem+json), and as Client returns it.
type Problem struct {
	// Type names the sort of problem: "urn:marsad:bad-query".
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what is wrong with this request, Hint what to do about it.
	Detail string `json:"detail,omitempty"`
	Hint   string `json:"hint,omitempty"`
	// Start and End are the byte offsets in the query of what is wrong, for the
	// type bad-query only.
	Start *int `json:"start,omitempty"`
	End   *int `json:"end,omitempty"`
}

// Error is the detail and the hint as one line.
func (p *Problem) Error() string {
	s := p.Detail
	if s == "" {
		s = p.Title
	}
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}

// The sorts of problems.
const (
	typeBadQuery   = "urn:marsad:bad-query"
	typeBadRequest = "urn:marsad:bad-request"
	typeNotFound   = "urn:marsad:not-found"
	typeMethod     = "urn:marsad:method-not-allowed"
	typeRetry      = "urn:marsad:not-delivered"
	typeFeed       = "urn:marsad:feed-refused"
	typeBusy       = "urn:marsad:busy"
	typeTimeout    = "urn:marsad:timeout"
	typeRefused    = "urn:marsad:refused"
	typeNoToken    = "urn:marsad:unauthorized"
	typeConfig     = "urn:marsad:bad-configuration"
	typeInternal   = "urn:marsad:internal"
)

func badRequest(format string, args ...any) *Problem {
	return &Problem{Type: typeBadRequest, Title: "Bad request", Status: http.StatusBadRequest, Detail: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *Problem {
	return &Problem{Type: typeNotFound, Title: "Not found", Status: http.StatusNotFound, Detail: fmt.Sprintf(format, args...)}
}

// hint returns p with a hint of what to do.
func (p *Problem) hint(s string) *Problem {
	p.Hint = s
	return p
}

// problemOf turns any error of a handler into what the client may read. An
// error that is no Problem stays in the log: it may tell of paths and engines.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return &Problem{
		Type: typeInternal, Title: "Internal error", Status: http.StatusInternalServerError,
		Detail: "Marsad could not answer this", Hint: "the log of the daemon says why; marsad status shows its health",
	}
}

// writeProblem answers with p.
func writeProblem(w http.ResponseWriter, p *Problem) {
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	encode(w, p)
}

// writeJSON answers 200 with v.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	encode(w, v)
}

// encode writes v as JSON and a newline, Arabic and "<" as they are. An error
// means that the client has gone: there is nobody to tell.
func encode(w http.ResponseWriter, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}
