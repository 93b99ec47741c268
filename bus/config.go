package bus

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"marsad/internal/field"
)

// A Config says where the log lives and how much of it is kept. The zero value
// of each field means its default.
type Config struct {
	// URL of an external NATS server or cluster (nats://, tls://, ws://, wss://,
	// several separated by commas), version 2.12 or newer with JetStream. Empty:
	// a server inside this process, on the data folder.
	URL string `yaml:"url"`
	// CredentialsFile is the user's JWT and key for an external server.
	CredentialsFile string `yaml:"credentials_file"`
	// TLS applies to an external server.
	TLS TLSConfig `yaml:"tls"`
	// Listen is a loopback address and port on which the embedded server also
	// accepts TCP connections, for inspection with the nats tool. Empty: no port.
	Listen string `yaml:"listen"`

	// MaxDisk bounds the embedded server's files, in bytes. 0: the lesser of
	// 20 GB and half the disk, worked out at the first start and kept in the
	// data folder, so that a filling disk does not move it.
	MaxDisk field.Size `yaml:"max_disk"`
	// MinFree is the free disk space in bytes below which the embedded server's
	// topics refuse records until twice as much is free. 0: the lesser of 1 GB
	// and 5 % of the disk. Negative: off. It is set by the program, which pauses
	// polling well above it.
	MinFree int64 `yaml:"-"`
	// Replicas of each stream on an external cluster: 1, 3 or 5. 0: 1.
	Replicas int `yaml:"replicas"`
	// Compress stores the streams S2-compressed: less disk, more CPU.
	Compress bool `yaml:"compress"`
	// Streams sets what is kept.
	Streams StreamsConfig `yaml:"streams"`

	// Gather is how long a publisher waits for further callers once several
	// have been seen publishing at the same time. 0: 2 ms. Negative: not at all.
	Gather time.Duration `yaml:"gather"`
	// AckTimeout is how long a publish waits for the server's acknowledgement
	// before it is repeated. 0: 10 s.
	AckTimeout time.Duration `yaml:"ack_timeout"`
	// AckWait is how long a queue's job may stay unanswered before it is given
	// out again. 0: 60 s.
	AckWait time.Duration `yaml:"ack_wait"`
	// HealthEvery is the pace of the supervision. 0: 5 s.
	HealthEvery time.Duration `yaml:"health_every"`
	// Duplicates is how long the server remembers the ids of published records.
	// 0: 2 minutes.
	Duplicates time.Duration `yaml:"duplicates"`
}

// TLSConfig names PEM files for the connection to an external server.
type TLSConfig struct {
	// CAFile holds the certificates that the server's is checked against;
	// empty: the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are the client's own; both or none.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// StreamsConfig sets the limits of each stream.
type StreamsConfig struct {
	Items  Limits `yaml:"items"`
	Tagged Limits `yaml:"tagged"`
	Alerts Limits `yaml:"alerts"`
}

// Limits bound one stream. The zero value keeps everything.
type Limits struct {
	// MaxBytes and MaxRecords bound the stream; 0: no bound.
	MaxBytes   field.Size `yaml:"max_bytes"`
	MaxRecords int64      `yaml:"max_records"`
	// MaxAge drops records that are older; 0: never.
	MaxAge time.Duration `yaml:"max_age"`
	// DropOldest makes room at MaxBytes or MaxRecords by dropping the oldest
	// records. Without it a full stream refuses new ones.
	DropOldest bool `yaml:"drop_oldest"`
}

const (
	defaultGather      = 2 * time.Millisecond
	defaultAckTimeout  = 10 * time.Second
	defaultAckWait     = time.Minute
	defaultHealthEvery = 5 * time.Second
	defaultDuplicates  = 2 * time.Minute

	gigabyte = 1 << 30
)

// DefaultConfig returns the configuration of an embedded server that keeps
// everything.
func DefaultConfig() Config {
	return Config{
		Replicas:    1,
		Gather:      defaultGather,
		AckTimeout:  defaultAckTimeout,
		AckWait:     defaultAckWait,
		HealthEvery: defaultHealthEvery,
		Duplicates:  defaultDuplicates,
	}
}

// withDefaults fills in what was left zero.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.Replicas == 0 {
		c.Replicas = d.Replicas
	}
	for _, f := range []struct{ have, def *time.Duration }{
		{&c.Gather, &d.Gather},
		{&c.AckTimeout, &d.AckTimeout},
		{&c.AckWait, &d.AckWait},
		{&c.HealthEvery, &d.HealthEvery},
		{&c.Duplicates, &d.Duplicates},
	} {
		if *f.have == 0 {
			*f.have = *f.def
		}
	}
	return c
}

// Validate returns every mistake in c. It does not look at the disk or the
// network.
func (c Config) Validate() []*field.Error {
	var errs []*field.Error
	add := func(path, hint, format string, args ...any) {
		errs = append(errs, field.Errorf(path, format, args...).Hintf("%s", hint))
	}

	if c.URL != "" {
		for _, s := range splitList(c.URL) {
			u, err := url.Parse(s)
			switch {
			case err != nil:
				add("url", "write it like nats://host:4222", "is not a URL")
			case u.Host == "" || (u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss"):
				add("url", "write it like nats://host:4222 or tls://host:4222", "%q is not the address of a NATS server", u.Redacted())
			}
		}
		if c.Listen != "" {
			add("listen", "remove listen, or remove url", "applies to the embedded server only")
		}
	} else {
		if c.CredentialsFile != "" {
			add("credentials_file", "set url, or remove credentials_file", "applies to an external server only")
		}
		if c.TLS != (TLSConfig{}) {
			add("tls", "set url, or remove tls", "applies to an external server only")
		}
		if c.Replicas > 1 {
			add("replicas", "use 1, or set url to a cluster", "the embedded server keeps one copy")
		}
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		add("tls.cert_file", "set both cert_file and key_file, or neither", "a certificate and its key go together")
	}
	if c.Listen != "" && !loopback(c.Listen) {
		add("listen", "use 127.0.0.1:4222, or an external server with TLS and credentials",
			"%q is not a loopback address and port: whoever reaches it could rewrite the log", c.Listen)
	}
	if c.Replicas < 0 || c.Replicas > 5 || (c.Replicas > 0 && c.Replicas%2 == 0) {
		add("replicas", "use 1, 3 or 5", "%d is no number of copies", c.Replicas)
	}
	if c.MaxDisk < 0 {
		add("max_disk", "leave it out for the default", "is negative")
	}
	for _, d := range []struct {
		path string
		v    time.Duration
	}{{"ack_timeout", c.AckTimeout}, {"ack_wait", c.AckWait}, {"health_every", c.HealthEvery}, {"duplicates", c.Duplicates}} {
		if d.v < 0 {
			add(d.path, "leave it out for the default", "is negative")
		}
	}
	if c.Duplicates > 0 && c.Duplicates < 100*time.Millisecond {
		add("duplicates", "leave it out for 2m", "is too short to recognise a repeated publish")
	}
	errs = append(errs, c.Streams.validate(c.MaxDisk)...)
	return errs
}

func (s StreamsConfig) validate(maxDisk field.Size) []*field.Error {
	var errs []*field.Error
	var sum field.Size
	for _, l := range []struct {
		name string
		Limits
	}{{"items", s.Items}, {"tagged", s.Tagged}, {"alerts", s.Alerts}} {
		path := "streams." + l.name
		if l.MaxBytes < 0 {
			errs = append(errs, field.Errorf(path+".max_bytes", "is negative").Hintf("use 0 for no bound"))
		}
		if l.MaxRecords < 0 {
			errs = append(errs, field.Errorf(path+".max_records", "is negative").Hintf("use 0 for no bound"))
		}
		if l.MaxAge < 0 || (l.MaxAge > 0 && l.MaxAge < time.Hour) {
			errs = append(errs, field.Errorf(path+".max_age", "%s is too short: a stage that stands still for a moment would miss records", l.MaxAge).
				Hintf("use at least 1h, or 0 to keep everything"))
		}
		sum += max(l.MaxBytes, 0)
	}
	if maxDisk > 0 && sum > maxDisk {
		errs = append(errs, field.Errorf("streams", "the streams' max_bytes add up to %s, more than max_disk (%s)", sum, maxDisk).
			Hintf("raise max_disk or lower max_bytes"))
	}
	return errs
}

// loopback reports whether addr is a loopback IP address with a port.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// splitList splits a comma-separated list, without blanks and empty parts.
func splitList(s string) []string {
	var parts []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}
