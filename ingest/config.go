package ingest

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"marsad/internal/field"
	"marsad/internal/safedial"
)

// Config is what an operator may set. The zero value of a field means its
// default, see DefaultConfig.
type Config struct {
	// Interval is the time between the first polls of a feed. From then on it
	// follows the feed's rhythm, between MinInterval and MaxInterval; where
	// Interval lies outside, it is the bound.
	Interval    time.Duration `yaml:"interval"`
	MinInterval time.Duration `yaml:"min_interval"`
	MaxInterval time.Duration `yaml:"max_interval"`
	// Timeout bounds one fetch, from the look-up of the name to the last byte.
	Timeout time.Duration `yaml:"timeout"`
	// Concurrency is the number of fetches in flight.
	Concurrency int `yaml:"concurrency"`
	// HostGap is the rest of a host between two requests, HostConnections the
	// number of requests to it at the same time, whichever feeds they are for.
	// Feeds with AllowPrivate or Sample are not counted.
	HostGap         time.Duration `yaml:"host_gap"`
	HostConnections int           `yaml:"host_connections"`
	// Proxy is the address of a proxy, "none", or empty for what HTTP_PROXY,
	// HTTPS_PROXY and NO_PROXY in the environment say. The proxy may have a
	// private address.
	Proxy string `yaml:"proxy"`
	// CallbackURL is the https address below which hubs on the Internet reach
	// this process, for instance https://marsad.example.org; feeds that offer a
	// hub are then subscribed to (WebSub). Empty: feeds are polled only.
	CallbackURL string `yaml:"callback_url"`
	// MaxBody is the largest document in bytes, after decompression.
	MaxBody field.Size `yaml:"max_body"`
	// MaxItems is the number of items that are read from one document.
	MaxItems int `yaml:"max_items"`
	// UserAgent is the product that publishers see, for instance "marsad/1.2".
	UserAgent string `yaml:"user_agent"`
	// Contact is the address of a page or a mailbox of the operator. It is sent
	// beside UserAgent, so that a publisher can write before he blocks.
	Contact string `yaml:"contact"`
	// KeepParams names, per host, query parameters that tell articles apart
	// though they look like tracking.
	KeepParams map[string][]string `yaml:"keep_params"`
	// Feeds are polled; names and addresses are unique.
	Feeds []Feed `yaml:"feeds"`
}

// A Feed is one address that is polled.
type Feed struct {
	// Name is the feed's identity: its state, and items without a usable
	// address, hang on it.
	Name string `yaml:"name"`
	// URL is an absolute http or https address without user name or password.
	URL string `yaml:"url"`
	// Lang is a hint (BCP 47) for short texts and undeclared charsets.
	Lang string `yaml:"lang"`
	// Source is the publisher as readers know it; empty: the feed's own title.
	Source string `yaml:"source"`
	// Interval, unless 0, is the time between two polls, whatever the feed's
	// rhythm is and the document asks for; a server's Retry-After holds.
	Interval time.Duration `yaml:"interval"`
	// FullText has the page of each new item read too, and its text used where it
	// is longer than the feed's.
	FullText bool `yaml:"full_text"`
	// Headers are sent to the feed's own host only, as is what the files hold:
	// lines "Name: value", one line "user:password" for basic authentication, and
	// cookies as a browser sends them. Only their owner may read the files.
	Headers     map[string]string `yaml:"headers"`
	HeadersFile string            `yaml:"headers_file"`
	LoginFile   string            `yaml:"login_file"`
	CookiesFile string            `yaml:"cookies_file"`
	// AllowPrivate lists networks (CIDR) that this feed may be fetched from
	// though they are not public, for instance 10.1.2.0/24.
	AllowPrivate []string `yaml:"allow_private"`
	// Sample marks a feed of the demo: its items are invented.
	Sample bool `yaml:"sample"`
	// Paused keeps the feed in the list without polling it.
	Paused bool `yaml:"paused"`
}

const (
	minInterval        = 15 * time.Minute
	minFeedInterval    = 5 * time.Minute
	minPrivateInterval = time.Second
	maxInterval        = 24 * time.Hour
	maxURL             = 2048
)

// DefaultConfig returns the defaults of every field, without feeds.
func DefaultConfig() Config {
	return Config{
		Interval:        30 * time.Minute,
		MinInterval:     15 * time.Minute,
		MaxInterval:     time.Hour,
		Timeout:         30 * time.Second,
		Concurrency:     16,
		HostGap:         2 * time.Second,
		HostConnections: 1,
		MaxBody:         10 << 20,
		MaxItems:        5000,
		UserAgent:       "marsad",
	}
}

// withDefaults returns c with every zero field replaced by its default.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	c.Interval = cmp.Or(c.Interval, d.Interval)
	c.MinInterval = cmp.Or(c.MinInterval, d.MinInterval)
	c.MaxInterval = cmp.Or(c.MaxInterval, d.MaxInterval)
	c.Timeout = cmp.Or(c.Timeout, d.Timeout)
	c.Concurrency = cmp.Or(c.Concurrency, d.Concurrency)
	c.HostGap = cmp.Or(c.HostGap, d.HostGap)
	c.HostConnections = cmp.Or(c.HostConnections, d.HostConnections)
	c.MaxBody = cmp.Or(c.MaxBody, d.MaxBody)
	c.MaxItems = cmp.Or(c.MaxItems, d.MaxItems)
	c.UserAgent = cmp.Or(c.UserAgent, d.UserAgent)
	return c
}

// userAgent is the header as publishers see it.
func (c Config) userAgent() string {
	if c.Contact == "" {
		return c.UserAgent
	}
	return c.UserAgent + " (+" + c.Contact + ")"
}

// Validate returns every mistake, with its path below the ingest stanza.
func (c Config) Validate() []*field.Error {
	c = c.withDefaults()
	var errs []*field.Error
	add := func(e *field.Error) { errs = append(errs, e) }
	switch {
	case c.Interval < minInterval:
		add(field.Errorf("interval", "%s is too short for every feed", c.Interval).
			Hintf("use %s or more here and set a shorter interval at the feeds that need it", minInterval))
	case c.Interval > maxInterval:
		add(field.Errorf("interval", "%s is too long", c.Interval).Hintf("use %s or less", maxInterval))
	}
	bound := func(path string, d time.Duration) {
		if d < minFeedInterval || d > maxInterval {
			add(field.Errorf(path, "%s is not between %s and %s", d, minFeedInterval, maxInterval).Hintf("publishers block hasty readers; 15m to 1h suits news"))
		}
	}
	bound("min_interval", c.MinInterval)
	bound("max_interval", c.MaxInterval)
	if c.MinInterval > c.MaxInterval {
		add(field.Errorf("min_interval", "%s is longer than max_interval, %s", c.MinInterval, c.MaxInterval).Hintf("lower min_interval or raise max_interval"))
	}
	if c.HostGap < 100*time.Millisecond || c.HostGap > time.Minute {
		add(field.Errorf("host_gap", "%s is not between 100ms and 1m", c.HostGap).Hintf("2s suits most hosts"))
	}
	if c.HostConnections < 1 || c.HostConnections > 8 {
		add(field.Errorf("host_connections", "%d is not between 1 and 8", c.HostConnections).Hintf("use 1"))
	}
	if e := checkProxy(c.Proxy); e != nil {
		add(e)
	}
	if e := checkCallback(c.CallbackURL); e != nil {
		add(e)
	}
	if c.Timeout < time.Second || c.Timeout > 5*time.Minute {
		add(field.Errorf("timeout", "%s is not between 1s and 5m", c.Timeout).Hintf("30s suits most feeds"))
	}
	if c.Concurrency < 1 || c.Concurrency > 1024 {
		add(field.Errorf("concurrency", "%d is not between 1 and 1024", c.Concurrency).Hintf("16 suits most machines"))
	}
	if c.MaxBody < 64<<10 || c.MaxBody > 64<<20 {
		add(field.Errorf("max_body", "%s is not between 64KiB and 64MiB", c.MaxBody).Hintf("use 10MiB"))
	}
	if c.MaxItems < 1 || c.MaxItems > 20000 {
		add(field.Errorf("max_items", "%d is not between 1 and 20000", c.MaxItems).Hintf("use 5000"))
	}
	if !headerSafe(c.UserAgent) {
		add(field.Errorf("user_agent", "holds characters that a header may not").Hintf("use printable ASCII, at most 200 characters"))
	}
	if !headerSafe(c.Contact) {
		add(field.Errorf("contact", "holds characters that a header may not").Hintf("use an address such as https://example.org/bot"))
	}
	return append(errs, validateFeeds(c.Feeds)...)
}

func headerSafe(s string) bool {
	return len(s) <= 200 && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// validateFeeds returns the mistakes of a list of feeds; paths begin with
// "feeds[i]".
func validateFeeds(feeds []Feed) []*field.Error {
	var errs []*field.Error
	names, urls := make(map[string]int, len(feeds)), make(map[string]int, len(feeds))
	for i, f := range feeds {
		at := fmt.Sprintf("feeds[%d]", i)
		errs = append(errs, field.Under(at, f.Validate())...)
		if f.Name != "" {
			if first, dup := names[f.Name]; dup {
				errs = append(errs, field.Errorf(at+".name", "%q is the name of feeds[%d] too", f.Name, first).
					Hintf("give each feed a name of its own"))
			} else {
				names[f.Name] = i
			}
		}
		if f.URL != "" {
			if first, dup := urls[f.URL]; dup {
				errs = append(errs, field.Errorf(at+".url", "%s is polled by feeds[%d] already", f.URL, first).
					Hintf("remove one of the two"))
			} else {
				urls[f.URL] = i
			}
		}
	}
	return errs
}

// Validate returns the mistakes of one feed, with paths below it.
func (f Feed) Validate() []*field.Error {
	var errs []*field.Error
	add := func(e *field.Error) { errs = append(errs, e) }
	switch {
	case strings.TrimSpace(f.Name) == "":
		add(field.Errorf("name", "is missing").Hintf("a short unique name, for instance shafaq-ar"))
	case len(f.Name) > 100 || strings.ContainsFunc(f.Name, unicode.IsControl):
		add(field.Errorf("name", "is longer than 100 bytes or holds control characters").Hintf("use a short plain name"))
	}
	if e := checkURL(f.URL); e != nil {
		add(e)
	}
	if !validLang(f.Lang) {
		add(field.Errorf("lang", "%q is not a language code", f.Lang).Hintf("use a code such as ar, ckb, en or fa"))
	}
	floor := minFeedInterval
	if f.ownServer() {
		floor = minPrivateInterval // one's own server; the politeness is the owner's business
	}
	switch {
	case f.Interval == 0:
	case f.Interval < floor:
		add(field.Errorf("interval", "%s is too short", f.Interval).Hintf("use %s or more, publishers block hasty readers", floor))
	case f.Interval > maxInterval:
		add(field.Errorf("interval", "%s is too long", f.Interval).Hintf("use %s or less", maxInterval))
	}
	_, headerErrs := f.ownHeaders()
	errs = append(errs, headerErrs...)
	for i, s := range f.AllowPrivate {
		at := fmt.Sprintf("allow_private[%d]", i)
		switch p, err := safedial.ParsePrefix(s); {
		case !strings.Contains(s, "/"):
			add(field.Errorf(at, "%q is not a network", s).
				Hintf("write it as address/bits, for instance 10.1.2.0/24 or 127.0.0.1/32"))
		case err != nil:
			add(field.Errorf(at, "%s", err).Hintf("for instance 10.1.2.0/24 or 127.0.0.1/32"))
		case p.Bits() == 0:
			add(field.Errorf(at, "%s allows every address", s).Hintf("name the network that the feed is in"))
		}
	}
	return errs
}

func checkURL(s string) *field.Error {
	if s == "" {
		return field.Errorf("url", "is missing").Hintf("the feed's address, for instance https://example.org/rss.xml")
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return field.Errorf("url", "%q is not an address", s).Hintf("write it in full, for instance https://example.org/rss.xml")
	case u.Scheme != "http" && u.Scheme != "https":
		return field.Errorf("url", "%q cannot be fetched", u.Scheme+":").Hintf("use an http or https address")
	case u.User != nil:
		return field.Errorf("url", "holds a user name or password").Hintf("remove it from the address")
	case len(s) > maxURL:
		return field.Errorf("url", "is longer than %d bytes", maxURL).Hintf("use the feed's own address")
	}
	return nil
}

func validLang(s string) bool {
	if len(s) > 35 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// ownServer reports whether f is the operator's own server, with which he may deal as
// he likes.
func (f Feed) ownServer() bool { return f.Sample || len(f.AllowPrivate) > 0 }
