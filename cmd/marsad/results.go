package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"marsad/internal/printable"
	"marsad/server"
)

// A paper is what results for people are written on: a terminal shows matches in
// bold, anything else in «».
type paper struct {
	io.Writer
	open, end string
}

func newPaper(w io.Writer) paper {
	under := w
	if c, ok := w.(*checkedWriter); ok {
		under = c.w
	}
	_, plain := os.LookupEnv("NO_COLOR")
	if f, ok := under.(*os.File); ok && !plain && term.IsTerminal(int(f.Fd())) {
		return paper{w, "\x1b[1m", "\x1b[22m"}
	}
	return paper{w, "«", "»"}
}

const (
	titleWidth   = 100
	excerptWidth = 90
)

// printResults writes results for people.
func printResults(w paper, res server.Results, now time.Time) {
	if res.Sample {
		fmt.Fprintln(w, "SAMPLE: invented news of the demo")
	}
	fmt.Fprintf(w, "Understood as  %s\n", printable.Text(res.Understood))
	if res.Total == 0 {
		fmt.Fprintln(w, "No article found. 'marsad status' shows feeds that fail.")
		for _, s := range res.Suggestions {
			fmt.Fprintf(w, "%-22s %s: marsad search %s\n", suggestionText(s.Why), plural(s.Total, "article"), quote(s.Query))
		}
		return
	}
	counts := plural(res.Total, "article")
	if res.Stories > 0 {
		counts += ", " + plural(res.Stories, "story")
	}
	fmt.Fprintf(w, "%s · %.0f ms%s\n\n", counts, res.TookMS, sparkline(res.Histogram))
	for _, h := range res.Hits {
		w.hit(h, now)
	}
	for _, name := range server.FacetNames() {
		if counts := res.Facets[name]; len(counts) > 0 {
			fmt.Fprintf(w, "\n%s:", name)
			for _, c := range counts {
				fmt.Fprintf(w, "  %s %d", printable.Text(c.Value), c.Count)
			}
			fmt.Fprintln(w)
		}
	}
	if res.Next != "" {
		fmt.Fprintf(w, "\nMore: --cursor %s\n", res.Next)
	}
}

// hit writes one article: its title in its own direction, where it comes from,
// what the match is when the title does not show it, its tags.
func (w paper) hit(h server.Hit, now time.Time) {
	const indent = "            "
	when := h.Published
	if when.IsZero() {
		when = h.Seen
	}
	title, marks := h.Title, h.Highlights["title"]
	if title == "" {
		title, marks = h.Body, h.Highlights["body"]
	}
	fmt.Fprintf(w, "%5s  %-3s  %s", ago(now.Sub(when)), h.Lang, w.marked(title, marks, h.Lang, titleWidth))
	if h.Copies > 1 {
		fmt.Fprintf(w, "  +%d similar", h.Copies-1)
	}
	fmt.Fprintf(w, "\n%s%s  %s\n", indent, printable.Text(h.Source), printable.Clean(h.URL))
	if others := slices.DeleteFunc(slices.Clone(h.Sources), func(s string) bool { return s == h.Source }); len(others) > 0 {
		for i := range others {
			others[i] = printable.Text(others[i])
		}
		fmt.Fprintf(w, "%salso  %s\n", indent, strings.Join(others, ", "))
	}
	if body := h.Highlights["body"]; len(body) > 0 && len(h.Highlights["title"]) == 0 && h.Title != "" {
		fmt.Fprintf(w, "%s%s\n", indent, w.excerpt(h.Body, body, h.Lang))
	}
	if tags := tagLine(h.Tags); tags != "" {
		fmt.Fprintf(w, "%s%s\n", indent, printable.Text(tags))
	}
}

// excerpt is the words of a text around its first mark.
func (w paper) excerpt(text string, marks [][2]int, lang string) string {
	start := min(max(marks[0][0], 0), len(text))
	for back := 0; start > 0 && back < excerptWidth/3; start-- {
		if text[start-1]&0xC0 != 0x80 {
			back++
		}
	}
	if i := strings.IndexByte(text[start:], ' '); start > 0 && i >= 0 && start+i < marks[0][0] {
		start += i + 1
	}
	var moved [][2]int
	for _, m := range marks {
		moved = append(moved, [2]int{m[0] - start, m[1] - start})
	}
	before := ""
	if start > 0 {
		before = "…"
	}
	return before + w.marked(text[start:], moved, lang, excerptWidth)
}

// Matches stand between these while a text is cleaned and cut.
const (
	markOpen = '⟦'
	markEnd  = '⟧'
)

// marked is a text on one line of at most n characters, in the direction of its
// language, with its matches marked.
func (w paper) marked(text string, marks [][2]int, lang string, n int) string {
	var b strings.Builder
	at := 0
	bare := strings.NewReplacer(string(markOpen), "[", string(markEnd), "]")
	for _, m := range marks {
		if m[0] < at || m[1] <= m[0] || m[1] > len(text) {
			continue // offsets of another text
		}
		b.WriteString(bare.Replace(text[at:m[0]]))
		b.WriteRune(markOpen)
		b.WriteString(bare.Replace(text[m[0]:m[1]]))
		b.WriteRune(markEnd)
		at = m[1]
	}
	b.WriteString(bare.Replace(text[at:]))
	s := printable.Clip(printable.Clean(b.String()), n)
	if strings.Count(s, string(markOpen)) > strings.Count(s, string(markEnd)) {
		s += string(markEnd)
	}
	s = printable.Text(s)
	if rightToLeft(lang) {
		// Its own direction, and not that of its first word: "PKK: …".
		s = "\u2067" + strings.TrimPrefix(strings.TrimSuffix(s, "\u2069"), "\u2068") + "\u2069"
	}
	return strings.NewReplacer(string(markOpen), w.open, string(markEnd), w.end).Replace(s)
}

func rightToLeft(lang string) bool {
	return slices.Contains([]string{"ar", "fa", "ckb", "ur", "he"}, lang)
}

// sparkWidth is the most columns of a sparkline.
const sparkWidth = 50

// sparkline draws a histogram in one line, with its first and last day; "" when
// there is nothing to see.
func sparkline(h *server.Histogram) string {
	if h == nil || len(h.Buckets) < 2 {
		return ""
	}
	each := (len(h.Buckets) + sparkWidth - 1) / sparkWidth
	var sums []int
	for i, b := range h.Buckets {
		if i%each == 0 {
			sums = append(sums, 0)
		}
		sums[len(sums)-1] += b.Count
	}
	bars := []rune("▁▂▃▄▅▆▇█")
	most := slices.Max(sums)
	var s strings.Builder
	for _, n := range sums {
		level := 0
		if n > 0 {
			level = 1 + n*(len(bars)-2)/most // the highest is reached by the most alone
		}
		s.WriteRune(bars[level])
	}
	unit := h.Unit
	if each > 1 {
		unit = plural(each, h.Unit)
	}
	return fmt.Sprintf(" · %s  %s to %s, by %s", s.String(), h.Buckets[0].Date, h.Buckets[len(h.Buckets)-1].Date, unit)
}

// suggestionText says what is other in a suggestion.
func suggestionText(why string) string {
	switch why {
	case "name":
		return "By name:"
	case "time":
		return "At any time:"
	default:
		return "With one term less:"
	}
}

// quote is a query as a shell takes it.
func quote(q string) string {
	q = printable.Clean(q)
	dashes := ""
	if strings.HasPrefix(q, "-") {
		dashes = "-- "
	}
	return dashes + "'" + strings.ReplaceAll(q, "'", `'\''`) + "'"
}
