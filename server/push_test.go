package server_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marsad/server"
)

// hubs knows one subscription, "known".
type hubs struct {
	body, signature string
	// hold, when not nil, is what Push waits for after it has told begun.
	begun, hold chan struct{}
}

func (*hubs) VerifyPush(token string, params url.Values) (string, bool) {
	return params.Get("hub.challenge"), token == "known" && params.Get("hub.mode") == "subscribe"
}

func (h *hubs) Push(token, signature string, body io.Reader) bool {
	if token != "known" {
		return false
	}
	if h.hold != nil {
		h.begun <- struct{}{}
		<-h.hold
		return true
	}
	b, err := io.ReadAll(body)
	h.body, h.signature = string(b), signature
	return err == nil
}

func pushServer(t *testing.T, h *hubs) *server.Server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(rand.Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	return newServer(t, func(o *server.Options) {
		o.Config.TokenFile, o.PushHost = file, "marsad.example"
		if h != nil {
			o.Push = h
		}
	})
}

func send(t *testing.T, s *server.Server, method, host, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Host = host
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// Hubs need no token and use the public name, for their own addresses only; who
// guesses learns nothing.
func TestPushRoutes(t *testing.T) {
	t.Parallel()
	h := &hubs{}
	s := pushServer(t, h)
	const host, verify = "marsad.example:443", "?hub.mode=subscribe&hub.challenge=%3Cscript%3E"
	for _, tc := range []struct {
		name, method, host, target string
		status                     int
		body                       string
	}{
		{"verified", "GET", host, "/push/known" + verify, 200, "<script>"},
		{"verified by its other name", "GET", "127.0.0.1:8080", "/push/known" + verify, 200, "<script>"},
		{"unknown", "GET", host, "/push/unknown" + verify, 404, "not found\n"},
		{"not asked for", "GET", host, "/push/known?hub.mode=unsubscribe&hub.challenge=x", 404, "not found\n"},
		{"broken query", "GET", host, "/push/known" + verify + "&a=%zz", 404, "not found\n"},
		{"head", "HEAD", host, "/push/known" + verify, 404, "not found\n"},
		{"push", "POST", host, "/push/known", 202, ""},
		{"push to nobody", "POST", host, "/push/unknown", 410, "gone\n"},
		{"another method", "PUT", host, "/push/known", 405, ""},
		{"another path", "GET", host, "/status", 421, ""},
		{"the pages", "GET", host, "/", 421, ""},
		{"below", "GET", host, "/push/known/x", 421, ""},
		{"without a token", "GET", host, "/push/", 421, ""},
		{"out of it", "GET", host, "/push/..%2fstatus", 421, ""},
		{"another name", "GET", "evil.example", "/push/known" + verify, 421, ""},
		{"the pages by the usual name", "GET", "127.0.0.1:8080", "/status", 401, ""},
		{"below by the usual name", "GET", "127.0.0.1:8080", "/push/known/x", 401, ""},
	} {
		w := send(t, s, tc.method, tc.host, tc.target, "the body", "X-Hub-Signature", "sha256=00")
		if w.Code != tc.status || tc.body != "" && w.Body.String() != tc.body {
			t.Errorf("%s: %d %q, want %d %q", tc.name, w.Code, w.Body, tc.status, tc.body)
		}
		if tc.status == 200 && (!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: a challenge could be read as a page: %v", tc.name, w.Header())
		}
	}
	if h.body != "the body" || h.signature != "sha256=00" {
		t.Errorf("got %q signed %q", h.body, h.signature)
	}
	wantStatus(t, send(t, s, http.MethodPost, host, "/push/known", strings.Repeat("x", 2<<20), "X-Hub-Signature", "a", "X-Hub-Signature", "b"), http.StatusAccepted)
	if len(h.body) != 2<<20 || h.signature != "" {
		t.Errorf("%d bytes signed %q", len(h.body), h.signature)
	}
}

// Where nobody subscribes the addresses do not exist, and are not open.
func TestNoPush(t *testing.T) {
	t.Parallel()
	s := pushServer(t, nil)
	wantStatus(t, send(t, s, http.MethodPost, "marsad.example", "/push/known", ""), http.StatusMisdirectedRequest)
	wantStatus(t, send(t, s, http.MethodPost, "127.0.0.1", "/push/known", ""), http.StatusUnauthorized)
	open := newServer(t, nil)
	wantStatus(t, send(t, open, http.MethodPost, "127.0.0.1", "/push/known", ""), http.StatusNotFound)
	wantStatus(t, send(t, open, http.MethodGet, "127.0.0.1", "/push/known", ""), http.StatusNotFound)
}

// Pushes that are being read are bounded; hubs come again.
func TestPushBusy(t *testing.T) {
	t.Parallel()
	h := &hubs{begun: make(chan struct{}), hold: make(chan struct{})}
	s := pushServer(t, h)
	const reading = 8
	done := make(chan int, reading)
	for range reading {
		go func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/push/known", nil)
			r.Host = "marsad.example"
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			done <- w.Code
		}()
	}
	for range reading {
		<-h.begun
	}
	w := send(t, s, http.MethodPost, "marsad.example", "/push/known", "")
	if wantStatus(t, w, http.StatusServiceUnavailable); w.Header().Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	close(h.hold)
	for range reading {
		if code := <-done; code != http.StatusAccepted {
			t.Errorf("status %d", code)
		}
	}
}
