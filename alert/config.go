package alert

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"marsad/internal/field"
	"marsad/internal/safedial"
)

// Config is the alert stage's part of the configuration.
type Config struct {
	// Watches are the standing queries, Receivers the places alerts go to.
	Watches   []Watch    `yaml:"watches"`
	Receivers []Receiver `yaml:"receivers"`
	// MaxAge is how old an item may be when it arrives (from the time under
	// which it is listed to its fetch) and still alert, unless a watch says
	// otherwise.
	MaxAge time.Duration `yaml:"max_age"`
	// Retry lists the waits after each failed try of a delivery; when they are
	// used up, the delivery is a dead letter. Each is lengthened by a random
	// tenth at most.
	Retry []time.Duration `yaml:"retry"`
	// Remember is how many (watch, story) pairs are kept in memory so that a
	// story alerts once; the oldest are forgotten first. A pair costs about 60
	// bytes.
	Remember int `yaml:"remember"`
}

// A Watch is a standing query.
type Watch struct {
	// ID names the watch in alerts, lists and commands.
	ID string `yaml:"id"`
	// Query is in the query language.
	Query string `yaml:"query"`
	// To names the receivers; with none, alerts are listed and not sent.
	To []string `yaml:"to"`
	// MaxAge replaces Config.MaxAge when it is not zero.
	MaxAge time.Duration `yaml:"max_age"`
	// Priority is carried in the alert; empty is Normal.
	Priority Priority `yaml:"priority"`
}

// Priority says how much an alert may disturb.
type Priority string

// The priorities.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	Urgent Priority = "urgent"
)

// A Receiver is a place alerts are delivered to.
type Receiver struct {
	// Name is what a watch's To names.
	Name string `yaml:"name"`
	// Type is "webhook" or "terminal".
	Type string `yaml:"type"`
	// URL is a webhook's address. It may hold a token and is therefore never
	// logged beyond its host.
	URL string `yaml:"url"`
	// SecretFile or SecretEnv names a file or an environment variable with the
	// secret a webhook is signed with: "whsec_" and base64, several of them
	// (white space between) while the secret is being changed. The file may be
	// readable by its owner only.
	SecretFile string `yaml:"secret_file"`
	SecretEnv  string `yaml:"secret_env"`
	// AllowPrivate lists networks and addresses that a webhook may reach
	// although they are not public. Plain http goes to these only.
	AllowPrivate []string `yaml:"allow_private"`
	// Timeout bounds one try, from connecting to the end of the reply; zero is
	// 15 s, the most is 30 s.
	Timeout time.Duration `yaml:"timeout"`
	// Parallel is how many alerts may be on their way to a webhook at a time;
	// zero is 4.
	Parallel int `yaml:"parallel"`
}

// The types of receivers.
const (
	Webhook  = "webhook"
	Terminal = "terminal"
)

const (
	defaultMaxAge   = 48 * time.Hour
	defaultRemember = 500_000
	defaultTimeout  = 15 * time.Second
	maxTimeout      = 30 * time.Second
	defaultParallel = 4
	maxParallel     = 64
)

// DefaultConfig returns a configuration without watches and receivers, with the
// retry schedule of Standard Webhooks: ten tries in three days and a little.
func DefaultConfig() Config {
	return Config{
		MaxAge: defaultMaxAge,
		Retry: []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute,
			2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
		},
		Remember: defaultRemember,
	}
}

// Validate returns every mistake, with paths such as "watches[2].to[0]". It
// reads the secrets' files and environment variables, and checks everything but
// the queries' syntax and names, which CompileWatches does.
func (c Config) Validate() []*field.Error {
	var errs []*field.Error
	if c.MaxAge <= 0 {
		errs = append(errs, field.Errorf("max_age", "%s is not a positive duration", c.MaxAge).Hintf("for example 48h"))
	}
	if c.Remember < 1000 {
		errs = append(errs, field.Errorf("remember", "%d pairs are too few", c.Remember).Hintf("at least 1000; the default is %d", defaultRemember))
	}
	for i, d := range c.Retry {
		if d <= 0 || d > maxWait {
			errs = append(errs, field.Errorf(fmt.Sprintf("retry[%d]", i), "%s is not between 0 and %s", d, maxWait).Hintf("for example 5m"))
		}
	}
	errs = append(errs, validateReceivers(c.Receivers)...)
	return append(errs, c.validateWatches()...)
}

// A name is part of ledger keys, metrics and commands, so it is kept simple.
var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func validateName(path, what, name string) *field.Error {
	switch {
	case name == "":
		return field.Errorf(path, "%s is missing", what).Hintf("give it a short name, for example border-wall")
	case !validName.MatchString(name):
		return field.Errorf(path, "%q cannot be a name", name).Hintf("use up to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
	}
	return nil
}

func (c Config) validateWatches() []*field.Error {
	var errs []*field.Error
	first := make(map[string]int, len(c.Watches))
	known := make([]string, len(c.Receivers))
	for i, r := range c.Receivers {
		known[i] = r.Name
	}
	for i, w := range c.Watches {
		at := func(name string) string { return fmt.Sprintf("watches[%d].%s", i, name) }
		if err := validateName(at("id"), "the watch's id", w.ID); err != nil {
			errs = append(errs, err)
		} else if j, ok := first[w.ID]; ok {
			errs = append(errs, field.Errorf(at("id"), "%q is the id of watches[%d] too", w.ID, j).Hintf("ids must differ"))
		} else {
			first[w.ID] = i
		}
		if strings.TrimSpace(w.Query) == "" {
			errs = append(errs, field.Errorf(at("query"), "the query is missing").Hintf("for example place:al-qaem theme:border-wall"))
		}
		for j, to := range w.To {
			path := fmt.Sprintf("watches[%d].to[%d]", i, j)
			if !slices.Contains(known, to) {
				errs = append(errs, field.Errorf(path, "there is no receiver %q", to).Hintf("%s", receiverHint(known)))
			} else if slices.Contains(w.To[:j], to) {
				errs = append(errs, field.Errorf(path, "%q stands twice", to).Hintf("remove one"))
			}
		}
		if w.MaxAge < 0 {
			errs = append(errs, field.Errorf(at("max_age"), "%s is negative", w.MaxAge).Hintf("for example 48h"))
		}
		switch w.Priority {
		case "", Low, Normal, Urgent:
		default:
			errs = append(errs, field.Errorf(at("priority"), "%q is no priority", string(w.Priority)).Hintf("use low, normal or urgent"))
		}
	}
	return errs
}

func receiverHint(known []string) string {
	if len(known) == 0 {
		return "add it under receivers"
	}
	if len(known) > 8 {
		known = append(slices.Clone(known[:8]), "…")
	}
	return "known receivers: " + strings.Join(known, ", ")
}

func validateReceivers(receivers []Receiver) []*field.Error {
	var errs []*field.Error
	first := make(map[string]int, len(receivers))
	for i, r := range receivers {
		prefix := fmt.Sprintf("receivers[%d]", i)
		if err := validateName("name", "the receiver's name", r.Name); err != nil {
			errs = append(errs, field.Under(prefix, []*field.Error{err})...)
		} else if j, ok := first[r.Name]; ok {
			errs = append(errs, field.Errorf(prefix+".name", "%q is the name of receivers[%d] too", r.Name, j).Hintf("names must differ"))
		} else {
			first[r.Name] = i
		}
		errs = append(errs, field.Under(prefix, r.validate())...)
	}
	return errs
}

// validate checks everything but the name.
func (r Receiver) validate() []*field.Error {
	switch r.Type {
	case Webhook:
		return r.validateWebhook()
	case Terminal:
		return r.validateTerminal()
	case "":
		return []*field.Error{field.Errorf("type", "the receiver's type is missing").Hintf("use webhook or terminal")}
	}
	return []*field.Error{field.Errorf("type", "%q is no type of receiver", r.Type).Hintf("use webhook or terminal")}
}

func (r Receiver) validateTerminal() []*field.Error {
	var errs []*field.Error
	for name, set := range map[string]bool{
		"url": r.URL != "", "secret_file": r.SecretFile != "", "secret_env": r.SecretEnv != "",
		"allow_private": len(r.AllowPrivate) > 0, "timeout": r.Timeout != 0, "parallel": r.Parallel != 0,
	} {
		if set {
			errs = append(errs, field.Errorf(name, "a terminal has no %s", name).Hintf("remove it, or set type: webhook"))
		}
	}
	slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Path, b.Path) })
	return errs
}

func (r Receiver) validateWebhook() []*field.Error {
	var errs []*field.Error
	guard := safedial.Guard{}
	for i, s := range r.AllowPrivate {
		p, err := safedial.ParsePrefix(s)
		if err != nil {
			errs = append(errs, field.Errorf(fmt.Sprintf("allow_private[%d]", i), "%s", err).Hintf("for example 192.168.1.0/24 or 127.0.0.1"))
			continue
		}
		guard.Allow = append(guard.Allow, p)
	}
	if err := validateURL(r.URL, guard, len(r.AllowPrivate) > 0); err != nil {
		errs = append(errs, err)
	}
	if _, err := r.secrets(); err != nil {
		errs = append(errs, err)
	}
	if r.Timeout < 0 || r.Timeout > maxTimeout {
		errs = append(errs, field.Errorf("timeout", "%s is not between 0 and %s", r.Timeout, maxTimeout).Hintf("for example 15s"))
	}
	if r.Parallel < 0 || r.Parallel > maxParallel {
		errs = append(errs, field.Errorf("parallel", "%d is not between 1 and %d", r.Parallel, maxParallel).Hintf("the default is %d", defaultParallel))
	}
	return errs
}

// validateURL never quotes the address beyond its host: the rest may be secret.
func validateURL(raw string, guard safedial.Guard, private bool) *field.Error {
	const example = "for example https://example.org/hooks/marsad"
	if raw == "" {
		return field.Errorf("url", "the webhook's address is missing").Hintf(example)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return field.Errorf("url", "this is no web address").Hintf(example)
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !private {
			return field.Errorf("url", "plain http to %s would show the alerts to everyone on the way", u.Host).
				Hintf("use https, or list the receiver's private network in allow_private")
		}
	default:
		return field.Errorf("url", "%q is neither https nor http", u.Scheme).Hintf(example)
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil && u.Hostname() == "localhost" {
		addr, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	if err == nil && guard.Blocked(addr) {
		return field.Errorf("url", "%s is a private or reserved address", u.Hostname()).
			Hintf("if that is meant, set allow_private: [%s]", addr.Unmap().WithZone(""))
	}
	return nil
}
