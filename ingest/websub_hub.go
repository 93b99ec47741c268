package ingest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxHubReply is how much is read of a hub's answer.
	maxHubReply     = 2 << 10
	maxHubRedirects = 3
)

// A hubClient asks hubs, within the limits that hold for feeds too. Safe for
// concurrent use.
type hubClient struct{ *fetcher }

// A hubError is why a hub does not do what it was asked.
type hubError struct {
	// what is a sentence without its full stop.
	what string
	// refused says that asking again soon is of no use.
	refused bool
	// retryAfter is the wait that the hub asks for, busy that for a turn at its
	// host, without which it was not asked; else 0.
	retryAfter, busy time.Duration
}

// ask sends a request for the subscription to its hub. The end of ctx is an
// error too. Whether the hub does what it says is another matter: it is to ask
// back.
func (h hubClient) ask(ctx context.Context, feed Feed, sub PushSubscription, mode string) *hubError {
	hub, err := url.Parse(sub.Hub)
	if err != nil {
		return &hubError{what: "the hub's address cannot be read", refused: true}
	}
	client, err := h.clients.client(feed.AllowPrivate)
	if err != nil {
		return &hubError{what: err.Error(), refused: true}
	}
	if !feed.ownServer() {
		host := hostKey(hub)
		if busy := h.turn(ctx, host); busy > 0 {
			return &hubError{what: "the hub's host is busy", busy: busy}
		}
		defer func() { h.hosts.done(host, time.Now()) }()
	}
	limited, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	form := url.Values{"hub.mode": {mode}, "hub.topic": {sub.Topic}, "hub.callback": {sub.Callback}}
	if mode == "subscribe" {
		form.Set("hub.secret", sub.Secret)
		form.Set("hub.lease_seconds", strconv.Itoa(int(wantedLease.Seconds())))
	}
	req, err := http.NewRequestWithContext(limited, http.MethodPost, sub.Hub, strings.NewReader(form.Encode()))
	if err != nil {
		return &hubError{what: "the hub's address cannot be read", refused: true}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", h.userAgent)
	own := *client
	own.CheckRedirect = checkHubRedirect
	resp, err := own.Do(req)
	if err != nil {
		e := asError(h.connectError(ctx, hub, err))
		return &hubError{what: "the hub cannot be asked: " + e.What}
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		return nil
	}
	reply, _ := io.ReadAll(io.LimitReader(resp.Body, maxHubReply)) // half a reason is better than none
	e := &hubError{what: fmt.Sprintf("the hub answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))}
	if kind := resp.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/plain") || strings.HasPrefix(kind, "application/json") {
		if why := fromHub(string(reply)); why != "" {
			e.what += ": " + why
		}
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.retryAfter = retryAfter(resp.Header.Get("Retry-After"))
	default:
		e.refused = resp.StatusCode/100 != 5
	}
	return e
}

// turn waits a little for a turn at host; it returns for how long there is none,
// 0 when it has been taken.
func (h hubClient) turn(ctx context.Context, host string) time.Duration {
	wait, ok := h.hosts.take(host, time.Now(), false)
	if ok {
		return 0
	}
	if wait > maxTurnWait {
		return wait
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return wait
	case <-timer.C:
	}
	if wait, ok = h.hosts.take(host, time.Now(), true); ok {
		return 0
	}
	return wait
}

// checkHubRedirect follows what keeps the request and the secret in it as they
// are: 307 and 308, and from https to https only.
func checkHubRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	port := req.URL.Port()
	if len(via) > maxHubRedirects || req.Method != http.MethodPost ||
		first.Scheme == "https" && req.URL.Scheme != "https" ||
		port != "" && port != "80" && port != "443" && !sameHost(req.URL, first) {
		return http.ErrUseLastResponse
	}
	req.Header.Del("Referer")
	return nil
}

// fromHub is what a hub writes, as one short line.
func fromHub(s string) string {
	return clip(oneLine(strings.ToValidUTF8(s, "")), 200)
}
