package alert_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"marsad/alert"
)

// allReceivers is one valid receiver of each type.
func allReceivers(t *testing.T) []alert.Receiver {
	t.Helper()
	hook := secretFile(t, "https://hooks.example.org/T/B/"+hookToken+"\n")
	token := secretFile(t, botToken)
	return []alert.Receiver{
		{Type: alert.Webhook, URLFile: hook, SecretFile: secretFile(t, testSecret), Format: "cloudevents"},
		{Type: alert.Email, Server: "smtp.example.org", From: "a@example.org", To: []string{"b@example.org"}, Username: "u", PasswordFile: secretFile(t, mailPassword)},
		{Type: alert.Slack, URLFile: hook},
		{Type: alert.Mattermost, URLFile: hook},
		{Type: alert.Discord, URLFile: hook},
		{Type: alert.Teams, URLFile: hook},
		{Type: alert.Telegram, TokenFile: token, Chat: "-1001234567890"},
		{Type: alert.Matrix, URL: "https://matrix.example.org", TokenFile: token, Room: "!a:example.org"},
		{Type: alert.Ntfy, URL: "https://ntfy.example.org", Topic: "desk"},
		{Type: alert.Command, Command: []string{program(t, "exit 0")}},
		{Type: alert.Terminal},
	}
}

func TestValidReceivers(t *testing.T) {
	t.Parallel()
	for _, r := range allReceivers(t) {
		r.Name = "desk"
		c := alert.DefaultConfig()
		c.Receivers = []alert.Receiver{r}
		for _, err := range c.Validate() {
			t.Errorf("%s: %v", r.Type, err)
		}
		if got := r.Preview(sample("one")); len(got) == 0 || bytes.Contains(got, []byte(hookToken)) || bytes.Contains(got, []byte(botToken)) {
			t.Errorf("%s: preview %q", r.Type, got)
		}
	}
}

// Each mistake has its key, a hint, and no secret.
func TestReceiverMistakes(t *testing.T) {
	t.Parallel()
	spread := secretFile(t, "https://hooks.example.org/"+hookToken+"\nhttps://hooks.example.org/"+hookToken)
	noURL := secretFile(t, hookToken)
	plain := secretFile(t, "http://hooks.example.org/"+hookToken)
	folder := t.TempDir()
	tests := []struct {
		kind   string
		change func(*alert.Receiver)
		want   []string
	}{
		{alert.Slack, func(r *alert.Receiver) { r.URL, r.URLFile = "https://hooks.example.org/"+hookToken, "" }, []string{
			"url: a receiver of type slack has no url; this address is a secret", "url_file: a receiver of type slack needs its url",
		}},
		{alert.Slack, func(r *alert.Receiver) { r.URLEnv = "X" }, []string{"url_env: the url is given twice"}},
		{alert.Slack, func(r *alert.Receiver) { r.URLFile = spread }, []string{"url_file: there is more than the url in it"}},
		{alert.Slack, func(r *alert.Receiver) { r.URLFile = secretFile(t, "\n") }, []string{"url_file: there is no url in it"}},
		{alert.Discord, func(r *alert.Receiver) { r.URLFile = noURL }, []string{"url_file: this is no web address"}},
		{alert.Teams, func(r *alert.Receiver) { r.URLFile = plain }, []string{"url_file: plain http to hooks.example.org"}},
		{alert.Mattermost, func(r *alert.Receiver) {
			r.URLFile = secretFile(t, "https://10.1.2.3/hooks/"+hookToken)
		}, []string{"url_file: 10.1.2.3 is a private"}},
		{alert.Mattermost, func(r *alert.Receiver) { r.CAFile = spread }, []string{"ca_file: " + spread + " holds no certificate"}},
		{alert.Mattermost, func(r *alert.Receiver) { r.CAFile = "/no/such" }, []string{"ca_file: /no/such cannot be read"}},
		{alert.Telegram, func(r *alert.Receiver) { r.TokenFile, r.Chat, r.Room = "", "the desk", "!a:b" }, []string{
			"room: a receiver of type telegram has no room; remove it; it has: token_file", "token_file: a receiver of type telegram needs its token", `chat: "the desk" is no chat`,
		}},
		{alert.Telegram, func(r *alert.Receiver) { r.TokenFile = secretFile(t, "bot"+botToken) }, []string{"token_file: this is no token of a bot"}},
		{alert.Matrix, func(r *alert.Receiver) { r.URL, r.Room = "", "#desk:example.org" }, []string{
			"url: a receiver of type matrix needs the url", `room: "#desk:example.org" is no id of a room`,
		}},
		{alert.Ntfy, func(r *alert.Receiver) { r.URL, r.Topic = "https://ntfy.example.org", "a/b" }, []string{`topic: "a/b" is no topic`}},
		{alert.Email, func(r *alert.Receiver) {
			r.Server, r.From, r.To, r.TLS, r.Auth = "", "nobody", []string{"b@example.org", "x\r\nBcc: y@example.org"}, "maybe", "magic"
		}, []string{`from: "nobody" is no mail address`, `to[1]: "x Bcc: y@example.org" is no`, `tls: "maybe"`, "server: the mail server is missing"}},
		{alert.Email, func(r *alert.Receiver) { r.Auth, r.PasswordFile = "magic", "" }, []string{`auth: "magic"`, "password_file: u needs a password"}},
		{alert.Email, func(r *alert.Receiver) { r.Username = "" }, []string{"username: the username is missing"}},
		{alert.Email, func(r *alert.Receiver) { r.Server, r.TLS, r.To = "mail.example.org:99999", "none", nil }, []string{
			"to: nobody is told", "tls: without TLS", `server: "99999" is no port`,
		}},
		{alert.Email, func(r *alert.Receiver) { r.Server = "10.1.2.3" }, []string{"server: 10.1.2.3 is a private"}},
		{alert.Command, func(r *alert.Receiver) { r.Command = nil }, []string{"command: the program to run is missing"}},
		{alert.Command, func(r *alert.Receiver) {
			r.Command, r.Env, r.Format = []string{folder}, []string{"A B", "MARSAD_TEST_UNSET"}, "xml"
		}, []string{`format: "xml" is no format`, `command[0]: "` + folder + `" is no program`, `env[0]: "A B" is no name`, "env[1]: the environment variable MARSAD_TEST_UNSET is not set"}},
		{alert.Webhook, func(r *alert.Receiver) { r.URL = "https://example.org" }, []string{"url: the address is given twice"}},
		{alert.Webhook, func(r *alert.Receiver) { r.Title = "x" }, []string{"title: a receiver of type webhook has no title"}},
		{alert.Slack, func(r *alert.Receiver) { r.Title, r.Body = "{{.Titel}}", "one\n{{.Title" }, []string{
			"title: the template does not work: line 1:2: ", "body: the template cannot be read: line 2: unclosed action",
		}},
		{alert.Slack, func(r *alert.Receiver) { r.Title, r.Body = `{{printf "%1000000000d" 1}}`, `{{date "Mars/Base" .Seen}}` }, []string{
			`title: the template cannot be read: there is no function "printf"; there are: bold`, `body: the template does not work: line 1:2: <date "Mars/Base" .Seen>: error calling date: there is no time zone "Mars/Base"`,
		}},
		{alert.Slack, func(r *alert.Receiver) { r.Title, r.Body = "{{/* nothing */}}", `{{define "x"}}{{end}}x` }, []string{
			"title: the template says nothing", "body: the template cannot be read: define and block have no use here",
		}},
		{alert.Slack, func(r *alert.Receiver) { r.Title, r.Body = strings.Repeat("a", 200), `{{range 1000000000}}x{{end}}` }, []string{
			"title: the template writes more than the service takes", "body: the template cannot be read: 1000000000 is no whole number up to 1000",
		}},
		{alert.Slack, func(r *alert.Receiver) {
			r.Title, r.Body = "{{range 9}}{{range 9}}{{range 9}}x{{end}}{{end}}{{end}}", `{{template "template"}}`
		}, []string{"title: the template cannot be read: range stands inside", "body: the template cannot be read: template has no use here"}},
		{alert.Slack, func(r *alert.Receiver) {
			r.Body = `{{range 1000}}{{range 1000}}xxxxxxxxxxxxxxxxxxxx{{end}}{{end}}`
		}, []string{"body: the template does not work: the text has more than 16384 bytes"}},
	}
	for _, tt := range tests {
		var r alert.Receiver
		for _, r = range allReceivers(t) {
			if r.Type == tt.kind {
				break
			}
		}
		r.Name = "desk"
		tt.change(&r)
		c := alert.DefaultConfig()
		c.Receivers = []alert.Receiver{r}
		var got []string
		for _, e := range c.Validate() {
			got = append(got, e.Error())
			if e.Hint == "" {
				t.Errorf("no hint: %s", e)
			}
			for _, s := range []string{hookToken, botToken, mailPassword} {
				if strings.Contains(e.Error(), s) {
					t.Errorf("a secret came out: %s", e)
				}
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: mistakes:\n%s\nwant:\n%s", tt.kind, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], "receivers[0]."+tt.want[i]) {
				t.Errorf("%s: mistake %q, want %q", tt.kind, got[i], tt.want[i])
			}
		}
		if r.Preview(sample("one")) != nil {
			t.Errorf("%s: a preview in spite of mistakes", tt.kind)
		}
	}
}

func TestReceiverFiles(t *testing.T) {
	t.Parallel()
	r := alert.Receiver{URLFile: "a", SecretFile: "b", TokenFile: "c", PasswordFile: "d", CAFile: "e", Command: []string{"f", "g"}}
	for _, p := range r.Files() {
		*p = filepath.Join("/etc", *p)
	}
	want := alert.Receiver{URLFile: "/etc/a", SecretFile: "/etc/b", TokenFile: "/etc/c", PasswordFile: "/etc/d", CAFile: "/etc/e"}
	if r.URLFile != want.URLFile || r.SecretFile != want.SecretFile || r.TokenFile != want.TokenFile || r.PasswordFile != want.PasswordFile ||
		r.CAFile != want.CAFile || strings.Join(r.Command, " ") != "/etc/f g" {
		t.Errorf("%+v", r)
	}
}

// A template of the receiver's own: its text is text, its values are escaped, its
// markup is the service's.
func TestTemplates(t *testing.T) {
	t.Parallel()
	a := tongues()["en"]
	a.Why[0].Text = "a*b_c"
	const body = `<{{bold .Source}}> & {{with .Lang}}{{.}}{{end}} {{date "Asia/Baghdad" .Seen}} {{if eq .Priority "urgent"}}!{{end}}
{{$x := truncate 10 .Title}}{{$x}}


{{range .Why}}{{italic .Text}};{{end}} {{len .Why}} {{link .URL (bold "Read it")}} {{.Page}}`
	for kind, want := range map[string]string{
		alert.Telegram: `&lt;<b>Example Wire</b>&gt; &amp; en 2026-03-01 12:30 !\nBorder wa…\n\n<i>a*b_c</i>;<i>Border wall</i>; 2 ` +
			`<a href=\"https://news.example/en/1?a=1&amp;b=%282%29_c\"><b>Read it</b></a> https://marsad.example/items/`,
		alert.Slack: `&lt;*Example Wire*&gt; &amp; en 2026-03-01 12:30 !\nBorder wa…\n\n_a∗b_c_;_Border wall_; 2 ` +
			`<https://news.example/en/1?a=1&amp;b=%282%29_c|*Read it*> <https://marsad.example/items/`,
		alert.Discord: `\\<**Example Wire**\\> & en 2026-03-01 12:30 !\nBorder wa…\n\n*a\\*b\\_c*;*Border wall*; 2 ` +
			`[**Read it**](https://news.example/en/1?a=1&b=%282%29_c) https://marsad.example/items/`,
		alert.Ntfy: "<Example Wire> & en 2026-03-01 12:30 !\nBorder wa…\n\na*b_c;Border wall; 2 " +
			"Read it: https://news.example/en/1?a=1&b=%282%29_c https://marsad.example/items/",
	} {
		for _, r := range allReceivers(t) {
			if r.Type != kind {
				continue
			}
			r.Title, r.Body = "{{.Watch}}: {{.Title}}", body
			got := string(r.Preview(a))
			got = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(got)
			if !strings.Contains(got, want) || !strings.Contains(got, "border-wall: Border wall") {
				t.Errorf("%s:\n%s\nwant in it\n%s", kind, got, want)
			}
		}
	}
}

// A template that works for most alerts and fails for one loses none.
func TestTemplateGivesWay(t *testing.T) {
	t.Parallel()
	for _, r := range allReceivers(t) {
		if r.Type != alert.Telegram {
			continue
		}
		r.Body = `{{if .Source}}{{.Source}}{{end}}`
		a := sample("one")
		a.Source = ""
		if got := string(r.Preview(a)); !strings.Contains(got, "Watch: border-wall") {
			t.Errorf("want our own body: %s", got)
		}
	}
}

// Nothing that a feed writes breaks a message, makes it too long, or means
// anything to the service.
func FuzzMessages(f *testing.F) {
	f.Add("title", "source", "https://x.example/a", "clause", "text")
	f.Add("<!channel> <@U1|x> @everyone @here <@&1> </b><script>", "[x](http://evil.example)", "javascript:alert(1)", "**b** `c` ||d||", "]](https://x)")
	f.Add("\x00\x1b[31m\u202e\u2068\u2069\u2066", "\r\nBcc: x@example.org", "https://x.example/\"><b>|)(*~'", "\n# h\n> q\n- l", "\xff\xfe")
	f.Add("=?utf-8?q?x?=", "{{.Title}}", "http://مثال.example/ص?q=ن", "=x", "a&amp;b&lt;")
	f.Add("", "", "", "", "")
	dir := f.TempDir() // t's would end with the first call
	var receivers []alert.Receiver
	f.Fuzz(func(t *testing.T, title, source, url, clause, text string) {
		if receivers == nil {
			receivers = keep(t, dir)
		}
		checkMessages(t, receivers, foreign(title, source, url, clause, text))
	})
}

// The same for texts of a megabyte.
func TestLongMessages(t *testing.T) {
	t.Parallel()
	long := func(s string) string { return strings.Repeat(s, 1<<20/len(s)) }
	receivers := keep(t, t.TempDir())
	for _, title := range []string{long("القائم & <b> "), long("😀@everyone \\*_"), long("\u200c\xff")} {
		checkMessages(t, receivers, foreign(title, title, "https://x.example/"+title, title, title))
	}
}

// foreign is an alert of which every text comes from elsewhere.
func foreign(title, source, url, clause, text string) alert.Alert {
	a := sample("one", "desk")
	a.Title, a.Source, a.URL, a.Watch, a.Lang, a.Feed = title, source, url, clause, text, source
	a.Query, a.PageURL = clause, url
	a.Why = []alert.Reason{{Clause: clause, Text: text}, {Clause: "x" + clause, Text: text}, {Clause: text, Text: title}}
	return a
}

func checkMessages(t *testing.T, receivers []alert.Receiver, a alert.Alert) {
	t.Helper()
	ends := farEnds()
	for _, r := range receivers {
		got := r.Preview(a)
		if len(got) == 0 {
			t.Fatalf("%s: no message", r.Type)
		}
		switch r.Type {
		case alert.Email:
			m := readMail(t, got)
			checkPage(t, m.htmlSource)
			within(t, "subject", m.subject, 500)
			if len(m.header) != 10 {
				t.Errorf("headers %v", m.header)
			}
		case alert.Terminal, alert.Command, alert.Webhook:
			if !utf8.Valid(got) {
				t.Errorf("%s: no UTF-8", r.Type)
			}
		default:
			head, body, ok := bytes.Cut(got, []byte("\n\n"))
			if !ok {
				t.Fatalf("%s: %q", r.Type, got)
			}
			header := http.Header{}
			for line := range strings.SplitSeq(string(head), "\n") {
				k, v, _ := strings.Cut(line, ": ")
				header.Set(k, v)
			}
			ends[r.Type].check(t, "", received{header, body})
		}
		if t.Failed() {
			t.Fatalf("%s", r.Type)
		}
	}
}

// Whatever somebody writes as a template is a mistake, or ends soon and gives a
// message that the service can read.
func FuzzTemplate(f *testing.F) {
	f.Add("{{.Title}}", "<b>{{bold .Title}}</b> & {{link .URL .Source}}")
	f.Add("{{range .Why}}{{.Clause}}{{else}}x{{end}}", "{{with $x := .Title}}{{truncate 3 $x}}{{end}}{{break}}")
	f.Add("{{if and .Urgent (eq .Lang \"ar\")}}!{{end}}x", "{{date \"Asia/Baghdad\" .Seen}}{{.Seen.Year}}{{.Published.Format \"<b>\"}}")
	f.Add("{{italic (bold .Watch)}}", "{{range 1000}}{{range 1000}}{{end}}{{end}}{{.URL}}{{print .}}{{/* c */ -}} x")
	dir, hook := f.TempDir(), ""
	f.Fuzz(func(t *testing.T, title, body string) {
		if hook == "" {
			hook = filepath.Join(dir, "token")
			if err := os.WriteFile(hook, []byte(botToken), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r := alert.Receiver{Name: "desk", Type: alert.Telegram, TokenFile: hook, Chat: "-1001234567890", Title: title, Body: body}
		a := tongues()["en"]
		a.Title = "<b>&@everyone"
		got := r.Preview(a)
		if got == nil {
			return
		}
		head, text, _ := bytes.Cut(got, []byte("\n\n"))
		if string(head) != "Content-Type: application/json" {
			t.Errorf("headers %q", head)
		}
		var m struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(m.Text) || len(utf16.Encode([]rune(m.Text))) > 4096 {
			t.Errorf("text %q", m.Text)
		}
		checkHTML(t, m.Text, "b", "i", "a")
	})
}

// keep makes the receivers of a fuzz target, which outlive one call.
func keep(t *testing.T, dir string) []alert.Receiver {
	t.Helper()
	out := allReceivers(t)
	for i := range out {
		out[i].Name = "desk"
		for j, p := range out[i].Files() {
			if *p == "" {
				continue
			}
			data, err := os.ReadFile(*p)
			if err != nil {
				t.Fatal(err)
			}
			*p = filepath.Join(dir, out[i].Type+string(rune('a'+j)))
			if err := os.WriteFile(*p, data, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// A right-to-left title is fenced off where something stands beside it, and only
// there.
func TestTitlesAreIsolated(t *testing.T) {
	t.Parallel()
	a := tongues()["ar"]
	receiver := alert.Receiver{Name: "desk", Type: alert.Email, Server: "smtp.example.org", From: "a@example.org", To: []string{"b@example.org"}}
	if got := readMail(t, receiver.Preview(a)).subject; got != a.Title {
		t.Errorf("alone %q", got)
	}
	a.Priority = alert.Urgent
	if got, want := readMail(t, receiver.Preview(a)).subject, "[urgent] \u2068"+a.Title+"\u2069"; got != want {
		t.Errorf("mixed %q, want %q", got, want)
	}
	a.Title = strings.Repeat("جدار ", 100)
	got := readMail(t, receiver.Preview(a)).subject
	if !strings.HasSuffix(got, "…\u2069") || utf8.RuneCountInString(got) > 170 {
		t.Errorf("long %q", got)
	}
}
