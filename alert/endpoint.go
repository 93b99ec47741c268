package alert

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"marsad/internal/printable"
	"marsad/internal/safedial"
)

const (
	maxReply    = 64 << 10
	maxHeaders  = 64 << 10
	maxWords    = 160 // runes of a reply that go into a reason
	minPiece    = 8   // bytes of a part of an address that may be a token
	dialTimeout = 10 * time.Second
)

// A service takes an alert as one HTTP request.
type service struct {
	client *http.Client
	agent  string
	// bearer is a token that goes along in Authorization, hidden is what no
	// error may show.
	bearer string
	hidden []string

	// compose builds the request, without what is secret or depends on the time.
	compose func(id string, a Alert) request
	// sign adds headers that depend on the time of the try; it may be nil.
	sign func(h http.Header, id string, at time.Time, body []byte)
	// judge says what a reply means; nil is judge by the status alone.
	judge func(r reply) *failure
}

// A request is what a service is sent.
type request struct {
	method string
	url    string
	header map[string]string
	body   []byte
}

// A reply is what came back: as much of the body as is read, and when.
type reply struct {
	status int
	header http.Header
	body   []byte
	at     time.Time
}

func (r reply) ok() bool { return r.status/100 == 2 }

// service returns a service that reaches the address u, without compose.
func (s *setup) service(u *url.URL) *service {
	guard := s.guard()
	return &service{
		agent: s.agent,
		client: &http.Client{
			// No Proxy: it would hide the address from the guard. No cookies.
			Transport: &http.Transport{
				DialContext:            dialer(guard, u.Scheme != "https").DialContext,
				TLSClientConfig:        s.trust(),
				TLSHandshakeTimeout:    dialTimeout,
				ForceAttemptHTTP2:      true,
				DisableCompression:     true,
				MaxIdleConnsPerHost:    s.slots(),
				IdleConnTimeout:        90 * time.Second,
				MaxResponseHeaderBytes: maxHeaders,
			},
			// A redirect would carry the alert to a place nobody configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// listedOnly lets connections through to networks that are listed, and to no
// others: without TLS everyone on the way could read along.
func listedOnly(guard safedial.Guard) func(string, string, syscall.RawConn) error {
	return func(network, address string, conn syscall.RawConn) error {
		if err := guard.Control(network, address, conn); err != nil {
			return err
		}
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !guard.Allowed(ap.Addr()) {
			return errors.New("what is not encrypted goes only to addresses in allow_private; use TLS")
		}
		return nil
	}
}

func (s *service) preview(id string, a Alert) []byte {
	r := s.compose(id, a)
	var b bytes.Buffer
	keys := make([]string, 0, len(r.header))
	for k := range r.header {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b.WriteString(k + ": " + r.header[k] + "\n")
	}
	b.WriteString("\n")
	b.Write(r.body)
	return b.Bytes()
}

func (s *service) send(ctx context.Context, id string, a Alert) error {
	r := s.compose(id, a)
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return &failure{reason: s.explain(err, nil)}
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	req.Header.Set("User-Agent", s.agent)
	if s.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+s.bearer)
	}
	now := time.Now()
	if s.sign != nil {
		s.sign(req.Header, id, now, r.body)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return &failure{reason: s.explain(err, req.URL)}
	}
	defer resp.Body.Close()
	// Read to the end, so that the connection can be used again.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	answer := reply{resp.StatusCode, resp.Header, body, now}
	judge := s.judge
	if judge == nil {
		judge = byStatus
	}
	f := judge(answer)
	if f == nil {
		return nil
	}
	if words := shown(f.words, s.secrets(req.URL), maxWords); words != "" {
		f.reason += ": " + words
	}
	return f
}

// byStatus says what a reply means; nil is success. What an operator repairs
// while we wait (wrong token, wrong path, a redirect, a crash) is tried again;
// only answers that refuse this very body, which would be the same next time,
// end it.
func byStatus(r reply) *failure {
	if r.ok() {
		return nil
	}
	f := &failure{reason: "answered " + strconv.Itoa(r.status)}
	if text := http.StatusText(r.status); text != "" {
		f.reason += " " + text
	}
	switch r.status {
	case http.StatusGone:
		f.verdict = gone
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		f.verdict = refused
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		f.busy = true
	}
	if r.status/100 == 3 {
		f.reason += "; redirects are not followed, set url to the new address"
	}
	f.after = retryAfter(r.header.Get("Retry-After"), r.at)
	return f
}

// wait asks for a pause of so many seconds at least, as some services do in the
// body of their reply.
func (f *failure) wait(seconds float64) {
	if seconds > 0 {
		d := maxWait
		if seconds < maxWait.Seconds() {
			d = time.Duration(seconds * float64(time.Second))
		}
		f.after = max(f.after, d)
	}
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

// explain puts a transport's error into one line without the address u, which
// may hold a token: net/http quotes it in full.
func (s *service) explain(err error, u *url.URL) string {
	if text, ok := plainCause(err); ok {
		return text
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if u == nil {
		return "the request cannot be built; check the receiver's keys"
	}
	return shown(err.Error(), s.secrets(u), 200)
}

// plainCause names the usual troubles of a connection in words of ours.
func plainCause(err error) (string, bool) {
	var timeout interface{ Timeout() bool }
	var blocked *safedial.BlockedError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var dns *net.DNSError
	switch {
	case errors.As(err, &blocked):
		return blocked.Error(), true
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time", true
	case errors.As(err, &unknown):
		return "TLS: the certificate is signed by an unknown authority", true
	case errors.As(err, &host):
		return "TLS: the certificate is for another host", true
	case errors.As(err, &dns):
		return "the host's name cannot be resolved", true
	}
	return "", false
}

// secrets is what no error may show: every part of the address but its host,
// whole and in pieces, and the tokens.
func (s *service) secrets(u *url.URL) []string {
	password, _ := u.User.Password()
	parts := append([]string{u.String(), u.RequestURI(), u.RawQuery, u.Path, password, u.User.Username(), s.bearer}, s.hidden...)
	for _, piece := range strings.FieldsFunc(u.Path+"?"+u.RawQuery, func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
		if len(piece) >= minPiece {
			parts = append(parts, piece)
		}
	}
	return parts
}

// shown is foreign text as it may stand in a log: without the secrets, one line,
// cut.
func shown(text string, secrets []string, most int) string {
	text = printable.Clean(text) // first, or a secret in pieces would be put together
	for _, part := range secrets {
		if len(part) > 1 { // one letter is no secret
			text = strings.ReplaceAll(text, part, redacted)
		}
	}
	return printable.Line(text, most)
}

// postJSON is the request that most services take.
func postJSON(u *url.URL, v any) request {
	return request{http.MethodPost, u.String(), map[string]string{"Content-Type": "application/json"}, encodeJSON(v)}
}

// decodeReply reads a reply's JSON; what does not fit stays zero.
func decodeReply[T any](r reply) (v T) {
	if json.Unmarshal(r.body, &v) != nil {
		return *new(T)
	}
	return v
}
