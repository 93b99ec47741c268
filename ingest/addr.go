package ingest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// An addressPolicy decides which addresses may be connected to.
type addressPolicy struct {
	denied  []netip.Prefix
	allowed []netip.Prefix
}

var errBlocked = errors.New("address is not public")

// newAddressPolicy returns the policy that allows public addresses and the
// given networks.
func newAddressPolicy(allow []string) (addressPolicy, error) {
	p := addressPolicy{denied: deniedNetworks()}
	for _, s := range allow {
		n, err := netip.ParsePrefix(s)
		if err != nil {
			return p, fmt.Errorf("allowed network %q: %w", s, err)
		}
		p.allowed = append(p.allowed, n.Masked())
	}
	return p, nil
}

// deniedNetworks are ranges of global unicast form that lead to one's own
// machine or network, or that translate into such an address.
func deniedNetworks() []netip.Prefix {
	list := strings.Fields(`
		0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
		192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15
		198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
		::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16
		3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`)
	nets := make([]netip.Prefix, len(list))
	for i, s := range list {
		nets[i] = netip.MustParsePrefix(s)
	}
	return nets
}

// permits reports whether a may be connected to.
func (p addressPolicy) permits(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, n := range p.allowed {
		if n.Contains(a) {
			return true
		}
	}
	if !a.IsGlobalUnicast() {
		return false
	}
	for _, n := range p.denied {
		if n.Contains(a) {
			return false
		}
	}
	return true
}

// control is a net.Dialer's Control: it sees the address after the name has
// been resolved, so a name that resolves differently the second time is no way
// around it.
func (p addressPolicy) control(network, address string, _ syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return fmt.Errorf("%s: %w", network, errBlocked)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, errBlocked)
	}
	a, err := netip.ParseAddr(host)
	if err != nil || !p.permits(a) {
		return fmt.Errorf("%s: %w", host, errBlocked)
	}
	return nil
}
