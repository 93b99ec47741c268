package ingest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/ingest"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	ok := ingest.Feed{Name: "a", URL: "https://a.example/rss"}
	with := func(change func(*ingest.Feed)) ingest.Config {
		f := ok
		change(&f)
		return ingest.Config{Feeds: []ingest.Feed{f}}
	}
	for _, tc := range []struct {
		name string
		cfg  ingest.Config
		want []string
	}{
		{"defaults", ingest.DefaultConfig(), nil},
		{"zero", ingest.Config{Feeds: []ingest.Feed{ok}}, nil},
		{"short interval", ingest.Config{Interval: time.Minute}, []string{"interval"}},
		{"everything", ingest.Config{Interval: 48 * time.Hour, Timeout: time.Hour, Concurrency: -1, MaxBody: 5, MaxItems: -5, UserAgent: "a\nb", Contact: "ü"}, []string{"interval", "timeout", "concurrency", "max_body", "max_items", "user_agent", "contact"}},
		{"bounds", ingest.Config{MinInterval: time.Minute, MaxInterval: 48 * time.Hour}, []string{"min_interval", "max_interval"}},
		{"swapped bounds", ingest.Config{MinInterval: 2 * time.Hour}, []string{"min_interval"}},
		{"long interval", ingest.Config{Interval: 3 * time.Hour}, nil},
		{"host", ingest.Config{HostGap: time.Hour, HostConnections: 50}, []string{"host_gap", "host_connections"}},
		{"proxy", ingest.Config{Proxy: "http://proxy.example:3128"}, nil},
		{"no proxy", ingest.Config{Proxy: "none"}, nil},
		{"half a proxy", ingest.Config{Proxy: "proxy:3128"}, []string{"proxy"}},
		{"proxy with a password", ingest.Config{Proxy: "http://u:p@proxy.example"}, []string{"proxy"}},
		{"proxy of another kind", ingest.Config{Proxy: "ftp://proxy.example"}, []string{"proxy"}},
		{"headers", with(func(f *ingest.Feed) { f.Headers = map[string]string{"Accept-Language": "ar"} }), nil},
		{"secret header", with(func(f *ingest.Feed) { f.Headers = map[string]string{"cookie": "u:p@"} }), []string{"feeds[0].headers"}},
		{"our header", with(func(f *ingest.Feed) { f.Headers = map[string]string{"user-agent": "u:p@"} }), []string{"feeds[0].headers"}},
		{"broken header", with(func(f *ingest.Feed) { f.Headers = map[string]string{"a b": "u:p@"} }), []string{"feeds[0].headers"}},
		{"no such files", with(func(f *ingest.Feed) { f.LoginFile, f.CookiesFile, f.HeadersFile = "/none", "/none", "/none" }), []string{"feeds[0].headers_file", "feeds[0].login_file", "feeds[0].cookies_file"}},
		{"no name", with(func(f *ingest.Feed) { f.Name = " " }), []string{"feeds[0].name"}},
		{"no address", with(func(f *ingest.Feed) { f.URL = "" }), []string{"feeds[0].url"}},
		{"half an address", with(func(f *ingest.Feed) { f.URL = "a.example/rss" }), []string{"feeds[0].url"}},
		{"other scheme", with(func(f *ingest.Feed) { f.URL = "ftp://a.example/rss" }), []string{"feeds[0].url"}},
		{"password", with(func(f *ingest.Feed) { f.URL = "https://u:p@a.example/rss" }), []string{"feeds[0].url"}},
		{"language", with(func(f *ingest.Feed) { f.Lang = "Arabic!" }), []string{"feeds[0].lang"}},
		{"feed interval", with(func(f *ingest.Feed) { f.Interval = time.Minute }), []string{"feeds[0].interval"}},
		{"own server", with(func(f *ingest.Feed) { f.Interval = time.Second; f.AllowPrivate = []string{"127.0.0.1/32"} }), nil},
		{"networks", with(func(f *ingest.Feed) { f.AllowPrivate = []string{"10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "10.0.0.1/8"} }), []string{"feeds[0].allow_private[1]", "feeds[0].allow_private[2]", "feeds[0].allow_private[3]"}},
		{"doubled", ingest.Config{Feeds: []ingest.Feed{ok, ok}}, []string{"feeds[1].name", "feeds[1].url"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range tc.cfg.Validate() {
				got = append(got, e.Path)
				if e.What == "" || e.Hint == "" || strings.Contains(e.Error(), "u:p@") {
					t.Errorf("mistake %q: what, or what to do, is missing or tells too much", e.Error())
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("paths differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewRefusesMistakes(t *testing.T) {
	t.Parallel()
	if _, err := ingest.New(t.Context(), ingest.Config{}, ingest.Options{}); err == nil {
		t.Error("New without a publisher succeeds")
	}
	m := newMemory()
	o := ingest.Options{Publisher: m, States: m, Known: ingest.NewKnown(), Log: quiet()}
	if _, err := ingest.New(t.Context(), ingest.Config{Timeout: -1}, o); err == nil {
		t.Error("New with a mistake in its configuration succeeds")
	}
	m.states["a"] = []byte("{torn")
	if _, err := ingest.New(t.Context(), ingest.Config{Feeds: []ingest.Feed{{Name: "a", URL: "https://a.example/"}}}, o); err == nil {
		t.Error("New with a state that cannot be read succeeds")
	}
}
