package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// importPath takes OPML documents, of maxImport bytes at most.
	importPath = "/api/v1/feeds.opml"
	maxImport  = 10 << 20
)

// A NewFeed is what POST /api/v1/feeds takes.
type NewFeed struct {
	// URL is the feed's address, or that of a page that names its feed.
	URL string `json:"url"`
	// Name is the feed's identity; one is made of its title when empty.
	Name string `json:"name,omitempty"`
	// Lang is a language code, a hint for short texts; Source the publisher as
	// readers know it.
	Lang   string `json:"lang,omitempty"`
	Source string `json:"source,omitempty"`
	// Every is the time between two polls, as "15m"; empty is the feed's own
	// rhythm.
	Every string `json:"every,omitempty"`
}

// A FoundFeed is an address that was looked at: what feed it is or leads to.
type FoundFeed struct {
	// Name is what it is polled as, "" when it is not.
	Name string `json:"name,omitempty"`
	// URL is the feed's own address.
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
	Lang  string `json:"lang,omitempty"`
	// Items is the number of articles in it, Latest the date of the newest.
	Items  int       `json:"items"`
	Latest time.Time `json:"latest,omitzero"`
	// Others are further feeds that the page names.
	Others []string `json:"others,omitempty"`
	// Note says what had to be mended in the document.
	Note string `json:"note,omitempty"`
}

// A FeedImport tells what became of an OPML document.
type FeedImport struct {
	// Added counts the feeds that are new, Known those that were polled already.
	Added int `json:"added"`
	Known int `json:"known"`
	// Problems are the outlines that could not be taken.
	Problems []FeedProblem `json:"problems,omitempty"`
}

// A FeedProblem is a line of an OPML document that could not be taken.
type FeedProblem struct {
	Line int    `json:"line"`
	What string `json:"what"`
}

// A FeedEditor changes the list of feeds while the daemon runs. What it adds is
// kept beside the feeds of the configuration, which it can pause and not remove.
// What the asker can mend is a *Problem. It is safe for concurrent use.
type FeedEditor interface {
	// AddFeed looks at an address and polls the feed it finds.
	AddFeed(ctx context.Context, f NewFeed) (FoundFeed, error)
	// CheckFeed looks at an address and changes nothing.
	CheckFeed(ctx context.Context, url string) (FoundFeed, error)
	RemoveFeed(ctx context.Context, name string) error
	// PauseFeed ends or resumes the polling of a feed; resuming begins anew with
	// one that is gone.
	PauseFeed(ctx context.Context, name string, paused bool) error
	// ImportFeeds adds the feeds of an OPML document.
	ImportFeeds(ctx context.Context, opml io.Reader) (FeedImport, error)
	// ExportFeeds writes all feeds as OPML.
	ExportFeeds(ctx context.Context, w io.Writer) error
}

// NoFeed is the problem that there is no feed of a name.
func NoFeed(name string) *Problem {
	return notFound("there is no feed %q", line(name, 100)).hint("'marsad feeds list' shows their names")
}

// FeedRefused is the problem that a list of feeds cannot be changed as asked.
func FeedRefused(detail, hint string) *Problem {
	return &Problem{Type: typeFeed, Title: "Not done", Status: http.StatusUnprocessableEntity, Detail: detail, Hint: hint}
}

// feedEditor returns the editor, or the problem that there is none.
func (s *Server) feedEditor(r *http.Request, known ...string) (FeedEditor, error) {
	if _, err := parameters(r, known...); err != nil {
		return nil, err
	}
	if s.o.Editor == nil {
		return nil, notFound("this daemon polls no feeds").hint("ask the one with the role poll")
	}
	return s.o.Editor, nil
}

func (s *Server) apiAddFeed(w http.ResponseWriter, r *http.Request) error {
	editor, err := s.feedEditor(r)
	if err != nil {
		return err
	}
	var f NewFeed
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return badRequest("the body is no feed: %s", line(err.Error(), 100)).hint(`send {"url":"https://example.org/rss.xml"}`)
	}
	found, err := editor.AddFeed(r.Context(), f)
	s.status.forget()
	if err != nil {
		return err
	}
	writeJSON(w, found)
	return nil
}

func (s *Server) apiCheckFeed(w http.ResponseWriter, r *http.Request) error {
	editor, err := s.feedEditor(r, "url")
	if err != nil {
		return err
	}
	found, err := editor.CheckFeed(r.Context(), r.URL.Query().Get("url"))
	if err != nil {
		return err
	}
	writeJSON(w, found)
	return nil
}

func (s *Server) apiRemoveFeed(w http.ResponseWriter, r *http.Request) error {
	return s.changeFeed(w, r, "removed", FeedEditor.RemoveFeed)
}

func (s *Server) apiPauseFeed(w http.ResponseWriter, r *http.Request) error {
	return s.changeFeed(w, r, "paused", func(e FeedEditor, ctx context.Context, name string) error {
		return e.PauseFeed(ctx, name, true)
	})
}

func (s *Server) apiResumeFeed(w http.ResponseWriter, r *http.Request) error {
	return s.changeFeed(w, r, "resumed", func(e FeedEditor, ctx context.Context, name string) error {
		return e.PauseFeed(ctx, name, false)
	})
}

func (s *Server) changeFeed(w http.ResponseWriter, r *http.Request, done string, change func(FeedEditor, context.Context, string) error) error {
	editor, err := s.feedEditor(r)
	if err != nil {
		return err
	}
	if err := change(editor, r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	s.status.forget()
	return text(w, http.StatusOK, done)
}

func (s *Server) apiImportFeeds(w http.ResponseWriter, r *http.Request) error {
	editor, err := s.feedEditor(r)
	if err != nil {
		return err
	}
	done, err := editor.ImportFeeds(r.Context(), r.Body)
	s.status.forget()
	if err != nil {
		if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return badRequest("the document is larger than %d bytes", e.Limit).hint("split it")
		}
		return err
	}
	writeJSON(w, done)
	return nil
}

func (s *Server) apiExportFeeds(w http.ResponseWriter, r *http.Request) error {
	editor, err := s.feedEditor(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := editor.ExportFeeds(r.Context(), &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/x-opml; charset=utf-8")
	_, _ = b.WriteTo(w) // an error means that the client has gone
	return nil
}
