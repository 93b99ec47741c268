package ingest

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/rss"
)

// maxAsked bounds every wait that a publisher asks for: a typing error must not
// silence a feed.
const maxAsked = 24 * time.Hour

// Asked is what a document asks of its readers. The zero value asks nothing.
type Asked struct {
	// Every is the least time between two polls (ttl, sy:updatePeriod), at most
	// 24 hours.
	Every time.Duration `json:"every,omitempty"`
	// SkipHours has bit h set for an hour of the day (UTC) in which nobody is to
	// ask, SkipDays bit d for a day of the week, Sunday being 0.
	SkipHours uint32 `json:"skip_hours,omitempty"`
	SkipDays  uint8  `json:"skip_days,omitempty"`
}

// askedOf reads what feed asks. What makes no sense is left out.
func askedOf(feed *gofeed.Feed) Asked {
	var a Asked
	if o, ok := feed.OriginalFeed().(*rss.Feed); ok {
		if minutes, err := strconv.ParseUint(strings.TrimSpace(o.TTL), 10, 32); err == nil {
			a.Every = time.Duration(minutes) * time.Minute
		}
		for _, s := range o.SkipHours {
			if h, err := strconv.ParseUint(strings.TrimSpace(s), 10, 8); err == nil && h <= 24 {
				a.SkipHours |= 1 << (h % 24) // 24 is midnight too
			}
		}
		for _, s := range o.SkipDays {
			for d := time.Sunday; d <= time.Saturday; d++ {
				if strings.EqualFold(strings.TrimSpace(s), d.String()) {
					a.SkipDays |= 1 << d
				}
			}
		}
	}
	if p := firstExt(feed.Extensions, "sy", "updatePeriod"); p != nil {
		times := uint64(1)
		if f := firstExt(feed.Extensions, "sy", "updateFrequency"); f != nil {
			if n, err := strconv.ParseUint(strings.TrimSpace(f.Value), 10, 16); err == nil {
				times = cmp.Or(n, 1)
			}
		}
		a.Every = max(a.Every, periodOf(p.Value)/time.Duration(times)) //nolint:gosec // 16 bits
	}
	a.Every = min(a.Every, maxAsked)
	return a
}

// periodOf is the length of one of RSS's update periods, 0 for another word.
func periodOf(word string) time.Duration {
	const day = 24 * time.Hour
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "hourly":
		return time.Hour
	case "daily":
		return day
	case "weekly":
		return 7 * day
	case "monthly":
		return 30 * day
	case "yearly":
		return 365 * day
	}
	return 0
}

// skip returns the first time from at on that lies outside the hours and days to
// be skipped, at most 24 hours later; late moves it into that hour, so that not
// everybody comes on its first second.
func (a Asked) skip(at time.Time, late time.Duration) time.Time {
	if a.SkipHours == 0 && a.SkipDays == 0 {
		return at
	}
	latest := at.Add(maxAsked)
	free := at
	for a.skips(free) && free.Before(latest) {
		free = free.Truncate(time.Hour).Add(time.Hour + late)
	}
	return at.Add(min(free.Sub(at), maxAsked)) // keeps at's monotonic clock
}

func (a Asked) skips(t time.Time) bool {
	t = t.UTC()
	return a.SkipHours>>t.Hour()&1 != 0 || a.SkipDays>>t.Weekday()&1 != 0
}

// lifetimeOf is how long an answer may be kept by its headers, 0 when they say
// nothing: Cache-Control's max-age less the age it has, or Expires.
func lifetimeOf(h http.Header, now time.Time) time.Duration {
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			return max(0, min(seconds64(strings.Trim(value, `"`))-seconds64(h.Get("Age")), maxAsked))
		}
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	// By the server's own clock, if it tells it.
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, min(expires.Sub(now), maxAsked))
}

// seconds64 reads a number of seconds; 0 when s is none.
func seconds64(s string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second //nolint:gosec // 32 bits
}
