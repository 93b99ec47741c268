package story_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"marsad/item"
	"marsad/story"
)

// at is an item seen so long after the start.
func at(id string, after time.Duration, title, body string) item.Tagged {
	seen := start().Add(after)
	return item.Tagged{Item: item.Item{
		ID: item.ID(id), Revision: item.Revision(id + "-1"), Feed: "feed-" + id, Lang: "en",
		Title: title, Body: body, Published: seen, Seen: seen, Listed: seen,
	}}
}

const (
	bridgeTitle = "Engineers reopen the old bridge at Deir ez-Zor"
	bridgeBody  = "Army engineers reopened the old bridge over the Euphrates at Deir ez-Zor on Sunday after four months of repairs, the governor's office said. Lorries may cross it by day only until a second row of beams has been laid, and pedestrians at any hour."
)

// expect adds an item and compares its story and event.
func expect(t *testing.T, g *story.Grouper, it item.Tagged, wantStory, wantEvent item.ID) {
	t.Helper()
	s, e := g.Add(it)
	if s != wantStory || e != wantEvent {
		t.Errorf("%s: got story %s, event %s; want %s, %s", it.Item.ID, s, e, wantStory, wantEvent)
	}
}

func TestRevisionKeepsItsStory(t *testing.T) {
	g := story.New(story.Config{})
	expect(t, g, at("a", 0, bridgeTitle, bridgeBody), "a", "a")
	expect(t, g, at("b", time.Hour, "Lorries cross the Euphrates again", bridgeBody), "a", "a")
	rev := at("b", time.Hour, "An altogether different heading", "The text of this revision has no word in common with what stood here earlier today, as a wholly other matter is told by it from its beginning to its very end.")
	rev.Item.Revised = rev.Item.Seen.Add(time.Hour)
	expect(t, g, rev, "a", "a")
	// What is a copy of the revision is of its story, too.
	rev.Item.ID, rev.Item.Feed = "c", "other"
	rev.Item.Title = "A heading that a third feed has chosen"
	expect(t, g, rev, "a", "a")
	// Tagged once more, everything is as it was.
	expect(t, g, at("b", time.Hour, "Lorries cross the Euphrates again", bridgeBody), "a", "a")
}

func TestGroupEndsWithTheWindow(t *testing.T) {
	const day = 24 * time.Hour
	g := story.New(story.Config{})
	expect(t, g, at("a", 0, bridgeTitle, bridgeBody), "a", "a")
	expect(t, g, at("b", 6*day, bridgeTitle, bridgeBody), "a", "a")
	expect(t, g, at("c", 8*day, bridgeTitle, bridgeBody), "c", "c")
	expect(t, g, at("d", 9*day, bridgeTitle, bridgeBody), "c", "c")
}

func TestOldArticleIsNoCopyOfTodays(t *testing.T) {
	g := story.New(story.Config{})
	expect(t, g, at("a", 0, bridgeTitle, bridgeBody), "a", "a")
	old := at("b", time.Hour, bridgeTitle, bridgeBody) // an archive that is read today
	old.Item.Listed = start().AddDate(-1, 0, 0)
	expect(t, g, old, "b", "b")
}

// One item from a clock that is wrong, or an archive read beside the news, must
// not make the news forgotten.
func TestStrayTimes(t *testing.T) {
	const year = 365 * 24 * time.Hour
	g := story.New(story.Config{})
	expect(t, g, at("a", 0, bridgeTitle, bridgeBody), "a", "a")
	expect(t, g, at("far", 200*year, "Nothing of note", ""), "far", "far")
	expect(t, g, at("b", time.Hour, bridgeTitle, bridgeBody), "a", "a")
	expect(t, g, at("old1", -2*year, bridgeTitle, bridgeBody), "old1", "old1")
	expect(t, g, at("c", 2*time.Hour, bridgeTitle, bridgeBody), "a", "a")
	expect(t, g, at("old2", -2*year+time.Hour, bridgeTitle, bridgeBody), "old1", "old1")
	undated := at("d", 0, bridgeTitle, bridgeBody)
	undated.Item.Seen, undated.Item.Listed, undated.Item.Published = time.Time{}, time.Time{}, time.Time{}
	g.Add(undated)
	expect(t, g, at("e", 3*time.Hour, bridgeTitle, bridgeBody), "a", "a")
}

// stream is a made-up stream in which copies, follow-ups, revisions and items
// out of order come again and again over more than a window.
func stream(n int, rng *rand.Rand) (out []item.Tagged) {
	towns := strings.Fields("Raqqa Hasakah Mosul Sinjar Tal-Afar Qamishli Manbij Kirkuk Hit Haditha Rutba Palmyra")
	verbs := strings.Fields("reopens closes inspects repairs guards floods clears paves lights measures")
	things := strings.Fields("bridge market silo road school hospital dam canal airport mill library station")
	body := func(town, verb, thing string, k int) string {
		return fmt.Sprintf("The council of %s %s the %s beside the river since %d families asked for it last winter; the work is paid for by the province and shall be finished before the harvest of %s is brought in, said engineer number %d of the works department.",
			town, verb, thing, 20+k, town, k)
	}
	for i := range n {
		town, verb, thing, k := towns[rng.IntN(len(towns))], verbs[rng.IntN(len(verbs))], things[rng.IntN(len(things))], rng.IntN(4)
		title := fmt.Sprintf("%s %s its %s again after a dispute over costs", town, verb, thing)
		if rng.IntN(3) == 0 {
			title = fmt.Sprintf("News of the %s in %s", thing, town)
		}
		it := at(fmt.Sprintf("i%d", i), time.Duration(i)*12*time.Minute-time.Duration(rng.IntN(300))*time.Minute, title, body(town, verb, thing, k))
		it.Tags = []item.Tag{{Kind: item.Place, ID: strings.ToLower(town), Status: item.Certain}, {Kind: item.Theme, ID: thing, Status: item.Certain}}
		if i > 100 && rng.IntN(10) == 0 { // a revision of an earlier one
			old := out[i-1-rng.IntN(100)]
			old.Item.Revised = it.Item.Seen
			old.Item.Body += fmt.Sprintf(" It was corrected on day %d.", i)
			it = old
		}
		out = append(out, it)
	}
	return out
}

// A Grouper restored from the last days of the stream goes on as if it had never
// stopped, wherever it was stopped.
func TestRestore(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	items := stream(2500, rng)
	type answer struct{ story, event item.ID }
	whole := story.New(story.Config{})
	var want []answer
	stories := map[item.ID]int{}
	for _, it := range items {
		s, e := whole.Add(it)
		want = append(want, answer{s, e})
		stories[s]++
	}
	if len(stories) > len(items)*9/10 || len(stories) < 50 {
		t.Fatalf("%d stories of %d items: the stream tests nothing", len(stories), len(items))
	}
	for range 8 {
		cut := 200 + rng.IntN(len(items)-400)
		g := story.New(story.Config{})
		for i, it := range items[:cut] {
			at := it.Item.Seen
			if it.Item.Revised.After(at) {
				at = it.Item.Revised
			}
			if items[cut-1].Item.Seen.Sub(at) > story.DefaultWindow+10*time.Hour {
				continue // longer ago than the window and the disorder of the stream
			}
			it.Story = want[i].story
			g.Restore(it, want[i].event)
		}
		for i, it := range items[cut:] {
			if s, e := g.Add(it); (answer{s, e}) != want[cut+i] {
				t.Fatalf("cut at %d: item %d is of %s, %s after a restart, of %v without", cut, cut+i, s, e, want[cut+i])
			}
		}
	}
}

func TestHostileTexts(t *testing.T) {
	texts := map[string]string{
		"empty":          "",
		"one shingle":    strings.Repeat("attack ", 200_000),
		"one word":       strings.Repeat("x", 1<<20),
		"no words":       strings.Repeat("…!؟ ", 200_000),
		"not UTF-8":      strings.Repeat("\xff\xfe word ", 100_000),
		"marks":          strings.Repeat("ا\u064b\u0640", 100_000),
		"digits":         strings.Repeat("7 8 9 ", 100_000),
		"joiners":        strings.Repeat("\u200c\u200d", 100_000),
		"every word new": longText(100_000),
	}
	for name, s := range texts {
		t.Run(name, func(t *testing.T) {
			g := story.New(story.Config{})
			began := time.Now()
			for i := range 50 {
				id := fmt.Sprintf("%s-%d", name, i)
				if got, _ := g.Add(at(id, time.Duration(i)*time.Minute, s, s)); got == "" {
					t.Fatal("no story")
				}
			}
			if d := time.Since(began); d > 5*time.Second {
				t.Errorf("50 items took %v", d)
			}
		})
	}
}

func longText(words int) string {
	var b strings.Builder
	for i := range words {
		fmt.Fprintf(&b, "w%d ", i)
	}
	return b.String()
}

// A flood of one text is one story; a flood of texts that differ in one number
// is slow for nobody.
func TestFloods(t *testing.T) {
	const n = 20_000
	g := story.New(story.Config{MaxItems: n / 2})
	for i := range n {
		it := at(fmt.Sprintf("same%d", i), time.Duration(i)*time.Second, bridgeTitle, bridgeBody)
		if s, _ := g.Add(it); i < n/2 && s != "same0" {
			t.Fatalf("copy %d is of story %s", i, s)
		}
	}
	began := time.Now()
	for i := range n {
		g.Add(at(fmt.Sprintf("number%d", i), time.Duration(i)*time.Second, bridgeTitle, strings.Replace(bridgeBody, "four", strconv.Itoa(i), 1)))
	}
	if d := time.Since(began); d > 20*time.Second {
		t.Errorf("%d items that differ in a number took %v", n, d)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(bridgeTitle, bridgeBody, "Lorries cross", bridgeBody, int64(0), int64(3600))
	f.Add("", "", "", "", int64(-1<<62), int64(1<<62))
	f.Add("عاجل: جسر", "أعيد فتح الجسر ٤١ مرة", "Köprü - açıldı", "12th 13th\xff", int64(5), int64(5))
	f.Fuzz(func(t *testing.T, title1, body1, title2, body2 string, t1, t2 int64) {
		one := at("a", 0, title1, body1)
		two := at("b", 0, title2, body2)
		one.Item.Seen, two.Item.Seen = time.Unix(t1, 0), time.Unix(t2, 0)
		two.Item.Listed = two.Item.Seen
		g, again := story.New(story.Config{}), story.New(story.Config{})
		g.Add(one)
		again.Add(one)
		s, e := g.Add(two)
		if s2, e2 := again.Add(two); s != s2 || e != e2 {
			t.Fatalf("%s, %s and then %s, %s", s, e, s2, e2)
		}
		if s != "a" && s != "b" || e != "a" && e != "b" || s == "a" && e != "a" {
			t.Fatalf("story %q, event %q", s, e)
		}
		if s, e := g.Add(two); s != "a" && s != "b" || e == "" {
			t.Fatalf("again: story %q, event %q", s, e)
		}
	})
}
