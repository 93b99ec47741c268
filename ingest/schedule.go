package ingest

import (
	"math"
	"time"
)

const (
	// A poll is well timed when between a third and two thirds of what it reads
	// is known: less, and a busy hour pushes items out of the document unread;
	// more, and the publisher is asked for nothing. So an interval grows while
	// more than knownHigh is known, and ends where in the busiest hours replaced
	// of the document is new.
	knownHigh = 0.67
	replaced  = 0.6
	// lengthen is the factor by which an interval grows after a poll that
	// brought little.
	lengthen = 1.25
	// peakFades is the time in which the memory of a feed's busiest hour halves.
	// Three days: neither the night nor a weekend must lull us into missing the
	// morning after.
	peakFades = 72 * time.Hour
	// dormantAfter is the silence after which a feed may be asked less often
	// than max_interval says.
	dormantAfter = 31 * 24 * time.Hour
	// unconditional is the least interval for feeds that give no validators, as
	// long as nothing is lost by it: each poll moves the whole document.
	unconditional = time.Hour

	// calmer is the factor by which polls come later while a hub tells of what is
	// new, up to max_interval, and never so late that a hub which falls silent
	// could cost an item.
	calmer = 4

	maxBackoff   = 30 * 24 * time.Hour
	longFailing  = 30 // failures in a row after which a day grows to maxBackoff
	retryPublish = time.Minute
	firstBusy    = 30 * time.Minute // after a 429 or 503 without Retry-After
)

// A pace bounds the time between two polls of a feed.
type pace struct {
	first, floor, cap time.Duration
	// fixed says that the operator chose the interval of this feed; neither its
	// rhythm nor what the document asks for changes it.
	fixed bool
	// calm says that a hub tells of what is new; then the polls are there for
	// what it forgets.
	calm bool
}

func (c Config) pace(f Feed) pace {
	if f.Interval > 0 {
		return pace{first: f.Interval, floor: f.Interval, cap: f.Interval, fixed: true}
	}
	return pace{first: c.Interval, floor: min(c.MinInterval, c.Interval), cap: max(c.MaxInterval, c.Interval)}
}

// interval is the present time between two polls at pace p.
func (s *FeedState) interval(p pace) time.Duration {
	if s.Interval == 0 || p.fixed {
		return p.first
	}
	return min(max(s.Interval, p.floor), max(p.cap, maxInterval))
}

// adapt brings the interval closer to the feed's rhythm after a good poll at
// now. share is the part of the remembered document that is still there, since
// the time that has passed since it was read; both feed two rules:
//
//   - the interval never exceeds the time in which, in the busiest hours of the
//     last days, three fifths of the document were replaced. A poll that shares
//     nothing with the one before counts as two documents, so it cuts the
//     interval to less than a third;
//   - within that, it grows by a quarter after a poll at which more than two
//     thirds were known.
func (s *FeedState) adapt(p pace, share float64, since time.Duration, now time.Time) {
	interval := s.interval(p)
	s.Peak *= math.Exp2(-float64(since) / float64(peakFades))
	if since >= interval/2 { // from a moment nothing can be told of an hour
		turned := 1 - share
		if share == 0 {
			turned = 2
		}
		s.Peak = max(s.Peak, turned/since.Hours())
	}
	if s.Peak < 1e-6 {
		s.Peak = 0
	}
	// A poll that came much later than planned says little about the plan.
	if late := since > interval*3/2+20*time.Minute; share >= knownHigh && !late {
		interval = time.Duration(float64(interval) * lengthen)
	}
	if s.ETag == "" && s.LastModified == "" || s.ValidatorsLie {
		interval = max(interval, unconditional)
	}
	longest := p.cap
	if !s.LastNew.IsZero() && now.Sub(s.LastNew) >= dormantAfter {
		longest = max(longest, maxInterval)
	}
	s.Interval = max(min(interval, s.safe(), longest), p.floor).Round(time.Second)
}

// safe is the time in which, in the feed's busiest hours, three fifths of the
// document are replaced: who waits longer may lose items.
func (s *FeedState) safe() time.Duration {
	if s.Peak == 0 {
		return math.MaxInt64
	}
	return time.Duration(replaced / s.Peak * float64(time.Hour))
}

// afterSuccess is the wait after a good poll at now. lifetime is how long the
// answer may be kept; jitter lies between 0.9 and 1.1.
func (s *FeedState) afterSuccess(p pace, lifetime time.Duration, now time.Time, jitter float64) time.Duration {
	every := s.interval(p)
	if p.calm {
		every = max(every, min(calmer*every, s.safe(), p.cap))
	}
	wait := time.Duration(float64(every) * jitter)
	if p.fixed {
		return wait
	}
	if asked := min(max(lifetime, s.Asked.Every), maxAsked); wait < asked {
		// Never sooner than asked, and not in step with its other readers.
		wait = asked + time.Duration(float64(asked)*(jitter-0.9)/2)
	}
	return s.Asked.skip(now.Add(wait), fraction(10*time.Minute, jitter)).Sub(now)
}

// comeBack is how long a host that refused in e is left alone: as long as it
// says, or longer with every refusal in a row.
func comeBack(e *Error, refusals int) time.Duration {
	if e.RetryAfter > 0 {
		return min(e.RetryAfter, maxAsked)
	}
	return min(firstBusy<<min(max(refusals, 1)-1, 10), maxAsked)
}

// afterFailure is the wait after a poll that ended in e. refusals counts how
// often the feed, or its host, has failed in a row. Nothing is given up: the waits grow to a
// day, after thirty failures to thirty days.
func (s *FeedState) afterFailure(p pace, e *Error, refusals int, jitter float64) time.Duration {
	every := s.interval(p)
	longer := min(time.Duration(float64(every)*(1+s.Penalty)), maxInterval)
	switch e.Problem {
	case ProblemPublish:
		return time.Duration(float64(retryPublish) * jitter)
	case ProblemBusy:
		return e.RetryAfter
	case ProblemGone:
		if !s.Gone {
			return goneAfter + fraction(time.Hour, jitter)
		}
	case ProblemRateLimited:
		wait := comeBack(e, refusals)
		// Not all of its readers at the same second.
		return max(wait, min(every, maxInterval)) + fraction(min(wait, time.Hour), jitter)
	case ProblemDNS, ProblemConnect, ProblemTimeout:
		if s.LastOK.IsZero() && !p.fixed && s.Failures < 100 {
			// Probably we are offline, and somebody waits for a first result.
			longer = min(longer, 5*time.Minute*time.Duration(min(s.Failures, 12)))
		}
	default:
	}
	if s.Failures >= longFailing && s.Penalty >= longFailing/4 && !p.fixed {
		days := math.Pow(lengthen, float64(min(s.Failures-longFailing, 30)))
		longer = min(time.Duration(float64(maxInterval)*days), maxBackoff)
	}
	return time.Duration(float64(longer) * jitter)
}

// fraction is a part of d, from none of it at the least jitter to all of it at
// the greatest.
func fraction(d time.Duration, jitter float64) time.Duration {
	return time.Duration(float64(d) * min(max((jitter-0.9)*5, 0), 1))
}
