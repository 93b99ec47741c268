package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"

	"marsad/bus"
	"marsad/ingest"
	"marsad/internal/field"
	"marsad/server"
)

const (
	// feedListBucket keeps the feeds that were added at run time.
	feedListBucket = "feedlist"
	// maxAdded bounds them.
	maxAdded = 20_000
	// keeping is how many are written at once: each write is synced.
	keeping = 16
)

// A feedList is the feeds of the configuration and those that were added while
// running. The latter are kept in the bus; where both name one feed, the
// configuration counts.
type feedList struct {
	poller *ingest.Poller
	kv     *bus.KV

	mu         sync.Mutex
	configured []ingest.Feed
	kept       map[string]keptFeed // by name
}

// keptFeed is what the bus keeps of a feed.
type keptFeed struct {
	// Added is nil for a feed of the configuration, of which only Paused is kept.
	Added  *addedFeed `json:"added,omitempty"`
	Paused bool       `json:"paused,omitempty"`
}

type addedFeed struct {
	URL     string            `json:"url"`
	Lang    string            `json:"lang,omitempty"`
	Source  string            `json:"source,omitempty"`
	Every   time.Duration     `json:"every,omitempty"`
	Site    string            `json:"site,omitempty"`
	Title   string            `json:"title,omitempty"`
	Folders []string          `json:"folders,omitempty"`
	Extra   map[string]string `json:"extra,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
}

// openFeedList reads what was added.
func (p *Pipeline) openFeedList(ctx context.Context) (*feedList, error) {
	kv, err := p.bus.KV(ctx, feedListBucket)
	if err != nil {
		return nil, err
	}
	all, err := kv.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("feeds that were added: %w", err)
	}
	l := &feedList{kv: kv, configured: p.cfg.Ingest.Feeds, kept: make(map[string]keptFeed, len(all))}
	for name, v := range all {
		var k keptFeed
		if err := json.Unmarshal(v, &k); err != nil {
			p.log.WarnContext(ctx, "a feed that was added cannot be read and is left out", "feed", name, "err", err)
			continue
		}
		l.kept[name] = k
	}
	return l, nil
}

// feeds is the whole list: the configuration's first, then what was added, by
// name.
func (l *feedList) feeds() []ingest.Feed { return merge(l.configured, l.kept) }

func merge(configured []ingest.Feed, kept map[string]keptFeed) []ingest.Feed {
	out := slices.Clone(configured)
	names, urls := map[string]bool{}, map[string]bool{}
	for i := range out {
		out[i].Paused = out[i].Paused || kept[out[i].Name].Paused
		names[out[i].Name], urls[out[i].URL] = true, true
	}
	n := len(out)
	for name, k := range kept {
		if k.Added == nil || names[name] || urls[k.Added.URL] {
			continue
		}
		out = append(out, ingest.Feed{
			Name: name, URL: k.Added.URL, Lang: k.Added.Lang, Source: k.Added.Source, Interval: k.Added.Every, Paused: k.Paused,
		})
	}
	slices.SortFunc(out[n:], func(a, b ingest.Feed) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// configure replaces the feeds of the configuration.
func (l *feedList) configure(ctx context.Context, feeds []ingest.Feed) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.poller.SetFeeds(ctx, merge(feeds, l.kept)); err != nil {
		return err
	}
	l.configured = feeds
	return nil
}

// put polls with what is kept changed, and keeps the change: nil forgets a name.
// mu is held. When it fails nothing is changed but, in the bus, a part of the
// change that is harmless to repeat.
func (l *feedList) put(ctx context.Context, change map[string]*keptFeed) error {
	next := make(map[string]keptFeed, len(l.kept)+len(change))
	maps.Copy(next, l.kept)
	for name, k := range change {
		if k == nil {
			delete(next, name)
		} else {
			next[name] = *k
		}
	}
	if len(next) > maxAdded {
		return server.FeedRefused(fmt.Sprintf("more than %d feeds would be kept", maxAdded), "remove some first")
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(keeping)
	for name, k := range change {
		g.Go(func() error {
			if k == nil {
				return l.kv.Delete(gctx, name)
			}
			return putJSON(gctx, l.kv, name, k)
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("keep the feeds: %w", err)
	}
	if err := l.poller.SetFeeds(ctx, merge(l.configured, next)); err != nil {
		return refusedFeeds(err)
	}
	l.kept = next
	return nil
}

// refusedFeeds tells the asker about mistakes of a list.
func refusedFeeds(err error) error {
	if list, ok := errors.AsType[*field.List](err); ok && len(list.Errors) > 0 {
		return server.FeedRefused(list.Errors[0].What, list.Errors[0].Hint)
	}
	return err
}

// has reports whether a feed of the list has a name.
func (l *feedList) has(name string) bool {
	return slices.ContainsFunc(l.feeds(), func(f ingest.Feed) bool { return f.Name == name })
}

// AddFeed looks at an address and polls the feed it finds.
func (l *feedList) AddFeed(ctx context.Context, f server.NewFeed) (server.FoundFeed, error) {
	every := time.Duration(0)
	if f.Every != "" {
		d, err := time.ParseDuration(f.Every)
		if err != nil {
			return server.FoundFeed{}, server.FeedRefused(fmt.Sprintf("every: %q is no duration", f.Every), "write 15m or 2h")
		}
		every = d
	}
	found, err := l.CheckFeed(ctx, f.URL)
	if err != nil {
		return found, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, old := range l.feeds() {
		if old.URL == found.URL {
			return found, server.FeedRefused(found.URL+" is polled already, as "+old.Name, "'marsad feeds list' shows how it is")
		}
	}
	name := f.Name
	if name == "" {
		name = l.freeName(cmp.Or(found.Title, hostOf(found.URL)), nil)
	} else if l.has(name) {
		return found, server.FeedRefused(fmt.Sprintf("there is a feed %q already", name), "give this one another name")
	}
	feed := ingest.Feed{Name: name, URL: found.URL, Lang: f.Lang, Source: f.Source, Interval: every}
	if errs := feed.Validate(); len(errs) > 0 {
		return found, server.FeedRefused(errs[0].Path+": "+errs[0].What, errs[0].Hint)
	}
	err = l.put(ctx, map[string]*keptFeed{name: {Added: &addedFeed{
		URL: found.URL, Lang: f.Lang, Source: f.Source, Every: every, Title: found.Title, Since: time.Now().UTC().Truncate(time.Second),
	}}})
	if err != nil {
		return found, err
	}
	found.Name = name
	return found, nil
}

// CheckFeed looks at an address and tells what feed it is or leads to.
func (l *feedList) CheckFeed(ctx context.Context, address string) (server.FoundFeed, error) {
	d, err := l.poller.Discover(ctx, address)
	if err != nil {
		if e, ok := errors.AsType[*ingest.Error](err); ok {
			return server.FoundFeed{}, server.FeedRefused(e.What, e.Hint)
		}
		return server.FoundFeed{}, err
	}
	found := server.FoundFeed{
		URL: d.URL, Title: d.Title, Lang: d.Lang, Items: d.Items, Latest: d.Latest, Others: d.Others, Note: d.Note,
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.feeds() {
		if f.URL == d.URL {
			found.Name = f.Name
		}
	}
	return found, nil
}

// RemoveFeed ends the polling of a feed that was added.
func (l *feedList) RemoveFeed(ctx context.Context, name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.ContainsFunc(l.configured, func(f ingest.Feed) bool { return f.Name == name }) {
		return server.FeedRefused(fmt.Sprintf("%q stands in the configuration file", name),
			"remove it there and reload, or stop polling it with 'marsad feeds pause'")
	}
	if l.kept[name].Added == nil {
		return server.NoFeed(name)
	}
	return l.put(ctx, map[string]*keptFeed{name: nil})
}

// PauseFeed ends or resumes the polling of a feed.
func (l *feedList) PauseFeed(ctx context.Context, name string, paused bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.configured, func(f ingest.Feed) bool { return f.Name == name }); i >= 0 && l.configured[i].Paused && !paused {
		return server.FeedRefused(fmt.Sprintf("%q is paused in the configuration file", name), "change it there and reload")
	}
	if !l.has(name) {
		return server.NoFeed(name)
	}
	k := l.kept[name]
	k.Paused = paused
	if err := l.put(ctx, map[string]*keptFeed{name: &k}); err != nil {
		return err
	}
	if !paused {
		l.poller.Revive(name)
	}
	return nil
}

// ImportFeeds adds the feeds of an OPML document that are not polled yet.
func (l *feedList) ImportFeeds(ctx context.Context, opml io.Reader) (server.FeedImport, error) {
	subs, problems, err := ingest.ReadOPML(opml)
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return server.FeedImport{}, err
		}
		return server.FeedImport{}, server.FeedRefused(err.Error(), "")
	}
	var done server.FeedImport
	for _, p := range problems {
		done.Problems = append(done.Problems, server.FeedProblem{Line: p.Line, What: p.What})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	polled := map[string]bool{}
	for _, f := range l.feeds() {
		polled[f.URL] = true
	}
	now := time.Now().UTC().Truncate(time.Second)
	change := map[string]*keptFeed{}
	for _, s := range subs {
		if polled[s.URL] {
			done.Known++
			continue
		}
		change[l.freeName(cmp.Or(s.Title, hostOf(s.URL)), change)] = &keptFeed{Added: &addedFeed{
			URL: s.URL, Lang: s.Lang, Site: s.Site, Title: s.Title, Folders: s.Folders, Extra: s.Extra, Since: now,
		}}
		done.Added++
	}
	if done.Added == 0 {
		return done, nil
	}
	return done, l.put(ctx, change)
}

// ExportFeeds writes all feeds as OPML.
func (l *feedList) ExportFeeds(_ context.Context, w io.Writer) error {
	l.mu.Lock()
	var subs []ingest.Subscription
	for _, f := range l.feeds() {
		s := ingest.Subscription{URL: f.URL, Title: cmp.Or(f.Source, f.Name), Lang: f.Lang}
		if a := l.kept[f.Name].Added; a != nil && a.URL == f.URL {
			s.Title, s.Site, s.Folders, s.Extra = cmp.Or(a.Title, s.Title), a.Site, a.Folders, a.Extra
		}
		subs = append(subs, s)
	}
	l.mu.Unlock()
	return ingest.WriteOPML(w, "Marsad", time.Now(), subs)
}

// freeName makes a name of a title that no feed has, here or in taken.
func (l *feedList) freeName(title string, taken map[string]*keptFeed) string {
	base := slug(title)
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		_, added := taken[name]
		_, kept := l.kept[name]
		if !added && !kept && !slices.ContainsFunc(l.configured, func(f ingest.Feed) bool { return f.Name == name }) {
			return name
		}
	}
}

// slug is a title as a name: letters and digits of any script in lower case,
// hyphens between, short.
func slug(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(title) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = b.Len() > 0
			continue
		}
		if b.Len() > 60 {
			break
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	return cmp.Or(b.String(), "feed")
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
