// Package demo serves invented sample feeds on loopback, so that Marsad can be
// tried without a network and without real news: 12 feeds in four formats and
// three encodings, in six languages, dated relative to the start, of which some
// bring one more item a little later, so that an alert fires while one watches.
//
// What the feeds say stands in the files of package corpus.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"marsad/internal/demo/corpus"
)

// A Feed is a sample feed as the configuration of a poller needs it.
type Feed struct {
	Name   string // kebab case, unique
	URL    string // http://127.0.0.1:port/…
	Lang   string // en, ar, ckb, kmr, fa, tr or fr
	Source string // the invented publisher, in its own language
}

// A Server answers for the sample feeds. It is safe for concurrent use.
type Server struct {
	listener net.Listener
	http     *http.Server
	feeds    []Feed
	first    int
	drips    int
}

// Listen opens a port of its own on 127.0.0.1 and prepares the feeds; Run
// answers there. Items are dated relative to now(), read once here. Each request
// reads now() again: from dripAfter after the start on, the dripping items are
// in their feeds, dated at that moment, whose ETag and Last-Modified change with
// them. Now must be safe for concurrent use. Ctx bounds the opening only.
func Listen(ctx context.Context, now func() time.Time, dripAfter time.Duration) (*Server, error) {
	if dripAfter < 0 {
		return nil, fmt.Errorf("drip after %s: must not be negative", dripAfter)
	}
	all, err := corpus.Load()
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port for the sample feeds: %w", err)
	}
	s := &Server{listener: listener}
	if err := s.prepare(all, now, dripAfter); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return s, nil
}

// prepare writes both states of every feed.
func (s *Server) prepare(all []corpus.Feed, now func() time.Time, dripAfter time.Duration) error {
	begin := now()
	start, drip := begin.Truncate(time.Second), begin.Add(dripAfter)
	mux := http.NewServeMux()
	for _, f := range all {
		path := "/" + f.Name + ".xml"
		if f.Format == corpus.JSON {
			path = "/" + f.Name + ".json"
		}
		self := "http://" + s.listener.Addr().String() + path
		before, err := render(f, self, start, time.Time{})
		if err != nil {
			return err
		}
		after := before
		drips := countDrips(f)
		if drips > 0 {
			if after, err = render(f, self, start, drip.Truncate(time.Second)); err != nil {
				return err
			}
		}
		s.drips += drips
		s.first += len(f.Items) - drips
		s.feeds = append(s.feeds, Feed{Name: f.Name, URL: self, Lang: f.Lang, Source: f.Source})
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if now().Before(drip) {
				before.serve(w, r)
			} else {
				after.serve(w, r)
			}
		})
	}
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    16 << 10,
		// A client that goes away is no news; without this the standard
		// library writes to the process's error output.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	return nil
}

func countDrips(f corpus.Feed) int {
	n := 0
	for _, it := range f.Items {
		if it.Drip {
			n++
		}
	}
	return n
}

// serve answers with the document, or with 304 when the client has it.
func (d document) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", d.mime)
	h.Set("ETag", d.etag)
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", d.modified, bytes.NewReader(d.body))
}

// Feeds lists the feeds in the order of their names.
func (s *Server) Feeds() []Feed { return append([]Feed(nil), s.feeds...) }

// Size returns how many items the feeds carry at first, and how many more drip
// in later.
func (s *Server) Size() (first, drips int) { return s.first, s.drips }

// Run answers requests until ctx ends, then returns nil and has closed the port.
// It may be called once.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the sample feeds: %w", err)
	}
	return nil
}

// Close closes the port at once, whether or not Run was called. It may be called
// more than once.
func (s *Server) Close() error {
	err := s.http.Close()
	if e := s.listener.Close(); !errors.Is(e, net.ErrClosed) {
		err = errors.Join(err, e)
	}
	return err
}
