package ingest

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"marsad/internal/field"
	"marsad/internal/safedial"
)

// CallbackPath is where, below Config.CallbackURL, hubs reach us; the token of a
// subscription follows it.
const CallbackPath = "/push/"

// A PushSubscription is what is remembered of a feed that a hub pushes, or is to
// push. It holds a secret.
type PushSubscription struct {
	// FeedURL is the feed's configured address; at another one the subscription
	// is another.
	FeedURL string `json:"feed_url"`
	Hub     string `json:"hub"`
	Topic   string `json:"topic"`
	// Token names the subscription in Callback, the address that the hub was
	// given; nobody can guess it. Secret is what the hub signs with. Neither
	// changes while the subscription lasts: a renewal must not invalidate what
	// works.
	Token    string `json:"token"`
	Callback string `json:"callback"`
	Secret   string `json:"secret"`
	// Since is when it was wanted first, Asked when the hub was last asked for
	// it, Until the end of the lease, zero when there is none, Next when the hub
	// is to be asked again.
	Since time.Time `json:"since"`
	Asked time.Time `json:"asked,omitzero"`
	Until time.Time `json:"until,omitzero"`
	Next  time.Time `json:"next,omitzero"`
	// Tries counts the requests since the hub last confirmed.
	Tries int `json:"tries,omitempty"`
	// Note says why the hub does not push, or not for long any more.
	Note string `json:"note,omitempty"`
}

// PushSubscriptions keeps what the poller has to remember of its subscriptions.
// What is saved is durable on return.
type PushSubscriptions interface {
	// All returns every subscription by the name of its feed.
	All(ctx context.Context) (map[string]PushSubscription, error)
	Save(ctx context.Context, feed string, s PushSubscription) error
	Delete(ctx context.Context, feed string) error
}

// A PushStatus is what there is to show of a feed's subscription.
type PushStatus struct {
	// Hub is the hub's address.
	Hub string `json:"hub"`
	// Until is the end of the lease, zero while the hub does not push.
	Until time.Time `json:"until,omitzero"`
	// Note says why it does not, in words.
	Note string `json:"note,omitempty"`
}

// checkCallback returns what is wrong with an address for hubs; none is an
// address too.
func checkCallback(s string) *field.Error {
	if s == "" {
		return nil
	}
	const example = "write e.g. https://marsad.example.org, the name under which a proxy leads " + CallbackPath + " to this server"
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(s) > maxURL/2:
		return field.Errorf("callback_url", "this is no address of a web site").Hintf("%s", example)
	case u.Scheme != "https":
		return field.Errorf("callback_url", "%q is not safe: what comes there decides what is polled", u.Scheme+":").Hintf("%s", example)
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if strings.EqualFold(u.Hostname(), "localhost") || err == nil && (safedial.Guard{}).Blocked(addr) {
		return field.Errorf("callback_url", "no hub on the Internet can reach %s", u.Hostname()).Hintf("%s", example)
	}
	return nil
}
