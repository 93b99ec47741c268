// Package safedial refuses connections to addresses that an address taken from
// the outside (a feed's link, a redirect, a webhook) has no business to reach:
// this machine, its private networks, the cloud's metadata service.
//
// The check runs when the socket is about to connect, on the address that the
// name resolved to. A check of the name beforehand would miss a name that
// resolves differently the second time.
package safedial

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// A Guard decides which addresses may be connected to: the public Internet, and
// what Allow lists. The zero Guard allows the public Internet only. It is safe
// for concurrent use as long as nobody changes it.
type Guard struct {
	// Allow lists networks that are permitted although they are not public.
	Allow []netip.Prefix
}

// New returns a guard that permits the public Internet and the entries of allow,
// each as [ParsePrefix] reads it; the first one that it cannot read is the error.
func New(allow []string) (Guard, error) {
	var g Guard
	for _, s := range allow {
		p, err := ParsePrefix(s)
		if err != nil {
			return Guard{}, err
		}
		g.Allow = append(g.Allow, p)
	}
	return g, nil
}

// A BlockedError says that a connection was refused by a Guard.
type BlockedError struct {
	// Addr is the address that the name resolved to.
	Addr netip.Addr
}

// Error says what was refused and how to permit it.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("address %s is private or reserved; list it in allow_private to permit it", e.Addr)
}

// Control is for [net.Dialer.Control]: it returns a *BlockedError for an address
// that the guard refuses, and an error for anything but TCP to an IP address.
func (g Guard) Control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("network %q is not TCP", network)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address to connect to: %w", err)
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return fmt.Errorf("address to connect to: %w", err)
	}
	if g.Blocked(addr) {
		return &BlockedError{Addr: plain(addr)}
	}
	return nil
}

// Blocked reports whether the guard refuses addr: it is not a public unicast
// address, and Allow does not list it. An IPv4 address inside IPv6 is judged as
// the IPv4 address; a zone is ignored.
func (g Guard) Blocked(addr netip.Addr) bool {
	addr = plain(addr)
	return !g.Allowed(addr) && !public(addr)
}

// Allowed reports whether Allow lists addr.
func (g Guard) Allowed(addr netip.Addr) bool {
	addr = plain(addr)
	for _, p := range g.Allow {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// ParsePrefix reads one entry of Allow: a network ("10.1.2.0/24") or a single
// address ("10.1.2.3"). Bits behind the mask are refused, for they mean that the
// writer had another network in mind. An IPv4 network written inside IPv6
// becomes the IPv4 network.
func ParsePrefix(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = plain(addr)
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no network or address", s)
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("%q spans IPv4 and IPv6", s)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p.Masked() != p {
		return netip.Prefix{}, fmt.Errorf("%q has bits behind its mask; did you mean %s", s, p.Masked())
	}
	return p, nil
}

// plain returns addr as it is judged: IPv4 out of its IPv6 wrapping, no zone.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// public reports whether addr, which is plain, is a unicast address of the
// public Internet.
func public(addr netip.Addr) bool {
	if !addr.IsValid() {
		return false
	}
	for _, p := range reserved(addr) {
		if p.Contains(addr) {
			return false
		}
	}
	return addr.Is4() || globalUnicast6.Contains(addr)
}

func reserved(addr netip.Addr) []netip.Prefix {
	if addr.Is4() {
		return reserved4
	}
	return reserved6
}

// The networks that IANA's special-purpose registries set apart. For IPv6 the
// list is short because only globalUnicast6 is public in the first place: that
// leaves out loopback, mapped and compatible IPv4, NAT64 (64:ff9b::/96,
// 64:ff9b:1::/48), unique local, link-local and multicast addresses.
var (
	globalUnicast6 = netip.MustParsePrefix("2000::/3") //nolint:gochecknoglobals // constant table

	reserved4 = prefixes( //nolint:gochecknoglobals // constant table
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // carrier-grade NAT
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local, cloud metadata
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // TEST-NET-1
		"192.88.99.0/24",  // 6to4 relays
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarking
		"198.51.100.0/24", // TEST-NET-2
		"203.0.113.0/24",  // TEST-NET-3
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, broadcast
	)
	reserved6 = prefixes( //nolint:gochecknoglobals // constant table
		"2001::/23",     // protocol assignments: Teredo, ORCHID, benchmarking
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4: an IPv4 address inside
		"3fff::/20",     // documentation
	)
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
