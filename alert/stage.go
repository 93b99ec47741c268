package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marsad/item"
)

// A Publisher takes alerts. They are durable when it returns nil; publishing an
// alert's ID twice is harmless.
type Publisher interface {
	Publish(ctx context.Context, alerts []Alert) error
}

// A Rec is one record of the TAGGED stream.
type Rec struct {
	// Seq is its position there.
	Seq    uint64
	Tagged item.Tagged
}

// StageOptions is what a Stage needs; BaseURL, ItemsSeq and Registerer may be
// zero.
type StageOptions struct {
	// Set holds the watches to begin with.
	Set       *Set
	Publisher Publisher
	// Remember is Config.Remember.
	Remember int
	// BaseURL is where people reach our web interface; an alert's PageURL is
	// BaseURL/items/{id}.
	BaseURL string
	// ItemsSeq is what Stage.ItemsSeq said when the position was saved.
	ItemsSeq uint64
	Log      *slog.Logger
	// Registerer takes the metrics; nil means none.
	Registerer prometheus.Registerer
}

// A Stage turns tagged items into alerts: one for each watch and story. What it
// does depends on the items alone, never on the clock.
type Stage struct {
	set       atomic.Pointer[Set]
	publisher Publisher
	base      string
	log       *slog.Logger
	meters    *metrics

	// Used by Handle, Restore and ItemsSeq only.
	matcher  Matcher
	told     *memory
	itemsSeq uint64
}

// New returns a stage.
func New(o StageOptions) (*Stage, error) {
	if o.Set == nil || o.Publisher == nil || o.Log == nil {
		return nil, errors.New("alert stage: Set, Publisher and Log are required")
	}
	if o.Remember < 1 {
		return nil, fmt.Errorf("alert stage: cannot remember %d alerts", o.Remember)
	}
	s := &Stage{
		publisher: o.Publisher,
		base:      strings.TrimRight(o.BaseURL, "/"),
		log:       o.Log,
		meters:    newMetrics(o.Registerer),
		told:      newMemory(o.Remember),
		itemsSeq:  o.ItemsSeq,
	}
	s.Swap(o.Set)
	return s, nil
}

// Swap puts another set of watches into force, for the items of the next call of
// Handle. Any goroutine may call it at any time.
func (s *Stage) Swap(set *Set) {
	s.set.Store(set)
	s.meters.watches.Set(float64(set.Len()))
	if ids := set.Unanchored(); len(ids) > 0 {
		s.log.Warn("watches without a tag or word that must be there cost time on every item",
			"count", len(ids), "first", ids[0])
	}
}

// Restore tells the stage of an alert that was published before, so that it does
// not rise again. Call it for the last Config.Remember alerts, oldest first,
// before the first Handle.
func (s *Stage) Restore(a Alert) { s.told.add(a.Watch, a.Story) }

// ItemsSeq returns the highest ITEMS sequence among the records handled so far.
// Save it together with the position: a record that comes later with a sequence
// no higher is an item tagged again, and does not alert. Call it from the
// goroutine that calls Handle.
func (s *Stage) ItemsSeq() uint64 { return s.itemsSeq }

// Handle matches recs, which are in stream order, and returns nil when the
// alerts that rose are durable. After an error nothing has changed, and the same
// records can be given again; records that were handled before may be given
// again at any time. It is for one goroutine.
func (s *Stage) Handle(ctx context.Context, recs []Rec) error {
	set := s.set.Load()
	var (
		alerts []Alert
		fresh  = make(map[[16]byte]struct{})
		tally  outcomes
		last   = s.itemsSeq
	)
	for _, r := range recs {
		outcome := outcomeOf(r.Tagged, last, set.maxAge)
		last = max(last, r.Tagged.Seq)
		if outcome == unmatched {
			found := s.matcher.Match(set, r.Tagged)
			age := ageOf(r.Tagged.Item)
			for _, m := range found {
				if age > m.Watch.MaxAge {
					continue
				}
				if !s.matcher.Brought(m) {
					if outcome == unmatched {
						outcome = edited
					}
					continue
				}
				outcome = matched
				key := pair(m.Watch.ID, storyOf(r.Tagged))
				if _, ok := fresh[key]; ok || s.told.has(key) {
					tally.repeats++
					continue
				}
				fresh[key] = struct{}{}
				alerts = append(alerts, s.alert(m, r))
			}
		}
		tally.items[outcome]++
	}
	if len(alerts) > 0 {
		if err := s.publisher.Publish(ctx, alerts); err != nil {
			return fmt.Errorf("publish %d alerts: %w", len(alerts), err)
		}
	}
	for _, a := range alerts {
		s.told.add(a.Watch, a.Story)
		s.log.DebugContext(ctx, "alert", "watch", a.Watch, "item", a.Item, "alert", a.ID)
	}
	s.itemsSeq = last
	s.meters.count(tally, len(alerts))
	return nil
}

// An outcome is what became of an item.
type outcome int

const (
	unmatched outcome = iota
	matched
	backfill
	retagged
	old
	edited
	numOutcomes
)

func (o outcome) String() string {
	return [...]string{"unmatched", "matched", "backfill", "retagged", "old", "edited"}[o]
}

type outcomes struct {
	items   [numOutcomes]int
	repeats int
}

// outcomeOf says why an item may not alert; unmatched when it may.
func outcomeOf(t item.Tagged, last uint64, maxAge time.Duration) outcome {
	switch {
	case t.Item.Backfill:
		return backfill
	case t.Seq != 0 && t.Seq <= last:
		return retagged
	case ageOf(t.Item) > maxAge:
		return old
	}
	return unmatched
}

// ageOf is how old an item was when the text arrived.
func ageOf(i item.Item) time.Duration {
	arrived, listed := i.Seen, i.Listed
	if !i.Revised.IsZero() {
		arrived = i.Revised
	}
	if listed.IsZero() {
		listed = i.Published
	}
	if listed.IsZero() || arrived.IsZero() {
		return 0
	}
	return arrived.Sub(listed)
}

func storyOf(t item.Tagged) item.ID {
	if t.Story == "" {
		return t.Item.ID
	}
	return t.Story
}

func (s *Stage) alert(m Match, r Rec) Alert {
	i := &r.Tagged.Item
	a := Alert{
		Watch:    m.Watch.ID,
		Query:    m.Watch.Query,
		Priority: m.Watch.Priority,
		To:       m.Watch.To,
		Story:    storyOf(r.Tagged),
		Item:     i.ID, Revision: i.Revision,
		Title: i.Title, URL: i.URL, Source: i.Source, Feed: i.Feed, Lang: i.Lang,
		Published: i.Published, Seen: i.Seen, Revised: i.Revised,
		Why:    s.matcher.Why(m),
		Sample: i.Sample,
		Seq:    r.Seq,
	}
	a.ID = NewID(a.Watch, a.Story)
	if s.base != "" {
		a.PageURL = s.base + "/items/" + url.PathEscape(string(i.ID))
	}
	return a
}
