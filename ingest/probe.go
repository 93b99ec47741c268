package ingest

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// probes is how many feeds Probe asks.
const probes = 8

// Probe asks a few of the feeds of c, at once and as a poll would, whether there
// is a network, and returns how many of them answered within the time given,
// with whatever status, and how many were asked. It returns as soon as one
// answers.
func Probe(ctx context.Context, c Config, within time.Duration) (answered, asked int) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c = c.withDefaults()
	clients := newClients(nil, newProxy(c.Proxy))
	defer clients.close()
	var n atomic.Int64
	var g errgroup.Group
	step := max(1, len(c.Feeds)/probes) // spread over the list: hosts differ
	for i := 0; i < len(c.Feeds) && asked < probes; i += step {
		feed := c.Feeds[i]
		if feed.Paused {
			continue
		}
		asked++
		g.Go(func() error {
			client, err := clients.client(feed.AllowPrivate)
			if err != nil {
				return nil //nolint:nilerr // Validate tells of it; here it just does not answer
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodHead, feed.URL, nil)
			if err != nil {
				return nil //nolint:nilerr // as above
			}
			req.Header.Set("User-Agent", c.userAgent())
			resp, err := client.Do(req)
			if err != nil {
				return nil //nolint:nilerr // no answer is what is being counted
			}
			resp.Body.Close()
			n.Add(1)
			cancel()
			return nil
		})
	}
	_ = g.Wait() // nothing returns an error
	return int(n.Load()), asked
}
