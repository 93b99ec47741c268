package ingest

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// A canonicaliser gives every spelling of an article's address one form. It is
// an identity, not an address to open: hosts lose "www.", parameters their
// order. Safe for concurrent use.
type canonicaliser struct {
	// keep holds "host name" pairs of parameters that stay.
	keep map[string]bool
	// tracking are names of parameters that never tell articles apart; hosts
	// adds names for a domain and what is below it.
	tracking map[string]bool
	hosts    map[string][]string
	// doubtful are names that are ids on some sites and "came from the feed" on
	// others; they go when their value says so.
	doubtful map[string]bool
}

func newCanonicaliser(keepParams map[string][]string) *canonicaliser {
	c := &canonicaliser{
		keep: map[string]bool{},
		tracking: set(`fb_action_ids fb_action_types fb_source fb_ref action_object_map
			action_type_map action_ref_map fsrc_fb_noscript fbclid gclid dclid gbraid wbraid msclkid yclid
			mc_cid mc_eid mkt_tok igshid twclid ttclid _openstat phpsessid phpsessionid jsessionid s_cid
			ncid oref eref ns_mchannel ns_campaign ns_source ns_linkname ns_fee ito wprss custom_click
			feedname feedtype skipmobile skip_mobile altcast_code traffic_source rss cmp ftag siteid yptr
			cmpid icid intcid ocid wt.mc_id wt.rss_f wt.rss_ev wt.z_sma ref_src ref_url at_medium at_campaign
			at_bbc_team at_custom1 at_custom2 at_custom3 at_custom4 at_format at_link_id at_link_type
			at_link_origin at_ptr_name at_campaign_type xtor amp outputtype`),
		hosts: map[string][]string{
			"facebook.com":    {"ref", "fref", "hc_location", "__tn__", "__xts__"},
			"google.com":      {"gws_rd", "ei", "oc", "hl", "gl", "ceid"},
			"livejournal.com": {"thread", "nojs"},
			"nytimes.com": {
				"emc", "partner", "r", "hp", "inline", "smid", "bicmp", "bicmlukp", "bicmst",
				"bicmet", "abt", "abg", "ref", "src", "module",
			},
			"twitter.com":   {"s", "t", "src", "ref"},
			"x.com":         {"s", "t", "src", "ref"},
			"youtube.com":   {"feature", "si", "ab_channel", "pp"},
			"bbc.co.uk":     {"ref", "src"},
			"bbc.com":       {"ref", "src"},
			"dailymail.com": {"ico"},
			"yahoo.com":     {"src", "ref"},
			"cnn.com":       {"sr", "cid", "ref"},
			"reuters.com":   {"ir", "src", "ref"},
		},
		doubtful: set(`ref source src from sid cid ir sort origin via medium utm type f output format`),
	}
	for host, names := range keepParams {
		for _, n := range names {
			c.keep[foldHost(host)+" "+strings.ToLower(n)] = true
		}
	}
	return c
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// resolve returns raw as an absolute http or https address, mended where its
// meaning is plain, relative to base; nil when it is none.
func resolve(raw string, base *url.URL) *url.URL {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > 4*maxURL {
		return nil
	}
	raw = mendURL(strings.ToValidUTF8(raw, "\uFFFD"))
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	if !u.IsAbs() || u.Host == "" && u.Opaque == "" {
		if base == nil {
			return nil
		}
		u = base.ResolveReference(u)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return nil
	}
	u.User = nil
	return u
}

// mendURL repairs the mistakes that feeds make: doubled or torn schemes,
// backslashes, white space, entities left in.
func mendURL(s string) string {
	if strings.ContainsAny(s, " \t\r\n\\") {
		s = strings.Map(func(r rune) rune {
			switch r {
			case '\t', '\r', '\n':
				return -1
			case '\\':
				return '/'
			}
			return r
		}, s)
		s = strings.ReplaceAll(strings.TrimSpace(s), " ", "%20")
	}
	for range 3 {
		rest, ok := cutScheme(s)
		if !ok {
			break
		}
		if _, twice := cutScheme(rest); !twice {
			break
		}
		s = rest
	}
	if i := strings.Index(s, ":/"); (i == 4 || i == 5) && !strings.HasPrefix(s[i:], "://") && strings.EqualFold(s[:4], "http") {
		s = s[:i] + "://" + s[i+2:]
	}
	if strings.HasPrefix(s, "www.") && strings.IndexByte(s, '/') != 0 {
		s = "https://" + s
	}
	return s
}

func cutScheme(s string) (rest string, ok bool) {
	for _, scheme := range []string{"https://", "http://"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return s[len(scheme):], true
		}
	}
	return s, false
}

// canonical returns the one form of u. article is false for an address that
// does not name an article: a home page or a section of the site.
func (c *canonicaliser) canonical(u *url.URL) (form string, article bool) {
	u = unwrap(u)
	host := foldHost(u.Hostname())
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	path := canonicalPath(u)
	query := c.query(host, u.RawQuery)
	if query == "" && isHomePath(path) {
		// Single-page sites keep the article's address behind the mark.
		if frag := u.EscapedFragment(); strings.HasPrefix(frag, "!") || strings.HasPrefix(frag, "/") {
			return "https://" + host + path + "#" + frag, true
		}
		return "https://" + host + path, false
	}
	if query != "" {
		query = "?" + query
	}
	return "https://" + host + path + query, true
}

// unwrap takes the address out of a redirector that carries it in a parameter.
func unwrap(u *url.URL) *url.URL {
	if h := strings.ToLower(u.Hostname()); (strings.HasPrefix(h, "www.google.") || strings.HasPrefix(h, "google.")) && u.Path == "/url" {
		q := u.Query()
		for _, name := range []string{"url", "q"} {
			if inner := resolve(q.Get(name), nil); inner != nil {
				return inner
			}
		}
	}
	return u
}

// foldHost returns the host in lower case and punycode without the prefixes
// that name another rendering of the same site.
func foldHost(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for i := range len(host) {
		if host[i] >= 0x80 {
			if ascii, err := idna.Lookup.ToASCII(host); err == nil {
				host = ascii
			}
			break
		}
	}
	for range 2 {
		for _, prefix := range []string{"www.", "m.", "mobile.", "amp."} {
			if rest, ok := strings.CutPrefix(host, prefix); ok && strings.IndexByte(rest, '.') > 0 {
				host = rest
			}
		}
	}
	return host
}

func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if strings.IndexByte(path, '%') >= 0 {
		if strings.Contains(strings.ToLower(path), "%2f") {
			path = upperEscapes(path) // "%2F" is not "/"
		} else {
			path = (&url.URL{Path: u.Path}).EscapedPath()
		}
	}
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	path = strings.TrimRight(path, "/")
	path = strings.TrimSuffix(path, "/amp")
	path = strings.TrimSuffix(path, ".amp")
	if i := strings.Index(strings.ToLower(path), ";jsessionid="); i >= 0 {
		path = path[:i]
	}
	if path == "" {
		return "/"
	}
	if path[0] != '/' {
		path = "/" + path
	}
	return path
}

func upperEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			b[i+1], b[i+2] = upperHex(b[i+1]), upperHex(b[i+2])
		}
	}
	return string(b)
}

func upperHex(c byte) byte {
	if 'a' <= c && c <= 'f' {
		return c - 'a' + 'A'
	}
	return c
}

// isHomePath reports whether a path without query names a site or a section:
// nothing, or one word of at most 18 letters.
func isHomePath(path string) bool {
	path = strings.Trim(path, "/")
	if len(path) > 18 {
		return false
	}
	for i := range len(path) {
		if c := path[i] | 0x20; c < 'a' || c > 'z' {
			switch strings.ToLower(path) {
			case "index.html", "index.php", "index.htm", "index.asp", "default.aspx":
				return true
			}
			return false
		}
	}
	return true
}

// query returns the parameters that tell articles apart, sorted.
func (c *canonicaliser) query(host, raw string) string {
	if raw == "" {
		return ""
	}
	kept := make([]string, 0, 4)
	for len(raw) > 0 {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		pair = strings.TrimPrefix(pair, "amp;") // "&amp;" escaped once too often
		if pair == "" {
			continue
		}
		name, value, hasValue := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if c.drops(host, strings.ToLower(name), value) {
			continue
		}
		// An empty value may be all there is: ?244321=
		out := url.QueryEscape(name)
		if hasValue {
			out += "=" + url.QueryEscape(value)
		}
		kept = append(kept, out)
	}
	slices.Sort(kept)
	return strings.Join(slices.Compact(kept), "&")
}

func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// drops reports whether the parameter tells where a reader came from rather
// than what he reads.
func (c *canonicaliser) drops(host, name, value string) bool {
	if len(c.keep) > 0 && c.keep[host+" "+name] {
		return false
	}
	if name == "" || name[0] == '_' || c.tracking[name] ||
		strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "ga_") || strings.HasPrefix(name, "pk_") || strings.HasPrefix(name, "mtm_") {
		return true
	}
	if name == "nk" && isHex(value) {
		return true
	}
	if c.doubtful[name] && fromFeed(value) {
		return true
	}
	for domain := host; domain != ""; {
		if slices.Contains(c.hosts[domain], name) {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

func isHex(s string) bool {
	return len(s) >= 8 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// fromFeed reports whether a parameter's value says that the reader came from a
// feed.
func fromFeed(v string) bool {
	switch strings.ToLower(v) {
	case "rss", "rss2", "rssfeed", "rss-feed", "rss_feed", "feed", "feeds", "atom", "feedburner", "xml":
		return true
	}
	return false
}
