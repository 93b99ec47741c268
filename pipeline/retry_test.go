package pipeline_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"marsad/alert"
	"marsad/ingest"
	"marsad/server"
)

// An alert that a receiver refused is a dead letter with its reason, and can be
// sent again once the receiver is mended.
func TestDeadLetterIsSentAgain(t *testing.T) {
	var last atomic.Int64
	last.Store(1)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, rss(1, int(last.Load())))
	}))
	defer feed.Close()
	var mended atomic.Bool
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !mended.Load() {
			http.Error(w, "no", http.StatusUnprocessableEntity)
		}
	}))
	defer hook.Close()
	t.Setenv("MARSAD_TEST_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	c := testConfig(t.TempDir(), ingest.Feed{Name: "one", URL: feed.URL})
	c.Alert.Receivers = []alert.Receiver{{Name: "hook", Type: alert.Webhook, URL: hook.URL, SecretEnv: "MARSAD_TEST_SECRET", AllowPrivate: []string{"127.0.0.0/8"}}}
	c.Alert.Watches = []alert.Watch{{ID: "wall", Query: "place:al-qaem", To: []string{"hook"}}}
	p := start(t, c, nil)
	client := server.Client{URL: p.URL()}
	p.until("the first fetch searchable", time.Minute, func() bool { return p.search("*").Total == 1 })
	last.Store(2)

	dead := func(ctx context.Context) []alert.DeadLetter {
		got, err := client.Dead(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return got.Dead
	}
	p.until("a dead letter", time.Minute, func() bool { return len(dead(t.Context())) == 1 })
	letter := dead(t.Context())[0]
	if !strings.Contains(letter.Reason, "422") {
		t.Errorf("reason %q", letter.Reason)
	}
	var problem *server.Problem
	if err := client.Retry(t.Context(), letter.ID); !errors.As(err, &problem) || problem.Status != http.StatusBadGateway {
		t.Errorf("a retry that fails: %v", err)
	}
	mended.Store(true)
	if err := client.Retry(t.Context(), letter.ID); err != nil {
		t.Error(err)
	}
	if left := dead(t.Context()); len(left) > 0 {
		t.Errorf("still dead: %+v", left)
	}
	if err := client.Retry(t.Context(), letter.ID); err == nil || !strings.Contains(err.Error(), "no dead letter") {
		t.Errorf("one that is no more: %v", err)
	}
}
