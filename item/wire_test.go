package item_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/item"
)

// sample is a tagged item with everything set and every kind of escape.
func sample() item.Tagged {
	at := time.Date(2026, 1, 5, 8, 30, 0, 123456789, time.UTC)
	id := item.NewID("https://example.org/a")
	text := "Tab\tquote\" back\\slash\nline\u2028sep <b>&\x01 القائم \U0001F54C /"
	return item.Tagged{
		Item: item.Item{
			ID: id, Revision: item.NewRevision(id, text), Feed: "one", Source: text, URL: "https://example.org/?a=1&b=2", GUID: "g",
			Title: "القَائِم: plain", Body: text, Added: []item.Span{{Field: "title", End: 16}, {Field: "body", Start: 3, End: 9}},
			Author: "a", Categories: []string{"c", ""}, Enclosures: []item.Enclosure{{URL: "https://example.org/a.mp3", Type: "audio/mpeg", Length: 1 << 40}, {}}, Lang: "ar", Published: at, PublishedRaw: "raw",
			Seen: at.Truncate(time.Second), Revised: at, Listed: at, Backfill: true, Sample: true, Flags: []string{"f"},
		},
		Tags: []item.Tag{
			{Kind: item.Place, ID: "al-qaem", Status: item.Certain, Rule: "r", Confidence: 0.95, Evidence: []item.Evidence{{Field: "title", Start: 0, End: 16, Text: "القَائِم", Surface: "s", Clause: "strong"}, {}}},
			{Kind: item.Place, ID: "iraq", Status: item.Candidate, Implied: true, Confidence: 1},
			{Kind: item.Theme, ID: "wall", Status: item.Certain, Confidence: 1e-7, Modality: "denied"},
		},
		Pack: "p", Story: id, Event: id, Seq: 1 << 40,
	}
}

func viaJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		tb.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func TestCodecIsEncodingJSON(t *testing.T) {
	for name, want := range map[string]item.Tagged{"full": sample(), "zero": {}, "bare": {Item: item.Item{ID: "x", Title: "t"}}} {
		got, err := item.AppendTagged([]byte("kept"), want)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff("kept"+string(viaJSON(t, want)), string(got)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		var back item.Tagged
		if err := item.DecodeTagged(got[len("kept"):], &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, back); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		var it item.Item
		if err := item.DecodeItem(viaJSON(t, want.Item), &it); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want.Item, it); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// Records written with white space, members of a later version or another order
// read as encoding/json reads them; what is broken is an error.
func TestDecodeForeign(t *testing.T) {
	old, err := os.ReadFile("testdata/wire.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{
		string(old), `{"seq":7,"item":{"title":"a\u00e9","later":[1,{"x":2}]}}`, `{"item":null}`, ` {} `, `{"tags":[{"confidence":1e-1},{"confidence":0}]}`, `{"tags":[{"confidence":-2},{"confidence":0.50}]}`, `{"item":{"title":"` + "\xff" + `"}}`,
	} {
		var want, got item.Tagged
		if err := json.Unmarshal([]byte(in), &want); err != nil {
			t.Fatal(err)
		}
		if err := item.DecodeTagged([]byte(in), &got); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", in, d)
		}
	}
	for _, in := range []string{``, `{`, `[]`, `{"item":{"title":"a}`, `{"item":{}}x`, `{"seq":-1}`, `{"seq":007}`, `{"tags":[{"confidence":0.}]}`, `{"tags":[{"confidence":00.5}]}`, `{"tags":[{"confidence":0.5.1}]}`, `{"item":{"published":"today"}}`} {
		var got item.Tagged
		if err := item.DecodeTagged([]byte(in), &got); err == nil {
			t.Errorf("%s was read", in)
		}
	}
}

// Whatever the bytes, our codec and encoding/json agree.
func FuzzDecode(f *testing.F) {
	full, err := item.AppendTagged(nil, sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(`{"item":{"categories":[]},"tags":[]}`))
	f.Add([]byte(`{"tags":[{"id":"a"}],"tags":[{"kind":"b"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var want, got item.Tagged
		wantErr, gotErr := json.Unmarshal(data, &want), item.DecodeTagged(data, &got)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("encoding/json: %v, ours: %v", wantErr, gotErr)
		}
		if wantErr != nil {
			return
		}
		// Empty and absent lists are one thing to us.
		back, err := item.AppendTagged(nil, got)
		if err != nil {
			return
		}
		if d := cmp.Diff(string(viaJSON(t, want)), string(back)); d != "" {
			t.Error(d)
		}
	})
}

// ordinary is a record as the stages write it: nothing that encoding/json must
// be asked for.
func ordinary(tb testing.TB) (item.Tagged, []byte) {
	tb.Helper()
	t := sample()
	t.Item.Body = "A report of ordinary length about the border, as feeds carry it, with a second sentence.\n\nAnd a second paragraph."
	t.Item.Source = "Example News"
	t.Tags[2].Confidence = 0.9
	data, err := item.AppendTagged(nil, t)
	if err != nil {
		tb.Fatal(err)
	}
	return t, data
}

// Falling back to encoding/json goes unnoticed but for its cost: ordinary
// records must not.
func TestOrdinaryRecordsAreReadDirectly(t *testing.T) {
	_, data := ordinary(t)
	allocs := testing.AllocsPerRun(100, func() {
		var v item.Tagged
		if err := item.DecodeTagged(data, &v); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 20 { // encoding/json needs twice that
		t.Errorf("%.0f allocations", allocs)
	}
}

func BenchmarkCodec(b *testing.B) {
	t, data := ordinary(b)
	b.Run("append", func(b *testing.B) {
		buf := make([]byte, 0, 2*len(data))
		for b.Loop() {
			buf, _ = item.AppendTagged(buf[:0], t)
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			var v item.Tagged
			if err := item.DecodeTagged(data, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json-decode", func(b *testing.B) {
		for b.Loop() {
			var v item.Tagged
			if err := json.Unmarshal(data, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
