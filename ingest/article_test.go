package ingest_test

import (
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"marsad/ingest"
)

// The text of an article is found, with its paragraphs and without what stands
// around it and is hidden.
func TestArticleText(t *testing.T) {
	t.Parallel()
	const first, second = "The bridge over the Euphrates was opened on Monday, and trucks crossed it in both directions.", "The governor said that the road to the border would follow, with lights, and with a station for the guards."
	menu := strings.Repeat(`<li><a href="/s">Section</a></li>`, 20)
	body := "<p>" + first + "</p><p>" + second + "</p>"
	for name, tc := range map[string]struct{ page, want string }{
		"article":      {"<nav><ul>" + menu + "</ul></nav><article><h1>Bridge opened</h1>" + body + "</article><footer>All rights reserved</footer>", "Bridge opened\n\n" + first + "\n\n" + second},
		"divisions":    {`<div class="sidebar">` + menu + `</div><div class="story">` + body + `</div>`, first + "\n\n" + second},
		"script":       {"<article><script>alert('x')</script>" + body + "</article>", first + "\n\n" + second},
		"hidden parts": {`<article><p style="display: none">` + second + " Hidden.</p>" + body + "</article>", first + "\n\n" + second},
		"no body":      {"<title>Bridge opened</title>", ""},
		"empty":        {"", ""},
		"not HTML":     {"\x00\x01\x02", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ingest.ArticleText([]byte("<!doctype html><html><head><title>Bridge</title></head><body>"+tc.page+"</body></html>"), "en")
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}

func FuzzArticleText(f *testing.F) {
	f.Add([]byte("<article><h1>a</h1><p>b, c<br><br>d</article>"), "en")
	f.Add([]byte("<table><tr><td><p hidden>ا</table><svg><p>"), "ar")
	f.Fuzz(func(t *testing.T, page []byte, lang string) {
		got, err := ingest.ArticleText(page, lang)
		if err == nil && got == "" {
			t.Error("no text and no error")
		}
		if err == nil && (got != strings.TrimSpace(got) || !utf8.ValidString(got)) {
			t.Errorf("%q", got)
		}
	})
}

// Pages that are small to send and ruinous to take apart. Not parallel: it looks
// at the memory.
func TestHostilePages(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, (2<<20)/len(s)) }
	const most = 14_900 // elements that pass
	sentence := "A sentence, with a comma, that is long enough to count for something. "
	for name, page := range map[string]string{
		"breaks":                  "<p>x</p>" + strings.Repeat("<br>", 200_000),
		"as many breaks as pass":  strings.Repeat("text<br>", most),
		"paragraphs":              strings.Repeat("<p>"+sentence, most),
		"divisions":               strings.Repeat("<div>"+sentence+"</div>", most),
		"nesting":                 strings.Repeat("<div>", 300_000),
		"nesting that passes":     strings.Repeat(strings.Repeat("<div><p>"+sentence, 190)+strings.Repeat("</div>", 190), 39),
		"nesting of paragraphs":   strings.Repeat("<b><p>", 7000),
		"unclosed formatting":     strings.Repeat("<b><i><p>"+sentence, 4000),
		"tables":                  strings.Repeat("<table><tr><td>", 60) + sentence + strings.Repeat("<table>", 130),
		"cells":                   "<table>" + strings.Repeat("<tr><td>"+sentence, most/2),
		"lists":                   strings.Repeat("<ul><li>"+sentence+"</ul>", most/2),
		"links":                   strings.Repeat("<p>"+sentence+"<a href=/a>"+sentence+"</a></p>", most/2),
		"images":                  strings.Repeat("<p><img src=a.png alt=b></p>", most/2),
		"attributes":              "<p " + fill("a=b "),
		"distinct attributes":     "<p " + distinct(200_000) + ">" + sentence,
		"one long text":           "<p>" + fill(sentence),
		"one long class":          `<div class="` + fill("article ") + `">` + sentence,
		"classes":                 strings.Repeat(`<div class="`+strings.Repeat("comment ", 15)+`">`+sentence+"</div>", most/2),
		"commas":                  "<p>" + fill(","),
		"unclosed tags":           fill("<a "),
		"ends without beginnings": fill("</p>"),
		"comments":                fill("<!---->"),
		"entities":                "<p>" + fill("&amp;lt;"),
		"script":                  "<script>" + fill("<!--<script>"),
		"structured data":         `<script type="application/ld+json">` + fill("[") + `</script><p>` + sentence,
		"templates":               strings.Repeat("<template>", 190) + sentence,
		"hidden":                  strings.Repeat(`<div style="display:none">`+sentence+"</div>", most),
		"noscript images":         strings.Repeat("<noscript><img src=a.png></noscript>", most),
		"spaces":                  "<p>" + fill(" "),
		"title":                   "<title>" + fill("a | b - c ") + "</title><p>" + sentence,
		"meta":                    strings.Repeat(`<meta property="og:title" content="x y z">`, most) + "<p>" + sentence,
		"bytes":                   fill("\xff\xfe\x00<"),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := ingest.ArticleText([]byte(page[:min(len(page), 2<<20)]), "en")
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			alloc := after.TotalAlloc - before.TotalAlloc
			t.Logf("%s, %d MB allocated, %v", took, alloc>>20, err)
			if took > 5*time.Second { // 0.8 s on an idle machine; tests share theirs
				t.Errorf("took %s", took)
			}
			if alloc > 128<<20 { // 90 MB over time, of which some 50 at once
				t.Errorf("allocated %d MB", alloc>>20)
			}
		})
	}
}

func distinct(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("a", 1+i%7))
		b.WriteString(string(rune('a' + i%26)))
		b.WriteString("=1 ")
	}
	return b.String()
}
