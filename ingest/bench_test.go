package ingest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"marsad/ingest"
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

// A poll that is answered "not modified", without the network.
func BenchmarkPoll304(b *testing.B) {
	w := transport(func(r *http.Request) (*http.Response, error) {
		resp := answer(304, "")
		if r.Header.Get("If-None-Match") == "" {
			resp = answer(200, feedOf(goodItem(1)), "ETag", `"x"`)
		}
		resp.Request = r
		return resp, nil
	})
	m := newMemory()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	polled := make(chan struct{}, 1<<16)
	feed := ingest.Feed{Name: "f", URL: "https://f.example/rss"}
	p, err := ingest.New(ctx, ingest.Config{Concurrency: 1}, ingest.Options{
		Publisher: m, States: m, Known: ingest.NewKnown(), Log: quiet(), Transport: w,
		OnPoll: func(ingest.PollResult) { polled <- struct{}{} },
	})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	// Every feed is due when it is added: a thousand of them, again and again.
	const batch = 1000
	feeds := make([]ingest.Feed, batch)
	for round := 0; b.Loop(); round++ {
		for i := range feeds {
			feeds[i] = feed
			feeds[i].Name = strconv.Itoa(i)
			feeds[i].URL = fmt.Sprintf("https://f%d.example/rss", i)
		}
		m.dueNow(b)
		if err := p.SetFeeds(ctx, feeds); err != nil {
			b.Fatal(err)
		}
		for range batch {
			<-polled
		}
		if err := p.SetFeeds(ctx, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch), "µs/poll")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

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
