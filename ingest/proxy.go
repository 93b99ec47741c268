package ingest

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/idna"

	"marsad/internal/field"
	"marsad/internal/safedial"
)

// noProxy is the value of Config.Proxy that means none, whatever the
// environment says.
const noProxy = "none"

// lookupWithin bounds the look-up of a name that a proxy is asked for.
const lookupWithin = 2 * time.Second

// proxyFor tells which proxy an address is asked through, nil for none.
type proxyFor func(*url.URL) (*url.URL, error)

// newProxy returns the choice that setting makes: an address, "none", or empty
// for HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment.
func newProxy(setting string) proxyFor {
	switch setting {
	case noProxy:
		return func(*url.URL) (*url.URL, error) { return nil, nil }
	case "":
		return httpproxy.FromEnvironment().ProxyFunc()
	}
	return (&httpproxy.Config{HTTPProxy: setting, HTTPSProxy: setting}).ProxyFunc()
}

// checkProxy returns the mistake in a setting of Config.Proxy, or nil.
func checkProxy(setting string) *field.Error {
	if setting == "" || setting == noProxy {
		return nil
	}
	u, err := url.Parse(setting)
	switch {
	case err != nil || u.Hostname() == "":
		return field.Errorf("proxy", "is no address").Hintf("write it as http://proxy.example.org:3128, or none")
	case u.User != nil:
		return field.Errorf("proxy", "holds a user name or password").Hintf("set HTTPS_PROXY and HTTP_PROXY in the daemon's environment instead, they may hold both")
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h":
		return field.Errorf("proxy", "%q is no kind of proxy", u.Scheme).Hintf("use http, https or socks5")
	}
	return nil
}

// dialVia connects through permitted, except to a proxy: the operator named it,
// and it may well be on this machine.
func dialVia(permitted safedial.Guard, proxy proxyFor) func(ctx context.Context, network, addr string) (net.Conn, error) {
	guarded := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: permitted.Control}
	free := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	proxies := map[string]bool{}
	for _, scheme := range []string{"http", "https"} {
		// A host that no list of exceptions names.
		if u, err := proxy(&url.URL{Scheme: scheme, Host: "proxy-probe.invalid"}); err == nil && u != nil {
			proxies[withPort(u)] = true
		}
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if proxies[addr] {
			return free.DialContext(ctx, network, addr)
		}
		return guarded.DialContext(ctx, network, addr)
	}
}

func withPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	port := map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// A watched transport refuses, where a proxy would make the connection, the
// addresses that the guard would refuse. The proxy looks the name up again and
// may see another address: it has to filter too.
type watched struct {
	*http.Transport
	permitted safedial.Guard
	proxy     proxyFor
}

// RoundTrip implements http.RoundTripper.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if via, err := w.proxy(r.URL); err == nil && via != nil {
		if err := w.check(r.Context(), r.URL.Hostname()); err != nil {
			return nil, err
		}
	}
	return w.Transport.RoundTrip(r)
}

func (w *watched) check(ctx context.Context, host string) error {
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii // ①②⑦.⓪.⓪.① is an address too
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if w.permitted.Blocked(addr) {
			return &safedial.BlockedError{Addr: addr}
		}
		return nil
	}
	last := strings.ToLower(host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:])
	last = strings.TrimSuffix(last, ".")
	if last == "localhost" || last != "" && last[0] >= '0' && last[0] <= '9' { // 127.1, 0x7f000001
		return &safedial.BlockedError{Addr: netip.IPv4Unspecified()}
	}
	// Without a name service of our own the proxy alone knows the address.
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for _, addr := range addrs {
		if w.permitted.Blocked(addr) {
			return &safedial.BlockedError{Addr: addr}
		}
	}
	return nil
}
