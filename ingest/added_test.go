package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/ingest"
	"marsad/item"
)

// The sentences that an edit brings are found; what only looks different is not
// news.
func TestAdded(t *testing.T) {
	t.Parallel()
	const body = "The bridge over the Euphrates was opened on Monday. Trucks crossed it in both directions.\n\nThe governor spoke of a new beginning."
	for _, tc := range []struct {
		name, title, body, lang string
		was                     [2]string
		want                    []string
	}{
		{"nothing changed", "Bridge opened", body, "en", [2]string{"Bridge opened", body}, nil},
		{"a comma moved", "Bridge, opened", strings.ReplaceAll(body, "Monday. Trucks", "Monday, trucks"), "en", [2]string{"Bridge opened", body}, nil},
		{"a full stop moved", "Bridge opened", strings.ReplaceAll(body, "Trucks crossed it", "Trucks crossed. It"), "en", [2]string{"Bridge opened", body}, nil},
		{"paragraphs joined", "Bridge opened", strings.ReplaceAll(body, "\n\n", " "), "en", [2]string{"Bridge opened", body}, nil},
		{"case and quotes", "BRIDGE OPENED", strings.ReplaceAll(body, "new beginning", "“new beginning”"), "en", [2]string{"Bridge opened", body}, nil},
		{"marks of Arabic", "افتتاح الجسر في القائم اليوم", "", "ar", [2]string{"اِفتتاح الجسر في القائم اليوم", ""}, nil},
		{"sentences changed places", "Bridge opened", "Trucks crossed it in both directions. The bridge over the Euphrates was opened on Monday.", "en", [2]string{"Bridge opened", body}, nil},
		{"a part taken away", "Bridge opened", "The governor spoke of a new beginning.", "en", [2]string{"Bridge opened", body}, nil},
		{"a counter moved", "Bridge opened", body + "\n\n31 comments", "en", [2]string{"Bridge opened", body + "\n\n28 comments"}, nil},
		{"a relative time moved", "Bridge opened", body + " Updated 50 minutes ago", "en", [2]string{"Bridge opened", body + " Updated 5 minutes ago"}, nil},
		{"a paragraph added", "Bridge opened", body + "\n\nHours later it was closed. Nobody said why.", "en", [2]string{"Bridge opened", body}, []string{"Hours later it was closed. Nobody said why."}},
		{"a sentence between", "Bridge opened", strings.ReplaceAll(body, " Trucks", " It was closed at night. Trucks"), "en", [2]string{"Bridge opened", body}, []string{"It was closed at night."}},
		{"a word changed", "Bridge opened", strings.ReplaceAll(body, "Monday", "Tuesday"), "en", [2]string{"Bridge opened", body}, []string{"The bridge over the Euphrates was opened on Tuesday."}},
		{"a word taken out of a sentence", "Bridge opened", strings.ReplaceAll(body, "was opened", "opened"), "en", [2]string{"Bridge opened", body}, []string{"The bridge over the Euphrates opened on Monday."}},
		{"the title changed", "Bridge closed", body, "en", [2]string{"Bridge opened", body}, []string{"Bridge closed"}},
		{"two places", "Bridge opened", "Rain fell. " + body + " More is expected.", "en", [2]string{"Bridge opened", body}, []string{"Rain fell.", "More is expected."}},
		{"Arabic sentence", "افتتاح الجسر", "افتتح الجسر يوم الاثنين. وأغلق الجسر ليلا؟ نعم.", "ar", [2]string{"افتتاح الجسر", "افتتح الجسر يوم الاثنين."}, []string{"وأغلق الجسر ليلا؟ نعم."}},
		{"everything", "Rain", "It rained.", "en", [2]string{"Bridge opened", body}, []string{"Rain", "It rained."}},
		{"nothing left", "", "", "en", [2]string{"Bridge opened", body}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			after := item.Item{Title: tc.title, Body: tc.body, Lang: tc.lang}
			spans := ingest.Added(item.Item{Title: tc.was[0], Body: tc.was[1], Lang: tc.lang}, after)
			if diff := cmp.Diff(tc.want, texts(t, after, spans)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// texts returns what stands at spans, and fails when they are not in order.
func texts(tb testing.TB, it item.Item, spans []item.Span) (out []string) {
	tb.Helper()
	last := item.Span{Field: "title"}
	for _, s := range spans {
		from := it.Title
		if s.Field == "body" {
			from = it.Body
		} else if s.Field != "title" || last.Field == "body" {
			tb.Errorf("span %+v after %+v", s, last)
		}
		if s.Field == last.Field && s.Start < last.End || s.Start < 0 || s.Start >= s.End || s.End > len(from) {
			tb.Fatalf("span %+v after %+v in %d bytes", s, last, len(from))
		}
		last = s
		out = append(out, from[s.Start:s.End])
	}
	return out
}

// The number of spans is bounded, and none of the text is left out for that.
func TestAddedIsBounded(t *testing.T) {
	t.Parallel()
	var was, now strings.Builder
	for i := range 200 {
		fmt.Fprintf(&was, "Sentence %d stands here since yesterday.\n\n", i)
		fmt.Fprintf(&now, "Sentence %d stands here since yesterday.\n\nNumber %d is new today.\n\n", i, i)
	}
	after := item.Item{Body: strings.TrimSpace(now.String()), Lang: "en"}
	spans := ingest.Added(item.Item{Body: was.String(), Lang: "en"}, after)
	got := texts(t, after, spans)
	if len(spans) > 64 || !strings.HasSuffix(got[len(got)-1], "Number 199 is new today.") {
		t.Errorf("%d spans, the last %.60q…", len(spans), got[len(got)-1])
	}
}

// Comparing the longest texts costs little, whatever they are made of.
func TestAddedIsQuick(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"sentences of one word": strings.Repeat("a. ", 170_000), "one sentence": strings.Repeat("ab ", 170_000),
		"counters": strings.Repeat("5 minutes ago ", 36_000), "stops": strings.Repeat(".", 512<<10), "paragraphs": strings.Repeat("a\n\n", 170_000),
		"different words": differentWords(512 << 10),
	} {
		start := time.Now()
		ingest.Added(item.Item{Body: text, Lang: "en"}, item.Item{Body: "new " + text, Lang: "en"})
		if took := time.Since(start); took > 5*time.Second { // 0.3 s on an idle machine
			t.Errorf("%s: %s", name, took)
		}
	}
}

func differentWords(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "word%d ", i)
	}
	return b.String()
}

func FuzzAdded(f *testing.F) {
	f.Add("one two three", "one two three. four", "en")
	f.Add("القائم اليوم", "القائم. اليوم غدا؟", "ar")
	f.Add("5 minutes ago", "\xff 6 minutes ago “x”. (y)", "")
	f.Fuzz(func(t *testing.T, was, now, lang string) {
		after := item.Item{Title: now, Body: now, Lang: lang}
		texts(t, after, ingest.Added(item.Item{Title: was, Body: was, Lang: lang}, after))
		if again := ingest.Added(after, after); again != nil {
			t.Errorf("a text adds %v to itself", again)
		}
	})
}

// An edited article says what the edit brought, as long as the text before can
// be had.
func TestRevisionsSayWhatTheyAdd(t *testing.T) {
	t.Parallel()
	const text = "The bridge over the Euphrates was opened on Monday."
	feed := ingest.Feed{Name: "f", URL: "https://news.example/rss"}
	page := func(body string) map[string]string {
		return map[string]string{feed.URL: feedOf(`<item><title>Bridge opened</title><link>https://news.example/2026/a</link><description>` + body + `</description></item>`)}
	}
	for _, tc := range []struct {
		name     string
		previous func(m *memory) ingest.Predecessor
		want     []string
		flag     bool
	}{
		{"known", func(m *memory) ingest.Predecessor { return m.last }, []string{"It was closed at night."}, false},
		{"nobody to ask", func(*memory) ingest.Predecessor { return nil }, nil, true},
		{"not to be had", func(*memory) ingest.Predecessor {
			return func(context.Context, item.ID) (item.Item, bool, error) { return item.Item{}, false, nil }
		}, nil, true},
		{"another article", func(*memory) ingest.Predecessor {
			return func(context.Context, item.ID) (item.Item, bool, error) { return item.Item{ID: "x"}, true, nil }
		}, nil, true},
		{"an error", func(*memory) ingest.Predecessor {
			return func(context.Context, item.ID) (item.Item, bool, error) {
				return item.Item{}, true, errors.New("no stream")
			}
		}, nil, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m, known := newMemory(), ingest.NewKnown()
			for _, body := range []string{text, text + " It was closed at night."} {
				m.dueNow(t)
				pollPages(t, page(body), m, known, ingest.Options{Previous: tc.previous(m)}, feed)
			}
			items := m.published()
			if len(items) != 2 {
				t.Fatalf("%d items, want the article and its revision", len(items))
			}
			if items[0].Added != nil || slices.Contains(items[0].Flags, item.FlagAddedUnknown) {
				t.Errorf("the first revision says that %v is new, flags %q", items[0].Added, items[0].Flags)
			}
			if diff := cmp.Diff(tc.want, texts(t, items[1], items[1].Added)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := slices.Contains(items[1].Flags, item.FlagAddedUnknown); got != tc.flag {
				t.Errorf("flags %q", items[1].Flags)
			}
		})
	}
}

// Known says where in the stream the last revision of an article stands, also
// after a restart.
func TestKnownPositions(t *testing.T) {
	t.Parallel()
	k := ingest.NewKnown()
	id := item.NewID("a")
	if _, ok := k.At(id); ok {
		t.Error("an unknown article has a position")
	}
	it := item.Item{ID: id, Revision: item.NewRevision(id, "one"), Seen: time.Unix(1e9, 0)}
	k.Apply(it)
	if _, ok := k.At(id); ok {
		t.Error("an article that was not seen in the stream has a position")
	}
	k.ApplyAt(7, it)
	it.Revision = item.NewRevision(id, "two")
	k.Apply(it)
	k.ApplyAt(9, it)
	back := ingest.NewKnown()
	var file strings.Builder
	if err := k.Snapshot(&file); err != nil {
		t.Fatal(err)
	}
	if err := back.Restore(strings.NewReader(file.String())); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*ingest.Known{k, back} {
		if seq, ok := k.At(id); !ok || seq != 9 {
			t.Errorf("position %d %t, want 9", seq, ok)
		}
	}
}

// A snapshot of the version before, which had no positions, is still read.
func TestSnapshotVersion1(t *testing.T) {
	t.Parallel()
	id := item.NewID("a")
	it := item.Item{ID: id, Revision: item.NewRevision(id, "one"), Seen: time.Unix(1e9, 0).UTC(), Listed: time.Unix(1e9-60, 0).UTC()}
	rev := strings.TrimPrefix(string(it.Revision), string(id)+"-")
	var b []byte
	le := binary.LittleEndian
	b = append(b, "marsad-known-1\n\n"...)
	b = le.AppendUint64(b, 5) // the stream's position
	b = le.AppendUint16(b, 0) // epoch
	b = le.AppendUint64(b, 0) // day
	b = le.AppendUint64(b, 1) // articles
	b, _ = hex.AppendDecode(b, []byte(id))
	b = le.AppendUint64(b, mustParse(t, rev))                                    // its revision
	b = le.AppendUint32(le.AppendUint32(b, 1e9-60), 1e9)                         // listed, seen
	b = append(le.AppendUint16(le.AppendUint16(le.AppendUint32(b, 0), 0), 1), 0) // revised, touched, revisions, older ones
	sum := sha256.Sum256(b)
	k := ingest.NewKnown()
	if err := k.Restore(bytes.NewReader(append(b, sum[:]...))); err != nil {
		t.Fatal(err)
	}
	if fresh, _ := k.Admit(&it); fresh || k.Seq() != 5 {
		t.Errorf("a known article is new: %t, at %d", fresh, k.Seq())
	}
	if _, ok := k.At(id); ok {
		t.Error("a position from nowhere")
	}
	k.ApplyAt(6, it)
	if seq, _ := k.At(id); seq != 6 {
		t.Errorf("position %d", seq)
	}
}

func mustParse(tb testing.TB, hex string) uint64 {
	tb.Helper()
	n, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
