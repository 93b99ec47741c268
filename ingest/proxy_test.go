package ingest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"marsad/ingest"
)

// A proxy on this machine may be used, and is not a way to addresses that are
// not public.
func TestProxy(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "news.invalid" {
			asked.Add(1)
			fmt.Fprint(w, feedOf(goodItem(1)))
			return
		}
		t.Errorf("the proxy was asked for %s", r.URL)
	}))
	defer proxy.Close()
	cfg := ingest.Config{Proxy: proxy.URL, Feeds: []ingest.Feed{{Name: "news", URL: "http://news.invalid/rss"}}}
	for _, host := range []string{
		"10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]", "[fd00::1]", "127.1", "2130706433", "0x7f000001", "10.0.0.1.", "a.localhost", "①⓪.⓪.⓪.①",
		"127.0.0.1", "localhost", // never through a proxy, and refused at the dial
	} {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: host, URL: "http://" + host + "/rss"})
	}
	results, _ := pollOnce(t, cfg, newMemory(), ingest.NewKnown())
	for name, r := range results {
		switch {
		case name == "news":
			if r.Err != nil || r.New != 1 {
				t.Errorf("%s: %+v", name, r)
			}
		case r.Err == nil || r.Err.Problem != ingest.ProblemBlocked && (r.Err.Problem != ingest.ProblemDNS || strings.Contains(name, ":")):
			t.Errorf("%s: %+v, want it blocked", name, r.Err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the proxy was asked %d times", asked.Load())
	}
}

// The environment names the proxy unless the configuration does, and "none"
// means none.
func TestProxyFromEnvironment(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, feedOf(goodItem(1)))
	}))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "direct.invalid")
	feeds := []ingest.Feed{{Name: "a", URL: "http://a.invalid/rss"}, {Name: "direct", URL: "http://direct.invalid/rss"}}
	results, _ := pollOnce(t, ingest.Config{Feeds: feeds}, newMemory(), ingest.NewKnown())
	if results["a"].Err != nil || results["direct"].Err == nil || asked.Load() != 1 {
		t.Errorf("%+v, %d requests through the proxy", results, asked.Load())
	}
	results, _ = pollOnce(t, ingest.Config{Feeds: feeds[:1], Proxy: "none"}, newMemory(), ingest.NewKnown())
	if results["a"].Err == nil || asked.Load() != 1 {
		t.Errorf("%+v, %d requests through the proxy", results, asked.Load())
	}
}
