package ingest

import (
	"cmp"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"marsad/item"
	"marsad/text"
)

// The limits of an item's fields, in bytes; longer ones are cut at a rune and
// flagged.
const (
	maxTitle      = 1 << 10
	maxSummary    = 64 << 10
	maxContent    = 1 << 20
	maxBodyText   = 512 << 10
	maxAuthor     = 256
	maxSource     = 120
	maxGUID       = 2 << 10
	maxCategories = 100
	maxCategory   = 128
	maxEnclosures = 20
	maxMediaType  = 100
	maxRawDate    = 100
)

// The flags that ingest puts on items.
const (
	FlagDateMissing    = "date-missing"
	FlagDateUnreadable = "date-unreadable"
	FlagDateFuture     = "date-future"
	FlagDateAbsurd     = "date-absurd"
	FlagDateZone       = "date-zone-unknown"
	FlagTitleCut       = "title-cut"
	FlagBodyCut        = "body-cut"
	FlagURLDropped     = "url-dropped"
	FlagCategoriesCut  = "categories-cut"
	FlagPartialFeed    = "partial-feed"
)

// ErrNothing is returned for an entry that holds neither a title nor a text.
var ErrNothing = errors.New("the entry has neither title nor text")

// A Normaliser makes items of entries. It is a function of its arguments: no
// clock, no I/O, no memory of earlier entries. Safe for concurrent use.
type Normaliser struct {
	canon    *canonicaliser
	unstable *regexp.Regexp
}

// NewNormaliser returns a Normaliser with the rules of cfg (KeepParams).
func NewNormaliser(cfg Config) *Normaliser {
	return &Normaliser{
		canon: newCanonicaliser(cfg.KeepParams),
		// What changes in a text by itself, from one fetch to the next.
		unstable: regexp.MustCompile(`(?i)\b\d+\s+(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?)\s+ago\b|\b\d+\s+(?:comments?|views?|shares?|likes?)\b|(?:منذ|قبل)\s+\S+\s+(?:دقيقة|دقائق|ساعة|ساعات|يوم|أيام)|\bil y a \d+ (?:minutes?|heures?|jours?)\b|\d+\s+(?:dakika|saat|gün)\s+önce`),
	}
}

// Item returns the first revision of the article that e describes, as feed
// carried it and as of the fetch at fetched: Seen is fetched in whole seconds
// and Revised is zero. The feed's Name, URL, Lang, Source and Sample are used.
// Backfill is set for an item whose date lies more than 48 hours before fetched.
//
// ErrNothing means that there is no item in e.
func (n *Normaliser) Item(e Entry, feed Feed, fetched time.Time) (item.Item, error) {
	base, _ := url.Parse(feed.URL)
	return n.item(e, feed, base, fetched, nil)
}

// Items returns the items of a document in its order: entries without title
// and text and repeated ones are left out. base is the address the document came
// from. An address that several articles of the document share names none of
// them.
func (n *Normaliser) Items(d *Document, feed Feed, base *url.URL, fetched time.Time) []item.Item {
	if site := resolve(d.Link, base); site != nil && base == nil {
		base = site
	}
	if feed.Source == "" {
		feed.Source = clip(plainTitle(d.Title), maxSource)
	}
	if feed.Lang == "" {
		feed.Lang = d.Language
	}
	shared := n.sharedLinks(d.Entries, base)
	items := make([]item.Item, 0, len(d.Entries))
	have := make(map[item.ID]bool, len(d.Entries))
	for _, e := range d.Entries {
		it, err := n.item(e, feed, base, fetched, shared)
		if err != nil || have[it.ID] {
			continue
		}
		have[it.ID] = true
		if d.Partial {
			it.Flags = append(it.Flags, FlagPartialFeed)
		}
		items = append(items, it)
	}
	return items
}

// sharedLinks returns the canonical addresses that entries with different guids
// and titles have in common.
func (n *Normaliser) sharedLinks(entries []Entry, base *url.URL) map[string]bool {
	first := make(map[string]int, len(entries))
	shared := map[string]bool{}
	for i, e := range entries {
		u := resolve(e.Link, base)
		if u == nil {
			continue
		}
		form, article := n.canon.canonical(u)
		if !article {
			continue
		}
		j, seen := first[form]
		if !seen {
			first[form] = i
			continue
		}
		if other := entries[j]; e.Title != other.Title && (e.GUID != other.GUID || e.GUID == "") {
			shared[form] = true
		}
	}
	return shared
}

func (n *Normaliser) item(e Entry, feed Feed, base *url.URL, fetched time.Time, shared map[string]bool) (item.Item, error) {
	fetched = fetched.UTC().Truncate(time.Second)
	it := item.Item{
		Feed:   feed.Name,
		GUID:   clip(strings.ToValidUTF8(e.GUID, "\uFFFD"), maxGUID),
		Seen:   fetched,
		Sample: feed.Sample,
	}
	flag := func(f string) { it.Flags = append(it.Flags, f) }

	it.Title = plainTitle(clip(valid(e.Title), maxContent))
	if cut := clip(it.Title, maxTitle); cut != it.Title {
		it.Title = strings.TrimSpace(cut)
		flag(FlagTitleCut)
	}
	body, cut := bodyText(e)
	it.Body = body
	if cut {
		flag(FlagBodyCut)
	}
	if it.Title == "" && it.Body == "" {
		return it, ErrNothing
	}

	u := resolve(e.Link, base)
	if u != nil {
		if it.URL = u.String(); len(it.URL) > maxURL {
			it.URL = ""
			flag(FlagURLDropped)
		}
	}
	it.ID = n.identity(e, it, feed, u, shared)

	published, flags := publishedAt(e.Published, fetched)
	it.Published, it.PublishedRaw = published, clip(valid(strings.TrimSpace(e.Published)), maxRawDate)
	it.Flags = append(it.Flags, flags...)
	it.Listed = fetched
	if !published.IsZero() && !published.After(fetched) {
		it.Listed = published.Truncate(time.Second)
		it.Backfill = fetched.Sub(published) > 48*time.Hour
	}

	it.Author = clip(plainTitle(valid(e.Author)), maxAuthor)
	it.Source = clip(plainTitle(cmp.Or(valid(e.Source), valid(feed.Source))), maxSource)
	if it.Source == "" {
		if it.Source = hostOf(u); it.Source == "" {
			it.Source = hostOf(base)
		}
	}
	if it.Categories, cut = categories(e.Categories); cut {
		flag(FlagCategoriesCut)
	}
	it.Enclosures = enclosures(e.Enclosures, base)
	it.Lang = languageOf(it, primary(cmp.Or(feed.Lang, e.Lang)))
	it.Revision = item.NewRevision(it.ID, n.stable(it.Title), n.stable(it.Body))
	return it, nil
}

// identity is the hash of the canonical address, or of the feed and its own
// identifier where the address names no article or several.
func (n *Normaliser) identity(e Entry, it item.Item, feed Feed, u *url.URL, shared map[string]bool) item.ID {
	if u != nil {
		if form, article := n.canon.canonical(u); article && !shared[form] {
			return item.NewID(form)
		}
	}
	if e.GUID != "" {
		return item.NewID(feed.Name, it.GUID)
	}
	return item.NewID(feed.Name, "", it.Title, strings.TrimSpace(e.Published))
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func hostOf(u *url.URL) string {
	if u == nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// bodyText makes one text of summary and content: the content, after the
// summary where that says something else.
func bodyText(e Entry) (body string, cut bool) {
	plain := func(s string, limit int) string {
		s = valid(s)
		if len(s) > limit {
			s, cut = clip(s, limit), true
		}
		if e.Plain {
			if s = strings.TrimSpace(s); clean(s) {
				return s
			}
			return tidyLines(s)
		}
		return plainText(s)
	}
	content := plain(e.Content, maxContent)
	limit := maxSummary
	if content == "" {
		limit = maxContent // the only text, whatever the field is called
	}
	summary := plain(e.Description, limit)
	switch {
	case content == "" || strings.HasPrefix(summary, content):
		body = summary
	case summary == "" || strings.Contains(content, opening(summary)):
		body = content
	default:
		body = summary + "\n\n" + content
	}
	if len(body) > maxBodyText {
		body, cut = strings.TrimSpace(clip(body, maxBodyText)), true
	}
	return body, cut
}

// opening is what of a summary should stand in the content if that repeats it:
// its first characters, without the dots of an abridgement.
func opening(summary string) string {
	const enough = 60
	end, runes := len(summary), 0
	for i := range summary {
		if runes++; runes > enough {
			end = i
			break
		}
	}
	s, _, _ := strings.Cut(summary[:end], "\n")
	return strings.TrimRight(s, " .…[]&;")
}

// publishedAt reads the date that a feed states. What lies far in the future is
// brought to a day after the fetch, so that it cannot head every list for years.
func publishedAt(raw string, fetched time.Time) (t time.Time, flags []string) {
	if strings.TrimSpace(raw) == "" {
		return t, []string{FlagDateMissing}
	}
	t, certain, ok := parseDate(raw)
	if !ok {
		return time.Time{}, []string{FlagDateUnreadable}
	}
	if !certain {
		flags = append(flags, FlagDateZone)
	}
	if t.Year() < 1990 { // no feed is that old: an empty field of a database
		return time.Time{}, append(flags, FlagDateAbsurd)
	}
	if limit := fetched.Add(24 * time.Hour); t.After(limit) {
		t, flags = limit, append(flags, FlagDateFuture)
	}
	return t, flags
}

func categories(in []string) (out []string, cut bool) {
	if len(in) == 0 {
		return nil, false
	}
	out = make([]string, 0, min(len(in), maxCategories))
	have := make(map[string]bool, min(len(in), maxCategories))
	for _, c := range in {
		c = plainTitle(clip(valid(c), 4*maxCategory))
		if len(c) > maxCategory {
			c, cut = clip(c, maxCategory), true
		}
		if c == "" || have[c] {
			continue
		}
		if len(out) == maxCategories {
			return out, true
		}
		have[c] = true
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, cut
	}
	return out, cut
}

// enclosures returns those that can be fetched.
func enclosures(in []item.Enclosure, base *url.URL) (out []item.Enclosure) {
	for _, e := range in {
		u := resolve(e.URL, base)
		if u == nil || len(out) == maxEnclosures {
			continue
		}
		e.URL, e.Type = u.String(), clip(oneLine(valid(e.Type)), maxMediaType)
		if e.Length = max(e.Length, 0); len(e.URL) <= maxURL {
			out = append(out, e)
		}
	}
	return out
}

// languageOf tells the language from the title and the beginning of the text.
func languageOf(it item.Item, hint string) string {
	const enough = 2 << 10
	s := it.Title
	if len(s) < enough && it.Body != "" {
		s += "\n" + clip(it.Body, enough)
	}
	return text.Identify(s, hint)
}

// primary returns the primary language of a tag, with the country codes that
// feeds write by mistake put right; empty when it is none.
func primary(tag string) string {
	tag = strings.ToLower(strings.TrimSpace(tag))
	if i := strings.IndexAny(tag, "-_ ,;"); i >= 0 {
		tag = tag[:i]
	}
	switch tag {
	case "jp":
		return "ja"
	case "cn":
		return "zh"
	case "kr":
		return "ko"
	case "us", "gb":
		return "en"
	case "ua":
		return "uk"
	case "gr":
		return "el"
	case "iw":
		return "he"
	case "eng", "english":
		return "en"
	case "ara", "arabic":
		return "ar"
	case "fas", "per":
		return "fa"
	case "tur":
		return "tr"
	}
	if len(tag) < 2 || len(tag) > 3 {
		return ""
	}
	for i := range len(tag) {
		if tag[i] < 'a' || tag[i] > 'z' {
			return ""
		}
	}
	return tag
}

// stable returns s without what changes by itself, for the revision's hash.
func (n *Normaliser) stable(s string) string {
	if strings.Contains(s, "منذ") || strings.Contains(s, "قبل") || countsSomething(s) {
		return n.unstable.ReplaceAllLiteralString(s, "")
	}
	return s
}

// moving returns where in s stands what stable leaves out.
func (n *Normaliser) moving(s string) [][]int {
	if n.stable(s) == s {
		return nil
	}
	return n.unstable.FindAllStringIndex(s, -1)
}

// countsSomething reports whether a number in s stands before a word that
// unstable may be about; it spares most texts the regular expression.
func countsSomething(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || s[i+1] != ' ' {
			continue
		}
		rest := s[i+2:]
		for _, word := range []string{"sec", "min", "hour", "hr", "day", "comment", "view", "share", "like", "heure", "jour", "dakika", "saat", "gün"} {
			if len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) {
				return true
			}
		}
	}
	return false
}
