package ingest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"marsad/ingest"
)

func feedOf(items string) string {
	return `<rss version="2.0"><channel><title>Wire</title>` + items + `</channel></rss>`
}

func goodItem(i int) string {
	return fmt.Sprintf(`<item><title>Title %d</title><link>https://news.example/2026/article-number-%d</link><description>d</description></item>`, i, i)
}

// Documents that are small to send and ruinous to parse are refused at once.
// Not parallel: it looks at the memory.
func TestHostileDocuments(t *testing.T) {
	for _, tc := range hostileDocuments() {
		t.Run(tc.name, func(t *testing.T) {
			n := ingest.NewNormaliser(ingest.Config{})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			got := read(t, n, []byte(tc.doc), ingest.Feed{Name: "f", URL: "https://news.example/rss"})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if tc.want != "" && got.Problem != tc.want {
				t.Errorf("problem %q (%s), want %q", got.Problem, got.Error, tc.want)
			}
			if took > 10*time.Second { // 2 s on an idle machine; tests share theirs
				t.Errorf("took %s", took)
			}
			// What lives at a time is TestHostileMemory's matter. Documents of 9 MB
			// are near the limit of a poll and may take 64 times their size.
			limit := uint64(max(512<<20, 64*len(tc.doc)))
			if alloc := after.TotalAlloc - before.TotalAlloc; alloc > limit {
				t.Errorf("allocated %d MB", alloc>>20)
			}
		})
	}
}

// hostileServer answers as its path says.
func hostileServer(t *testing.T, bomb []byte) *httptest.Server {
	t.Helper()
	stop := make(chan struct{})
	forever := func(w http.ResponseWriter, r *http.Request, chunk []byte, pause time.Duration) {
		flusher := http.NewResponseController(w)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
			if pause > 0 {
				if flusher.Flush() != nil {
					return
				}
				select {
				case <-time.After(pause):
				case <-r.Context().Done():
					return
				case <-stop:
					return
				}
			}
		}
	}
	mux := http.NewServeMux()
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
	}
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	mux.HandleFunc("/good", text(feedOf(goodItem(1)+goodItem(2))))
	mux.HandleFunc("/html", text("<!doctype html><html><body>no</body></html>"))
	mux.HandleFunc("/empty", text(""))
	mux.HandleFunc("/truncated", text(strings.TrimSuffix(feedOf(goodItem(3)+goodItem(4)), "</item></channel></rss>")))
	mux.HandleFunc("/huge", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<rss><channel>")
		for range 200 {
			fmt.Fprint(w, strings.Repeat("<item><title>x</title></item>", 4000))
			if r.Context().Err() != nil {
				return
			}
		}
	})
	mux.HandleFunc("/huge-announced", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000000000")
		fmt.Fprint(w, "<rss>")
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) { forever(w, r, bytes.Repeat([]byte("<x/>"), 4096), 0) })
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) { forever(w, r, []byte(" "), 50*time.Millisecond) })
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	mux.HandleFunc("/torn-gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb[:len(bomb)/1000])
	})
	mux.HandleFunc("/deflate", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "deflate")
		fmt.Fprint(w, "anything")
	})
	mux.HandleFunc("/twice-zipped", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip, gzip")
		fmt.Fprint(w, "anything")
	})
	mux.HandleFunc("/nothing-zipped", status(200, "Content-Encoding", "br"))
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		fmt.Fprint(w, feedOf(goodItem(5)))
	})
	mux.HandleFunc("/loop", status(302, "Location", "/loop"))
	mux.HandleFunc("/file", status(302, "Location", "file:///etc/passwd"))
	mux.HandleFunc("/metadata", status(302, "Location", "http://169.254.169.254/latest/meta-data"))
	mux.HandleFunc("/nowhere", status(301))
	mux.HandleFunc("/403", status(403))
	mux.HandleFunc("/404", status(404))
	mux.HandleFunc("/410", status(410))
	mux.HandleFunc("/429", status(429, "Retry-After", "7200"))
	mux.HandleFunc("/500", status(500))
	mux.HandleFunc("/204", status(204))
	mux.HandleFunc("/304", status(304))
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 3000 {
			w.Header().Set(fmt.Sprintf("X-Filler-%d", i), strings.Repeat("x", 100))
		}
	})
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := httptest.NewServer(mux)
	t.Cleanup(func() { close(stop); server.Close() })
	return server
}

// Every hostile server is an error of its feed with a sentence to act on, and
// the good feed beside them is read.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	gz := gzip.NewWriter(&bomb)
	zeros := bytes.Repeat([]byte("<item/>"), 1<<16)
	for range 1 << 8 { // 117 MB
		if _, err := gz.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	server := hostileServer(t, bomb.Bytes())
	want := map[string]ingest.Problem{
		"/good": "", "/html": ingest.ProblemNotAFeed, "/empty": ingest.ProblemEmpty, "/truncated": "",
		"/huge": ingest.ProblemTooLarge, "/huge-announced": ingest.ProblemTooLarge, "/endless": ingest.ProblemTooLarge,
		"/drip": ingest.ProblemTimeout, "/silent": ingest.ProblemTimeout, "/bomb": ingest.ProblemTooLarge, "/torn-gzip": ingest.ProblemShort,
		"/deflate": ingest.ProblemEncoding, "/nothing-zipped": ingest.ProblemEmpty, "/twice-zipped": ingest.ProblemEncoding, "/short": ingest.ProblemShort,
		"/loop": ingest.ProblemRedirect, "/file": ingest.ProblemRedirect, "/metadata": ingest.ProblemBlocked, "/nowhere": ingest.ProblemHTTP,
		"/403": ingest.ProblemRefused, "/404": ingest.ProblemNotFound, "/410": ingest.ProblemGone, "/429": ingest.ProblemRateLimited,
		"/500": ingest.ProblemHTTP, "/204": ingest.ProblemHTTP, "/304": ingest.ProblemHTTP, "/headers": ingest.ProblemConnect, "/abort": ingest.ProblemConnect,
	}
	cfg := ingest.Config{Timeout: 3 * time.Second, MaxBody: 1 << 20, Concurrency: 32}
	for path := range want {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: path, URL: server.URL + path, AllowPrivate: []string{"127.0.0.1/32"}})
	}
	m := newMemory()
	results, status := pollOnce(t, cfg, m, ingest.NewKnown())
	for path, problem := range want {
		r := results[path]
		switch {
		case problem == "" && r.Err != nil:
			t.Errorf("%s: %v", path, r.Err)
		case problem != "" && (r.Err == nil || r.Err.Problem != problem):
			t.Errorf("%s: got %+v, want problem %q", path, r.Err, problem)
		case problem != "" && (r.Err.What == "" || r.Err.Hint == ""):
			t.Errorf("%s: %q, %q: what happened or what to do is missing", path, r.Err.What, r.Err.Hint)
		}
	}
	if r := results["/truncated"]; !r.Partial || r.Items != 1 {
		t.Errorf("truncated feed gave %+v, want its one complete item", r)
	}
	if n := len(m.published()); n != 3 {
		t.Errorf("%d items published, want 3", n)
	}
	for _, st := range status {
		if bad := want[st.Name] != ""; bad != (st.State == ingest.StateFailing) || bad && st.NextPoll.IsZero() {
			t.Errorf("%s: status %+v", st.Name, st)
		}
		if st.Name == "/429" && time.Until(st.NextPoll) < 119*time.Minute {
			t.Errorf("Retry-After 2 h, next poll %s", st.NextPoll)
		}
	}
}

// No spelling of an address that is not public is connected to without leave.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	hit := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hit <- r.Host
		fmt.Fprint(w, feedOf(""))
	}))
	defer server.Close()
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	cfg := ingest.Config{Timeout: 5 * time.Second}
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "[64:ff9b::7f00:1]", "[::127.0.0.1]",
		"10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		"[fc00::1]", "[fe80::1]", "[ff02::1]", "[2002:7f00:1::]", "[2001:db8::1]", "[64:ff9b:1::1]",
	} {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: host, URL: "http://" + host + port})
	}
	cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: "other network", URL: "http://127.0.0.1" + port + "/x", AllowPrivate: []string{"10.0.0.0/8"}})
	results, _ := pollOnce(t, cfg, newMemory(), ingest.NewKnown())
	for name, r := range results {
		if r.Err == nil || r.Err.Problem != ingest.ProblemBlocked {
			t.Errorf("%s: %+v, want it blocked", name, r.Err)
		}
	}
	if len(hit) != 0 {
		t.Errorf("the server was reached as %s", <-hit)
	}
}
