package ingest

import (
	"errors"
	"time"
)

// A Problem names why a feed could not be read. Its values are stable: they
// stand in the API, in metrics and in saved states.
type Problem string

// The problems that a poll can end in.
const (
	ProblemDNS         Problem = "dns"          // the name does not resolve
	ProblemConnect     Problem = "connect"      // no connection
	ProblemBlocked     Problem = "blocked"      // an address that may not be asked
	ProblemTLS         Problem = "tls"          // no trusted encrypted connection
	ProblemTimeout     Problem = "timeout"      // too slow
	ProblemRedirect    Problem = "redirect"     // too many or forbidden redirects
	ProblemHTTP        Problem = "http"         // an unexpected status
	ProblemNotFound    Problem = "not_found"    // 404
	ProblemRefused     Problem = "refused"      // 401, 403
	ProblemRateLimited Problem = "rate_limited" // 429, 503
	ProblemGone        Problem = "gone"         // 410
	ProblemTooLarge    Problem = "too_large"    // beyond MaxBody
	ProblemShort       Problem = "short_body"   // the body ended early
	ProblemEncoding    Problem = "encoding"     // a compression that cannot be read
	ProblemCharset     Problem = "charset"      // an encoding of text that is refused
	ProblemEmpty       Problem = "empty"        // no document
	ProblemNotAFeed    Problem = "not_a_feed"   // a document of another kind
	ProblemBroken      Problem = "broken"       // a feed that cannot be parsed
	ProblemHostile     Problem = "hostile"      // a limit against attacks was hit
	ProblemPoison      Problem = "poison"       // handling it failed inside Marsad
	ProblemPublish     Problem = "publish"      // the bus did not take the items
	ProblemBusy        Problem = "busy"         // a host that it redirects to has no turn for us yet
)

// An Error is the reason why a poll failed, for people and for programs.
type Error struct {
	Problem Problem
	// What is a sentence without its full stop, with the host or limit it is
	// about; Hint says what to do.
	What, Hint string
	// Status is the HTTP status, 0 when there was none.
	Status int
	// RetryAfter is the wait that the server asked for; 0 when it did not.
	RetryAfter time.Duration
	// Feeds are the addresses of feeds that a web page names, which was found
	// instead of one.
	Feeds []string
	// Err is the cause; nil when What says it all.
	Err error
	// host is the one that refused us, or is busy.
	host string
}

// Error is "what; hint".
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.What
	}
	return e.What + "; " + e.Hint
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// asError returns err as an *Error, wrapping what is none as a defect of ours.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Problem: ProblemPoison, What: "this feed could not be handled: " + clip(err.Error(), 300), Hint: "please report it", Err: err}
}
