package alert_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"marsad/alert"
	"marsad/item"
)

// A farEnd is a service as its documentation describes it.
type farEnd struct {
	// receiver is one that sends to the service at base.
	receiver func(t *testing.T, base string) alert.Receiver
	// method and path are those of the request.
	method string
	path   func(id string) string
	// check looks at a request that came for a delivery.
	check func(t *testing.T, id string, got received)
	// ok is the answer to a good request.
	ok func(w http.ResponseWriter)
	// busy is the service's way to ask for a pause of about an hour.
	busy func(w http.ResponseWriter)
	// refuse is how it refuses a message, words are what it says of it.
	refuse func(w http.ResponseWriter)
	words  string
	// repair is how it answers when something is set up wrong.
	repair func(w http.ResponseWriter)
	// gone is how it says that there is no such place any more; it may be nil.
	gone func(w http.ResponseWriter)
}

const (
	hookToken = "T0KENxyzT0KENxyz"
	botToken  = "123456:ABC-DEF_ghi"
)

// answers writes a status, headers ("Name: value") and a body.
func answers(status int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for _, h := range headers {
			k, v, _ := strings.Cut(h, ": ")
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// hidden is a receiver whose address is a secret.
func hidden(kind, path string) func(*testing.T, string) alert.Receiver {
	return func(t *testing.T, base string) alert.Receiver {
		t.Helper()
		return alert.Receiver{Type: kind, URLFile: secretFile(t, base+path+"\n")}
	}
}

func fixed(path string) func(string) string { return func(string) string { return path } }

func farEnds() map[string]farEnd {
	const hour = "Retry-After: 3600"
	return map[string]farEnd{
		alert.Slack: {
			receiver: hidden(alert.Slack, "/services/T000/B000/"+hookToken),
			method:   http.MethodPost, path: fixed("/services/T000/B000/" + hookToken),
			check: checkSlack,
			ok:    answers(200, "ok"), busy: answers(429, "rate_limited", hour),
			refuse: answers(400, "invalid_blocks"), words: "invalid_blocks",
			repair: answers(403, "action_prohibited"), gone: answers(410, "channel_is_archived"),
		},
		alert.Mattermost: {
			receiver: hidden(alert.Mattermost, "/hooks/"+hookToken),
			method:   http.MethodPost, path: fixed("/hooks/" + hookToken),
			check: checkMattermost,
			ok:    answers(200, "ok", "Content-Type: text/plain"), busy: answers(429, "limit exceeded", hour),
			refuse: answers(400, `{"id":"web.incoming_webhook.text.app_error","message":"No text specified.","status_code":400}`), words: "No text specified.",
			repair: answers(400, `{"id":"web.incoming_webhook.invalid.app_error","message":"Invalid webhook.","status_code":400}`),
		},
		alert.Discord: {
			receiver: hidden(alert.Discord, "/api/webhooks/1234/"+hookToken+"?thread_id=99"),
			method:   http.MethodPost, path: fixed("/api/webhooks/1234/" + hookToken + "?thread_id=99&wait=true"),
			check: checkDiscord,
			ok:    answers(200, `{"id":"42","type":0}`), busy: answers(429, `{"message":"You are being rate limited.","retry_after":3599.5,"global":false}`, "Retry-After: 2"),
			refuse: answers(400, `{"message":"Invalid Form Body","code":50035}`), words: "Invalid Form Body",
			repair: answers(401, `{"message":"Invalid Webhook Token","code":50027}`), gone: answers(404, `{"message":"Unknown Webhook","code":10015}`),
		},
		alert.Teams: {
			receiver: hidden(alert.Teams, "/workflows/1/triggers/manual/paths/invoke?api-version=1&sig="+hookToken),
			method:   http.MethodPost, path: fixed("/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=" + hookToken),
			check: checkTeams,
			ok:    answers(202, ""), busy: answers(429, `{"error":{"code":"TooManyRequests","message":"slow down"}}`, hour),
			refuse: answers(400, `{"error":{"code":"InvalidRequestContent","message":"The request content is not valid."}}`), words: "The request content is not valid.",
			repair: answers(401, `{"error":{"code":"DirectApiAuthorizationRequired","message":"no"}}`),
		},
		alert.Telegram: {
			receiver: func(t *testing.T, base string) alert.Receiver {
				t.Helper()
				return alert.Receiver{Type: alert.Telegram, URL: base, TokenFile: secretFile(t, botToken+"\n"), Chat: "-1001234567890"}
			},
			method: http.MethodPost, path: fixed("/bot" + botToken + "/sendMessage"),
			check:  checkTelegram,
			ok:     answers(200, `{"ok":true,"result":{"message_id":7}}`),
			busy:   answers(429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3600","parameters":{"retry_after":3600}}`),
			refuse: answers(400, `{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities"}`), words: "can't parse entities",
			repair: answers(400, `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`),
		},
		alert.Matrix: {
			receiver: func(t *testing.T, base string) alert.Receiver {
				t.Helper()
				return alert.Receiver{Type: alert.Matrix, URL: base, TokenFile: secretFile(t, hookToken), Room: "!desk:example.org"}
			},
			method: http.MethodPut,
			path: func(id string) string {
				return "/_matrix/client/v3/rooms/%21desk:example.org/send/m.room.message/" + id
			},
			check: checkMatrix,
			ok:    answers(200, `{"event_id":"$1"}`), busy: answers(429, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too many","retry_after_ms":3600000}`),
			refuse: answers(413, `{"errcode":"M_TOO_LARGE","error":"event too large"}`), words: "M_TOO_LARGE event too large",
			repair: answers(403, `{"errcode":"M_FORBIDDEN","error":"not in the room"}`),
		},
		alert.Ntfy: {
			receiver: func(t *testing.T, base string) alert.Receiver {
				t.Helper()
				return alert.Receiver{Type: alert.Ntfy, URL: base, TokenFile: secretFile(t, "tk_"+hookToken), Topic: "desk-alerts"}
			},
			method: http.MethodPost, path: fixed("/desk-alerts"),
			check: checkNtfy,
			ok:    answers(200, `{"id":"x","event":"message"}`), busy: answers(429, `{"code":42901,"http":429,"error":"limit reached: too many requests"}`, hour),
			refuse: answers(400, `{"code":40007,"http":400,"error":"invalid priority"}`), words: "invalid priority",
			repair: answers(401, `{"code":40101,"http":401,"error":"unauthorized"}`),
		},
	}
}

// strict decodes JSON that has no other fields than into, and nothing behind it.
func strict(t *testing.T, body []byte, into any) {
	t.Helper()
	if !utf8.Valid(body) {
		t.Errorf("no UTF-8: %q", body)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if d.More() {
		t.Errorf("more than one value in %s", body)
	}
}

func isJSON(t *testing.T, got received) {
	t.Helper()
	if kind, _, err := mime.ParseMediaType(got.header.Get("Content-Type")); err != nil || kind != "application/json" {
		t.Errorf("content type %q", got.header.Get("Content-Type"))
	}
}

func bearer(t *testing.T, got received, token string) {
	t.Helper()
	if a := got.header.Get("Authorization"); a != "Bearer "+token {
		t.Errorf("authorization %q", a)
	}
}

// within checks a length in UTF-16 units, and that there is something.
func within(t *testing.T, what, text string, most int) {
	t.Helper()
	if n := len(utf16.Encode([]rune(text))); n > most || strings.TrimSpace(text) == "" {
		t.Errorf("%s has %d characters of %d: %.100q", what, n, most, text)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == '\u202e' }) {
		t.Errorf("control characters in %s: %q", what, text)
	}
	if strings.Count(text, "\u2068") != strings.Count(text, "\u2069") {
		t.Errorf("isolates of %s are not closed: %q", what, text)
	}
}

// onlyLinks checks Slack's special sequences: links and nothing else.
func onlyLinks(t *testing.T, text string) {
	t.Helper()
	rest := regexp.MustCompile(`<https?://[^<>|\s]+(\|[^<>]+)?>`).ReplaceAllString(text, "")
	rest = regexp.MustCompile(`&(amp|lt|gt);`).ReplaceAllString(rest, "")
	if strings.ContainsAny(rest, "<>&") {
		t.Errorf("not escaped: %q", rest)
	}
}

func checkSlack(t *testing.T, _ string, got received) {
	t.Helper()
	isJSON(t, got)
	var m struct {
		Text   string `json:"text"`
		Blocks []struct {
			Type string `json:"type"`
			Text struct {
				Type     string `json:"type"`
				Text     string `json:"text"`
				Emoji    *bool  `json:"emoji"`
				Verbatim bool   `json:"verbatim"`
			} `json:"text"`
		} `json:"blocks"`
		UnfurlLinks *bool `json:"unfurl_links"`
		UnfurlMedia *bool `json:"unfurl_media"`
	}
	strict(t, got.body, &m)
	if len(m.Blocks) != 2 || m.Blocks[0].Type != "header" || m.Blocks[0].Text.Type != "plain_text" || m.Blocks[0].Text.Verbatim ||
		m.Blocks[1].Type != "section" || m.Blocks[1].Text.Type != "mrkdwn" || m.Blocks[1].Text.Emoji != nil {
		t.Fatalf("blocks %+v", m.Blocks)
	}
	within(t, "fallback", m.Text, 4000)
	within(t, "header", m.Blocks[0].Text.Text, 150)
	within(t, "section", m.Blocks[1].Text.Text, 3000)
	onlyLinks(t, m.Text)
	onlyLinks(t, m.Blocks[1].Text.Text)
}

// unescaped returns Markdown without what is escaped.
func unescaped(text string) string {
	return regexp.MustCompile("\\\\[\\\\`*_{}\\[\\]()~|<#>+=-]").ReplaceAllString(text, "")
}

// checkMarkdown lets nothing through but bold text, and links to what is an
// address.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	rest := regexp.MustCompile(`\]\(https?://[^\s()<>]+\)`).ReplaceAllString(unescaped(text), "")
	rest = strings.NewReplacer("[Article", "", "[Marsad", "").Replace(rest)
	if stars := strings.Count(rest, "**"); stars > 2 || strings.ContainsAny(strings.ReplaceAll(rest, "**", ""), "*`[]~|") {
		t.Errorf("markup is left: %q", rest)
	}
	if regexp.MustCompile(`@[^\x{200b}]`).MatchString(rest) {
		t.Errorf("a mention: %q", rest)
	}
}

func checkMattermost(t *testing.T, _ string, got received) {
	t.Helper()
	isJSON(t, got)
	var m struct {
		Text string `json:"text"`
	}
	strict(t, got.body, &m)
	within(t, "text", m.Text, 16383)
	checkMarkdown(t, m.Text)
}

func checkDiscord(t *testing.T, _ string, got received) {
	t.Helper()
	isJSON(t, got)
	var m struct {
		Embeds []struct {
			Title       string    `json:"title"`
			URL         string    `json:"url"`
			Description string    `json:"description"`
			Timestamp   time.Time `json:"timestamp"`
		} `json:"embeds"`
		Mentions *struct {
			Parse *[]string `json:"parse"`
		} `json:"allowed_mentions"`
	}
	strict(t, got.body, &m)
	if m.Mentions == nil || m.Mentions.Parse == nil || len(*m.Mentions.Parse) != 0 {
		t.Errorf("mentions are allowed: %s", got.body)
	}
	if len(m.Embeds) != 1 {
		t.Fatalf("%d embeds", len(m.Embeds))
	}
	e := m.Embeds[0]
	within(t, "title", e.Title, 256)
	within(t, "description", e.Description, 4096)
	checkMarkdown(t, e.Title)
	checkMarkdown(t, e.Description)
	if regexp.MustCompile(`<[@#:/ta]`).MatchString(unescaped(e.Description)) {
		t.Errorf("Discord acts upon %q", e.Description)
	}
	checkLink(t, e.URL)
}

// checkLink wants an http address, or none.
func checkLink(t *testing.T, link string) {
	t.Helper()
	if link == "" {
		return
	}
	if u, err := url.Parse(link); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(link, "<>()\"'|*` ") {
		t.Errorf("link %q", link)
	}
}

func checkTeams(t *testing.T, _ string, got received) {
	t.Helper()
	isJSON(t, got)
	if len(got.body) > 28<<10 {
		t.Errorf("%d bytes", len(got.body))
	}
	var m struct {
		Type        string `json:"type"`
		Attachments []struct {
			ContentType string  `json:"contentType"`
			ContentURL  *string `json:"contentUrl"`
			Content     struct {
				Schema  string `json:"$schema"`
				Type    string `json:"type"`
				Version string `json:"version"`
				Body    []struct {
					Type    string `json:"type"`
					Inlines []struct {
						Type   string `json:"type"`
						Text   string `json:"text"`
						Size   string `json:"size"`
						Weight string `json:"weight"`
					} `json:"inlines"`
				} `json:"body"`
				Actions []struct {
					Type  string `json:"type"`
					Title string `json:"title"`
					URL   string `json:"url"`
				} `json:"actions"`
			} `json:"content"`
		} `json:"attachments"`
	}
	strict(t, got.body, &m)
	if m.Type != "message" || len(m.Attachments) != 1 || m.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		t.Fatalf("message %s", got.body)
	}
	card := m.Attachments[0].Content
	if card.Type != "AdaptiveCard" || card.Version != "1.4" || card.Schema != "http://adaptivecards.io/schemas/adaptive-card.json" || len(card.Body) < 2 {
		t.Errorf("card %+v", card)
	}
	for _, b := range card.Body {
		// A TextBlock would read Markdown.
		if b.Type != "RichTextBlock" || len(b.Inlines) != 1 || b.Inlines[0].Type != "TextRun" {
			t.Errorf("block %+v", b)
		}
		within(t, "run", b.Inlines[0].Text, 8000)
	}
	for _, a := range card.Actions {
		if a.Type != "Action.OpenUrl" || a.Title == "" || a.URL == "" {
			t.Errorf("action %+v", a)
		}
		checkLink(t, a.URL)
	}
}

// checkHTML lets through the tags that are named, closed in order, with http
// links, and the entities that Telegram knows.
func checkHTML(t *testing.T, text string, tags ...string) {
	t.Helper()
	var open []string
	rest := regexp.MustCompile(`<(/?)([a-z]+)( href="([^"<>]*)")?>`).ReplaceAllStringFunc(text, func(tag string) string {
		m := regexp.MustCompile(`<(/?)([a-z]+)( href="([^"<>]*)")?>`).FindStringSubmatch(tag)
		name := m[2]
		switch {
		case !slices.Contains(tags, name):
			t.Errorf("tag %s", tag)
		case name == "br":
		case m[1] == "":
			open = append(open, name)
			if name == "a" {
				checkLink(t, strings.ReplaceAll(m[4], "&amp;", "&"))
			}
		case len(open) == 0 || open[len(open)-1] != name:
			t.Errorf("%s closes nothing in %q", tag, text)
		default:
			open = open[:len(open)-1]
		}
		return ""
	})
	if len(open) > 0 {
		t.Errorf("%v are not closed in %q", open, text)
	}
	rest = regexp.MustCompile(`&(amp|lt|gt|quot|#[0-9]+);`).ReplaceAllString(rest, "")
	if strings.ContainsAny(rest, "<>&") {
		t.Errorf("not escaped: %q", rest)
	}
}

func checkTelegram(t *testing.T, _ string, got received) {
	t.Helper()
	isJSON(t, got)
	var m struct {
		ChatID    string `json:"chat_id"`
		Text      string `json:"text"`
		ParseMode string `json:"parse_mode"`
		Silent    bool   `json:"disable_notification"`
		Preview   struct {
			Disabled bool `json:"is_disabled"`
		} `json:"link_preview_options"`
	}
	strict(t, got.body, &m)
	if m.ChatID != "-1001234567890" || m.ParseMode != "HTML" || !m.Preview.Disabled {
		t.Errorf("message %s", got.body)
	}
	within(t, "text", m.Text, 4096)
	checkHTML(t, m.Text, "b", "a")
}

func checkMatrix(t *testing.T, id string, got received) {
	t.Helper()
	isJSON(t, got)
	if got.header != nil && id != "" {
		bearer(t, got, hookToken)
	}
	if len(got.body) > 60000 {
		t.Errorf("%d bytes", len(got.body))
	}
	var m struct {
		Type      string           `json:"msgtype"`
		Body      string           `json:"body"`
		Format    string           `json:"format"`
		Formatted string           `json:"formatted_body"`
		Mentions  *map[string]bool `json:"m.mentions"`
	}
	strict(t, got.body, &m)
	if m.Type != "m.text" || m.Format != "org.matrix.custom.html" || m.Mentions == nil || len(*m.Mentions) != 0 {
		t.Errorf("message %s", got.body)
	}
	within(t, "body", m.Body, 30000)
	within(t, "formatted body", m.Formatted, 30000)
	checkHTML(t, m.Formatted, "b", "a", "br")
}

func checkNtfy(t *testing.T, id string, got received) {
	t.Helper()
	if id != "" {
		bearer(t, got, "tk_"+hookToken)
		if got.header.Get("X-Sequence-Id") != id {
			t.Errorf("sequence id %q", got.header.Get("X-Sequence-Id"))
		}
	}
	if !regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`).MatchString(got.header.Get("X-Sequence-Id")) {
		t.Errorf("sequence id %q", got.header.Get("X-Sequence-Id"))
	}
	for k, vs := range got.header {
		if strings.ContainsFunc(strings.Join(vs, ""), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s is not ASCII: %q", k, vs)
		}
	}
	title, err := new(mime.WordDecoder).DecodeHeader(got.header.Get("Title"))
	if err != nil {
		t.Errorf("title: %v", err)
	}
	within(t, "title", title, 500)
	within(t, "message", string(got.body), 4096)
	if len(got.body) > 4096 {
		t.Errorf("message of %d bytes would become an attachment", len(got.body))
	}
	if p := got.header.Get("Priority"); !slices.Contains([]string{"2", "3", "5"}, p) {
		t.Errorf("priority %q", p)
	}
	checkLink(t, got.header.Get("Click"))
}

// tongues are the alerts of the golden files.
func tongues() map[string]alert.Alert {
	seen := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	make := func(lang, title, source string, words ...string) alert.Alert {
		id := item.NewID(lang)
		a := alert.Alert{
			ID: alert.NewID("border-wall", id), Watch: "border-wall", Query: "place:al-qaem theme:border-wall",
			To: []string{"desk"}, Story: id, Item: id, Revision: item.NewRevision(id, title),
			Title: title, Source: source, Feed: "wakala", Lang: lang,
			URL:       "https://news.example/" + lang + "/1?a=1&b=(2)_c",
			Published: seen.Add(-time.Hour), Seen: seen, PageURL: "https://marsad.example/items/" + string(id),
		}
		for i, clause := range []string{"place:al-qaem", "theme:border-wall"} {
			a.Why = append(a.Why, alert.Reason{Clause: clause, Field: "title", Text: words[i]})
		}
		return a
	}
	urgent := make("en", "Border wall & watchtowers reach <al-Qaem>", "Example Wire", "al-Qaem", "Border wall")
	urgent.Priority, urgent.Sample = alert.Urgent, true
	return map[string]alert.Alert{
		"ar":  make("ar", "جدار حدودي جديد يصل إلى القائم (صور)", "وكالة المثال", "القائم", "جدار حدودي"),
		"ckb": make("ckb", "دیواری سنووری نوێ گەیشتە قائیم", "ئاژانسی نموونە", "قائیم", "دیواری سنووری"),
		"en":  urgent,
	}
}

// Each service gets what its documentation asks for, once; the golden files show
// what people will read.
func TestServices(t *testing.T) {
	t.Parallel()
	for name, far := range farEnds() {
		for lang, a := range tongues() {
			t.Run(name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				id := alert.DeliveryID(a.ID, "desk")
				h := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request) {
					if r.Method != far.method || r.URL.RequestURI() != far.path(id) {
						t.Errorf("%s %s, want %s %s", r.Method, r.URL.RequestURI(), far.method, far.path(id))
					}
					far.ok(w)
				})
				h.Start()
				r := newRig(t, far.receiver(t, h.URL), nil, newQueue(a), newLedger())
				r.queue.done(t, 1)
				r.stop()
				requests := h.got()
				if len(requests) != 1 {
					t.Fatalf("%d requests: %s", len(requests), r.log)
				}
				far.check(t, id, requests[0])
				if ua := requests[0].header.Get("User-Agent"); ua != "Marsad/test" {
					t.Errorf("user agent %q", ua)
				}
				if d := r.record(t, a); d.State != alert.Delivered {
					t.Errorf("record %+v", d)
				}
				golden(t, "testdata/receivers/"+name+"."+lang+".golden", readable(requests[0]))
			})
		}
	}
}

// readable is a request as a person can review it.
func readable(got received) []byte {
	var b bytes.Buffer
	for _, k := range []string{"Content-Type", "Title", "Priority", "Tags", "Click"} {
		if v := got.header.Get(k); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", k, v)
			if plain, err := new(mime.WordDecoder).DecodeHeader(v); err == nil && plain != v {
				fmt.Fprintf(&b, "  = %s\n", plain)
			}
		}
	}
	b.WriteString("\n")
	var v any
	if json.Unmarshal(got.body, &v) != nil {
		b.Write(got.body)
		return append(b.Bytes(), '\n')
	}
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v)
	return b.Bytes()
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata/receivers", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

// What a service answers decides what becomes of the alert.
func TestServicesAnswer(t *testing.T) {
	t.Parallel()
	for name, far := range farEnds() {
		own := hookToken
		switch name {
		case alert.Telegram:
			own = botToken
		case alert.Ntfy:
			own = "tk_" + hookToken
		}
		// send lets the service give an answer and returns what came of it.
		send := func(t *testing.T, waits []time.Duration, answer func(n int, w http.ResponseWriter)) (*rig, *hook, alert.Alert) {
			t.Helper()
			h := newHook(t, func(n int, w http.ResponseWriter, _ *http.Request) { answer(n, w) })
			h.Start()
			a := sample("one", "desk")
			r := newRig(t, far.receiver(t, h.URL), waits, newQueue(a), newLedger())
			t.Cleanup(func() {
				var entries []byte
				for _, v := range r.ledger.m {
					entries = append(entries, v...)
				}
				if all := r.log.String() + string(entries); strings.Contains(all, own[:8]) {
					t.Errorf("a secret came out: %s", all)
				}
			})
			return r, h, a
		}
		t.Run(name+"/fails then takes it", func(t *testing.T) {
			t.Parallel()
			r, h, a := send(t, ms(1, 1, 1), func(n int, w http.ResponseWriter) {
				switch n {
				case 0:
					w.WriteHeader(500)
				case 1:
					far.repair(w)
				case 2:
					w.Header().Set("Location", "/elsewhere/"+hookToken)
					w.WriteHeader(http.StatusTemporaryRedirect)
				default:
					far.ok(w)
				}
			})
			r.queue.done(t, 1)
			r.stop()
			requests := h.got()
			if len(requests) != 4 {
				t.Fatalf("%d requests, want 4: %s", len(requests), r.log)
			}
			for _, got := range requests {
				far.check(t, alert.DeliveryID(a.ID, "desk"), got)
				if !bytes.Equal(got.body, requests[0].body) {
					t.Error("a retry has another body")
				}
			}
		})
		t.Run(name+"/busy", func(t *testing.T) {
			t.Parallel()
			r, h, a := send(t, ms(1), func(_ int, w http.ResponseWriter) { far.busy(w) })
			r.queue.until(t, func(_ []string, retried []retry) bool { return len(retried) == 1 })
			r.stop()
			if d := r.record(t, a); d.State != alert.Waiting || d.Next.Sub(d.Last) < 3590*time.Second || d.Next.Sub(d.Last) > 4000*time.Second {
				t.Errorf("record %+v, want it to wait for an hour", d)
			}
			if n := len(h.got()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
		t.Run(name+"/busy until a date", func(t *testing.T) {
			t.Parallel()
			r, _, a := send(t, ms(1), func(_ int, w http.ResponseWriter) {
				w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
				w.WriteHeader(503)
			})
			r.queue.until(t, func(_ []string, retried []retry) bool { return len(retried) == 1 })
			r.stop()
			if d := r.record(t, a); d.State != alert.Waiting || d.Next.Sub(d.Last) < 3590*time.Second {
				t.Errorf("record %+v, want it to wait for an hour", d)
			}
		})
		t.Run(name+"/refuses", func(t *testing.T) {
			t.Parallel()
			r, h, a := send(t, ms(1), func(_ int, w http.ResponseWriter) { far.refuse(w) })
			r.queue.done(t, 1)
			r.stop()
			if letter := r.deadLetter(t, a); !strings.Contains(letter.Reason, far.words) || len(h.got()) != 1 {
				t.Errorf("%d requests, reason %q; want one, %q", len(h.got()), letter.Reason, far.words)
			}
		})
		t.Run(name+"/gone", func(t *testing.T) {
			t.Parallel()
			if far.gone == nil {
				t.Skip("the service has no such answer")
			}
			r, _, _ := send(t, ms(1), func(_ int, w http.ResponseWriter) { far.gone(w) })
			r.queue.done(t, 1)
			if !r.Gone() {
				t.Error("the receiver goes on")
			}
		})
		t.Run(name+"/repeats our secrets", func(t *testing.T) {
			t.Parallel()
			// Whole, cut in two by a control character, and where the reason is cut.
			said := []string{
				"it is " + own + ", is it not", "it is " + own[:9] + "\u200b" + own[9:],
				strings.Repeat("x", 147) + own, strings.Repeat("x", 150) + own[:9] + "\u200b" + own[9:],
			}
			var bodies []string
			for _, words := range said {
				bodies = append(bodies, words,
					fmt.Sprintf(`{"ok":false,"description":"%[1]s","message":"%[1]s","error":"%[1]s"}`, words), fmt.Sprintf(`{"error":{"message":"%s"}}`, words))
			}
			for _, body := range bodies {
				r, _, a := send(t, nil, func(_ int, w http.ResponseWriter) { answers(400, body)(w) })
				r.queue.done(t, 1)
				r.stop()
				r.deadLetter(t, a)
			}
		})
	}
}

// A success that does not say so is none: a captive portal answers 200 as well.
func TestServicesConfirm(t *testing.T) {
	t.Parallel()
	for _, name := range []string{alert.Telegram, alert.Matrix} {
		far := farEnds()[name]
		h := newHook(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				answers(200, "<html>Please log in</html>")(w)
				return
			}
			far.ok(w)
		})
		h.Start()
		a := sample("one", "desk")
		r := newRig(t, far.receiver(t, h.URL), ms(1), newQueue(a), newLedger())
		r.queue.done(t, 1)
		r.stop()
		if d := r.record(t, a); d.State != alert.Delivered || d.Tries != 2 {
			t.Errorf("%s: record %+v, want it tried twice", name, d)
		}
	}
}

// A server with a certificate of one's own is trusted when ca_file says so.
func TestServicesOwnAuthority(t *testing.T) {
	t.Parallel()
	cert, caFile := certificate(t)
	far := farEnds()[alert.Ntfy]
	for file, want := range map[string]alert.State{caFile: alert.Delivered, "": alert.Dead} {
		h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) { far.ok(w) })
		h.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
		h.StartTLS()
		a := sample("one", "desk")
		receiver := far.receiver(t, h.URL)
		receiver.CAFile = file
		r := newRig(t, receiver, nil, newQueue(a), newLedger())
		r.queue.done(t, 1)
		r.stop()
		if d := r.record(t, a); d.State != want {
			t.Errorf("with ca_file %q: %+v", file, d)
		}
	}
}

// What machines and terminals are given, in three languages.
func TestPreviewGolden(t *testing.T) {
	t.Parallel()
	hook := alert.Receiver{Name: "desk", Type: alert.Webhook, URL: "https://example.org", SecretFile: secretFile(t, testSecret)}
	events := hook
	events.Format = "cloudevents"
	for name, r := range map[string]alert.Receiver{
		"webhook": hook, "cloudevents": events,
		"terminal": {Name: "desk", Type: alert.Terminal},
		"command":  {Name: "desk", Type: alert.Command, Command: []string{program(t, "")}},
	} {
		for lang, a := range tongues() {
			golden(t, "testdata/receivers/"+name+"."+lang+".golden", r.Preview(a))
		}
	}
}
