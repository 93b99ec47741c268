package ingest_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"marsad/ingest"
)

func secret(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// A feed's headers, login and cookies go to its own host, by the line they were
// meant for, and nowhere else: no redirect, no log, no state, no status.
func TestSecrets(t *testing.T) {
	t.Parallel()
	login, cookies := secret(t, "reader:TOPSECRET1\n", 0o600), secret(t, "session=TOPSECRET2; b=1", 0o600)
	headers := secret(t, "X-Api-Key: TOPSECRET3\n\nX-Other: TOPSECRET4\n", 0o600)
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]http.Header{}
		w := transport(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			seen[r.URL.Scheme+"://"+r.URL.Host+r.URL.Path] = r.Header.Clone()
			var resp *http.Response
			switch r.URL.Path {
			case "/away":
				resp = answer(301, "", "Location", "https://elsewhere.example/rss")
			case "/down":
				resp = answer(301, "", "Location", "http://news.example/rss")
			case "/within":
				resp = answer(301, "", "Location", "/rss")
			case "/refused":
				resp = answer(401, "")
			default:
				resp = answer(200, feedOf(goodItem(1)))
			}
			resp.Request = r
			return resp, nil
		})
		cfg := ingest.Config{}
		for _, path := range []string{"within", "away", "down", "refused"} {
			cfg.Feeds = append(cfg.Feeds, ingest.Feed{
				Name: path, URL: "https://news.example/" + path,
				Headers: map[string]string{"Accept-Language": "ar"}, LoginFile: login, CookiesFile: cookies, HeadersFile: headers,
			})
		}
		var log bytes.Buffer
		m := newMemory()
		ctx, cancel := context.WithTimeout(t.Context(), 3*24*time.Hour)
		defer cancel()
		p, err := ingest.New(ctx, cfg, ingest.Options{
			Publisher: m, States: m, Known: ingest.NewKnown(), Transport: w,
			Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		told := map[string]bool{
			"https://news.example/within": true, "https://news.example/away": true, "https://news.example/down": true, "https://news.example/refused": true,
			"https://news.example/rss": true, "https://elsewhere.example/rss": false, "http://news.example/rss": false,
		}
		if len(seen) != len(told) {
			t.Errorf("asked %d addresses, want %d", len(seen), len(told))
		}
		for address, h := range seen {
			want := http.Header{}
			if told[address] {
				want.Set("Authorization", "Basic cmVhZGVyOlRPUFNFQ1JFVDE=")
				want.Set("Cookie", "session=TOPSECRET2; b=1")
				want.Set("X-Api-Key", "TOPSECRET3")
				want.Set("X-Other", "TOPSECRET4")
				want.Set("Accept-Language", "ar")
			}
			for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "X-Other", "Accept-Language"} {
				if got := h.Get(name); got != want.Get(name) {
					t.Errorf("%s was sent %s: %q, want %q", address, name, got, want.Get(name))
				}
			}
		}
		for _, st := range p.Status() {
			if wants := map[string]string{"within": "https://news.example/rss"}; st.Address != wants[st.Name] && st.Name != "down" {
				t.Errorf("%s is polled at %q", st.Name, st.Address)
			}
			log.WriteString(st.Error + st.Note + st.Address)
		}
		for _, b := range m.states {
			log.Write(b)
		}
		if s := log.String(); strings.Contains(s, "TOPSECRET") || strings.Contains(s, "cmVhZGVy") {
			t.Errorf("a secret is told: %s", s)
		}
	})
}

// Files that others can read, and those that hold something else, are mistakes
// that show nothing of the content.
func TestSecretFileMistakes(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]ingest.Feed{
		"feeds[0].login_file":   {LoginFile: secret(t, "TOPSECRET", 0o600)},
		"feeds[1].login_file":   {LoginFile: secret(t, "u:TOPSECRET", 0o644)},
		"feeds[2].cookies_file": {CookiesFile: secret(t, "TOPSECRET;=;", 0o600)},
		"feeds[3].headers_file": {HeadersFile: secret(t, "TOP SECRET: x", 0o600)},
		"feeds[4].headers_file": {HeadersFile: secret(t, "Host: TOPSECRET", 0o600)},
		"feeds[5].login_file":   {LoginFile: secret(t, " \n", 0o600)},
	} {
		f.Name, f.URL = "a", "https://a.example/rss"
		errs := ingest.Config{Feeds: []ingest.Feed{f}}.Validate()
		want := "feeds[0]" + name[strings.IndexByte(name, '.'):]
		if len(errs) != 1 || errs[0].Path != want || strings.Contains(errs[0].Error(), "SECRET") || errs[0].Hint == "" {
			t.Errorf("%s: %v", name, errs)
		}
	}
}
