package demo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Message is an alert as the inbox received it.
type Message struct {
	// ID is the delivery's id, the same on each retry.
	ID    string
	Watch string
	Title string
	// Signature is "valid" or says what is wrong with it.
	Signature string
}

// An Inbox is a webhook receiver on loopback, so that the demo shows a delivery
// from end to end. It checks signatures as Standard Webhooks describes them.
type Inbox struct {
	listener net.Listener
	http     *http.Server
}

// ListenInbox opens a port of its own on 127.0.0.1; Run answers there and calls
// got for each message, from several goroutines at once. Ctx bounds the opening
// only.
func ListenInbox(ctx context.Context, secret []byte, got func(Message)) (*Inbox, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port for the inbox: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /inbox", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		m := Message{ID: r.Header.Get("webhook-id"), Signature: checkSignature(secret, r.Header, body)}
		var a struct {
			Watch, Title string
		}
		if json.Unmarshal(body, &a) == nil {
			m.Watch, m.Title = a.Watch, a.Title
		}
		got(m)
		w.WriteHeader(http.StatusNoContent)
	})
	return &Inbox{listener: l, http: &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}}, nil
}

// URL is where alerts are posted.
func (i *Inbox) URL() string { return "http://" + i.listener.Addr().String() + "/inbox" }

// Run answers until ctx ends, then returns nil. It may be called once.
func (i *Inbox) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { i.http.Close() })()
	if err := i.http.Serve(i.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the inbox: %w", err)
	}
	return nil
}

// Close closes the port at once, whether or not Run was called.
func (i *Inbox) Close() error {
	return errors.Join(i.http.Close(), ignoreClosed(i.listener.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// checkSignature tells whether one of the signatures is the HMAC-SHA256 of
// "id.timestamp.body" (Standard Webhooks, v1).
func checkSignature(secret []byte, h http.Header, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for got := range strings.FieldsSeq(h.Get("webhook-signature")) {
		if hmac.Equal([]byte(got), []byte(want)) {
			return "valid"
		}
	}
	return "NOT valid"
}
