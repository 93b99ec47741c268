package pipeline_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"marsad/ingest"
)

// From the hub in a document to a searchable article: subscribed, confirmed and
// pushed through the public address, remembered over a restart.
func TestPushed(t *testing.T) {
	var mu sync.Mutex
	var asked url.Values
	items := 1
	web := sites{
		"pushed.example": func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			head := `<channel><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>` +
				`<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://pushed.example/rss.xml"/>`
			fmt.Fprint(w, strings.Replace(rss(1, items), "<channel>", head, 1))
		},
		"hub.example": func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if err := r.ParseForm(); err == nil {
				asked = r.PostForm
			}
			w.WriteHeader(http.StatusAccepted)
		},
	}
	form := func() url.Values {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
	c := testConfig(t.TempDir())
	c.Ingest.CallbackURL = "https://marsad.example"
	// One's own server may be asked again within seconds; the next poll of its
	// own is a day away.
	c.Ingest.Feeds = []ingest.Feed{{Name: "pushed", URL: "https://pushed.example/rss.xml", AllowPrivate: []string{"127.0.0.0/8"}, Interval: 24 * time.Hour}}
	p, client := startWeb(t, c, web)
	send := func(method, query, signature, body string) (int, string) {
		t.Helper()
		path := strings.TrimPrefix(form().Get("hub.callback"), "https://marsad.example")
		req, err := http.NewRequestWithContext(t.Context(), method, p.URL()+path+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "marsad.example"
		req.Header.Set("X-Hub-Signature", signature)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		reply, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(reply)
	}
	push := func() {
		t.Helper()
		mac := hmac.New(sha256.New, []byte(form().Get("hub.secret")))
		mac.Write([]byte("changed"))
		if code, _ := send(http.MethodPost, "", "sha256="+hex.EncodeToString(mac.Sum(nil)), "changed"); code != http.StatusAccepted {
			t.Errorf("a push is answered %d", code)
		}
	}

	p.until("the hub is asked", 20*time.Second, func() bool { return form() != nil })
	query := "?hub.mode=subscribe&hub.challenge=abc&hub.lease_seconds=864000&hub.topic=" + url.QueryEscape(form().Get("hub.topic"))
	if code, reply := send(http.MethodGet, query, "", ""); code != http.StatusOK || reply != "abc" {
		t.Fatalf("the hub is answered %d %q", code, reply)
	}
	if code, _ := send(http.MethodGet, query+"x", "", ""); code != http.StatusNotFound {
		t.Errorf("another topic is answered %d", code)
	}
	p.until("the status tells of it", 20*time.Second, func() bool {
		feeds, err := client.Feeds(t.Context())
		return err == nil && feeds.Feeds[0].Hub == "https://hub.example/" && time.Until(feeds.Feeds[0].PushUntil) > 200*time.Hour
	})
	mu.Lock()
	items = 2
	mu.Unlock()
	push()
	p.until("what was pushed is found", 20*time.Second, func() bool { return p.search("number2").Total == 1 })
	before := form().Encode()
	p.stop()

	p, _ = startWeb(t, c, web)
	mu.Lock()
	items = 3
	mu.Unlock()
	push()
	p.until("what is pushed after a restart is found", 20*time.Second, func() bool { return p.search("number3").Total == 1 })
	if form().Encode() != before {
		t.Error("the hub was asked again after a restart")
	}
}
