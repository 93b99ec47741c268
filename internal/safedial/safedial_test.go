package safedial_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"marsad/internal/safedial"
)

func TestBlocked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		addr string
		want bool
	}{
		{"8.8.8.8", false},
		{"1.1.1.1", false},
		{"172.32.0.1", false},
		{"100.128.0.1", false},
		{"2606:4700:4700::1111", false},
		{"2a00:1450:4001::1", false},
		{"::ffff:8.8.8.8", false},

		{"0.0.0.0", true},
		{"0.1.2.3", true},
		{"10.0.0.1", true},
		{"100.64.0.1", true},
		{"127.0.0.1", true},
		{"127.255.255.254", true},
		{"169.254.169.254", true},
		{"172.16.0.1", true},
		{"172.31.255.255", true},
		{"192.0.0.8", true},
		{"192.0.2.1", true},
		{"192.168.1.1", true},
		{"198.19.255.255", true},
		{"198.51.100.7", true},
		{"203.0.113.9", true},
		{"224.0.0.1", true},
		{"255.255.255.255", true},
		{"::", true},
		{"::1", true},
		{"::7f00:1", true},
		{"::ffff:127.0.0.1", true},
		{"::ffff:10.0.0.1", true},
		{"::ffff:0:127.0.0.1", true},
		{"64:ff9b::7f00:1", true},
		{"64:ff9b:1::1", true},
		{"100::1", true},
		{"2001::1", true},
		{"2001:db8::1", true},
		{"2002:7f00:1::", true},
		{"fc00::1", true},
		{"fd12:3456::1", true},
		{"fe80::1", true},
		{"fe80::1%eth0", true},
		{"fec0::1", true},
		{"ff02::1", true},
	}
	for _, tt := range tests {
		if got := (safedial.Guard{}).Blocked(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("Blocked(%s) = %v, want %v", tt.addr, got, tt.want)
		}
	}
	if !(safedial.Guard{}).Blocked(netip.Addr{}) {
		t.Error("Blocked(no address) = false, want true")
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	var g safedial.Guard
	for _, s := range []string{"10.1.2.0/24", "127.0.0.1", "fd00::/8", "::ffff:192.168.7.0/120"} {
		p, err := safedial.ParsePrefix(s)
		if err != nil {
			t.Fatal(err)
		}
		g.Allow = append(g.Allow, p)
	}
	tests := []struct {
		addr string
		want bool
	}{
		{"10.1.2.3", false},
		{"::ffff:10.1.2.3", false},
		{"10.1.3.3", true},
		{"127.0.0.1", false},
		{"127.0.0.2", true},
		{"fd00::1%eth0", false},
		{"fe80::1", true},
		{"192.168.7.200", false},
		{"192.168.8.1", true},
		{"8.8.8.8", false},
	}
	for _, tt := range tests {
		if got := g.Blocked(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("Blocked(%s) = %v, want %v", tt.addr, got, tt.want)
		}
	}
}

func TestParsePrefixRefuses(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":               "no network",
		"localhost":      "no network",
		"10.0.0.0/33":    "no network",
		"10.1.2.3/8":     "10.0.0.0/8",
		"::ffff:0:0/80":  "spans",
		"http://1.2.3.4": "no network",
	} {
		if _, err := safedial.ParsePrefix(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePrefix(%q): error %v, want one with %q", s, err, want)
		}
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()

	dial := func(g safedial.Guard, network, addr string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		conn, err := (&net.Dialer{Control: g.Control}).DialContext(ctx, network, addr)
		if err == nil {
			conn.Close()
		}
		return err
	}
	addr := srv.Listener.Addr().String()
	err := dial(safedial.Guard{}, "tcp", addr)
	var blocked *safedial.BlockedError
	if !errors.As(err, &blocked) || blocked.Addr != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("dial %s: error %v, want it blocked", addr, err)
	}
	loopback := safedial.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if err := dial(loopback, "tcp", addr); err != nil {
		t.Errorf("dial %s, allowed: %v", addr, err)
	}
	// The mapped form of an address is judged as the address.
	_, port, _ := net.SplitHostPort(addr)
	if err := dial(safedial.Guard{}, "tcp", net.JoinHostPort("::ffff:127.0.0.1", port)); !errors.As(err, &blocked) {
		t.Errorf("dial the mapped loopback address: error %v, want it blocked", err)
	}
	if err := loopback.Control("udp4", addr, nil); err == nil {
		t.Error("Control let UDP through")
	}
	if err := loopback.Control("tcp4", "no-port", nil); err == nil {
		t.Error("Control let an address without a port through")
	}
}
