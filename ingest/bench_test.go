package ingest_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marsad/ingest"
	"marsad/item"
)

// An entry as archives hold it: a title, a sentence or two, no markup.
func BenchmarkNormalise(b *testing.B) {
	n := ingest.NewNormaliser(ingest.Config{})
	feed := ingest.Feed{Name: "f", URL: "https://news.example/rss", Source: "Wire"}
	for name, e := range map[string]ingest.Entry{
		"en":   {Title: "Trump says he got a CT scan instead of an MRI", Description: "In an interview with the Wall Street Journal published Thursday, President Trump revealed that he received a CT instead of an MRI at Walter Reed Medical Center.", Link: "https://news.example/Politics/trump-ct-mri/story?id=128832409", Published: "2026-01-01T16:16:13+00:00", Lang: "en-US"},
		"ar":   {Title: "وزير الداخلية يزور منفذ القائم الحدودي مع سوريا", Description: "أعلنت وزارة الداخلية العراقية اليوم الخميس أن الوزير زار المنفذ الحدودي وتفقد الجدار الأمني والقوات المرابطة على طول الشريط الحدودي بين البلدين.", Link: "https://news.example/ar/2026/11/wazir-al-qaem", Published: "Thu, 19 Nov 2026 08:00:00 GMT"},
		"html": {Title: "Minister visits al-Qaem &amp; the wall", Description: "<p>The minister visited the crossing on Thursday.</p><p>He said the <b>border wall</b> is finished.<br/>Work took two&nbsp;years.</p>", Link: "https://news.example/2026/11/minister?utm_source=rss", Published: "Thu, 19 Nov 2026 08:00:00 +0300"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Item(e, feed, fetchedAt()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	body, err := os.ReadFile(filepath.Join(realFeeds, "guardian.xml"))
	if err != nil {
		b.Skipf("the folder of captured feeds is not here: %v", err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ingest.Decode(append([]byte(nil), body...), "", "en", 5000); err != nil {
			b.Fatal(err)
		}
	}
}

// benchHandler answers "not modified", or with a document of 20 items of which
// two are new.
func benchHandler() http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"x"`)
		if r.URL.Path == "/304" && r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		var doc strings.Builder
		last := int(n.Add(2))
		for i := range 20 {
			fmt.Fprintf(&doc, `<item><title>Report number %d on the border wall near the town of al-Qaem</title><link>https://news.example/2026/11/report-%d</link>`+
				`<guid>%d</guid><pubDate>Thu, 19 Nov 2026 08:00:00 GMT</pubDate><description>&lt;p&gt;Engineers said that section %d is complete, and that work on the next begins in spring.&lt;/p&gt;</description></item>`,
				last-i, last-i, last-i, last-i)
		}
		fmt.Fprint(w, feedOf(doc.String()))
	})
}

// TestBenchServer is no test but the other end of BenchmarkPoll, in a process of
// its own so that its CPU time is not counted.
func TestBenchServer(t *testing.T) {
	if os.Getenv("MARSAD_BENCH_SERVER") == "" {
		t.Skip("the other end of a benchmark")
	}
	plain, secure := httptest.NewServer(benchHandler()), httptest.NewTLSServer(benchHandler())
	fmt.Fprintf(os.Stderr, "%s %s %x\n", plain.Listener.Addr(), secure.Listener.Addr(), secure.Certificate().Raw)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark ends
}

// A poll from the schedule to the saved state. CPU time is of the polling
// process. Over tcp and tls each poll makes a connection of its own, as polls a
// quarter of an hour apart do.
func BenchmarkPoll(b *testing.B) {
	server := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestBenchServer$")
	server.Env = append(os.Environ(), "MARSAD_BENCH_SERVER=1")
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	told, err := server.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		in.Close()
		_ = server.Wait() // it has done its work
	}()
	var plain, secure string
	var raw []byte
	if _, err := fmt.Fscanf(told, "%s %s %x\n", &plain, &secure, &raw); err != nil {
		b.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		b.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(cert)
	settings := ingest.TLSConfig()
	settings.RootCAs, settings.ServerName = trusted, cert.DNSNames[0]
	to := func(address string) *http.Transport {
		return &http.Transport{
			DisableCompression: true, DisableKeepAlives: true, TLSClientConfig: settings,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, address)
			},
		}
	}
	for _, kind := range []string{"304", "changed"} {
		b.Run(kind+"/no-network", func(b *testing.B) { benchPolls(b, "http", kind, direct{benchHandler()}) })
		b.Run(kind+"/tcp", func(b *testing.B) { benchPolls(b, "http", kind, to(plain)) })
		b.Run(kind+"/tls", func(b *testing.B) { benchPolls(b, "https", kind, to(secure)) })
	}
}

// benchPolls polls five hundred feeds again and again.
func benchPolls(b *testing.B, scheme, path string, w http.RoundTripper) {
	b.Helper()
	const batch = 500
	m := newMemory()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	polled := make(chan error, batch)
	p, err := ingest.New(ctx, ingest.Config{Concurrency: 4}, ingest.Options{
		Publisher: discard{}, States: m, Known: ingest.NewKnown(), Log: quiet(), Transport: w,
		OnPoll: func(r ingest.PollResult) {
			if r.Err != nil {
				polled <- r.Err
				return
			}
			polled <- nil
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	feeds := make([]ingest.Feed, batch)
	for i := range feeds {
		// One's own servers, so that no host has to be waited for.
		feeds[i] = ingest.Feed{Name: strconv.Itoa(i), URL: fmt.Sprintf("%s://f%d.example/%s", scheme, i, path), AllowPrivate: []string{"10.0.0.0/8"}}
	}
	// Every feed is due when it is added.
	round := func() {
		if err := p.SetFeeds(ctx, feeds); err != nil {
			b.Fatal(err)
		}
		for range batch {
			if err := <-polled; err != nil {
				b.Fatal(err)
			}
		}
	}
	again := func() {
		if err := p.SetFeeds(ctx, nil); err != nil {
			b.Fatal(err)
		}
		m.dueNow(b)
	}
	round() // the first poll of each has no validators
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		again()
		b.StartTimer()
		start := cpuTime(b)
		round()
		cpu += cpuTime(b) - start
	}
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N*batch), "cpu-µs/poll")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch), "µs/poll")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// cpuTime is the process's time on all processors, user and system.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The memory of feeds between two polls: ten thousand that were polled once.
func BenchmarkIdleFeeds(b *testing.B) {
	const n = 10_000
	var doc strings.Builder
	for i := range 20 {
		doc.WriteString(goodItem(i))
	}
	w := transport(func(r *http.Request) (*http.Response, error) {
		resp := answer(200, feedOf(doc.String()), "ETag", `"5f3a-60c1d9a8b7e40"`, "Last-Modified", "Thu, 19 Nov 2026 08:00:00 GMT")
		resp.Request = r
		return resp, nil
	})
	cfg := ingest.Config{}
	for i := range n {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: fmt.Sprint("feed-", i), URL: fmt.Sprintf("https://f%d.example/feeds/rss.xml", i), Lang: "ar", Source: "A wire"})
	}
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		ctx, cancel := context.WithCancel(b.Context())
		polled := make(chan struct{}, n)
		p, err := ingest.New(ctx, cfg, ingest.Options{
			Publisher: discard{}, States: discard{}, Known: ingest.NewKnown(), Log: quiet(), Transport: w, Registry: prometheus.NewRegistry(),
			OnPoll: func(ingest.PollResult) { polled <- struct{}{} },
		})
		if err != nil {
			b.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		for range n {
			<-polled
		}
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/feed")
		runtime.KeepAlive(p)
	}
}

// discard takes everything and keeps nothing.
type discard struct{}

func (discard) Publish(context.Context, []item.Item) error { return nil }

func (discard) Load(context.Context, string) (ingest.FeedState, bool, error) {
	return ingest.FeedState{}, false, nil
}

func (discard) Save(context.Context, string, ingest.FeedState) error { return nil }

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func BenchmarkKnown(b *testing.B) {
	k := ingest.NewKnown()
	it := article("a", strings.Repeat("x", 300), time.Unix(1_700_000_000, 0))
	k.Apply(it)
	b.ReportAllocs()
	for b.Loop() {
		again := it
		if fresh, _ := k.Admit(&again); fresh {
			b.Fatal("fresh")
		}
	}
}
