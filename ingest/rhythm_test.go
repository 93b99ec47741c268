package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"marsad/ingest"
)

// paced is a feed that shows the 20 newest of its items.
type paced struct {
	times []time.Time
	polls []int // number of new items at each
	at    []time.Time
	last  int
}

func (p *paced) answer(now time.Time) string {
	to := len(p.times)
	for to > 0 && p.times[to-1].After(now) {
		to--
	}
	if len(p.at) > 0 {
		p.polls = append(p.polls, to-p.last)
	}
	p.at, p.last = append(p.at, now), to
	var b strings.Builder
	for i := to - 1; i >= max(0, to-20); i-- {
		b.WriteString(goodItem(i))
	}
	return feedOf(b.String())
}

// Where the bounds leave room, a poll finds a third to two thirds of the
// document known at every rate, and next to nothing is lost, though items come by
// chance and many feeds sleep at night.
func TestRhythm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const days = 21
		rng := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a repeatable world
		feeds := map[string]*paced{}
		cfg := ingest.Config{MaxInterval: 24 * time.Hour}
		for _, perDay := range []float64{15, 40, 100, 200} {
			for _, night := range []bool{true, false} {
				name := fmt.Sprintf("%.0f-a-day-%t", perDay, night)
				f := &paced{}
				for at := time.Now().Add(-40 * 24 * time.Hour); at.Before(time.Now().Add(days * 24 * time.Hour)); {
					if night || at.Hour() >= 7 {
						f.times = append(f.times, at)
					}
					at = at.Add(time.Duration(rng.ExpFloat64() / perDay * float64(24*time.Hour)))
				}
				feeds[name+".example"] = f
				cfg.Feeds = append(cfg.Feeds, ingest.Feed{Name: name, URL: "https://" + name + ".example/rss"})
			}
		}
		w := newWeb(func(r *http.Request) *http.Response {
			return answer(200, feeds[r.URL.Host].answer(time.Now()), "ETag", strconv.FormatInt(time.Now().UnixNano(), 10))
		})
		p := run(t, cfg, newMemory(), ingest.NewKnown(), w, days*24*time.Hour, nil)
		end := time.Now()
		for _, st := range p.Status() {
			f := feeds[st.Name+".example"]
			fresh, polls, lost := 0, 0, 0
			for i, n := range f.polls {
				if f.at[i+1].Before(end.Add(-14 * 24 * time.Hour)) {
					continue
				}
				fresh, polls, lost = fresh+min(n, 20), polls+1, lost+max(0, n-20)
			}
			known := 1 - float64(fresh)/20/float64(polls)
			t.Logf("%-16s %4d polls in 14 days, %2.0f %% known, %d of %d lost, every %s", st.Name, polls, 100*known, lost, fresh+lost, st.Every)
			most := 0.70
			if strings.HasSuffix(st.Name, "false") {
				most = 0.80 // polls at night find all of it known
			}
			if known < 0.33 || known > most {
				t.Errorf("%s: %.0f %% of a poll known", st.Name, 100*known)
			}
			if bearable := 0.02; float64(lost) > bearable*float64(fresh+lost) {
				t.Errorf("%s: %d of %d items lost", st.Name, lost, fresh+lost)
			}
			if lost > 0 && st.Gaps == 0 {
				t.Errorf("%s: %d items lost without a word", st.Name, lost)
			}
		}
	})
}
