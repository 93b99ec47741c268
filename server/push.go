package server

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

const (
	// pushPath is what the addresses begin with that hubs are given.
	pushPath = "/push/"
	// maxPush bounds what a hub sends; whoever takes it has a lower bound of his
	// own. maxPushes is how many are read at once.
	maxPush   = 64 << 20
	maxPushes = 8
)

// A PushReceiver takes what the hubs of feeds send (WebSub). token is the part of
// the address that names the subscription and that nobody can guess. It is safe
// for concurrent use.
type PushReceiver interface {
	// VerifyPush answers a hub that asks whether a subscription is wanted: echo
	// is to be sent back. ok is false for what was not asked for.
	VerifyPush(token string, params url.Values) (echo string, ok bool)
	// Push takes a delivery: the value of X-Hub-Signature and the body. known is
	// false when there is no such subscription.
	Push(token, signature string, body io.Reader) (known bool)
}

// toHubs reports whether a request is for an address that a hub may have been
// given. Such are open to everybody, and tell nothing to those who guess.
func (s *Server) toHubs(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.URL.Path, pushPath)
	return ok && s.o.Push != nil && token != "" && !strings.Contains(token, "/")
}

func (s *Server) verifyPush(w http.ResponseWriter, r *http.Request) error {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || s.o.Push == nil || r.Method != http.MethodGet { // HEAD asks for nothing
		return text(w, http.StatusNotFound, "not found")
	}
	echo, ok := s.o.Push.VerifyPush(r.PathValue("token"), params)
	if !ok {
		return text(w, http.StatusNotFound, "not found")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, echo) // an error means that the client has gone
	return nil
}

// takePush thanks for everything that is sent to a subscription, also for what
// is not used: another answer would tell a stranger what is wrong with it. To a
// hub that does not know yet that a subscription has ended, 410 says so.
func (s *Server) takePush(w http.ResponseWriter, r *http.Request) error {
	if s.o.Push == nil {
		return text(w, http.StatusNotFound, "not found")
	}
	select {
	case s.pushes <- struct{}{}:
		defer func() { <-s.pushes }()
	default:
		s.metrics.refused.WithLabelValues("busy").Inc()
		w.Header().Set("Retry-After", "60")
		return text(w, http.StatusServiceUnavailable, "busy")
	}
	signature := ""
	if values := r.Header.Values("X-Hub-Signature"); len(values) == 1 { // of two, which?
		signature = values[0]
	}
	if !s.o.Push.Push(r.PathValue("token"), signature, r.Body) {
		return text(w, http.StatusGone, "gone")
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
