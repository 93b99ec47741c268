package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"marsad/bus"
	"marsad/ingest"
	"marsad/server"
)

// pushBucket keeps the subscriptions to feeds that hubs push.
const pushBucket = "push"

// subscriptions keeps them in the bus.
type subscriptions struct{ kv *bus.KV }

// All returns every subscription by the name of its feed. One that cannot be
// read is left out: the feed is subscribed to anew.
func (s subscriptions) All(ctx context.Context) (map[string]ingest.PushSubscription, error) {
	all, err := s.kv.All(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]ingest.PushSubscription, len(all))
	for name, v := range all {
		var sub ingest.PushSubscription
		if json.Unmarshal(v, &sub) == nil {
			out[name] = sub
		}
	}
	return out, nil
}

// Save stores a feed's subscription; it is durable on return.
func (s subscriptions) Save(ctx context.Context, feed string, sub ingest.PushSubscription) error {
	return putJSON(ctx, s.kv, feed, sub)
}

// Delete forgets a feed's subscription.
func (s subscriptions) Delete(ctx context.Context, feed string) error { return s.kv.Delete(ctx, feed) }

// pushes returns who takes what hubs send, and the host name by which they reach
// us; nil where they cannot.
func (p *Pipeline) pushes() (server.PushReceiver, string, error) {
	if p.poller == nil || p.cfg.Ingest.CallbackURL == "" {
		return nil, "", nil
	}
	u, err := url.Parse(p.cfg.Ingest.CallbackURL)
	if err != nil {
		return nil, "", fmt.Errorf("callback_url: %w", err)
	}
	return p.poller, u.Hostname(), nil
}
