package corpus_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"marsad/internal/demo/corpus"
)

func load(t *testing.T) []corpus.Feed {
	t.Helper()
	feeds, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	return feeds
}

func TestCorpusHasTheSizeAndTheMixItPromises(t *testing.T) {
	t.Parallel()
	feeds := load(t)
	if got := len(feeds); got != 12 {
		t.Errorf("%d feeds, want 12", got)
	}
	langs, formats, encodings := map[string]int{}, map[string]int{}, map[string]int{}
	items, undated, drips := 0, 0, map[string]int{}
	for _, f := range feeds {
		formats[f.Format]++
		encodings[f.Encoding]++
		for _, it := range f.Items {
			items++
			langs[f.Lang]++
			if it.Undated {
				undated++
			}
			if it.Drip {
				drips[f.Lang]++
			}
		}
	}
	if items < 115 || items > 135 {
		t.Errorf("%d items, want about 120", items)
	}
	for lang, least := range map[string]int{"en": 20, "ar": 20, "ckb": 10, "kmr": 3, "fa": 10, "tr": 10, "fr": 10} {
		if langs[lang] < least {
			t.Errorf("%d items in %s, want at least %d", langs[lang], lang, least)
		}
	}
	for _, format := range []string{corpus.RSS2, corpus.RSS1, corpus.Atom, corpus.JSON} {
		if formats[format] == 0 {
			t.Errorf("no feed in %s", format)
		}
	}
	for _, encoding := range []string{"utf-8", "windows-1256", "iso-8859-9"} {
		if encodings[encoding] == 0 {
			t.Errorf("no feed in %s", encoding)
		}
	}
	if undated != 2 {
		t.Errorf("%d undated items, want 2", undated)
	}
	if want := map[string]int{"en": 1, "ar": 1, "ckb": 1}; !cmp.Equal(drips, want) {
		t.Errorf("dripping items by language %v, want %v", drips, want)
	}
}

func TestEveryItemIsFitToShow(t *testing.T) {
	t.Parallel()
	// Letters that a text of the language must have, and must not have.
	arabic := regexp.MustCompile(`\p{Arabic}`)
	latin := regexp.MustCompile(`\p{Latin}`)
	sorani := regexp.MustCompile(`[ێۆەڵڕ]`)
	persian := regexp.MustCompile(`[یکپچژگ]`)
	arabicOnly := regexp.MustCompile(`[يكىة]`)
	for _, f := range load(t) {
		for _, it := range f.Items {
			text := it.Title + "\n" + strings.Join(it.Paragraphs, "\n")
			fail := func(what string) { t.Errorf("%s: %q: %s", f.Name, it.Title, what) }
			if !norm.NFC.IsNormalString(text) {
				fail("not NFC")
			}
			if n := utf8.RuneCountInString(it.Title); n < 10 || n > 90 {
				fail("the title is too short or too long")
			}
			if n := utf8.RuneCountInString(strings.Join(it.Paragraphs, " ")); n < 40 || n > 400 {
				fail("the text is too short or too long")
			}
			if n := strings.Count(text, "\n"); n > 3 {
				fail("too many paragraphs")
			}
			if strings.Contains(text, "://") || strings.ContainsAny(text, "<>&\u200e\u200f\u202a\u202b") {
				fail("a link, markup or a direction mark")
			}
			if !it.Undated && !it.Drip && (it.Age < 20*time.Minute || it.Age > 6*24*time.Hour) {
				fail("not within the last six days")
			}
			switch f.Lang {
			case "en", "tr", "fr", "kmr":
				if arabic.MatchString(text) {
					fail("Arabic letters")
				}
			case "ar":
				if latin.MatchString(text) || persian.MatchString(text) {
					fail("Latin or Persian letters")
				}
			case "ckb":
				if !sorani.MatchString(text) || arabicOnly.MatchString(text) {
					fail("not in Sorani letters")
				}
			case "fa":
				if !persian.MatchString(text) || arabicOnly.MatchString(text) || sorani.MatchString(text) {
					fail("not in Persian letters")
				}
			}
		}
	}
}

func TestSourcesSayThatTheyAreSamples(t *testing.T) {
	t.Parallel()
	mark := regexp.MustCompile(`Sample|Example|نموذج|المثال|العيّنة|نموونە|Nimûne|نمونه|Örnek|Deneme|Exemple`) //nolint:misspell // French
	seen := map[string]bool{}
	for _, f := range load(t) {
		if !mark.MatchString(f.Source) {
			t.Errorf("%s: source %q does not show that it is a sample", f.Name, f.Source)
		}
		if seen[f.Source] {
			t.Errorf("source %q stands twice", f.Source)
		}
		seen[f.Source] = true
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(f.Name) {
			t.Errorf("name %q is not kebab case", f.Name)
		}
	}
}

// TestFirstQueryFindsSomething holds the corpus to the demo's first query,
// place:al-qaem theme:border-wall, in the plainest wording of each language.
func TestFirstQueryFindsSomething(t *testing.T) {
	t.Parallel()
	words := map[string][2]*regexp.Regexp{
		"en":  {regexp.MustCompile(`\bal-Qaem\b`), regexp.MustCompile(`border (wall|fence)`)},
		"ar":  {regexp.MustCompile(`القائم`), regexp.MustCompile(`(السياج|الجدار) الحدودي`)},
		"ckb": {regexp.MustCompile(`قائیم`), regexp.MustCompile(`دیواری سنوور`)},
		"kmr": {regexp.MustCompile(`Qaîm`), regexp.MustCompile(`dîwarê sînor`)},
		"fa":  {regexp.MustCompile(`القائم`), regexp.MustCompile(`(دیوار|حصار) مرزی`)},
		"tr":  {regexp.MustCompile(`El Kaim`), regexp.MustCompile(`sınır duvarı`)},
		"fr":  {regexp.MustCompile(`Al-Qaïm`), regexp.MustCompile(`(mur|clôture) frontali[eè]re?`)},
	}
	found, dripped := map[string]int{}, map[string]int{}
	total := 0
	for _, f := range load(t) {
		for _, it := range f.Items {
			text := it.Title + " " + strings.Join(it.Paragraphs, " ")
			if w := words[f.Lang]; !w[0].MatchString(text) || !w[1].MatchString(text) {
				continue
			}
			if it.Drip {
				dripped[f.Lang]++
				continue
			}
			total++
			found[f.Lang]++
		}
	}
	if total < 8 {
		t.Errorf("%d items at the start, want at least 8", total)
	}
	for lang := range words {
		if found[lang] == 0 {
			t.Errorf("no item in %s", lang)
		}
	}
	for _, lang := range []string{"en", "ar", "ckb"} {
		if dripped[lang] == 0 {
			t.Errorf("no dripping item in %s", lang)
		}
	}
	t.Logf("at the start %d %v, dripping %v", total, found, dripped)
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := corpus.Parse("dir/a-feed.txt", `source: A Feed
lang: ckb
declares: ku
format: rss2
encoding: windows-1256
markup: html

# a note
-- 1d2h30m --
First title
one line
# a note inside
and its end

second paragraph
-- undated --

Second title

text
-- drip --
Third title
text`)
	if err != nil {
		t.Fatal(err)
	}
	want := corpus.Feed{
		Name: "a-feed", Source: "A Feed", Lang: "ckb", Declared: "ku",
		Format: corpus.RSS2, Encoding: "windows-1256", Markup: corpus.HTML,
		Items: []corpus.Item{
			{
				Title: "First title", Age: 26*time.Hour + 30*time.Minute,
				Paragraphs: []string{"one line and its end", "second paragraph"},
			},
			{Title: "Second title", Paragraphs: []string{"text"}, Undated: true},
			{Title: "Third title", Paragraphs: []string{"text"}, Drip: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseTellsWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	const head = "source: A\nlang: en\nformat: rss2\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"", "f.txt:0: the header lacks"},
		"no items":     {head, "f.txt:3: no items"},
		"no key":       {"source\n", `f.txt:1: want "key: value"`},
		"unknown key":  {"colour: red\n", `f.txt:1: unknown key "colour"`},
		"wrong lang":   {"lang: xx\n", `f.txt:1: lang "xx": want one of en,`},
		"wrong format": {"format: opml\n", `f.txt:1: format "opml"`},
		"wrong age":    {head + "-- soon --\nT\nb\n", `f.txt:4: age "soon"`},
		"zero age":     {head + "-- 0m --\nT\nb\n", `f.txt:4: age "0m"`},
		"future":       {head + "-- -3h --\nT\nb\n", `f.txt:4: age "-3h"`},
		"huge":         {head + "-- 99999d --\nT\nb\n", `f.txt:4: age "99999d"`},
		"no text":      {head + "-- 1d --\nT\n", "f.txt:5: the item before this line"},
		"no title":     {head + "-- 1h --\n-- 2h --\nT\nb\n", "f.txt:5: the item before this line"},
		"twice":        {head + "-- 1h --\nT\nb\n-- 2h --\nT\nb\n", `f.txt:9: the title "T" stands twice`},
		"json":         {"source: A\nlang: en\nformat: json\nencoding: windows-1256\n-- 1h --\nT\nb\n", "f.txt:7: a JSON Feed is always"},
		"atom":         {"source: A\nlang: en\nformat: atom\n-- undated --\nT\nb\n", "f.txt:6: an Atom entry must"},
		"not utf-8":    {"source: \xff\n", "f.txt:0: not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := corpus.Parse("f.txt", c.text)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s…", err, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("source: A\nlang: en\nformat: rss2\n\n-- 1d2h --\nT\nb\n\nc\n-- drip --\nU\nd\n")
	f.Add("-- --\n--  --\n-- d --\n-- 1dd --")
	f.Add("lang: ar\nsource: س\nformat: json\n-- undated --\nت\nن")
	f.Fuzz(func(t *testing.T, text string) {
		feed, err := corpus.Parse("f.txt", text)
		if err != nil {
			return
		}
		if feed.Source == "" || feed.Lang == "" || len(feed.Items) == 0 {
			t.Fatalf("accepted a feed that lacks something: %+v", feed)
		}
		for _, it := range feed.Items {
			if it.Title == "" || len(it.Paragraphs) == 0 {
				t.Fatalf("accepted an empty item: %+v", it)
			}
			if dated := it.Age > 0; dated == (it.Undated || it.Drip) {
				t.Fatalf("an item must have an age, or be undated or drip: %+v", it)
			}
			if it.Age > 60*24*time.Hour {
				t.Fatalf("age %s", it.Age)
			}
		}
	})
}
