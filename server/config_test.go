package server_test

import (
	"strings"
	"testing"

	"marsad/server"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*server.Config)
		want   []string // the paths of the mistakes
	}{
		"defaults":     {func(*server.Config) {}, nil},
		"localhost":    {func(c *server.Config) { c.Listen = "localhost:80" }, nil},
		"loopback 6":   {func(c *server.Config) { c.Listen = "[::1]:80" }, nil},
		"mapped":       {func(c *server.Config) { c.Listen = "[::ffff:127.0.0.1]:80" }, nil},
		"free port":    {func(c *server.Config) { c.Listen = "127.0.0.1:0" }, nil},
		"no port":      {func(c *server.Config) { c.Listen = "127.0.0.1" }, []string{"listen"}},
		"port name":    {func(c *server.Config) { c.Listen = "127.0.0.1:http" }, []string{"listen"}},
		"large port":   {func(c *server.Config) { c.Listen = "127.0.0.1:65536" }, []string{"listen"}},
		"every":        {func(c *server.Config) { c.Listen = ":8080" }, []string{"token_file", "tls", "allowed_hosts"}},
		"every 4":      {func(c *server.Config) { c.Listen = "0.0.0.0:8080" }, []string{"token_file", "tls", "allowed_hosts"}},
		"every 6":      {func(c *server.Config) { c.Listen = "[::]:8080" }, []string{"token_file", "tls", "allowed_hosts"}},
		"one address":  {func(c *server.Config) { c.Listen = "192.168.1.5:8080" }, []string{"token_file", "tls"}},
		"a name":       {func(c *server.Config) { c.Listen = "marsad.example.org:8080" }, []string{"token_file", "tls"}},
		"only a token": {func(c *server.Config) { c.Listen, c.TokenFile = "10.0.0.1:80", "token" }, []string{"tls"}},
		"only tls": {func(c *server.Config) {
			c.Listen, c.TLS = "10.0.0.1:80", server.TLSConfig{CertFile: "c", KeyFile: "k"}
		}, []string{"token_file"}},
		"token and proxy": {func(c *server.Config) { c.Listen, c.TokenFile, c.TrustedProxy = "10.0.0.1:80", "token", true }, nil},
		"half of tls":     {func(c *server.Config) { c.TLS.CertFile = "c" }, []string{"tls"}},
		"hosts": {func(c *server.Config) {
			c.AllowedHosts = []string{"ok.example", "10.0.0.1", "[::1]", "https://x", "x:80", "", "a/b", "*"}
		}, []string{"allowed_hosts[3]", "allowed_hosts[4]", "allowed_hosts[5]", "allowed_hosts[6]", "allowed_hosts[7]"}},
		"zone":    {func(c *server.Config) { c.Zone = "Baghdad" }, []string{"zone"}},
		"numbers": {func(c *server.Config) { c.MaxSearches, c.SearchQueue, c.SearchTimeout = 0, -1, 0 }, []string{"max_searches", "search_queue", "search_timeout"}},
	} {
		c := server.DefaultConfig()
		tc.change(&c)
		var got []string
		for _, e := range c.Validate() {
			got = append(got, e.Path)
			if e.Hint == "" {
				t.Errorf("%s: %q gives no hint", name, e.What)
			}
		}
		if strings.Join(got, " ") != strings.Join(tc.want, " ") {
			t.Errorf("%s: mistakes at %v, want %v", name, got, tc.want)
		}
	}
}

func TestNewRefusesTheOpenNetwork(t *testing.T) {
	t.Parallel()
	c := server.DefaultConfig()
	c.Listen = "0.0.0.0:0"
	_, err := server.New(t.Context(), server.Options{Config: c, Search: fakeIndex{}, Log: quiet()})
	if err == nil {
		t.Fatal("a server without a token listens on every address")
	}
	for _, want := range []string{"server: token_file: ", "server: tls: ", "server: allowed_hosts: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
}
