package ingest

import (
	"errors"
	"io"
	"net/url"
	"strconv"
	"time"
)

const maxChallenge = 1024

// VerifyPush answers a hub that asks whether the subscription of a token is
// wanted, with the parameters of its request. echo is to be sent back to it, and
// empty when it only tells that it refuses. ok is false for what we did not ask
// for.
func (p *Poller) VerifyPush(token string, params url.Values) (echo string, ok bool) {
	echo, ok = p.subs.verify(token, params, time.Now().UTC())
	if !ok {
		p.metrics.pushes.WithLabelValues("not_asked_for").Inc()
	}
	return echo, ok
}

func (s *subscriber) verify(token string, params url.Values, now time.Time) (echo string, ok bool) {
	if s == nil {
		return "", false
	}
	for _, values := range params {
		if len(values) != 1 {
			return "", false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.tokens[token]
	if e == nil || params.Get("hub.topic") != e.sub.Topic {
		return "", false
	}
	mode, leaving := params.Get("hub.mode"), !e.left.IsZero()
	if mode == "denied" && !leaving {
		e.sub.Until, e.sub.Next = time.Time{}, now.Add(spreadOut(hubRefused, token))
		e.sub.Tries, e.sub.Note = 0, "the hub refuses to push"
		if why := fromHub(params.Get("hub.reason")); why != "" {
			e.sub.Note += ": " + why
		}
		e.confirmed, e.unsaved = now, true // an answer, though no good one
		s.nudge()
		return "", true
	}
	challenge := params.Get("hub.challenge")
	if challenge == "" || len(challenge) > maxChallenge {
		return "", false
	}
	switch {
	case mode == "unsubscribe" && leaving:
		return challenge, true
	case mode != "subscribe" || leaving, e.sub.Asked.IsZero(), now.Sub(e.sub.Asked) > confirmWithin:
		return "", false
	}
	lease := wantedLease
	if seconds, err := strconv.ParseUint(params.Get("hub.lease_seconds"), 10, 32); err == nil && seconds > 0 {
		lease = min(time.Duration(seconds)*time.Second, longestLease) //nolint:gosec // 32 bits
	}
	e.sub.Until = now.Add(lease)
	e.sub.Next = now.Add(max(renewal(lease, token), shortestRenewal))
	e.sub.Tries, e.sub.Note = 0, ""
	e.confirmed, e.unsaved = now, true
	s.nudge()
	return challenge, true
}

// renewal is the time after which a lease is renewed, about two thirds of it.
func renewal(lease time.Duration, token string) time.Duration {
	return time.Duration(float64(lease) * (0.6 + 0.1*fractionOf(token)))
}

// Push takes what a hub delivers: the value of X-Hub-Signature and the body. Of
// the content only the signature counts: the feed itself is polled soon, so that
// nothing rests on the hub. known is false when nobody knows the token; else the
// hub is to be thanked, whatever it sent.
func (p *Poller) Push(token, signed string, body io.Reader) (known bool) {
	name, secret, known := p.subs.lookup(token)
	if !known {
		p.metrics.pushes.WithLabelValues("unknown").Inc()
		return false
	}
	result := "joined" // the poll to come brings what this one is about
	if !p.pushWaits(name) {
		if result = checkPush(secret, signed, body, int64(p.cfg.MaxBody)); result == "accepted" {
			p.pushed(name)
		}
	}
	p.metrics.pushes.WithLabelValues(result).Inc()
	p.log.Debug("push", "feed", name, "result", result)
	return true
}

// lookup returns the feed and the secret of a token. Of a subscription that was
// left nothing is known any more.
func (s *subscriber) lookup(token string) (feed, secret string, known bool) {
	if s == nil {
		return "", "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.tokens[token]
	if e == nil || !e.left.IsZero() {
		return "", "", false
	}
	return e.feed.Name, e.sub.Secret, true
}

// checkPush reads the body and returns "accepted" if it is signed with secret,
// else what is wrong.
func checkPush(secret, signed string, body io.Reader, limit int64) string {
	sig, ok := parseSignature(signed)
	if !ok {
		return "unsigned"
	}
	mac := sig.begin(secret)
	n, err := io.Copy(mac, io.LimitReader(body, limit+1))
	switch {
	case n > limit:
		return "too_large"
	case err != nil && !errors.Is(err, io.EOF):
		return "short"
	case !sig.matches(mac):
		return "signature"
	}
	return "accepted"
}
