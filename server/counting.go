package server

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"marsad/index"
	"marsad/item"
	"marsad/tagger"
)

// A counting is what a request wants counted over all that is found.
type counting struct {
	facets    []string
	histogram *index.HistogramRequest
	related   int
}

// A Histogram is articles over time: days, weeks or months that follow one upon
// another.
type Histogram struct {
	// Unit is "day", "week" (from Monday) or "month".
	Unit    string   `json:"unit"`
	Buckets []Bucket `json:"buckets"`
	// Earlier is the number of articles before the first bucket, when there are
	// more than 1,000 buckets.
	Earlier int `json:"earlier,omitempty"`
}

// A Bucket is the articles of a day, week or month.
type Bucket struct {
	// Date is its first day, in the zone of the server.
	Date  string `json:"date"`
	Count int    `json:"count"`
	// Over are the counts of the tags asked for, in their order.
	Over []int `json:"over,omitempty"`
}

// A RelatedTag stands beside what was asked for more often than elsewhere.
type RelatedTag struct {
	Kind item.Kind `json:"kind"`
	ID   string    `json:"id"`
	// Count is how many of the articles found have it, Lift how many times as
	// often they do as all articles.
	Count int     `json:"count"`
	Lift  float64 `json:"lift"`
}

// parseCounting reads the parameters that ask for counts. Names and limits are
// for the index to check.
func parseCounting(values url.Values, zone *time.Location) (c counting, err error) {
	switch f := values.Get("facets"); f {
	case "", "0", "false":
	case "1", "true":
		c.facets = FacetNames()
	default:
		c.facets = strings.Split(f, ",")
	}
	if h := values.Get("histogram"); h != "" {
		c.histogram = &index.HistogramRequest{Unit: h, Zone: zone}
	}
	if o := values.Get("over"); o != "" {
		if c.histogram == nil {
			return c, badRequest("over without histogram").hint("add histogram=auto, day, week or month")
		}
		c.histogram.Over = strings.Split(o, ",")
	}
	if n := values.Get("related"); n != "" {
		if c.related, err = strconv.Atoi(n); err != nil || c.related < 0 || c.related > index.MaxRelated {
			return c, badRequest("related is %q", line(n, 20)).hint("write 0 to " + strconv.Itoa(index.MaxRelated))
		}
	}
	return c, nil
}

func newHistogram(h *index.Histogram) *Histogram {
	if h == nil {
		return nil
	}
	out := &Histogram{Unit: h.Unit, Buckets: make([]Bucket, len(h.Buckets)), Earlier: h.Earlier}
	for i, b := range h.Buckets {
		out.Buckets[i] = Bucket{Date: b.Start.Format(time.DateOnly), Count: b.Count, Over: b.Over}
	}
	return out
}

func newRelated(tags []index.RelatedTag) []RelatedTag {
	var out []RelatedTag
	for _, t := range tags {
		out = append(out, RelatedTag{Kind: t.Kind, ID: t.ID, Count: t.Count, Lift: math.Round(t.Lift*100) / 100})
	}
	return out
}

// PlaceOf tells an index of the places of a rule pack; entry may be nil.
func PlaceOf(entry func(kind item.Kind, id string) (tagger.Entry, bool)) func(id string) index.Place {
	if entry == nil {
		return nil
	}
	return func(id string) index.Place {
		e, _ := entry(item.Place, id)
		p := index.Place{In: e.In}
		switch e.Type {
		case "country":
			p.Level = index.LevelCountry
		case "governorate", "province":
			p.Level = index.LevelGovernorate
		case "city", "town", "village":
			p.Level = index.LevelTown
		}
		return p
	}
}
