package ingest_test

import (
	"fmt"
	"strings"

	"marsad/ingest"
)

// A hostileDocument is a feed that costs more to read than to send; want is the
// problem it is, empty where what is in it is read.
type hostileDocument struct {
	name, doc string
	want      ingest.Problem
}

func hostileDocuments() []hostileDocument {
	var namespaces strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&namespaces, ` xmlns:a%d="u"`, i)
	}
	var laughs strings.Builder
	laughs.WriteString(`<!DOCTYPE rss [<!ENTITY a0 "ha">`)
	for i := range 30 {
		fmt.Fprintf(&laughs, `<!ENTITY a%d "&a%d;&a%d;&a%d;">`, i+1, i, i, i)
	}
	laughs.WriteString("]>")
	return []hostileDocument{
		{"nesting 2 M", feedOf("<item>" + strings.Repeat("<a>", 2_000_000)), ingest.ProblemHostile},
		{"nesting of a foreign namespace", `<rss xmlns:x="u"><channel><item>` + strings.Repeat("<x:a>", 500_000), ingest.ProblemHostile},
		{"nesting behind a confusing declaration", `<rss><channel><!a "<"><item>` + strings.Repeat("<b>", 20_001), ingest.ProblemHostile},
		{"nesting after a syntax error", feedOf(`<item><title>x</title></item><item><&>` + strings.Repeat("<c>", 2_000_000) + `</item>`), ""},
		{"namespaces", `<rss` + namespaces.String() + `><channel>` + strings.Repeat("<item><title>t</title></item>", 5_000) + `</channel></rss>`, ingest.ProblemHostile},
		{"inherited namespaces", `<rss>` + strings.Repeat(`<a xmlns:b="u" xmlns:c="u" xmlns:d="u">`, 60), ingest.ProblemHostile},
		{"nested xml:base", `<feed xmlns="http://www.w3.org/2005/Atom">` + strings.Repeat(`<a xml:base="aaaaaaaaaa/">`, 20_000), ingest.ProblemHostile},
		{"fragments", feedOf("<item><title>" + strings.Repeat("t<!---->", 300_000) + "</title></item>"), ingest.ProblemHostile},
		{"elements", feedOf("<item>" + strings.Repeat("<x/>", 400_000) + "</item>"), ingest.ProblemHostile},
		{"items", feedOf(strings.Repeat("<item/>", 30_000)), ingest.ProblemHostile},
		{"attributes", feedOf("<item><a " + strings.Repeat(`b="c" `, 1000) + "/></item>"), ingest.ProblemHostile},
		{"JSON nesting", `{"version":"https://jsonfeed.org/version/1","items":` + strings.Repeat("[", 1_000_000), ingest.ProblemHostile},
		{"JSON values", `{"items":[` + strings.Repeat("{},", 400_000) + `{}]}`, ingest.ProblemHostile},
		{"unclosed tags in a text", feedOf("<item><title>x</title><description><![CDATA[" + strings.Repeat("<a ", 300_000) + "]]></description></item>"), ""},
		{"breaks in a text", feedOf("<item><title>x</title><description><![CDATA[" + strings.Repeat("<br>", 200_000) + "]]></description></item>"), ""},
		{"nested HTML in a text", feedOf("<item><title>x</title><description><![CDATA[" + strings.Repeat("<div>", 200_000) + "end]]></description></item>"), ""},
		{"ampersands in a text", feedOf("<item><title>x</title><description><![CDATA[" + strings.Repeat("&amp;lt;", 120_000) + "]]></description></item>"), ""},
		{"item ends without beginnings", feedOf(goodItem(1) + strings.Repeat("</item>", 200_000)), ""},
		{"item beginnings without ends", feedOf(goodItem(1) + strings.Repeat("<item >", 50_000)), ""},
		{"long address", feedOf("<item><title>x</title><link>https://news.example/" + strings.Repeat("a//", 300_000) + "</link></item>"), ""},
		{"many wrong tags", feedOf(strings.Repeat("<item><title>x</b></title></channel></item>", 4_000)), ""},
		{"title of 9 MB", feedOf("<item><title>" + strings.Repeat("a long title ", 700_000) + "</title></item>"), ingest.ProblemHostile},
		{"entities of 9 MB", feedOf("<item><title>x</title><description>" + strings.Repeat("&amp;#60;", 1_000_000) + "</description></item>"), ""},
		{"letters of 9 MB", feedOf("<item><title>x</title><description>" + strings.Repeat("القائم ", 700_000) + "</description></item>"), ingest.ProblemHostile},
		{"items with texts, 9 MB", feedOf(strings.Repeat("<item><title>x</title><description>"+strings.Repeat("text and ", 200)+"</description></item>", 4_900)), ""},
		{"items of 64 KB each", feedOf(manyItems(150, strings.Repeat("A sentence of a report. ", 2_500))), ""},
		{"billion laughs", laughs.String() + feedOf("<item><title>&a30;</title></item>"), ""},
		{"external entity", `<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + feedOf("<item><title>&x;</title></item>"), ""},
		{"external definition", `<!DOCTYPE rss SYSTEM "http://169.254.169.254/latest">` + feedOf(goodItem(1)), ""},
		{"declaration without end", "<!DOCTYPE rss [" + strings.Repeat("<!ENTITY x 'y'>", 500_000), ingest.ProblemNotAFeed},
		{"categories", feedOf("<item><title>x</title>" + strings.Repeat("<category>c</category>", 1_900) + "</item>"), ""},
		{"enclosures", feedOf("<item><title>x</title>" + strings.Repeat(`<enclosure url="https://news.example/a.mp3" length="1" type="audio/mpeg"/>`, 1_900) + "</item>"), ""},
		{"control characters", feedOf("<item><title>x</title><description>" + strings.Repeat("&#8238;&#0;\u202e\u2066", 300_000) + "</description></item>"), ""},
		{"bytes of no charset", feedOf("<item><title>x</title><description>" + strings.Repeat("\xff\xfe\x80", 2_000_000) + "</description></item>"), ingest.ProblemHostile},
		{"UTF-16", "\xff\xfe" + strings.Repeat("<\x00", 4_000_000), ingest.ProblemNotAFeed},
		{"letters encoded twice", feedOf("<item><title>x</title><description>" + strings.Repeat("Ã©", 2_000_000) + "</description></item>"), ""},
		{"JSON text of 9 MB", `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","content_text":"` + strings.Repeat(`\u0061`, 1_500_000) + `"}]}`, ""},
		{"JSON of wrong types", `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat(`{"id":[1],"title":{"a":"b"}},`, 30_000) + `{}]}`, ""},
		{"web page with many links", "<!doctype html><html><head>" + strings.Repeat(`<link rel="alternate" type="application/rss+xml" href="/feed">`, 100_000) + "</head></html>", ingest.ProblemNotAFeed},
	}
}

// manyItems are different articles with one text.
func manyItems(n int, text string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<item><title>Title %d</title><link>https://news.example/2026/article-number-%d</link><description>%s</description></item>", i, i, text)
	}
	return b.String()
}
