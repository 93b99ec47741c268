package ingest

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"marsad/internal/safedial"
)

const (
	maxRedirects     = 5
	maxHeaderBytes   = 64 << 10
	firstByteTimeout = 15 * time.Second
)

// clients gives each set of allowed networks a client of its own: a kept-alive
// connection into a private network is never reused for a feed that may not go
// there. Safe for concurrent use.
type clients struct {
	// transport replaces the network in tests; nil otherwise.
	transport http.RoundTripper
	proxy     proxyFor

	mu        sync.Mutex
	byAllowed map[string]*http.Client
}

func newClients(transport http.RoundTripper, proxy proxyFor) *clients {
	return &clients{transport: transport, proxy: proxy, byAllowed: map[string]*http.Client{}}
}

// client returns the client for a feed with these allowed networks.
func (c *clients) client(allow []string) (*http.Client, error) {
	sorted := slices.Sorted(slices.Values(allow))
	key := strings.Join(sorted, " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	if client := c.byAllowed[key]; client != nil {
		return client, nil
	}
	permitted, err := safedial.New(sorted)
	if err != nil {
		return nil, err
	}
	transport := c.transport
	if transport == nil {
		transport = newTransport(permitted, c.proxy)
	}
	client := &http.Client{Transport: transport, CheckRedirect: checkRedirect}
	c.byAllowed[key] = client
	return client, nil
}

func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, client := range c.byAllowed {
		client.CloseIdleConnections()
	}
}

// newTransport connects to what is permitted only, and to the proxy.
func newTransport(permitted safedial.Guard, proxy proxyFor) http.RoundTripper {
	return &watched{permitted: permitted, proxy: proxy, Transport: &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
		DialContext:            dialVia(permitted, proxy),
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        tlsConfig(),
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  firstByteTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        30 * time.Second,
		// Unpacking is ours: the cap counts the bytes that come out, and an
		// encoding that was not asked for is an error, not a body.
		DisableCompression: true,
	}}
}

// sessions is the number of hosts of which a TLS session is remembered, some
// kilobytes each. Polls come too far apart to keep a connection; a resumed
// session spares both sides the certificates.
const sessions = 4096

// tlsConfig leaves out the key exchanges against quantum computers: what is
// fetched is public, their long first message makes old servers stumble, and
// they are a third of the work of a poll that brings nothing.
func tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(sessions),
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	}
}

// A way is what a fetch takes along from redirect to redirect. It belongs to one
// fetch.
type way struct {
	validators validators
	// own are the headers of the feed, meant for home only.
	own  http.Header
	home *url.URL
	// hosts are asked for a turn at every further host; nil: no limits. turns
	// were taken before the fetch, taken on the way.
	hosts        *hosts
	turns, taken []string
}

type wayKey struct{}

// maxTurnWait is how long a redirect waits for a turn at another host, in a
// flight that others could use.
const maxTurnWait = 5 * time.Second

// dress gives a request the headers that its address may see.
func (w *way) dress(req *http.Request) {
	req.Header.Del("Referer")
	w.validators.apply(req)
	// Another host, or a line that others read, does not get our secrets.
	if len(w.own) > 0 && (!strings.EqualFold(req.URL.Host, w.home.Host) || req.URL.Scheme == "http" && w.home.Scheme == "https") {
		for name := range w.own {
			req.Header.Del(name)
		}
	}
}

// enter takes a turn at another host of a redirect.
func (w *way) enter(req, from *http.Request) error {
	name := hostKey(req.URL)
	if w.hosts == nil || slices.Contains(w.turns, name) || slices.Contains(w.taken, name) {
		return nil
	}
	for told := false; ; told = true {
		wait, ok := w.hosts.take(name, time.Now(), told)
		if ok {
			w.taken = append(w.taken, name)
			return nil
		}
		if told || wait > maxTurnWait {
			return &Error{
				Problem: ProblemBusy, What: fmt.Sprintf("%s redirects to %s, which is busy with other feeds", from.URL.Host, req.URL.Host),
				Hint: "nothing to do, it is asked again", RetryAfter: wait, host: name,
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-req.Context().Done():
			timer.Stop()
			return req.Context().Err()
		}
	}
}

// leave gives the turns back.
func (w *way) leave() {
	for _, name := range w.taken {
		w.hosts.done(name, time.Now())
	}
}

// checkRedirect follows at most five redirects to web addresses on web ports.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return &Error{
			Problem: ProblemRedirect, What: fmt.Sprintf("%s redirects more than %d times", via[0].URL.Host, maxRedirects),
			Hint: "open the address in a browser and use the one it ends at",
		}
	}
	if s := req.URL.Scheme; s != "http" && s != "https" {
		return &Error{Problem: ProblemRedirect, What: fmt.Sprintf("%s redirects to a %q address", via[0].URL.Host, s), Hint: "use the feed's own address"}
	}
	if port := req.URL.Port(); port != "" && port != "80" && port != "443" && !sameHost(req.URL, via[0].URL) {
		return &Error{
			Problem: ProblemRedirect, What: fmt.Sprintf("%s redirects to port %s of %s", via[0].URL.Host, port, req.URL.Hostname()),
			Hint: "if that is right, use that address for the feed",
		}
	}
	w, ok := req.Context().Value(wayKey{}).(*way)
	if !ok {
		req.Header.Del("Referer")
		return nil
	}
	w.dress(req)
	return w.enter(req, via[len(via)-1])
}

// sameHost reports whether both addresses name the same host, whatever the
// port.
func sameHost(a, b *url.URL) bool { return strings.EqualFold(a.Hostname(), b.Hostname()) }
