package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"marsad/item"
)

// A Client asks a running daemon. What the daemon refuses is returned as a
// *Problem; a daemon that is not there as the network's error (errors.Is
// syscall.ECONNREFUSED). It is a value and safe for concurrent use.
type Client struct {
	// URL is the daemon's address: "http://127.0.0.1:8080".
	URL string
	// Token is sent as Bearer when not empty.
	Token string
	// HTTP makes the requests; nil is a client with a timeout of a minute.
	HTTP *http.Client
}

// SearchParams are the parameters of a search; what is zero is the server's
// default.
type SearchParams struct {
	Query  string
	Limit  int    // 1 to 200
	Cursor string // Results.Next of the page before
	Sort   string // "date", "score" or "seen"
	Facets bool
	// Collapse asks for one article a story.
	Collapse bool
	// Histogram is "day", "week", "month", "auto" or "" for none.
	Histogram string
}

const (
	clientTimeout = time.Minute
	maxReply      = 256 << 20
)

// Search returns one page of what is found.
func (c Client) Search(ctx context.Context, p SearchParams) (Results, error) {
	v := p.values()
	if p.Facets {
		v.Set("facets", "1")
	}
	if p.Histogram != "" {
		v.Set("histogram", p.Histogram)
	}
	var out Results
	return out, c.get(ctx, "/api/v1/search?"+v.Encode(), &out)
}

// Export calls each with everything that is found, or the first p.Limit, as it
// comes; Facets and Histogram have no effect. It ends with each's first error, or
// an error when the daemon could not send all.
func (c Client) Export(ctx context.Context, p SearchParams, each func(Hit) error) error {
	const path = "/api/v1/search.jsonl"
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	} else {
		patient := *c.HTTP
		patient.Timeout = 0 // it takes as long as there is news
		c.HTTP = &patient
	}
	resp, err := c.ask(ctx, http.MethodGet, path+"?"+p.values().Encode(), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return c.refused(resp)
	}
	for dec := json.NewDecoder(resp.Body); ; {
		var h Hit
		if err := dec.Decode(&h); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reply of %s%s was cut off: %w", c.URL, path, err)
		}
		if err := each(h); err != nil {
			return err
		}
	}
}

// values are the parameters that every form of a search has.
func (p SearchParams) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"q": p.Query, "cursor": p.Cursor, "sort": p.Sort} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if p.Limit != 0 {
		v.Set("limit", strconv.Itoa(p.Limit))
	}
	if p.Collapse {
		v.Set("collapse", "story")
	}
	return v
}

// Item returns one article; a *Problem of status 404 when there is none.
func (c Client) Item(ctx context.Context, id item.ID) (Article, error) {
	var out Article
	return out, c.get(ctx, "/api/v1/items/"+url.PathEscape(string(id)), &out)
}

// Alerts returns the latest alerts, newest first, at most limit (1 to 1000; 0
// for the server's default).
func (c Client) Alerts(ctx context.Context, limit int) (Alerts, error) {
	path := "/api/v1/alerts"
	if limit != 0 {
		path += "?limit=" + strconv.Itoa(limit)
	}
	var out Alerts
	return out, c.get(ctx, path, &out)
}

// Dead returns the deliveries that were given up, newest first.
func (c Client) Dead(ctx context.Context) (DeadLetters, error) {
	var out DeadLetters
	return out, c.get(ctx, "/api/v1/alerts/dead", &out)
}

// Retry sends the dead letter of that id once more; a *Problem says why it did
// not arrive.
func (c Client) Retry(ctx context.Context, id string) error {
	_, err := c.do(ctx, http.MethodPost, "/api/v1/alerts/dead/"+url.PathEscape(id)+"/retry", nil)
	return err
}

// Feeds returns the configured feeds and their health.
func (c Client) Feeds(ctx context.Context) (Feeds, error) {
	var out Feeds
	return out, c.get(ctx, "/api/v1/feeds", &out)
}

// AddFeed makes the daemon poll the feed that is found at an address.
func (c Client) AddFeed(ctx context.Context, f NewFeed) (FoundFeed, error) {
	var out FoundFeed
	return out, c.send(ctx, http.MethodPost, "/api/v1/feeds", f, &out)
}

// CheckFeed has the daemon look at an address and tell what feed it is or leads
// to.
func (c Client) CheckFeed(ctx context.Context, address string) (FoundFeed, error) {
	var out FoundFeed
	return out, c.get(ctx, "/api/v1/discover?"+url.Values{"url": {address}}.Encode(), &out)
}

// RemoveFeed ends the polling of a feed that was added.
func (c Client) RemoveFeed(ctx context.Context, name string) error {
	_, err := c.do(ctx, http.MethodDelete, "/api/v1/feeds/"+url.PathEscape(name), nil)
	return err
}

// PauseFeed stops the polling of a feed for a time, or goes on with it.
func (c Client) PauseFeed(ctx context.Context, name string, paused bool) error {
	verb := "resume"
	if paused {
		verb = "pause"
	}
	_, err := c.do(ctx, http.MethodPost, "/api/v1/feeds/"+url.PathEscape(name)+"/"+verb, nil)
	return err
}

// ImportFeeds adds the feeds of an OPML document.
func (c Client) ImportFeeds(ctx context.Context, opml io.Reader) (FeedImport, error) {
	body, err := c.do(ctx, http.MethodPost, importPath, opml)
	if err != nil {
		return FeedImport{}, err
	}
	var out FeedImport
	if err := json.Unmarshal(body, &out); err != nil {
		return out, fmt.Errorf("reply of %s%s: %w", c.URL, importPath, err)
	}
	return out, nil
}

// ExportFeeds writes all feeds as OPML.
func (c Client) ExportFeeds(ctx context.Context, w io.Writer) error {
	body, err := c.do(ctx, http.MethodGet, importPath, nil)
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	return nil
}

// Status returns the daemon's health.
func (c Client) Status(ctx context.Context) (Status, error) {
	var out Status
	return out, c.get(ctx, "/api/v1/status", &out)
}

// RetagStatus returns how far tagging the archive again has come.
func (c Client) RetagStatus(ctx context.Context) (Retag, error) {
	return c.retag(ctx, http.MethodGet)
}

// StartRetag makes the daemon tag its archive again, unless it is at it.
func (c Client) StartRetag(ctx context.Context) (Retag, error) {
	return c.retag(ctx, http.MethodPost)
}

// StopRetag makes the daemon stop that; what is done stays done.
func (c Client) StopRetag(ctx context.Context) (Retag, error) {
	return c.retag(ctx, http.MethodDelete)
}

func (c Client) retag(ctx context.Context, method string) (Retag, error) {
	var out Retag
	return out, c.send(ctx, method, "/api/v1/retag", nil, &out)
}

// Reload asks the daemon to load its configuration again; a *Problem lists
// what is wrong with it.
func (c Client) Reload(ctx context.Context) error {
	_, err := c.do(ctx, http.MethodPost, "/-/reload", nil)
	return err
}

func (c Client) get(ctx context.Context, path string, out any) error {
	return c.send(ctx, http.MethodGet, path, nil, out)
}

// send sends a request, with in as JSON unless it is nil, and reads the reply.
func (c Client) send(ctx context.Context, method, path string, in, out any) error {
	var sent io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("ask the daemon: %w", err)
		}
		sent = bytes.NewReader(b)
	}
	body, err := c.do(ctx, method, path, sent)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("reply of %s%s: %w", c.URL, path, err)
	}
	return nil
}

// do sends a request and returns the body of a good reply.
func (c Client) do(ctx context.Context, method, path string, sent io.Reader) ([]byte, error) {
	resp, err := c.ask(ctx, method, path, sent)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return nil, c.refused(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return nil, fmt.Errorf("ask the daemon: %w", err)
	}
	return body, nil
}

// ask sends a request.
func (c Client) ask(ctx context.Context, method, path string, sent io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, sent)
	if err != nil {
		return nil, fmt.Errorf("ask the daemon: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	client := c.HTTP
	if client == nil {
		client = &http.Client{Timeout: clientTimeout}
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the daemon: %w", err)
	}
	return resp, nil
}

// refused reads why the daemon did not do what was asked.
func (c Client) refused(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	p := &Problem{}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media != "application/problem+json" || json.Unmarshal(body, p) != nil {
		return fmt.Errorf("%s answered %s: %s", c.URL, resp.Status, line(string(bytes.TrimSpace(body)), 200))
	}
	p.Status = resp.StatusCode
	return p
}
