package ingest

import (
	"crypto/tls"
	"fmt"
	"net"
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

	mu        sync.Mutex
	byAllowed map[string]*http.Client
}

func newClients(transport http.RoundTripper) *clients {
	return &clients{transport: transport, byAllowed: map[string]*http.Client{}}
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
		transport = newTransport(permitted)
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

// newTransport connects to what is permitted only. It has no proxy: a proxy would
// resolve names itself and so step around the guard.
func newTransport(permitted safedial.Guard) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: permitted.Control}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  firstByteTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        30 * time.Second,
		// Decompression is ours: the cap counts the bytes that come out, and an
		// encoding that was not asked for is an error, not a body.
		DisableCompression: true,
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
	req.Header.Del("Referer")
	if v, ok := req.Context().Value(validatorsKey{}).(validators); ok {
		v.apply(req)
	}
	return nil
}

// sameHost reports whether both addresses name the same host, whatever the
// port.
func sameHost(a, b *url.URL) bool { return strings.EqualFold(a.Hostname(), b.Hostname()) }
