package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"marsad/internal/printable"
	"marsad/internal/safedial"
)

// A webhook posts alerts as JSON, signed as Standard Webhooks has it.
type webhook struct {
	url     string
	secrets []secret
	agent   string
	client  *http.Client
}

const (
	maxReply   = 64 << 10
	maxHeaders = 64 << 10
)

func newWebhook(r Receiver, slots int, agent string) (*webhook, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, errors.New("the url is no web address")
	}
	secrets, mistake := r.secrets()
	if mistake != nil {
		return nil, mistake
	}
	guard, err := safedial.New(r.AllowPrivate)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: guard.Control}
	if u.Scheme != "https" {
		dialer.Control = plainHTTP(guard)
	}
	return &webhook{
		url:     r.URL,
		secrets: secrets,
		agent:   agent,
		client: &http.Client{
			// No Proxy: it would hide the address from the guard. No cookies.
			Transport: &http.Transport{
				DialContext:            dialer.DialContext,
				TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout:    10 * time.Second,
				ForceAttemptHTTP2:      true,
				DisableCompression:     true,
				MaxIdleConnsPerHost:    slots,
				IdleConnTimeout:        90 * time.Second,
				MaxResponseHeaderBytes: maxHeaders,
			},
			// A redirect would carry the alert to a place nobody configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// plainHTTP lets connections through to networks that are listed, and to no
// others: without TLS everyone on the way could read along.
func plainHTTP(guard safedial.Guard) func(string, string, syscall.RawConn) error {
	return func(network, address string, conn syscall.RawConn) error {
		if err := guard.Control(network, address, conn); err != nil {
			return err
		}
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !guard.Allowed(ap.Addr()) {
			return errors.New("plain http goes only to addresses in allow_private; use https")
		}
		return nil
	}
}

func (w *webhook) send(ctx context.Context, id string, a Alert) error {
	body, err := json.Marshal(a)
	if err != nil {
		return &failure{verdict: refused, reason: "encode alert: " + err.Error()}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return &failure{reason: w.redact(err)}
	}
	now := time.Now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", w.agent)
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("Webhook-Signature", signatures(w.secrets, id, now, body))

	resp, err := w.client.Do(req)
	if err != nil {
		return &failure{reason: w.redact(err)}
	}
	defer resp.Body.Close()
	// Read so that the connection can be used again; the answer is the status.
	_, _ = io.CopyN(io.Discard, resp.Body, maxReply)
	if resp.StatusCode/100 == 2 {
		return nil
	}
	return answer(resp, now)
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

// answer says what a reply other than 2xx means. What an operator repairs while
// we wait (wrong token, wrong path, a redirect, a crash) is tried again; only
// answers that refuse this very body, which would be the same next time, end it.
func answer(resp *http.Response, now time.Time) *failure {
	f := &failure{reason: "answered " + strconv.Itoa(resp.StatusCode)}
	if text := http.StatusText(resp.StatusCode); text != "" {
		f.reason += " " + text
	}
	switch resp.StatusCode {
	case http.StatusGone:
		f.verdict = gone
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		f.verdict = refused
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		f.busy = true
	}
	if resp.StatusCode/100 == 3 {
		f.reason += "; redirects are not followed, set url to the new address"
	}
	f.after = retryAfter(resp.Header.Get("Retry-After"), now)
	return f
}

// retryAfter reads a Retry-After header, seconds or a date; 0 when it says
// nothing that can be read.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n > int64(maxWait/time.Second) {
			return maxWait
		}
		return time.Duration(n) * time.Second
	}
	t, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(t.Sub(now), 0), maxWait)
}

// redact puts a transport's error into one line without the address, which may
// hold a token: net/http quotes it in full.
func (w *webhook) redact(err error) string {
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "no answer in time"
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	var blocked *safedial.BlockedError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var dns *net.DNSError
	switch {
	case errors.As(err, &blocked):
		return blocked.Error()
	case errors.As(err, &unknown):
		return "TLS: the certificate is signed by an unknown authority"
	case errors.As(err, &host):
		return "TLS: the certificate is for another host"
	case errors.As(err, &dns):
		return "the host's name cannot be resolved"
	}
	text := err.Error()
	if u, err := url.Parse(w.url); err == nil {
		password, _ := u.User.Password()
		for _, part := range []string{w.url, u.RequestURI(), u.RawQuery, u.Path, password, u.User.Username()} {
			if len(part) > 1 {
				text = strings.ReplaceAll(text, part, redacted)
			}
		}
	}
	return printable.Clip(printable.Clean(text), 200)
}
