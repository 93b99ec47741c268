package alert_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marsad/alert"
	"marsad/query"
)

func valid(t *testing.T) alert.Config {
	t.Helper()
	c := alert.DefaultConfig()
	c.Receivers = []alert.Receiver{
		{Name: "desk", Type: alert.Webhook, URL: "https://example.org/hook", SecretFile: secretFile(t, testSecret)},
		{Name: "lan", Type: alert.Webhook, URL: "http://192.168.1.7:8080/", AllowPrivate: []string{"192.168.1.0/24"}, SecretFile: secretFile(t, testSecret+" "+anotherSecret()), Timeout: time.Second},
		{Name: "screen", Type: alert.Terminal},
	}
	c.Watches = []alert.Watch{
		{ID: "border-wall", Query: "place:al-qaem theme:border-wall", To: []string{"desk", "screen"}},
		{ID: "hol", Query: `"al-hol"`, MaxAge: time.Hour, Priority: alert.Urgent},
	}
	return c
}

func TestValidConfig(t *testing.T) {
	t.Parallel()
	for _, err := range append(valid(t).Validate(), alert.DefaultConfig().Validate()...) {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	readable := filepath.Join(t.TempDir(), "readable")
	if err := os.WriteFile(readable, []byte(testSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(readable, 0o640); err != nil {
		t.Fatal(err)
	}
	short := base64.StdEncoding.EncodeToString([]byte("short"))
	hook := func(c *alert.Config) *alert.Receiver { return &c.Receivers[0] }
	tests := []struct {
		name   string
		change func(*alert.Config)
		want   []string // "path: part of what"
	}{
		{"numbers", func(c *alert.Config) {
			c.MaxAge, c.Remember = 0, 5
			c.Retry = []time.Duration{time.Second, 0, 48 * time.Hour}
		}, []string{"max_age: 0s", "remember: 5 pairs", "retry[1]: 0s", "retry[2]: 48h"}},
		{"ids", func(c *alert.Config) {
			c.Watches = append(c.Watches, alert.Watch{ID: "hol", Query: "x"}, alert.Watch{ID: "Al Hol", Query: "x"}, alert.Watch{Query: "x"})
		}, []string{`watches[2].id: "hol" is the id of watches[1] too`, `watches[3].id: "Al Hol" cannot`, "watches[4].id: the watch's id is missing"}},
		{"watch", func(c *alert.Config) {
			c.Watches[0] = alert.Watch{ID: "a", Query: " ", To: []string{"desk", "pager", "desk"}, MaxAge: -1, Priority: "high"}
		}, []string{
			"watches[0].query: the query is missing", `watches[0].to[1]: there is no receiver "pager"; known receivers: desk, lan, screen`,
			`watches[0].to[2]: "desk" stands twice`, "watches[0].max_age: -1ns is negative", `watches[0].priority: "high"`,
		}},
		{"names", func(c *alert.Config) {
			c.Receivers[1].Name, c.Receivers[2].Name = "desk", "a/b"
			c.Watches = nil
		}, []string{`receivers[1].name: "desk" is the name of receivers[0] too`, `receivers[2].name: "a/b" cannot`}},
		{"type", func(c *alert.Config) {
			c.Receivers[1].Type, c.Receivers[2].Type = "", "pigeon"
		}, []string{"receivers[1].type: the receiver's type is missing", `receivers[2].type: "pigeon" is no type`}},
		{"terminal", func(c *alert.Config) {
			c.Receivers[2].URL, c.Receivers[2].Timeout = "https://example.org", time.Second
		}, []string{"receivers[2].url: a receiver of type terminal has no url", "receivers[2].timeout: a receiver of type terminal has no timeout"}},
		{"no url", func(c *alert.Config) { hook(c).URL = "" }, []string{"receivers[0].url: the webhook's address is missing"}},
		{"no address", func(c *alert.Config) { hook(c).URL = "https://ex ample/TOKEN" }, []string{"receivers[0].url: this is no web address"}},
		{"opaque", func(c *alert.Config) { hook(c).URL = "https:TOKEN" }, []string{"receivers[0].url: this is no web address"}},
		{"no host", func(c *alert.Config) { hook(c).URL = "https:///TOKEN" }, []string{"receivers[0].url: this is no web address"}},
		{"scheme", func(c *alert.Config) { hook(c).URL = "ftp://example.org/TOKEN" }, []string{`receivers[0].url: "ftp" is neither`}},
		{"plain", func(c *alert.Config) { hook(c).URL = "http://example.org/TOKEN" }, []string{"receivers[0].url: plain http to example.org"}},
		{"private", func(c *alert.Config) { hook(c).URL = "https://[::1]:8443/TOKEN" }, []string{"receivers[0].url: ::1 is a private"}},
		{"metadata", func(c *alert.Config) { hook(c).URL = "https://169.254.169.254/TOKEN" }, []string{"receivers[0].url: 169.254.169.254 is a private"}},
		{"localhost", func(c *alert.Config) { hook(c).URL = "https://localhost/TOKEN" }, []string{"receivers[0].url: localhost is a private or reserved address; if that is meant, set allow_private: [127.0.0.1]"}},
		{"networks", func(c *alert.Config) { hook(c).AllowPrivate = []string{"10.0.0.0/8", "lan", "10.1.2.3/8"} }, []string{"receivers[0].allow_private[1]: \"lan\"", "receivers[0].allow_private[2]: \"10.1.2.3/8\" has bits"}},
		{"limits", func(c *alert.Config) { hook(c).Timeout, hook(c).Parallel = time.Minute, 1000 }, []string{"receivers[0].timeout: 1m0s", "receivers[0].parallel: 1000"}},
		{"no secret", func(c *alert.Config) { hook(c).SecretFile = "" }, []string{"receivers[0].secret_file: a webhook needs a secret"}},
		{"two secrets", func(c *alert.Config) { hook(c).SecretEnv = "X" }, []string{"receivers[0].secret_env: the secret is given twice"}},
		{"no file", func(c *alert.Config) { hook(c).SecretFile = "/no/such" }, []string{"receivers[0].secret_file: /no/such cannot be read: no such file"}},
		{"folder", func(c *alert.Config) { hook(c).SecretFile = filepath.Dir(readable) }, []string{"receivers[0].secret_file: " + filepath.Dir(readable) + " is not a plain file"}},
		{"readable", func(c *alert.Config) { hook(c).SecretFile = readable }, []string{"receivers[0].secret_file: " + readable + " can be read by others (mode 0640); chmod 600 " + readable}},
		{"empty", func(c *alert.Config) { hook(c).SecretFile = secretFile(t, " \n") }, []string{"receivers[0].secret_file: there is no secret"}},
		{"long", func(c *alert.Config) { hook(c).SecretFile = secretFile(t, strings.Repeat("A", 5000)) }, []string{"too long for a secret"}},
		{"many", func(c *alert.Config) { hook(c).SecretFile = secretFile(t, strings.Repeat(testSecret+"\n", 5)) }, []string{"receivers[0].secret_file: it holds 5 secrets"}},
		{"no base64", func(c *alert.Config) { hook(c).SecretFile = secretFile(t, "whsec_TOKEN!") }, []string{"receivers[0].secret_file: secret 1 is not base64"}},
		{"short", func(c *alert.Config) { hook(c).SecretFile = secretFile(t, testSecret+" "+short) }, []string{"receivers[0].secret_file: secret 2 has 5 bytes"}},
		{"no variable", func(c *alert.Config) { hook(c).SecretFile, hook(c).SecretEnv = "", "MARSAD_TEST_UNSET" }, []string{"receivers[0].secret_env: the environment variable MARSAD_TEST_UNSET is not set"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := valid(t)
			tt.change(&c)
			errs := c.Validate()
			var got []string
			for _, e := range errs {
				got = append(got, e.Error())
				if e.Hint == "" {
					t.Errorf("no hint: %s", e)
				}
				if strings.Contains(e.Error(), "TOKEN") || strings.Contains(e.Error(), testSecret) {
					t.Errorf("a secret came out: %s", e)
				}
			}
			if len(got) != len(tt.want) {
				t.Fatalf("mistakes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			for i := range got {
				if !strings.Contains(got[i], tt.want[i]) {
					t.Errorf("mistake %q, want %q", got[i], tt.want[i])
				}
			}
		})
	}
}

func TestSecretFromEnvironment(t *testing.T) {
	t.Setenv("MARSAD_TEST_SECRET", testSecret+"\n")
	c := valid(t)
	c.Receivers[0].SecretFile, c.Receivers[0].SecretEnv = "", "MARSAD_TEST_SECRET"
	for _, err := range c.Validate() {
		t.Error(err)
	}
}

func FuzzSecret(f *testing.F) {
	for _, s := range []string{testSecret, testSecret + "\n" + anotherSecret(), "whsec_", "!", "AAAA AAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := valid(t)
		c.Receivers[0].SecretFile = secretFile(t, text)
		for _, err := range c.Validate() {
			msg := strings.ReplaceAll(err.Error(), c.Receivers[0].SecretFile, "")
			for word := range strings.FieldsSeq(text) {
				if len(word) > 12 && strings.Contains(msg, word) {
					t.Errorf("%q came out: %s", word, msg)
				}
			}
		}
	})
}

func TestQueryMistakes(t *testing.T) {
	t.Parallel()
	c := valid(t)
	c.Watches = []alert.Watch{
		{ID: "a", Query: "place:al-qaem"},
		{ID: "b", Query: "جدار (place:al-qaem"},
		{ID: "c", Query: "colour:red"},
	}
	set, errs := c.Compile(query.Options{})
	if set != nil {
		t.Error("a set although there are mistakes")
	}
	var paths []string
	for _, e := range errs {
		paths = append(paths, e.Path)
		if e.Hint == "" {
			t.Errorf("no hint: %s", e)
		}
	}
	if diff := cmp.Diff([]string{"watches[1].query", "watches[2].query"}, paths); diff != "" {
		t.Fatalf("paths (-want +got):\n%s", diff)
	}
	if want := "at character 6 of the query"; !strings.Contains(errs[0].What, want) {
		t.Errorf("%s, want it %s: characters, not bytes", errs[0].What, want)
	}
	t.Log(fmt.Sprint(errs))
}
