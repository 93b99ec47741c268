package server

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"marsad/internal/field"
)

// Config is the server's stanza of the configuration.
type Config struct {
	// Listen is the TCP address to listen on, "host:port". Beyond loopback it
	// needs TokenFile and either TLS or TrustedProxy.
	Listen string `yaml:"listen"`
	// PublicURL is the address at which readers of alerts reach the pages, for
	// the links in them; empty means the address that is listened on.
	PublicURL string `yaml:"public_url"`
	// AllowedHosts are further host names (no port) under which clients may
	// address the server. localhost, 127.0.0.1, [::1] and the host of Listen are
	// always allowed; anything else is answered with 421, which defeats DNS
	// rebinding.
	AllowedHosts []string `yaml:"allowed_hosts"`
	// TokenFile holds the secret that every client must present, 16 bytes or
	// more: as "Authorization: Bearer …", or as the password of HTTP basic
	// authentication, which browsers ask for. Empty: no authentication.
	TokenFile string `yaml:"token_file"`
	// TLS switches HTTPS on.
	TLS TLSConfig `yaml:"tls"`
	// TrustedProxy says that a reverse proxy in front speaks TLS to the clients.
	TrustedProxy bool `yaml:"trusted_proxy"`
	// Zone is the IANA time zone in which pages state times and queries without
	// a zone are read.
	Zone string `yaml:"zone"`
	// MaxSearches is how many searches run at once; SearchQueue how many more
	// may wait before clients are told to come back (503).
	MaxSearches int `yaml:"max_searches"`
	SearchQueue int `yaml:"search_queue"`
	// SearchTimeout is the longest time a client waits for one search, its wait
	// in the queue included.
	SearchTimeout time.Duration `yaml:"search_timeout"`
}

// TLSConfig names the files of a certificate.
type TLSConfig struct {
	// CertFile is the certificate chain and KeyFile its key, both PEM.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// DefaultConfig returns the configuration of a server on this machine alone.
func DefaultConfig() Config {
	return Config{
		Listen:        "127.0.0.1:8080",
		Zone:          "Asia/Baghdad",
		MaxSearches:   2,
		SearchQueue:   16,
		SearchTimeout: 5 * time.Second,
	}
}

// Validate returns every mistake that can be seen without opening a file or a
// port.
func (c Config) Validate() []*field.Error {
	var errs []*field.Error
	add := func(e *field.Error) { errs = append(errs, e) }

	host, port, err := net.SplitHostPort(c.Listen)
	n, numErr := strconv.Atoi(port)
	switch {
	case err != nil:
		add(field.Errorf("listen", "%q is not an address", c.Listen).Hintf("write host:port, e.g. 127.0.0.1:8080"))
	case numErr != nil || n < 0 || n > 65535:
		add(field.Errorf("listen", "%q is not a port", port).Hintf("write a number from 1 to 65535, e.g. 127.0.0.1:8080"))
	case !loopback(host):
		errs = append(errs, c.validateRemote(host)...)
	}
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" &&
		(err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		add(field.Errorf("public_url", "this is no address of a web site").Hintf("write e.g. https://marsad.example.org"))
	}
	for i, h := range c.AllowedHosts {
		if _, _, err := net.SplitHostPort(h); err == nil || !hostName(h) {
			add(field.Errorf("allowed_hosts["+strconv.Itoa(i)+"]", "%q is not a host name", h).
				Hintf("write the name alone, without scheme, port or path, e.g. marsad.example.org"))
		}
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		add(field.Errorf("tls", "cert_file and key_file belong together").Hintf("set both or neither"))
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		add(field.Errorf("zone", "unknown time zone %q", c.Zone).Hintf("write an IANA name, e.g. Asia/Baghdad, Europe/Paris or UTC"))
	}
	if c.MaxSearches < 1 || c.MaxSearches > 64 {
		add(field.Errorf("max_searches", "%d is out of range", c.MaxSearches).Hintf("write 1 to 64; 2 suits two cores"))
	}
	if c.SearchQueue < 0 || c.SearchQueue > 1000 {
		add(field.Errorf("search_queue", "%d is out of range", c.SearchQueue).Hintf("write 0 to 1000"))
	}
	if c.SearchTimeout < 100*time.Millisecond || c.SearchTimeout > maxSearchTimeout {
		add(field.Errorf("search_timeout", "%s is out of range", c.SearchTimeout).Hintf("write 100ms to %s", maxSearchTimeout))
	}
	return errs
}

// maxSearchTimeout leaves time to write the reply within writeTimeout.
const maxSearchTimeout = 20 * time.Second

// validateRemote returns what is missing for listening on host, which other
// machines can reach.
func (c Config) validateRemote(host string) []*field.Error {
	var errs []*field.Error
	if c.TokenFile == "" {
		errs = append(errs, field.Errorf("token_file", "%s can be reached from other machines, and no token protects it", c.Listen).
			Hintf("listen on 127.0.0.1, or set token_file (head -c 32 /dev/urandom | base64 > token; chmod 600 token)"))
	}
	if c.TLS.CertFile == "" && !c.TrustedProxy {
		errs = append(errs, field.Errorf("tls", "%s can be reached from other machines, and the token would cross the network in the clear", c.Listen).
			Hintf("set tls.cert_file and tls.key_file, or trusted_proxy: true when a proxy in front speaks TLS"))
	}
	if unspecified(host) && len(c.AllowedHosts) == 0 {
		errs = append(errs, field.Errorf("allowed_hosts", "%s listens on every address, and no host name is allowed", c.Listen).
			Hintf("list the names under which clients reach this machine, e.g. [marsad.example.org]"))
	}
	return errs
}

// loopback reports whether a listener on host can be reached from this machine
// only.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// unspecified reports whether a listener on host takes every address.
func unspecified(host string) bool {
	if host == "" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsUnspecified()
}

// hostName reports whether s can be the host of a URL.
func hostName(s string) bool {
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
		default:
			return false
		}
	}
	return true
}
