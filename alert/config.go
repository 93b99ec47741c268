package alert

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"marsad/internal/field"
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

const (
	defaultMaxAge   = 48 * time.Hour
	defaultRemember = 500_000
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
