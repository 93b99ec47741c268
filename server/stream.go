package server

import (
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strconv"
	"time"
)

// An encoder writes hits in one form. Open and close are what stands round them.
type encoder interface {
	open() error
	hit(h Hit) error
	close() error
}

// streams reports whether a path answers with all that is found.
func streams(p string) bool {
	switch path.Ext(p) {
	case ".jsonl", ".csv", ".geojson":
		return true
	}
	return false
}

// apiSearchLines answers /api/v1/search.jsonl.
func (s *Server) apiSearchLines(w http.ResponseWriter, r *http.Request) error {
	return s.stream(w, r, "application/jsonl; charset=utf-8", newLines(w))
}

// apiSearchTable answers /api/v1/search.csv.
func (s *Server) apiSearchTable(w http.ResponseWriter, r *http.Request) error {
	mark := false
	switch bom := r.URL.Query().Get("bom"); bom {
	case "", "0":
	case "1":
		mark = true
	default:
		return badRequest("bom is %q", line(bom, 20)).hint("write 1 for a file that Excel reads as UTF-8")
	}
	return s.stream(w, r, "text/csv; charset=utf-8", NewTable(w, mark), "bom")
}

// apiSearchMap answers /api/v1/search.geojson.
func (s *Server) apiSearchMap(w http.ResponseWriter, r *http.Request) error {
	return s.stream(w, r, "application/geo+json", &features{w: w, entry: s.o.Entry})
}

// stream answers with every hit, or the first limit, page by page so that
// neither side holds them all.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, media string, enc encoder, more ...string) error {
	se, err := s.parseSearch(r, append(more, "q", "limit", "cursor", "sort", "collapse")...)
	if err != nil {
		return err
	}
	left := se.limit
	if !r.URL.Query().Has("limit") {
		left = maxLines
	}
	for first := true; ; first = false {
		se.limit = min(left, maxLimit)
		res, err := s.find(r.Context(), se)
		switch {
		case err != nil && first:
			return err
		case err != nil:
			// The status is long sent: cutting the connection is the only way to
			// tell that lines are missing.
			s.log.WarnContext(r.Context(), "export cut off", "query", line(se.q, 200), "err", err)
			panic(http.ErrAbortHandler)
		case first:
			w.Header().Set("Content-Type", media)
			if path.Ext(r.URL.Path) == ".csv" {
				w.Header().Set("Content-Disposition", `attachment; filename="marsad.csv"`)
			}
			w.Header().Set("Marsad-Total", strconv.FormatUint(res.Total, 10))
			err = enc.open()
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout)) // a test's recorder has none
		for _, h := range res.Hits {
			if err == nil {
				err = enc.hit(newHit(h))
			}
		}
		left -= len(res.Hits)
		done := res.Cursor == "" || left <= 0
		if done && err == nil {
			err = enc.close()
		}
		if done || err != nil {
			return nil //nolint:nilerr // the client has gone
		}
		se.cursor = res.Cursor
	}
}

// lines writes one JSON object a line.
type lines struct{ enc *json.Encoder }

func newLines(w io.Writer) lines {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return lines{enc}
}

func (lines) open() error       { return nil }
func (l lines) hit(h Hit) error { return l.enc.Encode(h) }
func (lines) close() error      { return nil }
