package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"marsad/alert"
	"marsad/item"
)

const maxAlerts = 1000

// Alerts is the reply to /api/v1/alerts, newest first.
type Alerts struct {
	Alerts []alert.Alert `json:"alerts"`
	Sample bool          `json:"sample,omitempty"`
}

// Feeds is the reply to /api/v1/feeds.
type Feeds struct {
	Feeds  []Feed `json:"feeds"`
	Sample bool   `json:"sample,omitempty"`
}

func (s *Server) apiItem(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	t, err := s.article(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, NewArticle(t))
	return nil
}

// article gets an article by the id of a path.
func (s *Server) article(ctx context.Context, path string) (item.Tagged, error) {
	id := item.ID(path)
	if !id.Valid() {
		return item.Tagged{}, notFound("%q is not the id of an article", line(path, 64)).hint("an id has 32 digits, 0-9 and a-f")
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Config.SearchTimeout)
	defer cancel()
	t, ok, err := s.o.Search.Get(ctx, id)
	if err != nil {
		return item.Tagged{}, err
	}
	if !ok {
		return item.Tagged{}, notFound("there is no article %s", id).hint("it may not be indexed yet: see /status")
	}
	return t, nil
}

func (s *Server) apiAlerts(w http.ResponseWriter, r *http.Request) error {
	list, err := s.alerts(r)
	if err != nil {
		return err
	}
	writeJSON(w, Alerts{Alerts: list, Sample: s.o.Sample})
	return nil
}

func (s *Server) apiAlertLines(w http.ResponseWriter, r *http.Request) error {
	list, err := s.alerts(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, a := range list {
		if err := enc.Encode(a); err != nil {
			return nil //nolint:nilerr // the client has gone
		}
	}
	return nil
}

// DeadLetters is the reply to /api/v1/alerts/dead, newest first.
type DeadLetters struct {
	Dead   []alert.DeadLetter `json:"dead"`
	Sample bool               `json:"sample,omitempty"`
}

func (s *Server) apiDead(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	dead, err := s.dead(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, DeadLetters{Dead: append([]alert.DeadLetter{}, dead...), Sample: s.o.Sample})
	return nil
}

// apiRetry sends a dead letter once more.
func (s *Server) apiRetry(w http.ResponseWriter, r *http.Request) error {
	if s.o.Retry == nil {
		return notFound("this daemon delivers no alerts")
	}
	if err := s.o.Retry(r.Context(), r.PathValue("id")); err != nil {
		return &Problem{
			Type: typeRetry, Title: "Not delivered", Status: http.StatusBadGateway,
			Detail: err.Error(), Hint: "mend the receiver and try again; the letter is kept",
		}
	}
	return text(w, http.StatusOK, "delivered")
}

// dead returns the deliveries that were given up, newest first.
func (s *Server) dead(ctx context.Context) ([]alert.DeadLetter, error) {
	if s.o.Dead == nil {
		return nil, nil
	}
	return s.o.Dead(ctx)
}

// alerts returns the latest alerts, as many as the request's limit asks for.
func (s *Server) alerts(r *http.Request) ([]alert.Alert, error) {
	values, err := parameters(r, "limit")
	if err != nil {
		return nil, err
	}
	limit := 100
	if l := values.Get("limit"); l != "" {
		n, err := strconv.Atoi(l)
		if err != nil || n < 1 || n > maxAlerts {
			return nil, badRequest("limit is %q", line(l, 20)).hint("write 1 to " + strconv.Itoa(maxAlerts))
		}
		limit = n
	}
	list := []alert.Alert{}
	if s.o.Alerts == nil {
		return list, nil
	}
	got, err := s.o.Alerts(r.Context(), limit)
	return append(list, got...), err
}

func (s *Server) apiFeeds(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	st, err := s.health(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, Feeds{Feeds: append([]Feed{}, st.Feeds...), Sample: s.o.Sample})
	return nil
}

func (s *Server) apiStatus(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	st, err := s.health(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, st)
	return nil
}

// health returns the status with what the server itself knows. Its lists are
// never nil.
func (s *Server) health(ctx context.Context) (Status, error) {
	st, err := s.status.status(ctx)
	if err != nil {
		return Status{}, err
	}
	st.Version, st.Sample = s.o.Version, s.o.Sample
	st.Reason = s.notReady()
	st.Ready = st.Reason == ""
	st.Streams = append([]Stream{}, st.Streams...)
	st.Stages = append([]Stage{}, st.Stages...)
	st.Feeds = append([]Feed{}, st.Feeds...)
	return st, nil
}
