package alert

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"marsad/internal/field"
)

// newWebhook posts alerts as JSON or CloudEvents, signed as Standard Webhooks
// has it.
func newWebhook(s *setup) sender {
	raw, at := s.URL, "url"
	if s.URLFile != "" || s.URLEnv != "" {
		if s.URL != "" {
			s.note(field.Errorf("url", "the address is given twice").Hintf("keep url, url_file or url_env"))
		}
		raw, at = s.word("url", s.URLFile, s.URLEnv, "")
	} else if raw == "" {
		s.note(field.Errorf("url", "the webhook's address is missing").Hintf("for example https://example.org/hooks/marsad"))
	}
	u := s.parseURL(at, raw)
	encode := s.encoding()
	svc := s.service(u)
	secrets := s.signing()
	svc.compose = func(id string, a Alert) request {
		kind, body := encode(id, a)
		return request{http.MethodPost, u.String(), map[string]string{"Content-Type": kind, "Webhook-Id": id}, body}
	}
	svc.sign = func(h http.Header, id string, at time.Time, body []byte) {
		h.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
		h.Set("Webhook-Signature", signatures(secrets, id, at, body))
	}
	return svc
}

// encoding returns what turns an alert into a content type and a body.
func (s *setup) encoding() func(id string, a Alert) (contentType string, body []byte) {
	switch s.Format {
	case "", "json":
	case "cloudevents":
		return cloudEvent
	default:
		s.note(field.Errorf("format", "%q is no format", s.Format).Hintf("use json or cloudevents"))
	}
	return func(_ string, a Alert) (string, []byte) { return "application/json", encodeJSON(a) }
}

// encodeJSON encodes what holds nothing that JSON cannot say.
func encodeJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode alert: %s", err)) // a time after the year 9999; the courier turns it into a failure
	}
	return body
}

// signatures returns the header's value: one signature for each secret, so that
// a receiver can verify with either while the secret is being changed.
func signatures(secrets []secret, id string, at time.Time, body []byte) string {
	var b strings.Builder
	for i, s := range secrets {
		if i > 0 {
			b.WriteByte(' ')
		}
		mac := hmac.New(sha256.New, s.key)
		fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		mac.Write(body)
		b.WriteString("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return b.String()
}
