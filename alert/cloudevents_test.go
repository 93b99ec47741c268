package alert_test

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"marsad/alert"
)

// The structured mode of CloudEvents 1.0, field by field as its specification
// asks, signed like every webhook.
func TestCloudEvents(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			w.WriteHeader(500)
			return
		}
		ok(w)
	})
	h.Start()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{URL: h.URL, Format: "cloudevents"}, ms(1), newQueue(a), newLedger())
	r.queue.done(t, 1)
	r.stop()
	requests := h.got()
	if len(requests) != 2 || string(requests[0].body) != string(requests[1].body) {
		t.Fatalf("%d requests, want the same twice", len(requests))
	}
	got := requests[1]
	if kind, params, err := mime.ParseMediaType(got.header.Get("Content-Type")); err != nil || kind != "application/cloudevents+json" || params["charset"] != "utf-8" {
		t.Errorf("content type %q", got.header.Get("Content-Type"))
	}
	verifier, err := standardwebhooks.NewWebhook(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(got.body, got.header); err != nil {
		t.Error(err)
	}
	var e map[string]json.RawMessage
	if err := json.Unmarshal(got.body, &e); err != nil {
		t.Fatal(err)
	}
	text := func(name string) string {
		var s string
		if err := json.Unmarshal(e[name], &s); err != nil || s == "" {
			t.Errorf("%s is no text: %s", name, e[name])
		}
		return s
	}
	for name, want := range map[string]string{
		"specversion": "1.0", "id": alert.DeliveryID(a.ID, "desk"), "type": "marsad.alert",
		"source": "/marsad/watches/border-wall", "subject": string(a.Story), "datacontenttype": "application/json",
	} {
		if v := text(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
	if u, err := url.Parse(text("source")); err != nil || u.String() == "" {
		t.Errorf("source is no URI reference: %v", err)
	}
	if at, err := time.Parse(time.RFC3339, text("time")); err != nil || !at.Equal(a.Seen) {
		t.Errorf("time %s: %v", e["time"], err)
	}
	for name := range e {
		if !regexp.MustCompile(`^[a-z0-9]{1,20}$`).MatchString(name) {
			t.Errorf("attribute %q", name)
		}
	}
	var back alert.Alert
	if err := json.Unmarshal(e["data"], &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, back); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}

	// Without a time there is no attribute: an empty one would be no timestamp.
	untimed := alert.Receiver{Name: "desk", Type: alert.Webhook, URL: "https://example.org", SecretFile: secretFile(t, testSecret), Format: "cloudevents"}.
		Preview(alert.Alert{Watch: "w"})
	if strings.Contains(string(untimed), `"time"`) || !strings.Contains(string(untimed), `"specversion":"1.0"`) {
		t.Errorf("%s", untimed)
	}
}
