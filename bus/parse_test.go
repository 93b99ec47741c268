package bus_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/bus"
)

func FuzzKey(f *testing.F) {
	for _, key := range []string{"", "plain", "=", "=cGxhaW4", "a.b", "*", ">", "\x00", "عربي", "-_-"} {
		f.Add(key)
	}
	valid := regexp.MustCompile(`^[-_=a-zA-Z0-9]+$`)
	f.Fuzz(func(t *testing.T, key string) {
		name := bus.EncodeKey(key)
		if !valid.MatchString(name) {
			t.Errorf("%q becomes %q", key, name)
		}
		if got, err := bus.DecodeKey(name); err != nil || got != key {
			t.Errorf("%q comes back as %q, %v", key, got, err)
		}
	})
}

func TestParseDelivery(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string][2]uint64{
		"$JS.ACK.ITEMS.c.1.17.5.1700000000000000000.3":            {17, 5},
		"$JS.ACK.hub.acc.ITEMS.c.1.17.5.1700000000000000000.3":    {17, 5},
		"$JS.ACK._.acc.ITEMS.c.1.17.5.1700000000000000000.3.tok1": {17, 5},
	} {
		seq, delivered, err := bus.ParseDelivery(reply)
		if err != nil || seq != want[0] || delivered != want[1] {
			t.Errorf("%s: %d, %d, %v", reply, seq, delivered, err)
		}
	}
}

func FuzzParseDelivery(f *testing.F) {
	f.Add("$JS.ACK.ITEMS.c.1.17.5.1700000000000000000.3")
	f.Add("$JS.ACK._.a.ITEMS.c.1.17.5.17.3.t")
	f.Add("$JS.ACK.......")
	f.Add("_INBOX.x")
	f.Fuzz(func(t *testing.T, reply string) {
		seq, delivered, err := bus.ParseDelivery(reply)
		if err != nil && (seq != 0 || delivered != 0) {
			t.Errorf("%q: %d, %d with %v", reply, seq, delivered, err)
		}
		if err == nil && strings.Count(reply, ".") < 8 {
			t.Errorf("%q is taken for a delivery", reply)
		}
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if errs := bus.DefaultConfig().Validate(); errs != nil {
		t.Errorf("the default has mistakes: %v", errs)
	}
	if errs := (bus.Config{}).Validate(); errs != nil {
		t.Errorf("the zero value has mistakes: %v", errs)
	}
	for _, c := range []struct {
		name string
		cfg  bus.Config
		want []string // paths
	}{
		{"external", bus.Config{URL: "nats://a:4222, tls://b", Replicas: 3, CredentialsFile: "f"}, nil},
		{"loopback", bus.Config{Listen: "127.0.0.1:4222"}, nil},
		{"addresses", bus.Config{URL: "http://a:4222,localhost"}, []string{"url", "url"}},
		{"listen to all", bus.Config{Listen: "0.0.0.0:4222"}, []string{"listen"}},
		{"listen without port", bus.Config{Listen: "127.0.0.1"}, []string{"listen"}},
		{"both", bus.Config{URL: "nats://a", Listen: "127.0.0.1:1"}, []string{"listen"}},
		{"external only", bus.Config{CredentialsFile: "f", TLS: bus.TLSConfig{CAFile: "c"}, Replicas: 3}, []string{"credentials_file", "tls", "replicas"}},
		{"half a pair", bus.Config{URL: "nats://a", TLS: bus.TLSConfig{CertFile: "c"}}, []string{"tls.cert_file"}},
		{"copies", bus.Config{URL: "nats://a", Replicas: 2}, []string{"replicas"}},
		{"negative", bus.Config{MaxDisk: -1, AckTimeout: -1, AckWait: -1, HealthEvery: -1, Duplicates: -1}, []string{"max_disk", "ack_timeout", "ack_wait", "health_every", "duplicates"}},
		{"short memory", bus.Config{Duplicates: time.Millisecond}, []string{"duplicates"}},
		{"limits", bus.Config{MaxDisk: 100, Streams: bus.StreamsConfig{
			Items: bus.Limits{MaxBytes: 60}, Tagged: bus.Limits{MaxBytes: 60, MaxAge: time.Second}, Alerts: bus.Limits{MaxBytes: -1, MaxRecords: -1},
		}}, []string{"streams.tagged.max_age", "streams.alerts.max_bytes", "streams.alerts.max_records", "streams"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range c.cfg.Validate() {
				got = append(got, e.Path)
				if e.What == "" || e.Hint == "" {
					t.Errorf("%s: no help: %v", e.Path, e)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
