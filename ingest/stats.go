package ingest

import (
	"math"
	"slices"
	"time"

	"marsad/item"
)

const (
	// statsFade is the time in which the memory of a feed's rate halves, in days.
	statsFade = 14
	// keepLags is the number of polls whose lags are remembered.
	keepLags = 15
	// A feed is quiet after so many times its own rhythm, and after a day at
	// least: news sleep at night.
	quietAfter = 3
	quietLeast = 24 * time.Hour
)

// Stats are a feed's figures, as of its last polls.
type Stats struct {
	// Arrived is the number of articles that came in Days; both fade, so that
	// their ratio is that of the last weeks.
	Arrived float64 `json:"arrived,omitempty"`
	Days    float64 `json:"days,omitempty"`
	// Known is the share of what a poll reads that was there at the one before,
	// a moving average.
	Known float64 `json:"known,omitempty"`
	// Lags are the median times from publication to our fetch, in seconds, of
	// the last polls that brought dated articles.
	Lags []int32 `json:"lags,omitempty"`
}

// perDay is the number of articles a day, 0 while unknown.
func (s Stats) perDay() float64 {
	if s.Days == 0 {
		return 0
	}
	return s.Arrived / s.Days
}

// lag is the median of Lags, 0 while unknown.
func (s Stats) lag() time.Duration { return time.Duration(middle(s.Lags)) * time.Second }

// arrive notes that n articles came, so long after the last ones.
func (s *Stats) arrive(n float64, after time.Duration) {
	days := max(after.Hours()/24, 0)
	fade := math.Exp2(-days / statsFade)
	s.Arrived, s.Days = round(s.Arrived*fade+n), round(s.Days*fade+days)
}

// read notes the share of a poll that was known.
func (s *Stats) read(share float64) {
	if s.Known == 0 {
		s.Known = share
	}
	s.Known = round(s.Known + (share-s.Known)/16)
}

// lagged notes the lags of one poll's articles.
func (s *Stats) lagged(fresh []item.Item) {
	var lags []int32
	for _, it := range fresh {
		if it.Backfill || it.Published.IsZero() || slices.Contains(it.Flags, FlagDateFuture) || slices.Contains(it.Flags, FlagDateZone) {
			continue
		}
		lags = append(lags, int32(min(max(it.Seen.Sub(it.Published).Seconds(), 0), math.MaxInt32)))
	}
	if len(lags) == 0 {
		return
	}
	all := append(slices.Clone(s.Lags), middle(lags)) // states are copied, their slices are not
	s.Lags = all[max(0, len(all)-keepLags):]
}

// middle is the median, 0 of nothing.
func middle(v []int32) int32 {
	if len(v) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(v))[len(v)/2]
}

// round keeps four digits behind the point: states are small.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// quiet reports whether nothing has come for three times the feed's own rhythm.
func (s *FeedState) quiet(now time.Time) bool {
	if s.Stats.Arrived < 1 || s.LastNew.IsZero() {
		return false
	}
	rhythm := time.Duration(s.Stats.Days / s.Stats.Arrived * float64(24*time.Hour))
	return now.Sub(s.LastNew) > max(quietAfter*rhythm, quietLeast)
}
