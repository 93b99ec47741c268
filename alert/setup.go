package alert

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"unicode"

	"marsad/internal/field"
	"marsad/internal/safedial"
	"marsad/internal/secretfile"
)

// A setup builds a receiver's sender, and collects every mistake on the way.
type setup struct {
	Receiver
	agent string    // names us to servers
	out   io.Writer // where a terminal writes

	early bool // say now what the guard would say when something is sent

	errs []*field.Error
	// address is the far end, noted for the mark of a receiver that is gone.
	address string
}

// note collects a mistake that may be none.
func (s *setup) note(e *field.Error) {
	if e != nil {
		s.errs = append(s.errs, e)
	}
}

// text returns what stands in the file or the environment variable of a secret;
// name is "token" for token_file and token_env. at is the key it came from,
// empty when neither is set.
func (s *setup) text(name, file, env string) (text, at string) {
	switch {
	case file != "" && env != "":
		s.note(field.Errorf(name+"_env", "the %s is given twice", name).Hintf("keep either %s_file or %s_env", name, name))
	case file != "":
		text, refused := secretfile.Read(file)
		if refused != nil {
			s.note(field.Errorf(name+"_file", "%s %s", refused.Name, refused.What).Hintf("%s", refused.Hint))
			return "", name + "_file"
		}
		return text, name + "_file"
	case env != "":
		text, ok := os.LookupEnv(env)
		if !ok || strings.TrimSpace(text) == "" {
			s.note(field.Errorf(name+"_env", "the environment variable %s is not set", env).Hintf("set it, or use %s_file", name))
		}
		return text, name + "_env"
	default:
		return "", ""
	}
	return "", name + "_env"
}

// word is the text of a secret that is one word: a token, an address. When it is
// required and there is none, that is a mistake with the hint.
func (s *setup) word(name, file, env, required string) (word, at string) {
	before := len(s.errs)
	text, at := s.text(name, file, env)
	word = strings.TrimSpace(text)
	switch {
	case len(s.errs) > before:
		return "", at
	case at == "" && required != "":
		s.note(field.Errorf(name+"_file", "a receiver of type %s needs its %s", s.Type, name).Hintf("%s", required))
	case at != "" && word == "":
		s.note(field.Errorf(at, "there is no %s in it", name).Hintf("it holds the %s and nothing else", name))
	case strings.ContainsFunc(word, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		s.note(field.Errorf(at, "there is more than the %s in it", name).Hintf("it holds the %s and nothing else", name))
		return "", at
	}
	return word, at
}

// guard reads allow_private.
func (s *setup) guard() safedial.Guard {
	var g safedial.Guard
	for i, text := range s.AllowPrivate {
		p, err := safedial.ParsePrefix(text)
		if err != nil {
			s.note(field.Errorf(fmt.Sprintf("allow_private[%d]", i), "%s", err).Hintf("for example 192.168.1.0/24 or 127.0.0.1"))
			continue
		}
		g.Allow = append(g.Allow, p)
	}
	return g
}

// trust returns how TLS is spoken: with the system's authorities and those of
// ca_file.
func (s *setup) trust() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CAFile == "" {
		return c
	}
	pem, err := readPublic(s.CAFile)
	if err != nil {
		s.note(field.Errorf("ca_file", "%s cannot be read", s.CAFile).Hintf("check the path; a relative one is taken from the folder of the configuration"))
		return c
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		s.note(field.Errorf("ca_file", "%s holds no certificate", s.CAFile).Hintf("it holds certificates as PEM: -----BEGIN CERTIFICATE-----"))
	}
	c.RootCAs = pool
	return c
}

// readPublic reads a file of at most 1 MiB that need not be secret.
func readPublic(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20))
}

// checkURL looks at an address of key at. It never quotes more of it than the
// host: the rest may be secret.
func (s *setup) checkURL(at, raw string, guard safedial.Guard) *field.Error {
	const example = "for example https://example.org/hooks/marsad"
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return field.Errorf(at, "this is no web address").Hintf(example)
	}
	switch u.Scheme {
	case "https":
	case "http":
		if len(s.AllowPrivate) == 0 {
			return field.Errorf(at, "plain http to %s would show the alerts to everyone on the way", u.Host).
				Hintf("use https, or list the receiver's private network in allow_private")
		}
	default:
		return field.Errorf(at, "%q is neither https nor http", u.Scheme).Hintf(example)
	}
	return s.checkHost(at, u.Hostname(), guard)
}

// checkHost says early what the guard would say when the first alert is sent.
func (s *setup) checkHost(at, host string, guard safedial.Guard) *field.Error {
	if !s.early {
		return nil
	}
	addr, err := netip.ParseAddr(host)
	if err != nil && host == "localhost" {
		addr, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	if err == nil && guard.Blocked(addr) {
		return field.Errorf(at, "%s is a private or reserved address", host).
			Hintf("if that is meant, set allow_private: [%s]", addr.Unmap().WithZone(""))
	}
	return nil
}

// hiddenURL reads the address of a service whose address is a secret.
func (s *setup) hiddenURL() *url.URL {
	raw, at := s.word("url", s.URLFile, s.URLEnv, "put the address that the service gave you into a file of mode 0600 and name that in url_file")
	return s.parseURL(at, raw)
}

// openURL reads url; fallback stands when it is empty.
func (s *setup) openURL(fallback, hint string) *url.URL {
	raw := s.URL
	if raw == "" {
		raw = fallback
	}
	if raw == "" {
		s.note(field.Errorf("url", "a receiver of type %s needs the url of the server", s.Type).Hintf("%s", hint))
	}
	return s.parseURL("url", raw)
}

// parseURL returns an empty address after a mistake.
func (s *setup) parseURL(at, raw string) *url.URL {
	s.address = raw
	if raw == "" {
		return &url.URL{}
	}
	if e := s.checkURL(at, raw, s.quietGuard()); e != nil {
		s.note(e)
		return &url.URL{}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return &url.URL{} // checkURL has said so
	}
	return u
}

// quietGuard is guard for a second look: its mistakes are noted already.
func (s *setup) quietGuard() safedial.Guard {
	again := setup{Receiver: s.Receiver}
	return again.guard()
}

// dialer connects to what the guard lets through; unencrypted means to networks
// that are listed only.
func dialer(guard safedial.Guard, unencrypted bool) *net.Dialer {
	d := &net.Dialer{Timeout: dialTimeout, Control: guard.Control}
	if unencrypted {
		d.Control = listedOnly(guard)
	}
	return d
}
