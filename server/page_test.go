package server_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"marsad/item"
	"marsad/server"
)

// TestPagesAreSound looks at every page for what none may have: tags left
// open, ids twice, script, inline style, a link that leads out without rel or by
// another scheme than http(s), a control or override character.
func TestPagesAreSound(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	paths := []string{"/", "/?q=wall", "/?q=%28", "/?q=nosuchword+since:1d", "/?limit=1", "/alerts", "/status", "/nosuch", "/?sort=bad"}
	for _, a := range articles() {
		paths = append(paths, "/items/"+string(a.Item.ID))
	}
	for _, p := range paths {
		w := ask(t, s, http.MethodGet, p, browser()...)
		for _, fault := range faults(w.Body.String()) {
			t.Errorf("%s: %s", p, fault)
		}
	}
}

// TestDirections finds every foreign string in its own element with its
// language and direction.
func TestDirections(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, a := range articles() {
		i := a.Item
		dir := map[string]string{"ar": "rtl", "ckb": "rtl", "en": "ltr", "tr": "ltr", "und": "auto"}[i.Lang]
		lang := strings.TrimSuffix(i.Lang, "und")
		for _, p := range []string{"/", "/items/" + string(i.ID)} {
			doc := parse(t, ask(t, s, http.MethodGet, p, browser()...).Body.String())
			title := find(doc, func(n *html.Node) bool {
				return (n.DataAtom == atom.H1 || n.DataAtom == atom.H2) && strings.HasPrefix(textOf(n), firstWord(i.Title))
			})
			if title == nil {
				t.Errorf("%s: no heading with the title %q", p, i.Title)
				continue
			}
			if got, ok := attr(title, "lang"); !ok || got != lang {
				t.Errorf("%s: title in %s has lang %q", p, i.Lang, got)
			}
			if got, _ := attr(title, "dir"); got != dir {
				t.Errorf("%s: title in %s has dir %q, want %q", p, i.Lang, got, dir)
			}
			if i.Source == "" {
				continue
			}
			source := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Bdi && textOf(n) == i.Source })
			if source == nil {
				t.Errorf("%s: the source %q does not stand in a bdi", p, i.Source)
			}
		}
	}
}

// TestLinks lets only http(s) addresses without a user name become links.
func TestLinks(t *testing.T) {
	t.Parallel()
	bad := []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example/x",
		"ftp://files.example/x", "https://user:secret@ckb.example/", "https:///x", "\x01https://x.example", "http://%zz", "",
	}
	good := []string{"http://a.example/", "https://a.example/?q=1&b=%D8%A7#x", "https://مثال.example/خبر"}
	for _, u := range slices.Concat(bad, good) {
		a := tagged("x", "en", "S", "T", "B", u)
		s := newServer(t, func(o *server.Options) { o.Search = fakeIndex{[]item.Tagged{a}} })
		for _, p := range []string{"/", "/items/" + string(a.Item.ID)} {
			doc := parse(t, ask(t, s, http.MethodGet, p, browser()...).Body.String())
			link := find(doc, func(n *html.Node) bool { rel, _ := attr(n, "rel"); return strings.Contains(rel, "noopener") })
			if want := slices.Contains(good, u); (link != nil) != want {
				t.Errorf("%s: address %q became a link: %v, want %v", p, u, link != nil, want)
			}
		}
	}
}

func TestSampleIsMarkedEverywhere(t *testing.T) {
	t.Parallel()
	items := articles()
	for i := range items {
		items[i].Item.Sample = true
	}
	s := newServer(t, func(o *server.Options) { o.Sample, o.Search = true, fakeIndex{items} })
	for _, p := range []string{"/", "/?q=%28", "/?q=nosuchword", "/alerts", "/status", "/items/" + string(items[0].Item.ID), "/nosuch"} {
		body := ask(t, s, http.MethodGet, p, browser()...).Body.String()
		if !strings.Contains(body, `<p class="sample"><strong>SAMPLE</strong>`) || !strings.Contains(body, "<title>SAMPLE · ") {
			t.Errorf("%s does not say SAMPLE", p)
		}
	}
	for _, p := range []string{"/api/v1/search", "/api/v1/alerts", "/api/v1/feeds", "/api/v1/status", "/api/v1/items/" + string(items[0].Item.ID)} {
		if body := ask(t, s, http.MethodGet, p).Body.String(); !strings.Contains(body, `"sample":true`) {
			t.Errorf("%s does not say sample:\n%s", p, body)
		}
	}
	for l := range strings.Lines(ask(t, s, http.MethodGet, "/api/v1/search.jsonl").Body.String()) {
		if !strings.HasSuffix(l, `"sample":true}`+"\n") {
			t.Errorf("line does not say sample: %s", l)
		}
	}
	if real := ask(t, newServer(t, nil), http.MethodGet, "/", browser()...).Body.String(); strings.Contains(real, "SAMPLE") {
		t.Error("a page of real news says SAMPLE")
	}
}

// FuzzPages shows whatever a feed may hold: no text and no offset may break a
// page or get markup into it.
func FuzzPages(f *testing.F) {
	f.Add("السياج الحدودي", "a\n\nb <b>", "Source شفق 3", "https://x.example/", "ar", 0, 12)
	f.Add("PKK: داعش \u202Etxt.exe\x00", "\xff\xfe\n\n\n\n", "\u2067", "javascript:alert(1)", `x" onload="y`, -5, 1<<30)
	f.Add("</title><script>alert(1)</script>", "<!--", "&lt;", "https://a:b@c/", "und", 3, 2)
	var shown fakeIndex
	s := newServer(f, func(o *server.Options) { o.Search = &shown })
	f.Fuzz(func(t *testing.T, title, body, source, address, lang string, start, end int) { // one input at a time
		if len(title)+len(body) > 1<<16 {
			t.Skip()
		}
		tags := []item.Tag{
			{Kind: item.Place, ID: source, Status: item.Certain, Evidence: []item.Evidence{
				{Field: "title", Start: start, End: end, Text: title},
				{Field: "body", Start: start, End: end, Text: body, Clause: lang, Surface: body},
				{Field: lang, Start: end, End: start},
			}},
			{Kind: item.Kind(lang), ID: title, Status: item.Status(body), Rule: address},
		}
		a := tagged("fuzz", lang, source, title, body, address, tags...)
		shown.items = []item.Tagged{a}
		for _, p := range []string{"/", "/items/" + string(a.Item.ID), "/?" + url.Values{"q": {title}}.Encode()} {
			w := ask(t, s, http.MethodGet, p, browser()...)
			if w.Code >= 500 {
				t.Errorf("%s: status %d", p, w.Code)
			}
			for _, fault := range faults(w.Body.String()) {
				t.Errorf("%s: %s", p, fault)
			}
		}
	})
}

// faults lists what no page may have.
func faults(page string) []string {
	var out []string
	if !utf8.ValidString(page) {
		out = append(out, "not UTF-8")
	}
	for _, r := range page {
		if (unicode.IsControl(r) && r != '\n') || (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069) {
			out = append(out, "character "+string(r)+" shown as it is")
			break
		}
	}
	var open []string
	ids := map[string]bool{}
	h1 := 0
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		tok := z.Token()
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			out = append(out, elementFaults(tok, ids)...)
			if tok.DataAtom == atom.H1 {
				h1++
			}
			if !slices.Contains([]atom.Atom{atom.Meta, atom.Link, atom.Input, atom.Br}, tok.DataAtom) {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			if n := len(open); n == 0 || open[n-1] != tok.Data {
				out = append(out, "</"+tok.Data+"> closes nothing: "+strings.Join(open, ">"))
			} else {
				open = open[:n-1]
			}
		case html.CommentToken:
			out = append(out, "a comment")
		case html.ErrorToken, html.TextToken, html.DoctypeToken:
		}
	}
	if len(open) > 0 {
		out = append(out, "left open: "+strings.Join(open, ">"))
	}
	if h1 != 1 {
		out = append(out, "not one h1")
	}
	return out
}

func elementFaults(tok html.Token, ids map[string]bool) []string {
	var out []string
	elements := strings.Fields("html head meta title link body a p strong span header form label input button nav main div section article " +
		"aside h1 h2 ol ul li dl dt dd bdi time mark q code pre table thead tbody tr th td br footer")
	if !slices.Contains(elements, tok.Data) {
		out = append(out, "element <"+tok.Data+">")
	}
	seen := map[string]bool{}
	rel := ""
	for _, a := range tok.Attr {
		if a.Key == "rel" {
			rel = a.Val
		}
	}
	for _, a := range tok.Attr {
		if seen[a.Key] || a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "src" {
			out = append(out, "attribute "+a.Key+" in <"+tok.Data+">")
		}
		seen[a.Key] = true
		switch a.Key {
		case "id":
			if ids[a.Val] {
				out = append(out, "id "+a.Val+" twice")
			}
			ids[a.Val] = true
		case "href":
			own := strings.HasPrefix(a.Val, "#") || (strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//"))
			web := strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://")
			if !own && (!web || rel != "noopener noreferrer nofollow") {
				out = append(out, "link to "+a.Val+" with rel "+rel)
			}
		case "dir":
			if a.Val != "ltr" && a.Val != "rtl" && a.Val != "auto" {
				out = append(out, "dir "+a.Val)
			}
		}
	}
	return out
}

func parse(tb testing.TB, page string) *html.Node {
	tb.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}

// find returns the first element that is wanted.
func find(n *html.Node, want func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && want(d) {
			return d
		}
	}
	return nil
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if len(word) > 100 {
		word = word[:100]
	}
	return word
}
