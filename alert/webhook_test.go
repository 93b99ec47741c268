package alert_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"marsad/alert"
)

// A hook is a webhook's far end. answer decides on the n-th request (from 0).
type hook struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

type received struct {
	header http.Header
	body   []byte
}

func newHook(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read request: %v", err)
		}
		h.mu.Lock()
		n := len(h.requests)
		h.requests = append(h.requests, received{r.Header.Clone(), body})
		h.mu.Unlock()
		answer(n, w, r)
	}))
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(h.Close)
	return h
}

func (h *hook) got() []received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]received(nil), h.requests...)
}

func ok(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }

// rig is a courier to a webhook on loopback, with its queue, ledger and log.
type rig struct {
	*alert.Courier
	queue  *queue
	ledger *ledger
	log    *syncBuffer
	stop   func()
}

func newRig(t *testing.T, r alert.Receiver, waits []time.Duration, q *queue, l *ledger) *rig {
	t.Helper()
	out := &rig{queue: q, ledger: l, log: &syncBuffer{}}
	if r.Name == "" {
		r.Name = "desk"
	}
	if r.Type == "" {
		r.Type = alert.Webhook
	}
	if r.SecretFile == "" && r.Type == alert.Webhook {
		r.SecretFile = secretFile(t, testSecret)
	}
	if r.AllowPrivate == nil && r.Type != alert.Command {
		r.AllowPrivate = []string{"127.0.0.1"}
	}
	var err error
	out.Courier, err = alert.NewCourier(t.Context(), alert.CourierOptions{
		Receiver: r, Retry: waits, Queue: q, Ledger: l, UserAgent: "Marsad/test",
		Log: newLog(out.log),
	})
	if err != nil {
		t.Fatal(err)
	}
	out.stop = start(t, out.Courier)
	return out
}

func (r *rig) record(t *testing.T, a alert.Alert) alert.Delivery {
	t.Helper()
	list, err := alert.Deliveries(t.Context(), r.ledger, r.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Alert == a.ID {
			return d
		}
	}
	t.Fatalf("the ledger knows nothing of alert %s", a.ID)
	return alert.Delivery{}
}

func (r *rig) deadLetter(t *testing.T, a alert.Alert) alert.DeadLetter {
	t.Helper()
	list, err := alert.DeadLetters(t.Context(), r.ledger, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("%d dead letters, want 1", len(list))
	}
	if diff := cmp.Diff(a, list[0].Content); diff != "" {
		t.Errorf("dead letter's alert (-want +got):\n%s", diff)
	}
	return list[0]
}

func ms(n ...int) []time.Duration {
	var out []time.Duration
	for _, n := range n {
		out = append(out, time.Duration(n)*time.Millisecond)
	}
	return out
}

func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) { ok(w) })
	h.Start()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{
		URL:        h.URL + "/hook?token=geheim",
		SecretFile: secretFile(t, testSecret+"\n"+anotherSecret()+"\n"),
	}, nil, newQueue(a), newLedger())
	r.queue.done(t, 1)

	requests := h.got()
	if len(requests) != 1 {
		t.Fatalf("%d requests, want 1", len(requests))
	}
	got := requests[0]
	for _, s := range []string{testSecret, anotherSecret()} {
		verifier, err := standardwebhooks.NewWebhook(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(got.body, got.header); err != nil {
			t.Errorf("the reference library, with secret %.10s…: %v", s, err)
		}
		tampered := append([]byte(" "), got.body...)
		if verifier.Verify(tampered, got.header) == nil {
			t.Error("a tampered body passes")
		}
	}
	want := map[string]string{
		"webhook-id":   alert.DeliveryID(a.ID, "desk"),
		"content-type": "application/json",
		"user-agent":   "Marsad/test",
	}
	for k, v := range want {
		if got.header.Get(k) != v {
			t.Errorf("%s: %q, want %q", k, got.header.Get(k), v)
		}
	}
	var back alert.Alert
	if err := json.Unmarshal(got.body, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, back); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if d := r.record(t, a); d.State != alert.Delivered || d.Tries != 1 || d.ID != alert.DeliveryID(a.ID, "desk") {
		t.Errorf("record %+v", d)
	}
}

func TestWebhookFailsThenArrives(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w http.ResponseWriter, r *http.Request){
		"500":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"502":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) },
		"401":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
		"404":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"418":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"307": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"not modified": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
		"reset": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			conn.Close()
		},
		"no HTTP": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "\x1b[2J who is there?\r\n\r\n")
			conn.Close()
		},
		"headers without end": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
			w.WriteHeader(200)
		},
		"hang": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}
	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHook(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/hook" {
					t.Errorf("request for %s: a redirect was followed", r.URL.Path)
				}
				if n < 2 {
					fail(w, r)
				} else {
					ok(w)
				}
			})
			h.Start()
			a := sample("one", "desk")
			// A short timeout only where it is what is tested: machines can be slow.
			timeout := 20 * time.Second
			if name == "hang" {
				timeout = 50 * time.Millisecond
			}
			r := newRig(t, alert.Receiver{URL: h.URL + "/hook", Timeout: timeout}, ms(1, 1, 1, 1, 1, 1), newQueue(a), newLedger())
			r.queue.done(t, 1)
			r.stop()

			requests := h.got()
			if len(requests) < 3 || name != "hang" && len(requests) != 3 {
				t.Fatalf("%d requests, want 3", len(requests))
			}
			for i, got := range requests {
				if id := got.header.Get("webhook-id"); id != alert.DeliveryID(a.ID, "desk") {
					t.Errorf("request %d has id %s: a retry must have the same", i, id)
				}
				if string(got.body) != string(requests[0].body) {
					t.Errorf("request %d has another body", i)
				}
			}
			if d := r.record(t, a); d.State != alert.Delivered || d.Reason != "" {
				t.Errorf("record %+v, want it delivered", d)
			}
			if strings.ContainsRune(r.log.String(), 0x1b) {
				t.Error("the reply's control characters are in the log")
			}
		})
	}
}

func TestWebhookIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	h.Start()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{URL: h.URL}, ms(1, 1), newQueue(a), newLedger())
	r.queue.done(t, 1)
	r.stop()
	if n := len(h.got()); n != 3 {
		t.Errorf("%d tries, want the first and two more", n)
	}
	letter := r.deadLetter(t, a)
	if want := "given up after 3 tries: answered 500 Internal Server Error"; letter.Reason != want || letter.Tries != 3 {
		t.Errorf("dead letter after %d tries: %q, want %q", letter.Tries, letter.Reason, want)
	}
	if d := r.record(t, a); d.State != alert.Dead {
		t.Errorf("record %+v, want it dead", d)
	}

	// After a restart the queue may have forgotten the acknowledgement.
	again := newRig(t, alert.Receiver{URL: h.URL}, ms(1, 1), newQueue(a), r.ledger)
	again.queue.done(t, 1)
	if n := len(h.got()); n != 3 {
		t.Errorf("a dead letter was sent again by itself (%d requests)", n)
	}
}

func TestWebhookRefusesTheAlert(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 405, 413, 415, 422, 501} {
		h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		h.Start()
		a := sample("one", "desk")
		r := newRig(t, alert.Receiver{URL: h.URL}, ms(1, 1), newQueue(a), newLedger())
		r.queue.done(t, 1)
		r.stop()
		if n := len(h.got()); n != 1 {
			t.Errorf("%d: %d tries, want 1", status, n)
		}
		if letter := r.deadLetter(t, a); !strings.Contains(letter.Reason, http.StatusText(status)) {
			t.Errorf("%d: reason %q", status, letter.Reason)
		}
	}
}

func TestWebhookGone(t *testing.T) {
	t.Parallel()
	var back atomic.Bool
	h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		if back.Load() {
			ok(w)
		} else {
			w.WriteHeader(http.StatusGone)
		}
	})
	h.Start()
	first, second := sample("one", "desk"), sample("two", "desk")
	q := newQueue(first)
	receiver := alert.Receiver{URL: h.URL, Parallel: 1}
	r := newRig(t, receiver, ms(1), q, newLedger())
	q.done(t, 1)
	if !r.Gone() {
		t.Error("Gone() = false after a 410")
	}
	if letter := r.deadLetter(t, first); letter.Reason != "answered 410 Gone" {
		t.Errorf("reason %q", letter.Reason)
	}
	if !strings.Contains(r.log.String(), "level=ERROR msg=\"receiver is gone") {
		t.Errorf("the operator was not told: %s", r.log.String())
	}
	r.stop()

	// It stays off after a restart, until it has a new address.
	q.put(second)
	r = newRig(t, receiver, ms(1), q, r.ledger)
	if !r.Gone() {
		t.Error("Gone() = false after a restart")
	}
	r.stop()
	if n := len(h.got()); n != 1 {
		t.Errorf("%d requests, want 1: nothing may be sent to a receiver that is gone", n)
	}
	moved := receiver
	moved.URL += "/new"
	if r = newRig(t, moved, ms(1), newQueue(), r.ledger); r.Gone() {
		t.Error("Gone() = true at a new address")
	}
	r.stop()

	// Or until somebody enables it; then what was waiting goes out.
	back.Store(true)
	r = newRig(t, receiver, ms(1), q, r.ledger)
	if err := r.Enable(t.Context()); err != nil {
		t.Fatal(err)
	}
	q.done(t, 2)
	if d := r.record(t, second); d.State != alert.Delivered {
		t.Errorf("record %+v, want it delivered", d)
	}

	// The dead letter goes out when asked for.
	if err := r.Redeliver(t.Context(), alert.DeliveryID(first.ID, "desk")); err != nil {
		t.Fatal(err)
	}
	if d := r.record(t, first); d.State != alert.Delivered || d.Tries != 2 {
		t.Errorf("record %+v, want it delivered at the second try", d)
	}
	if list, err := alert.DeadLetters(t.Context(), r.ledger, "desk"); err != nil || len(list) > 0 {
		t.Errorf("dead letters %v, %v; want none", list, err)
	}
	if err := r.Redeliver(t.Context(), alert.DeliveryID(first.ID, "desk")); err == nil {
		t.Error("Redeliver of what is not dead: no error")
	}
}

func TestRedeliverFails(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(n int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader([]int{400, 503}[min(n, 1)]) })
	h.Start()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{URL: h.URL}, nil, newQueue(a), newLedger())
	r.queue.done(t, 1)
	err := r.Redeliver(t.Context(), alert.DeliveryID(a.ID, "desk"))
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("Redeliver: %v, want the answer", err)
	}
	if letter := r.deadLetter(t, a); letter.Tries != 2 || letter.Reason != "answered 503 Service Unavailable" {
		t.Errorf("dead letter %+v", letter.Delivery)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	tests := []struct {
		header   string
		min, max time.Duration
	}{
		{"120", 110 * time.Second, 120 * time.Second},
		{time.Now().Add(2 * time.Hour).UTC().Format(http.TimeFormat), 119 * time.Minute, 2 * time.Hour},
		{"99999999999999999999999999", day - time.Minute, day},
		{"31536000", day - time.Minute, day},
		{"0", 0, 100 * time.Millisecond},
		{"-5", 0, 100 * time.Millisecond},
		{"soon", 0, 100 * time.Millisecond},
		{"Wed, 21 Oct 2015 07:28:00 GMT", 0, 100 * time.Millisecond},
		{"", 0, 100 * time.Millisecond},
	}
	for _, status := range []int{429, 503, 500} {
		for _, tt := range tests {
			h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", tt.header)
				w.WriteHeader(status)
			})
			h.Start()
			a := sample("one", "desk")
			r := newRig(t, alert.Receiver{URL: h.URL, Parallel: 1}, ms(1, 3600_000), newQueue(a), newLedger())
			r.queue.until(t, func(_ []string, retried []retry) bool { return len(retried) > 0 })
			r.stop()
			_, retried := r.queue.log()
			if in := retried[0].in; in < tt.min || in > tt.max {
				t.Errorf("%d, Retry-After %q: next try in %s, want between %s and %s", status, tt.header, in, tt.min, tt.max)
			}
		}
	}
}

func TestRetryAfterHoldsAllAlerts(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
	})
	h.Start()
	first, second := sample("one", "desk"), sample("two", "desk")
	q := newQueue(first)
	r := newRig(t, alert.Receiver{URL: h.URL, Parallel: 1}, ms(1), q, newLedger())
	q.until(t, func(_ []string, retried []retry) bool { return len(retried) == 1 })
	q.put(second)
	r.stop()
	if n := len(h.got()); n != 1 {
		t.Errorf("%d requests inside Retry-After, want 1", n)
	}

	// The ledger keeps the date, also over a restart.
	r = newRig(t, alert.Receiver{URL: h.URL, Parallel: 1}, ms(1), newQueue(first), r.ledger)
	r.queue.until(t, func(_ []string, retried []retry) bool { return len(retried) == 1 })
	r.stop()
	if _, retried := r.queue.log(); retried[0].in < 59*time.Minute {
		t.Errorf("after a restart the next try is in %s, want about an hour", retried[0].in)
	}
	if n := len(h.got()); n != 1 {
		t.Errorf("%d requests inside Retry-After, want 1", n)
	}
}

func TestWebhookTLS(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) { ok(w) })
	h.StartTLS() // signed by nobody we trust
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{URL: h.URL}, ms(1), newQueue(a), newLedger())
	r.queue.done(t, 1)
	if n := len(h.got()); n != 0 {
		t.Errorf("%d requests reached a server without a valid certificate", n)
	}
	if letter := r.deadLetter(t, a); !strings.Contains(letter.Reason, "TLS: the certificate is signed by an unknown authority") {
		t.Errorf("reason %q", letter.Reason)
	}
}

func TestWebhookPrivateAddresses(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) { ok(w) })
	h.Start()
	port := h.Listener.Addr().(*net.TCPAddr).Port
	tests := []struct {
		url   string
		allow []string
		want  string
	}{
		{"http://127.0.0.1:%d/", []string{"10.0.0.0/8"}, "is private or reserved"},
		{"http://localhost:%d/", []string{"10.0.0.0/8"}, "is private or reserved"},
		{"http://[::ffff:127.0.0.1]:%d/", []string{"10.0.0.0/8"}, "is private or reserved"},
		{"https://127.0.0.1:%d/", []string{}, "is private or reserved"},
		{"http://192.0.2.1:%d/", []string{"127.0.0.1"}, "is private or reserved"},
		{"http://8.8.8.8:%d/", []string{"127.0.0.1"}, "what is not encrypted goes only to addresses in allow_private"},
	}
	for _, tt := range tests {
		a := sample("one", "desk")
		address := strings.Replace(tt.url, "%d", itoa(port), 1)
		r := newRig(t, alert.Receiver{URL: address, AllowPrivate: tt.allow}, nil, newQueue(a), newLedger())
		r.queue.done(t, 1)
		r.stop()
		if letter := r.deadLetter(t, a); !strings.Contains(letter.Reason, tt.want) {
			t.Errorf("%s: reason %q, want %q", address, letter.Reason, tt.want)
		}
	}
	if n := len(h.got()); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

func TestWebhookEndlessReply(t *testing.T) {
	t.Parallel()
	h := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		chunk := make([]byte, 4096)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	h.Start()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{URL: h.URL, Timeout: 20 * time.Second}, nil, newQueue(a), newLedger())
	r.queue.done(t, 1)
	if d := r.record(t, a); d.State != alert.Delivered {
		t.Errorf("record %+v; the status was 200", d)
	}
}

// Whatever goes wrong, no part of a secret comes out: not in errors, logs or
// records.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	down, err := url.Parse(closed.URL)
	if err != nil {
		t.Fatal(err)
	}
	redirecting := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.String()+"&again=PATHTOKEN", http.StatusFound)
	})
	redirecting.Start()
	echo := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, r.URL.String()+"\r\n\r\n")
		conn.Close()
	})
	echo.Start()
	secrets := []string{"PATHTOKEN", "QUERYTOKEN", "PASSWORD", strings.TrimPrefix(testSecret, "whsec_")}
	for _, host := range []string{
		down.Host, redirecting.Listener.Addr().String(), echo.Listener.Addr().String(),
		"no-such-host.invalid", "127.0.0.1:1", "10.1.2.3",
	} {
		a := sample("one", "desk")
		r := newRig(t, alert.Receiver{
			URL:     "http://USER:PASSWORD@" + host + "/hooks/PATHTOKEN?key=QUERYTOKEN",
			Timeout: 5 * time.Second,
		}, ms(1), newQueue(a), newLedger())
		r.queue.done(t, 1)
		r.stop()
		letter := r.deadLetter(t, a)
		var entries []byte
		for _, v := range r.ledger.m {
			entries = append(entries, v...)
		}
		all := r.log.String() + letter.Reason + string(entries)
		for _, s := range secrets {
			if strings.Contains(all, s) {
				t.Errorf("%s: %s came out:\n%s", host, s, all)
			}
		}
		if letter.Reason == "" {
			t.Errorf("%s: dead without a reason", host)
		}
	}
}

// A receiver that hangs delays no other, and no alert waits for another's retry.
func TestOthersGoOn(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	hanging := newHook(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	hanging.Start()
	defer close(release)
	bad := sample("bad", "picky", "stuck")
	picky := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("webhook-id") == alert.DeliveryID(bad.ID, "picky") {
			w.WriteHeader(500)
			return
		}
		ok(w)
	})
	picky.Start()
	alerts := []alert.Alert{bad}
	for _, s := range []string{"a", "b", "c", "d", "e"} {
		alerts = append(alerts, sample(s, "picky", "stuck"))
	}
	stuck := newRig(t, alert.Receiver{Name: "stuck", URL: hanging.URL, Parallel: 2}, ms(3600_000), newQueue(alerts...), newLedger())
	r := newRig(t, alert.Receiver{Name: "picky", URL: picky.URL, Parallel: 1}, ms(3600_000), newQueue(alerts...), newLedger())
	r.queue.until(t, func(acked []string, retried []retry) bool { return len(acked) == 5 && len(retried) == 1 })
	if d := r.record(t, bad); d.State != alert.Waiting || time.Until(d.Next) < 59*time.Minute || d.Reason == "" {
		t.Errorf("record %+v, want it waiting for an hour", d)
	}
	if acked, _ := stuck.queue.log(); len(acked) != 0 {
		t.Errorf("the hanging receiver acknowledged %v", acked)
	}
}

// What is under way when the daemon stops is finished and not repeated.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	release := make(chan struct{})
	h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		ok(w)
	})
	h.Start()
	a := sample("one", "desk")
	l, q := newLedger(), newQueue(a)
	c, err := alert.NewCourier(t.Context(), alert.CourierOptions{
		Receiver: alert.Receiver{
			Name: "desk", Type: alert.Webhook, URL: h.URL,
			SecretFile: secretFile(t, testSecret), AllowPrivate: []string{"127.0.0.1"},
		},
		Queue: q, Ledger: l, Log: discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	<-arrived
	cancel()
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if acked, retried := q.log(); len(acked) != 1 || len(retried) != 0 {
		t.Errorf("acked %v, retried %v; want it done", acked, retried)
	}
}

// What does not finish in time is broken off, does not count as a try and is
// handed back at once.
func TestStopBreaksOffWhatHangs(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 10)
	h := newHook(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	h.Start()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{URL: h.URL, Timeout: 30 * time.Second}, ms(1), newQueue(a), newLedger())
	<-arrived
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if acked, retried := r.queue.log(); len(acked) != 0 || len(retried) != 1 || retried[0].in != 0 {
		t.Errorf("acked %v, retried %v; want it handed back at once", acked, retried)
	}
	if len(r.ledger.m) != 0 {
		t.Errorf("the ledger counts a try that was broken off")
	}
}
