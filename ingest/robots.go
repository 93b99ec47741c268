package ingest

import (
	"bytes"
	"net/url"
	"strings"
)

const (
	// maxRobots is the size up to which a robots.txt is read.
	maxRobots = 512 << 10
	// maxRobotsRules and maxRobotsPath bound what is kept of one.
	maxRobotsRules = 1000
	maxRobotsPath  = 256
)

// A robotsRules says which paths of a host we may ask for (RFC 9309). The zero
// value allows all.
type robotsRules []robotsRule

type robotsRule struct {
	allow bool
	// pattern is a path with "*" for anything and "$" at its end for the end.
	pattern string
}

// nothingAllowed forbids every path.
func nothingAllowed() robotsRules { return robotsRules{{pattern: "/"}} }

// parseRobots returns the rules that a robots.txt has for product, a name such
// as "marsad", or else for everybody.
func parseRobots(body []byte, product string) robotsRules {
	var ours, all robotsRules
	var named, oursNamed, everybody, inRules bool
	for len(body) > 0 {
		var line []byte
		if i := bytes.IndexAny(body, "\r\n"); i >= 0 {
			line, body = body[:i], body[i+1:]
		} else {
			line, body = body, nil
		}
		line, _, _ = bytes.Cut(line, []byte("#"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name = bytes.TrimSpace(bytes.TrimPrefix(name, []byte("\xef\xbb\xbf")))
		v := string(bytes.TrimSpace(value[:min(len(value), 4*maxURL)]))
		switch {
		case bytes.EqualFold(name, []byte("user-agent")):
			if inRules {
				named, everybody, inRules = false, false, false
			}
			if strings.EqualFold(productToken(v), product) {
				named, oursNamed = true, true
			}
			everybody = everybody || v == "*"
		case bytes.EqualFold(name, []byte("allow")), bytes.EqualFold(name, []byte("disallow")):
			inRules = true
			rule := robotsRule{allow: len(name) == len("allow"), pattern: robotsPath(v)}
			if v == "" || rule.allow && len(rule.pattern) > maxRobotsPath {
				continue
			}
			rule.pattern = rule.pattern[:min(len(rule.pattern), maxRobotsPath)] // forbids more
			if named {
				ours = append(ours, rule)
			}
			if everybody {
				all = append(all, rule)
			}
			if len(ours) > maxRobotsRules || len(all) > maxRobotsRules {
				return nothingAllowed()
			}
		}
	}
	if oursNamed {
		return ours
	}
	return all
}

// productToken is the part of a user agent that robots.txt names.
func productToken(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
	if end < 0 {
		return s
	}
	return s[:end]
}

// allows reports whether u may be asked for: the longest pattern that fits
// decides, "allow" where two are equally long.
func (r robotsRules) allows(u *url.URL) bool {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	path = robotsPath(path)
	allowed, longest := true, -1
	for _, rule := range r {
		n := len(rule.pattern)
		if n < longest || n == longest && !rule.allow || !matchesRobots(rule.pattern, path) {
			continue
		}
		allowed, longest = rule.allow, n
	}
	return allowed
}

// matchesRobots looks for the parts of a pattern one behind the other, each as
// early as possible, so its cost does not grow with the number of stars.
func matchesRobots(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	first, rest, stars := strings.Cut(pattern, "*")
	path, ok := strings.CutPrefix(path, first)
	if !ok {
		return false
	}
	for stars {
		var part string
		if part, rest, stars = strings.Cut(rest, "*"); !stars && toEnd {
			return strings.HasSuffix(path, part)
		}
		i := strings.Index(path, part)
		if i < 0 {
			return false
		}
		path = path[i+len(part):]
	}
	return !toEnd || path == ""
}

// robotsPath brings the spellings of a path together: letters beyond ASCII are
// escaped, escapes are in upper case, those of plain letters and digits are
// taken away.
func robotsPath(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				if d := byte(hi<<4 | lo); isPlain(d) {
					b.WriteByte(d)
				} else {
					b.Write([]byte{'%', hex[hi], hex[lo]})
				}
				i += 2
				continue
			}
		}
		if c <= ' ' || c >= 0x7f {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
