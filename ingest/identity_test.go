package ingest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"marsad/ingest"
	"marsad/item"
)

func itemOf(t *testing.T, e ingest.Entry) item.Item {
	t.Helper()
	n := ingest.NewNormaliser(ingest.Config{KeepParams: map[string][]string{"keep.example": {"utm_id"}}})
	it, err := n.Item(e, ingest.Feed{Name: "f", URL: "https://news.example/rss"}, fetchedAt())
	if err != nil {
		t.Fatalf("%+v: %v", e, err)
	}
	return it
}

func idOf(t *testing.T, link string) item.ID {
	t.Helper()
	return itemOf(t, ingest.Entry{Title: "t", Link: link, GUID: "g:" + link}).ID
}

// Each line is one article, written in several ways.
func TestSameArticle(t *testing.T) {
	t.Parallel()
	for _, spellings := range [][]string{
		{"https://news.example/2026/a-b", "http://news.example/2026/a-b", "https://www.news.example/2026/a-b/", "HTTPS://NEWS.example:443/2026/a-b#top", "https://m.news.example//2026/a-b", "https://amp.news.example/2026/a-b/amp/", "http://http://news.example/2026/a-b", "http:/news.example/2026/a-b", "//news.example/2026/a-b", "https:\\\\news.example\\2026\\a-b", " https://news.example/2026/a-b\n", "/2026/a-b"},
		{"https://news.example/story-1?id=7", "https://news.example/story-1?utm_source=rss&id=7&UTM_MEDIUM=x", "https://news.example/story-1?id=7&amp;utm_campaign=y", "https://news.example/story-1?fbclid=abc&id=7&_ga=1&at_medium=RSS&traffic_source=rss", "https://news.example/story-1?ITO=1490&id=7&ns_mchannel=rss&feedName=top&nk=0123456789abcdef"},
		{"https://news.example/s-1?a=1&b=2", "https://news.example/s-1?b=2&a=1", "https://news.example/s-1?b=2&a=1&ref=rss"},
		{"https://ar.example/2026/خبر-عاجل", "https://ar.example/2026/%D8%AE%D8%A8%D8%B1-%D8%B9%D8%A7%D8%AC%D9%84", "https://ar.example/2026/%d8%ae%d8%a8%d8%b1-%d8%b9%d8%a7%d8%ac%d9%84"},
		{"https://news.google.com/rss/articles/CBMi1?oc=5", "https://news.google.com/rss/articles/CBMi1?oc=5&hl=en"},
		{"https://times.example/2026/x-y", "https://www.google.com/url?rct=j&sa=t&url=https://times.example/2026/x-y&ct=ga"},
		{"https://bücher.example/2026/ein-buch", "https://xn--bcher-kva.example/2026/ein-buch"},
	} {
		want := idOf(t, spellings[0])
		for _, s := range spellings[1:] {
			if got := idOf(t, s); got != want {
				t.Errorf("%q is another article than %q", s, spellings[0])
			}
		}
	}
}

// No two of these are the same article.
func TestDifferentArticles(t *testing.T) {
	t.Parallel()
	seen := map[item.ID]string{}
	for _, link := range []string{
		"https://news.example/2026/a-b", "https://news.example/2026/A-B", "https://other.example/2026/a-b", "https://sport.news.example/2026/a-b",
		"https://news.example:8080/2026/a-b",
		"https://news.example/?244321=", "https://news.example/?244322=", "https://news.example/?p=1", "https://news.example/?p=2", "https://news.example/index.php?id=1",
		"https://www.youtube.com/watch?v=AbC", "https://www.youtube.com/watch?v=aBc", "https://news.example/story?sid=5", "https://news.example/story?sid=6",
		"https://news.example/story?source=12", "https://news.example/en/", "https://news.example/ar/", "https://news.example/x%2Fy-1", "https://news.example/x/y-1",
		"https://keep.example/story?utm_id=1", "https://keep.example/story?utm_id=2", "https://app.example/#!/article/1", "https://app.example/#!/article/2",
	} {
		id := idOf(t, link)
		if other, dup := seen[id]; dup {
			t.Errorf("%q and %q are one article", link, other)
		}
		seen[id] = link
	}
}

func TestUnusableLinks(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"", "javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "ftp://x.example/a-b", "http://", "https://[::1", "https:", "http://a b.example/%zz", "#", strings.Repeat("x", 10<<10)} {
		it := itemOf(t, ingest.Entry{Title: "t", Link: link, GUID: "g"})
		if it.URL != "" && !strings.HasPrefix(it.URL, "http") {
			t.Errorf("%q became the address %q", link, it.URL)
		}
		if link == "" || strings.HasPrefix(link, "javascript") || strings.HasPrefix(link, "data") {
			if it.URL != "" {
				t.Errorf("%q became the address %q", link, it.URL)
			}
		}
	}
	a, b := itemOf(t, ingest.Entry{Title: "t", GUID: "1"}), itemOf(t, ingest.Entry{Title: "t", GUID: "2"})
	if a.ID == b.ID {
		t.Error("two guids are one article")
	}
	c, d := itemOf(t, ingest.Entry{Title: "t", Published: "2026-11-19T08:00:00Z"}), itemOf(t, ingest.Entry{Title: "t", Published: "2026-11-19T09:00:00Z"})
	if c.ID == d.ID {
		t.Error("without address and guid, title and date tell articles apart")
	}
}

func TestRevisionHash(t *testing.T) {
	t.Parallel()
	link := "https://news.example/2026/revision-test"
	rev := func(title, body string) item.Revision {
		return itemOf(t, ingest.Entry{Title: title, Description: body, Link: link}).Revision
	}
	base := rev("Title", "Text of the article, posted 5 minutes ago. 3 comments.")
	for _, same := range []string{"Text of the article, posted 12 minutes ago. 17 comments.", "<p>Text of  the article, posted 1 hour ago. 9 comments.</p>"} {
		if rev("Title", same) != base {
			t.Errorf("%q is a new revision", same)
		}
	}
	for title, body := range map[string]string{"Title": "Text of the article, changed.", "New title": "Text of the article, posted 5 minutes ago. 3 comments."} {
		if rev(title, body) == base {
			t.Errorf("%q %q is no new revision", title, body)
		}
	}
	if rev("قتلى", "النص منذ 5 دقائق") != rev("قتلى", "النص منذ 7 دقائق") {
		t.Error("a relative time in Arabic is a new revision")
	}
	if rev("kills 3", "x") == rev("kills 30", "x") {
		t.Error("a changed number is no new revision")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "Plain text.", "Plain text."},
		{"white space", "  a \t b\r\nc  ", "a b c"},
		{"blank line", "First.\n\n \nSecond.", "First.\n\nSecond."},
		{"paragraphs", "<p>First.</p>\n<p>Second.</p>", "First.\n\nSecond."},
		{"breaks", "a<br>b<br/><br/>c", "a\nb\n\nc"},
		{"inline", "a<b>b</b><i>c</i> d", "abc d"},
		{"list", "<ul><li>one<li>two</ul>after", "one\ntwo\n\nafter"},
		{"table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"script", "a<script>if (x < y) { alert('<p>no</p>') }</script>b<style>p{}</style>c", "abc"},
		{"comment", "a<!-- no -->b", "ab"},
		{"hidden", `a<div style="color:red; display : none"><div>no</div>no</div>b<span hidden>no</span>c`, "a\n\nbc"},
		{"hidden paragraph without end", "<p hidden>no<p>yes", "yes"},
		{"svg and form", "<svg><title>no</title></svg>a<select><option>no</select>", "a"},
		{"entities", "a &amp; b &lt; c&nbsp;d &#8211; &#x2019;", "a & b < c d – ’"},
		{"bare", "AT&T, 5 < 6 > 4 & x", "AT&T, 5 < 6 > 4 & x"},
		{"bidi", "\u202aa\u202c \u2067b\u2069 \u200fc\u200c", "a b \u200fc\u200c"},
		{"tatweel and marks stay", "القـــائمُ ی ک ۱۲", "القـــائمُ ی ک ۱۲"},
		{"soft hyphen", "Bundes\u00adtag", "Bundestag"},
		{"unclosed", "<p>a <b>b", "a b"},
		{"unclosed tag", "a <a href=\"x", "a <a href=\"x"},
		{"exotic spaces", "a\u00a0\u2003b\u2028c", "a b c"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := itemOf(t, ingest.Entry{Title: "t", Description: tc.in}).Body; got != tc.want {
				t.Errorf("body of %q = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestSummaryAndContent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, summary, content, want string }{
		{"summary only", "S.", "", "S."},
		{"content only", "", "<p>C.</p>", "C."},
		{"abridged", "The minister visited the […]", "<p>The minister visited the crossing.</p>", "The minister visited the crossing."},
		{"standfirst", "Four are dead.", "<p>The army said so.</p>", "Four are dead.\n\nThe army said so."},
		{"same", "Same.", "Same.", "Same."},
		{"longer summary", "Same and more.", "Same", "Same and more."},
	} {
		if got := itemOf(t, ingest.Entry{Title: "t", Description: tc.summary, Content: tc.content}).Body; got != tc.want {
			t.Errorf("%s: body %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestNothing(t *testing.T) {
	t.Parallel()
	n := ingest.NewNormaliser(ingest.Config{})
	for _, e := range []ingest.Entry{{}, {Title: " ", Description: "<img src=x>"}, {Link: "https://x.example/a-b-c"}} {
		if _, err := n.Item(e, ingest.Feed{}, fetchedAt()); !errors.Is(err, ingest.ErrNothing) {
			t.Errorf("%+v: error %v, want ErrNothing", e, err)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 19, 8, 0, 0, 0, time.UTC)
	for _, s := range []string{
		"2026-11-19T08:00:00Z", "2026-11-19T11:00:00+03:00", "2026-11-19T08:00Z", "2026-11-19 08:00:00", "2026-11-19T08:00:00.000Z", "20261119 08:00",
		"Thu, 19 Nov 2026 08:00:00 GMT", "Thu, 19 Nov 2026 11:00:00 +0300", "Thu, 19 Nov 2026 03:00:00 EST", "19 Nov 2026 08:00 UT", "Thu, 19 November 2026 08:00:00 +0000",
		"Nov 19, 2026 8:00 AM", "November 19th, 2026, 8:00 a.m.", "Thu Nov 19 08:00:00 UTC 2026", "Thursday, 19-Nov-26 08:00:00 GMT", "19/11/2026 08:00", "11/19/2026 08:00",
		"19.11.2026 08:00:00", "2026/11/19 08:00:00", "Thu, 19 Nov 2026 17:00:00 GMT+9", "Thu, 19 Nov 2026 08:00:00 GMT+00:00 (GMT)", "Thu Nov 19 2026 11:00:00 GMT+0300 (AST)",
		"Thu, 19 Nov 2026 11:30:00 IRST", "Thu, 19 Nov 2026 10:00:00 +0200 (EET)", " Thu,  19  Nov  2026  08:00:00  Z ",
	} {
		if got := itemOf(t, ingest.Entry{Title: "t", Published: s}).Published; !got.Equal(want) {
			t.Errorf("%q = %s, want %s", s, got, want)
		}
	}
	for _, s := range []string{
		"", "now", "yesterday", "03/04/2026", "32 Nov 2026", "31 Feb 2026 08:00", "2026-13-01", "2026", "0000-00-00", "19 Nov", "Thu, 19 Nov 2026 25:61:00 GMT",
		"1763539200", "19 Brumaire 2026", strings.Repeat("1", 200), "-", "+", "12:00", "2026-11-", "(", "19 Nov 2026 08:00:00 +9999",
	} {
		it := itemOf(t, ingest.Entry{Title: "t", Published: s})
		if !it.Published.IsZero() || !it.Listed.Equal(fetchedAt()) || len(it.Flags) == 0 {
			t.Errorf("%q = %s, listed %s, flags %v; want no date", s, it.Published, it.Listed, it.Flags)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"ar": "أعلنت وزارة الداخلية العراقية اليوم الخميس أن القوات الأمنية سيطرت على المنطقة الحدودية مع سوريا",
		"en": "The interior ministry said on Thursday that security forces had taken control of the border with Syria",
		"fr": "Le ministère de l'intérieur a annoncé jeudi que les forces de sécurité avaient pris le contrôle de la frontière",
		"fa": "وزارت کشور عراق روز پنجشنبه اعلام کرد که نیروهای امنیتی کنترل مرز با سوریه را به دست گرفته اند",
	} {
		if got := itemOf(t, ingest.Entry{Title: text, Lang: "xx"}).Lang; got != want {
			t.Errorf("language of %q = %q, want %q", text, got, want)
		}
	}
}
