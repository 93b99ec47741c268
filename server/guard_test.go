package server_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"marsad/index"
	"marsad/item"
	"marsad/server"
)

// routes lists every address, so that no guard is left off one.
func routes() []string {
	return []string{
		"GET /", "GET /items/x", "GET /alerts", "GET /status", "GET /static/x", "GET /api/v1/search", "GET /api/v1/search.jsonl",
		"GET /api/v1/items/x", "GET /api/v1/alerts", "GET /api/v1/alerts.jsonl", "GET /api/v1/alerts/dead", "GET /api/v1/feeds", "GET /api/v1/status",
		"GET /-/healthy", "GET /-/ready", "POST /-/reload", "GET /metrics", "GET /nosuch",
	}
}

func TestHostList(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *server.Options) { o.Config.AllowedHosts = []string{"Marsad.example.org", "[2001:db8::1]"} })
	for _, r := range routes() {
		method, path, _ := strings.Cut(r, " ")
		for _, host := range []string{"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "localhost.evil.example", "10.0.0.1", "marsad.example.org.evil.example"} {
			if w := ask(t, s, method, path, "Host", host); w.Code != http.StatusMisdirectedRequest {
				t.Errorf("%s with host %q: status %d, want 421", r, host, w.Code)
			}
		}
		for _, host := range []string{"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "marsad.example.org", "MARSAD.example.org:443", "[2001:db8::1]:80"} {
			if w := ask(t, s, method, path, "Host", host); w.Code == http.StatusMisdirectedRequest {
				t.Errorf("%s with host %q: status 421", r, host)
			}
		}
	}
}

func TestOtherOriginsCannotPost(t *testing.T) {
	t.Parallel()
	reloads := 0
	s := newServer(t, func(o *server.Options) {
		o.Reload = func(context.Context) error { reloads++; return nil }
	})
	for _, h := range [][]string{
		{"Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "null"},
	} {
		wantStatus(t, ask(t, s, http.MethodPost, "/-/reload", h...), http.StatusForbidden)
	}
	if reloads != 0 {
		t.Fatalf("%d requests of other origins came through", reloads)
	}
	wantStatus(t, ask(t, s, http.MethodPost, "/-/reload"), http.StatusOK)
	wantStatus(t, ask(t, s, http.MethodPost, "/-/reload", "Sec-Fetch-Site", "same-origin"), http.StatusOK)
	if reloads != 2 {
		t.Fatalf("%d reloads, want 2", reloads)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
		"Access-Control-Allow-Origin":  "",
	}
	for _, r := range append(routes(), "GET /?q=%28") {
		method, path, _ := strings.Cut(r, " ")
		for _, host := range []string{"localhost", "evil.example"} {
			w := ask(t, s, method, path, "Host", host, "Accept", "text/html")
			for name, v := range want {
				if got := w.Header().Get(name); got != v {
					t.Errorf("%s at %s: %s is %q, want %q", r, host, name, got, v)
				}
			}
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, func(o *server.Options) {
		o.Config.TokenFile = file
		o.Reload = func(context.Context) error { return nil }
	})
	for _, r := range routes() {
		method, path, _ := strings.Cut(r, " ")
		open := path == "/-/healthy" || path == "/-/ready"
		for _, auth := range []string{"", "Bearer", "Bearer " + secret[1:], "Bearer " + secret + "x", "Basic " + secret, "Token " + secret, secret} {
			w := ask(t, s, method, path, "Authorization", auth)
			if (w.Code == http.StatusUnauthorized) == open {
				t.Errorf("%s with %q: status %d", r, auth, w.Code)
			}
			if w.Code == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: a 401 without WWW-Authenticate", r)
			}
		}
		if w := ask(t, s, method, path, "Authorization", "Bearer "+secret); w.Code == http.StatusUnauthorized {
			t.Errorf("%s: the token is refused", r)
		}
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
	req.SetBasicAuth("anybody", secret)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	wantStatus(t, w, http.StatusOK)
}

func TestTokenFileMustBeSecret(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"readable by others": {"0123456789abcdef", 0o644, "chmod 600"},
		"readable by group":  {"0123456789abcdef", 0o640, "chmod 600"},
		"short":              {"0123456789abcde\n", 0o600, "holds 15 bytes"},
		"empty":              {"\n", 0o600, "holds 0 bytes"},
		"huge":               {strings.Repeat("x", 5000), 0o600, "too long for a secret"},
	} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, tc.mode); err != nil { // the umask must not help
			t.Fatal(err)
		}
		c := server.DefaultConfig()
		c.Listen, c.TokenFile = "127.0.0.1:0", file
		_, err := server.New(t.Context(), server.Options{Config: c, Search: fakeIndex{}, Log: quiet()})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
}

// panicky is a search that panics, inside the engine's goroutine or not.
type panicky struct{}

func (panicky) Search(context.Context, index.Request) (index.Result, error) { panic("bug in search") }

func (panicky) Get(context.Context, item.ID) (item.Tagged, bool, error) { panic("bug in get") }

func TestPanicsAreAnswered(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	s := newServer(t, func(o *server.Options) { o.Search, o.Registerer = panicky{}, reg })
	id := "/items/" + strings.Repeat("0", 32)
	for _, p := range []string{"/api/v1/search", "/api/v1" + id, "/", id} {
		w := ask(t, s, http.MethodGet, p)
		wantStatus(t, w, http.StatusInternalServerError)
		if strings.Contains(w.Body.String(), "bug in") || strings.Contains(w.Body.String(), "goroutine") {
			t.Errorf("%s tells the client of its inside:\n%s", p, w.Body)
		}
	}
	wantStatus(t, ask(t, s, http.MethodGet, "/-/healthy"), http.StatusOK)
	err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP marsad_server_panics_total Handlers that panicked; each is a bug.
# TYPE marsad_server_panics_total counter
marsad_server_panics_total 2
`), "marsad_server_panics_total")
	if err != nil {
		t.Error(err)
	}
}

func TestErrorsOfEnginesStayInside(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *server.Options) {
		o.Status = func(context.Context) (server.Status, error) {
			return server.Status{}, errors.New("open /secret/path: EIO")
		}
	})
	w := ask(t, s, http.MethodGet, "/api/v1/status")
	wantStatus(t, w, http.StatusInternalServerError)
	if strings.Contains(w.Body.String(), "secret") {
		t.Errorf("the reply tells of paths:\n%s", w.Body)
	}
	// A page goes on without its figures.
	wantStatus(t, ask(t, s, http.MethodGet, "/", browser()...), http.StatusOK)
}

// TestBounds sends too much over a real connection.
func TestBounds(t *testing.T) {
	t.Parallel()
	s := start(t)
	get := func(method, path string, body io.Reader, header http.Header) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if got := get(http.MethodGet, "/", nil, http.Header{"X-Long": {strings.Repeat("x", 24<<10)}}); got != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("header of 24 KB: status %d, want 431", got)
	}
	if got := get(http.MethodGet, "/?q="+strings.Repeat("x", 1025), nil, nil); got != http.StatusBadRequest {
		t.Errorf("query of 1,025 bytes: status %d, want 400", got)
	}
	if got := get(http.MethodGet, "/api/v1/search?cursor="+strings.Repeat("x", 1025), nil, nil); got != http.StatusBadRequest {
		t.Errorf("cursor of 1,025 bytes: status %d, want 400", got)
	}
}

// TestBadRequestLine speaks to the port without a client that knows HTTP.
func TestBadRequestLine(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, line := range []string{"GET / HTTP/1.1\r\n\r\n", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01\x00\r\n\r\n"} {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, line)
		reply := make([]byte, 12)
		n, err := io.ReadFull(c, reply)
		c.Close()
		if got := string(reply[:n]); got != "HTTP/1.1 400" && got != "HTTP/1.1 421" {
			t.Errorf("%q is answered %q (%v)", line, got, err)
		}
	}
}
