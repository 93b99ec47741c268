package index

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// The units of a histogram.
const (
	UnitDay   = "day"
	UnitWeek  = "week" // Monday to Sunday
	UnitMonth = "month"
	// UnitAuto is days for up to two months, weeks for up to two years, else
	// months.
	UnitAuto = "auto"
)

const (
	// MaxBuckets is the most buckets of a histogram.
	MaxBuckets = 1000
	// MaxOver is the most tags counted over time at once.
	MaxOver = 10
)

// A HistogramRequest asks how many of the items found are listed in each day,
// week or month.
type HistogramRequest struct {
	// Unit is one of the units; "" is UnitAuto.
	Unit string
	// Zone is where days begin at midnight; nil is UTC.
	Zone *time.Location
	// Over are up to MaxOver tags, as kind:id, to be counted beside the whole.
	Over []string
}

// A Histogram is items over time.
type Histogram struct {
	// Unit is what the buckets are: UnitDay, UnitWeek or UnitMonth.
	Unit string
	// Buckets follow one upon another without a gap, from the oldest item found
	// to the newest, at most MaxBuckets of them: the newest.
	Buckets []Bucket
	// Earlier is the number of items before the first bucket.
	Earlier int
}

// A Bucket is the items listed from Start until the next bucket.
type Bucket struct {
	// Start is the midnight with which it begins, in the zone asked for.
	Start time.Time
	Count int
	// Over are the counts of the tags asked for, in their order.
	Over []int
}

// tagTerm is how a tag is written.
var tagTerm = regexp.MustCompile(`^(actor|place|theme):[^\s:]{1,100}$`)

// wantHistogram checks a request and adds what must be counted for it.
func (w *wanted) wantHistogram(r *HistogramRequest) error {
	if r == nil {
		return nil
	}
	switch r.Unit {
	case "", UnitAuto, UnitDay, UnitWeek, UnitMonth:
	default:
		return fmt.Errorf("%w: no histogram by %q; there are day, week, month and auto", ErrRequest, r.Unit)
	}
	if len(r.Over) > MaxOver {
		return fmt.Errorf("%w: %d tags over time are more than %d", ErrRequest, len(r.Over), MaxOver)
	}
	for _, tag := range r.Over {
		if !tagTerm.MatchString(tag) {
			return fmt.Errorf("%w: %q is no tag; write kind and id: place:anbar", ErrRequest, tag)
		}
	}
	w.times, w.over = true, r.Over
	return nil
}

// histogram puts what a tally counted into buckets.
func (t *tally) histogram(r *HistogramRequest) *Histogram {
	if r == nil {
		return nil
	}
	zone := r.Zone
	if zone == nil {
		zone = time.UTC
	}
	h := &Histogram{Unit: r.Unit, Buckets: []Bucket{}}
	if len(t.quarters) == 0 {
		if h.Unit == "" || h.Unit == UnitAuto {
			h.Unit = UnitDay
		}
		return h
	}
	quarters := make([]uint32, 0, len(t.quarters))
	for q := range t.quarters {
		quarters = append(quarters, q)
	}
	slices.Sort(quarters)
	first, last := quarterTime(quarters[0]).In(zone), quarterTime(quarters[len(quarters)-1]).In(zone)
	if h.Unit == "" || h.Unit == UnitAuto {
		h.Unit = fittingUnit(first, last)
	}
	starts := bucketStarts(h.Unit, first, last)
	h.Buckets = make([]Bucket, len(starts))
	for i, s := range starts {
		h.Buckets[i] = Bucket{Start: s, Over: make([]int, len(r.Over))}
		if len(r.Over) == 0 {
			h.Buckets[i].Over = nil
		}
	}
	i := -1
	for _, q := range quarters {
		at := quarterTime(q)
		for i+1 < len(starts) && !starts[i+1].After(at) {
			i++
		}
		if i < 0 {
			h.Earlier += t.quarters[q]
			continue
		}
		h.Buckets[i].Count += t.quarters[q]
		for j, tag := range r.Over {
			h.Buckets[i].Over[j] += t.over[tag][q]
		}
	}
	return h
}

func fittingUnit(first, last time.Time) string {
	switch {
	case last.Before(first.AddDate(0, 2, 0)):
		return UnitDay
	case last.Before(first.AddDate(2, 0, 0)):
		return UnitWeek
	default:
		return UnitMonth
	}
}

// bucketStarts lists the midnights at which buckets begin, from the one that
// holds first to the one that holds last, at most MaxBuckets of them.
func bucketStarts(unit string, first, last time.Time) []time.Time {
	var starts []time.Time
	// From the newest back, so that a single old item does not cost millennia.
	for at := bucketStart(unit, last); len(starts) < MaxBuckets; at = bucketStart(unit, at.Add(-time.Minute)) {
		starts = append(starts, at)
		if !at.After(first) {
			break
		}
	}
	slices.Reverse(starts)
	return starts
}

// bucketStart is the beginning of the bucket that holds t, in t's zone.
func bucketStart(unit string, t time.Time) time.Time {
	y, m, d := t.Date()
	switch unit {
	case UnitMonth:
		d = 1
	case UnitWeek:
		d -= (int(t.Weekday()) + 6) % 7
	}
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}
