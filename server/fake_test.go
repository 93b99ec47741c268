package server_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"marsad/alert"
	"marsad/index"
	"marsad/item"
	"marsad/query"
	"marsad/server"
	"marsad/text"
)

var update = flag.Bool("update", false, "write the golden files anew") //nolint:gochecknoglobals // a flag of the test binary

// fakeIndex searches a list with the query package's own evaluator.
type fakeIndex struct{ items []item.Tagged }

func (f fakeIndex) Search(_ context.Context, r index.Request) (index.Result, error) {
	offset := 0
	if r.Cursor != "" {
		n, err := strconv.Atoi(r.Cursor)
		if err != nil {
			return index.Result{}, fmt.Errorf("%w: the cursor is not one of this query and order", index.ErrRequest)
		}
		offset = n
	}
	var res index.Result
	counts := map[string]map[string]int{}
	for _, t := range f.items {
		var a text.Analyzer
		d := query.NewDoc(&a, t)
		if !query.Match(r.Query, d) {
			continue
		}
		res.Total++
		for _, tag := range t.Tags {
			count(counts, string(tag.Kind), tag.ID)
		}
		count(counts, "lang", t.Item.Lang)
		count(counts, "source", t.Item.Source)
		if int(res.Total) <= offset || len(res.Hits) == r.Limit {
			continue
		}
		title, body := query.Highlights(r.Query, d)
		res.Hits = append(res.Hits, index.Hit{
			Tagged: t, Highlights: map[string][]query.Stretch{"title": title, "body": body},
		})
	}
	if end := offset + len(res.Hits); end < int(res.Total) {
		res.Cursor = strconv.Itoa(end)
	}
	for _, name := range r.Facets {
		if res.Facets == nil {
			res.Facets = map[string][]index.FacetCount{}
		}
		var list []index.FacetCount
		for v, n := range counts[name] {
			list = append(list, index.FacetCount{Value: v, Count: n})
		}
		slices.SortFunc(list, func(a, b index.FacetCount) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
		})
		res.Facets[name] = list
	}
	res.Took = 1500 * time.Microsecond
	return res, nil
}

func count(counts map[string]map[string]int, name, value string) {
	if value == "" {
		return
	}
	if counts[name] == nil {
		counts[name] = map[string]int{}
	}
	counts[name][value]++
}

func (f fakeIndex) Get(_ context.Context, id item.ID) (item.Tagged, bool, error) {
	for _, t := range f.items {
		if t.Item.ID == id {
			return t, true, nil
		}
	}
	return item.Tagged{}, false, nil
}

// names is a rule pack of two names.
type names struct{}

func (names) Resolve(kind item.Kind, name string) (string, bool) {
	switch {
	case kind == item.Place && (name == "al-qaem" || name == text.Fold("القائم") || name == text.Fold("al-Qaim")):
		return "al-qaem", true
	case kind == item.Theme && (name == "border-wall" || name == "border wall"):
		return "border-wall", true
	}
	return "", false
}

func (names) Near(_, _, _ float64) []string { return []string{"al-qaem"} }

func (names) Suggest(kind item.Kind, _ string) string {
	if kind == item.Place {
		return "al-qaem"
	}
	return ""
}

func evidence(field, s, name string) item.Evidence {
	i := strings.Index(s, name)
	return item.Evidence{Field: field, Start: i, End: i + len(name), Text: name, Clause: "name"}
}

func tagged(key, lang, source, title, body, url string, tags ...item.Tag) item.Tagged {
	id := item.NewID(key)
	at := time.Date(2026, 11, 22, 7, 18, 0, 0, time.UTC)
	return item.Tagged{
		Item: item.Item{
			ID: id, Revision: item.NewRevision(id, title, body), Feed: "feed-" + lang, Source: source, Title: title, Body: body,
			Lang: lang, URL: url, Published: at, Seen: at.Add(7 * time.Minute), Listed: at,
		},
		Tags: tags, Pack: "0f3a9c21", Story: id, Seq: 1,
	}
}

// articles is news with a trap in each: two scripts in one title, an override,
// markup, a link of another scheme, overlapping evidence, evidence that lies.
func articles() []item.Tagged {
	arTitle, arBody := "السياج الحدودي يكتمل قرب القائم", "أعلنت القيادة اكتمال السياج قرب القائم.\n\nوقالت إن 95% أنجز."
	enTitle := `Border wall near al-Qaim <script>alert("x")</script>`
	enBody := "Anbar Operations Command said <img src=x onerror=alert(1)> the wall is done."
	undated := tagged("undated", "und", "", strings.Repeat("long", 200), "", "ftp://files.example/x")
	undated.Item.Published = time.Time{}
	undated.Item.PublishedRaw = "yester\u202Eday"
	undated.Item.Flags = []string{"date-unreadable"}
	return []item.Tagged{
		tagged("ar", "ar", "شفق نيوز", arTitle, arBody, "https://shafaq.example/1?a=1&b=2",
			item.Tag{Kind: item.Place, ID: "al-qaem", Status: item.Certain, Rule: "iraq-syria/al-qaem", Evidence: []item.Evidence{
				evidence("title", arTitle, "القائم"), evidence("body", arBody, "القائم"),
			}},
			item.Tag{Kind: item.Place, ID: "anbar", Status: item.Certain, Implied: true},
			item.Tag{Kind: item.Theme, ID: "border-wall", Status: item.Certain, Rule: "iraq-syria/border-wall", Evidence: []item.Evidence{
				evidence("title", arTitle, "السياج الحدودي"),
			}}),
		tagged("en", "en", "Sample Anbar News", enTitle, enBody, "https://anbar.example/2",
			item.Tag{Kind: item.Actor, ID: "anbar-operations-command", Status: item.Certain, Evidence: []item.Evidence{
				evidence("body", enBody, "Anbar Operations Command"),
			}},
			item.Tag{Kind: item.Actor, ID: "sdf", Status: item.Candidate, Evidence: []item.Evidence{
				{Field: "title", Start: -3, End: 9000, Text: "lies"},
			}},
			item.Tag{Kind: item.Place, ID: "anbar", Status: item.Certain, Evidence: []item.Evidence{evidence("body", enBody, "Anbar")}},
			item.Tag{Kind: item.Theme, ID: "border-wall", Status: item.Certain, Evidence: []item.Evidence{evidence("title", enTitle, "Border wall")}}),
		tagged("bidi", "ar", "Source شفق 3", "PKK: داعش \u202Etxt.exe\u0000 عاد", "نص", "javascript:alert(1)"),
		tagged("ckb", "ckb", "ڕووداو", "دیواری سنوور لە نزیک قائیم", "", "https://user:secret@ckb.example/"),
		tagged("tr", "tr", "Örnek", "Irak sınır duvarı", "Sınır.", "https://tr.example/"),
		undated,
	}
}

func alerts(context.Context, int) ([]alert.Alert, error) {
	a := articles()[0].Item
	return []alert.Alert{{
		ID: alert.NewID("wall", a.ID), Watch: "wall", Query: "place:al-qaem", To: []string{"terminal"},
		Story: a.ID, Item: a.ID, Revision: a.Revision, Title: a.Title, URL: a.URL, Source: a.Source, Feed: a.Feed, Lang: a.Lang,
		Published: a.Published, Seen: a.Seen,
		Why: []alert.Reason{{Clause: "place:al-qaem", Field: "title", Start: 46, End: 58, Text: "القائم"}},
	}}, nil
}

func dead(ctx context.Context) ([]alert.DeadLetter, error) {
	list, err := alerts(ctx, 1)
	if err != nil {
		return nil, err
	}
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	return []alert.DeadLetter{{
		Delivery: alert.Delivery{
			ID: alert.DeliveryID(list[0].ID, "desk"), Receiver: "desk", Alert: list[0].ID, Watch: "wall", State: alert.Dead,
			Tries: 12, First: at, Last: at, Reason: "the receiver <b>answered</b> 410",
		},
		Content: list[0],
	}}, nil
}

func status(context.Context) (server.Status, error) {
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	return server.Status{
		Started: at,
		Index:   server.Index{Articles: 12345},
		Disk:    server.Disk{Path: "data/live", Total: 250e9, Free: 80e9, Used: 3.1e9, PauseBelow: 12.5e9},
		Streams: []server.Stream{{Name: "ITEMS", Messages: 12345, Bytes: 48e6, First: 1, Last: 12345}},
		Stages:  []server.Stage{{Name: "index", Stream: "TAGGED", Position: 12001, Lag: 344}},
		Feeds: []server.Feed{
			{Name: "shafaq", URL: "https://shafaq.example/rss", State: server.FeedOK, Items: 300, LastPoll: at, NextPoll: at.Add(5 * time.Minute)},
			{Name: "rudaw", URL: "https://rudaw.example/<b>", State: server.FeedFailing, Error: "refused us (403)", Failures: 3, LastPoll: at},
		},
		ParkedTotal: 1,
		Parked:      []server.Parked{{Stage: "tag", Stream: "ITEMS", Seq: 42, ID: "abc", Reason: "panicked 3 times", At: at}},
	}, nil
}

// newServer returns a ready server on a free port, showing articles; change may
// alter its options.
func newServer(tb testing.TB, change func(*server.Options)) *server.Server {
	tb.Helper()
	o := server.Options{
		Config: server.DefaultConfig(), Search: fakeIndex{articles()}, Alerts: alerts, Dead: dead, Status: status,
		Names: func() query.Names { return names{} }, Version: "v0.0.1",
		Log: quiet(),
	}
	o.Config.Listen = "127.0.0.1:0"
	if change != nil {
		change(&o)
	}
	s, err := server.New(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	s.SetReady("")
	return s
}

// ask sends one request to the server's handler and returns its reply.
func ask(tb testing.TB, s *server.Server, method, target string, header ...string) *httptest.ResponseRecorder {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, target, nil)
	r.Host = "127.0.0.1:8080"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// browser is the header by which a browser asks for pages.
func browser() []string { return []string{"Accept", "text/html,*/*;q=0.8"} }

func wantStatus(tb testing.TB, w *httptest.ResponseRecorder, want int) {
	tb.Helper()
	if w.Code != want {
		tb.Fatalf("status %d %s, want %d; body:\n%s", w.Code, http.StatusText(w.Code), want, w.Body)
	}
}
