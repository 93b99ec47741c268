package server

import (
	"context"
	"net/http"
	"time"
)

// RetagState is what tagging the archive again is doing, in a word.
type RetagState string

// The states of tagging the archive again. One that was stopped, or ended with
// the daemon, goes on where it stopped when it is started again.
const (
	RetagNone    RetagState = "none" // never since the daemon started
	RetagRunning RetagState = "running"
	RetagStopped RetagState = "stopped"
	RetagDone    RetagState = "done"
	RetagFailed  RetagState = "failed"
)

// Retag is how far tagging the archive again has come: the reply to
// /api/v1/retag. Times are UTC.
type Retag struct {
	State RetagState `json:"state"`
	// Pack is the hash of the rule pack that the archive gets.
	Pack    string    `json:"pack,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// Total counts the articles of the archive, 0 while they are being counted;
	// Done those that have the pack's tags, Tagged those of them that this run
	// had to do.
	Total  uint64 `json:"total"`
	Done   uint64 `json:"done"`
	Tagged uint64 `json:"tagged"`
	// Changed counts the articles whose tags are others now, Gained and Lost
	// the tags.
	Changed uint64 `json:"changed"`
	Gained  uint64 `json:"gained"`
	Lost    uint64 `json:"lost"`
	// Searchable says that all that was tagged so far is in the index.
	Searchable bool `json:"searchable"`
	// Waiting says why a run does not get on just now: a full disk.
	Waiting string `json:"waiting,omitempty"`
	Error   string `json:"error,omitempty"`
}

// A Retagger tags the archive again with the rule pack now in force. Its
// methods are safe for concurrent use and do not wait for the end.
type Retagger interface {
	StartRetag(ctx context.Context) (Retag, error)
	StopRetag(ctx context.Context) (Retag, error)
	RetagStatus(ctx context.Context) (Retag, error)
}

func (s *Server) apiRetag(w http.ResponseWriter, r *http.Request) error {
	return s.retag(w, r, Retagger.RetagStatus)
}

func (s *Server) apiStartRetag(w http.ResponseWriter, r *http.Request) error {
	return s.retag(w, r, Retagger.StartRetag)
}

func (s *Server) apiStopRetag(w http.ResponseWriter, r *http.Request) error {
	return s.retag(w, r, Retagger.StopRetag)
}

func (s *Server) retag(w http.ResponseWriter, r *http.Request, do func(Retagger, context.Context) (Retag, error)) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	if s.o.Retag == nil {
		return notFound("this daemon does not tag").hint("ask the one with the role tag")
	}
	state, err := do(s.o.Retag, r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, state)
	return nil
}
