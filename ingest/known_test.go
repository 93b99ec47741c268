package ingest_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"marsad/ingest"
	"marsad/item"
)

func article(name, text string, seen time.Time) item.Item {
	id := item.NewID(name)
	return item.Item{ID: id, Revision: item.NewRevision(id, text), Title: text, Seen: seen, Listed: seen.Add(-time.Hour)}
}

// admit asks k and fails the test when it would have to wait.
func admit(t *testing.T, k *ingest.Known, it *item.Item) bool {
	t.Helper()
	fresh, wait := k.Admit(it)
	if wait != nil {
		t.Fatal("Admit says that another one is publishing it")
	}
	return fresh
}

func TestKnownRevision(t *testing.T) {
	t.Parallel()
	k := ingest.NewKnown()
	first := article("a", "one", fetchedAt())
	if !admit(t, k, &first) {
		t.Fatal("a new article is not fresh")
	}
	k.Apply(first)
	again := article("a", "one", fetchedAt().Add(time.Hour))
	if admit(t, k, &again) {
		t.Error("the same revision is fresh again")
	}
	edited := article("a", "two", fetchedAt().Add(2*time.Hour))
	if !admit(t, k, &edited) {
		t.Fatal("an edited text is not fresh")
	}
	if !edited.Seen.Equal(first.Seen) || !edited.Listed.Equal(first.Listed) || !edited.Revised.Equal(fetchedAt().Add(2*time.Hour)) {
		t.Errorf("revision: seen %s, listed %s, revised %s", edited.Seen, edited.Listed, edited.Revised)
	}
	k.Apply(edited)
	for i, text := range []string{"one", "two", "one"} {
		flip := article("a", text, fetchedAt().Add(time.Duration(3+i)*time.Hour))
		if admit(t, k, &flip) {
			t.Errorf("flipping back to %q breeds a revision", text)
		}
	}
	seen, listed, ok := k.Lookup(first.ID)
	if !ok || !seen.Equal(first.Seen) || !listed.Equal(first.Listed) {
		t.Errorf("Lookup = %s, %s, %t", seen, listed, ok)
	}
}

func TestKnownAbort(t *testing.T) {
	t.Parallel()
	k := ingest.NewKnown()
	it := article("a", "one", fetchedAt())
	if !admit(t, k, &it) {
		t.Fatal("not fresh")
	}
	same := it
	fresh, wait := k.Admit(&same)
	if fresh || wait == nil {
		t.Fatal("a reserved article is given to a second caller")
	}
	k.Abort(it)
	select {
	case <-wait:
	case <-t.Context().Done():
		t.Fatal("nobody was told that it was aborted")
	}
	if !admit(t, k, &same) {
		t.Error("what was not published is lost")
	}
}

// A text with more variants than are remembered is not news for ever.
func TestKnownCalmsDown(t *testing.T) {
	t.Parallel()
	k := ingest.NewKnown()
	published := 0
	for i := range 1000 {
		it := article("a", fmt.Sprint("variant ", i%12), fetchedAt().Add(time.Duration(i)*time.Minute))
		if admit(t, k, &it) {
			k.Apply(it)
			published++
		}
	}
	if published > 60 {
		t.Errorf("%d revisions published in 1000 minutes, want at most one an hour after the first few", published)
	}
}

func TestKnownConcurrent(t *testing.T) {
	t.Parallel()
	k := ingest.NewKnown()
	var published atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				it := article(strconv.Itoa(i), "text", fetchedAt())
				for try := 0; ; try++ {
					fresh, wait := k.Admit(&it)
					if wait != nil {
						<-wait
						continue
					}
					if fresh && i%7 == 3 && try == 0 { // the first to publish it fails
						k.Abort(it)
						continue
					}
					if fresh {
						published.Add(1)
						k.Apply(it)
					}
					break
				}
			}
		})
	}
	wg.Wait()
	if n := published.Load(); n != 500 || k.Len() != 500 {
		t.Errorf("%d published, %d known, want 500", n, k.Len())
	}
}

func TestKnownSnapshot(t *testing.T) {
	t.Parallel()
	k := ingest.NewKnown()
	for i := range 300 {
		for rev := range i%4 + 1 {
			it := article(strconv.Itoa(i), fmt.Sprint("text ", rev), fetchedAt().Add(time.Duration(i)*time.Minute))
			if !admit(t, k, &it) {
				t.Fatal("not fresh")
			}
			k.ApplyAt(uint64(10*i+rev), it)
		}
	}
	var file bytes.Buffer
	if err := k.Snapshot(&file); err != nil {
		t.Fatal(err)
	}
	back := ingest.NewKnown()
	if err := back.Restore(bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	if back.Len() != 300 || back.Seq() != k.Seq() {
		t.Fatalf("restored %d articles at %d, want 300 at %d", back.Len(), back.Seq(), k.Seq())
	}
	for i := range 300 {
		for rev := range i%4 + 1 {
			it := article(strconv.Itoa(i), fmt.Sprint("text ", rev), fetchedAt())
			if admit(t, back, &it) {
				t.Fatalf("article %d revision %d is forgotten", i, rev)
			}
		}
		it := article(strconv.Itoa(i), "other", fetchedAt().Add(time.Hour*1000))
		if !admit(t, back, &it) || !it.Seen.Equal(fetchedAt().Add(time.Duration(i)*time.Minute)) {
			t.Fatalf("article %d: seen %s", i, it.Seen)
		}
		back.Abort(it)
	}

	for name, damaged := range map[string][]byte{
		"empty":     nil,
		"torn":      file.Bytes()[:file.Len()-40],
		"no sum":    file.Bytes()[:file.Len()-1],
		"flipped":   flip(file.Bytes(), file.Len()/2),
		"version":   flip(file.Bytes(), 13),
		"count":     flip(file.Bytes(), 16+8+2+8+6),
		"other":     []byte("something else that is long enough to be a head, or longer than that"),
		"last byte": flip(file.Bytes(), file.Len()-1),
	} {
		if err := back.Restore(bytes.NewReader(damaged)); !errors.Is(err, ingest.ErrSnapshot) {
			t.Errorf("%s snapshot: error %v, want ErrSnapshot", name, err)
		}
		if back.Len() != 300 {
			t.Errorf("%s snapshot changed what is known", name)
		}
	}
}

func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 0x40
	return b
}

// Only days on which feeds are polled age what is remembered, and what a feed
// still carries stays.
func TestKnownPrune(t *testing.T) {
	t.Parallel()
	k := ingest.NewKnown()
	old, kept := article("old", "x", fetchedAt()), article("kept", "x", fetchedAt())
	k.Apply(old)
	k.Apply(kept)
	day := fetchedAt()
	k.Prune(day)
	for i := range 200 {
		day = day.AddDate(0, 0, 1)
		k.Prune(day)
		k.Prune(day.Add(time.Hour))
		if i%7 == 0 {
			again := kept
			if admit(t, k, &again) {
				t.Fatalf("day %d: an article that is still carried is forgotten", i)
			}
		}
		_, _, ok := k.Lookup(old.ID)
		if want := i < 60; ok != want {
			t.Fatalf("day %d: known = %t, want %t", i, ok, want)
		}
	}
	k.Apply(old)
	k.Prune(day.AddDate(5, 0, 0)) // five years off
	if _, _, ok := k.Lookup(old.ID); !ok {
		t.Error("articles are forgotten while nothing was polled")
	}
}
