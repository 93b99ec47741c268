package ingest

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"marsad/internal/safedial"
)

// validators are what a host gave to ask it later whether a document changed,
// byte for byte.
type validators struct {
	etag, lastModified string
	// host gave them; they are sent to no other, which might answer 304 about a
	// document that was never read.
	host string
}

func (v validators) apply(req *http.Request) {
	req.Header.Del("If-None-Match")
	req.Header.Del("If-Modified-Since")
	if !strings.EqualFold(req.URL.Host, v.host) {
		return
	}
	if v.etag != "" {
		req.Header.Set("If-None-Match", v.etag)
	}
	if v.lastModified != "" {
		req.Header.Set("If-Modified-Since", v.lastModified)
	}
}

// A fetched is the answer to one request: a whole document, or the word that
// nothing changed.
type fetched struct {
	notModified bool
	body        []byte
	hash        string
	contentType string
	validators  validators
	// lifetime is how long the server says that the answer holds.
	lifetime time.Duration
	// offer is what the headers say of being pushed.
	offer Offer
	// url is the address that answered, after redirects; movedTo where permanent
	// ones led to, empty without any.
	url     *url.URL
	movedTo string
}

// A fetcher asks for documents, within limits. Safe for concurrent use.
type fetcher struct {
	clients   *clients
	hosts     *hosts
	userAgent string
	timeout   time.Duration
	maxBody   int64
}

// fetch asks for the document of a feed. Every failure but the end of ctx is an
// *Error.
func (x *fetcher) fetch(ctx context.Context, fl flight, v validators) (*fetched, error) {
	f := fl.feed
	client, err := x.clients.client(f.AllowPrivate)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, x.timeout)
	defer cancel()
	way := &way{validators: v, own: f.own, home: f.home, turns: fl.turns}
	if !f.ownServer() {
		way.hosts = x.hosts
	}
	defer way.leave()
	req, err := http.NewRequestWithContext(context.WithValue(limited, wayKey{}, way), http.MethodGet, fl.state.address(f.Feed), http.NoBody)
	if err != nil {
		return nil, &Error{Problem: ProblemConnect, What: "the address cannot be read", Hint: "correct the feed's address", Err: err}
	}
	req.Header.Set("User-Agent", x.userAgent)
	req.Header.Set("Accept", "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1")
	req.Header.Set("Accept-Encoding", acceptEncoding)
	maps.Copy(req.Header, f.own)
	way.dress(req)
	resp, err := client.Do(req)
	if err != nil {
		return nil, x.connectError(ctx, req.URL, err)
	}
	defer resp.Body.Close()
	if err := statusError(resp, v); err != nil {
		return nil, err
	}
	if way.hosts != nil {
		way.hosts.answered(hostKey(resp.Request.URL))
	}
	out := &fetched{
		url:         resp.Request.URL,
		movedTo:     permanentTarget(resp.Request),
		contentType: resp.Header.Get("Content-Type"),
		lifetime:    lifetimeOf(resp.Header, time.Now()),
		offer:       linksOf(resp.Header),
		validators: validators{
			etag: bounded(resp.Header.Get("ETag")), lastModified: bounded(resp.Header.Get("Last-Modified")),
			host: resp.Request.URL.Host,
		},
	}
	if resp.StatusCode == http.StatusNotModified {
		out.notModified = true
		return out, nil
	}
	if out.body, err = unpack(resp, x.maxBody); err != nil {
		return nil, x.bodyError(ctx, resp.Request.URL, err)
	}
	sum := sha256.Sum256(out.body)
	out.hash = hex.EncodeToString(sum[:16])
	return out, nil
}

// bounded drops a validator that is too long to keep.
func bounded(s string) string {
	if len(s) > 1024 {
		return ""
	}
	return s
}

// statusError returns the problem that resp's status stands for; nil for 200,
// 203 and for the 304 that was asked for.
func statusError(resp *http.Response, v validators) error {
	host, code := resp.Request.URL.Host, resp.StatusCode
	e := &Error{Status: code, host: hostKey(resp.Request.URL)}
	switch code {
	case http.StatusOK, http.StatusNonAuthoritativeInfo:
		return nil
	case http.StatusNotModified:
		if v.etag != "" || v.lastModified != "" {
			return nil
		}
		e.Problem, e.What = ProblemHTTP, host+" answers “not modified” to a first request"
		e.Hint = "the server is at fault; it is asked again later"
	case http.StatusNotFound:
		e.Problem, e.What = ProblemNotFound, host+" knows no such address (404)"
		e.Hint = "look up the feed's new address on its site"
	case http.StatusGone:
		e.Problem, e.What = ProblemGone, host+" says the feed is gone for good (410)"
		e.Hint = "look up the feed's new address, or remove it"
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Problem, e.What = ProblemRefused, fmt.Sprintf("%s refuses us (%d)", host, code)
		e.Hint = "ask the publisher to admit " + clip(resp.Request.UserAgent(), 80) + ", or use another feed of the same source"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.Problem, e.What = ProblemRateLimited, fmt.Sprintf("%s asks us to come back later (%d)", host, code)
		e.Hint = "nothing to do; if it stays, lengthen the feed's interval"
		e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"))
	default:
		e.Problem, e.What = ProblemHTTP, fmt.Sprintf("%s answers %d %s", host, code, http.StatusText(code))
		e.Hint = "it is asked again later"
		if code/100 == 3 {
			e.Hint = "open the address in a browser and use the one it ends at"
		}
	}
	return e
}

// retryAfter reads the header's seconds or date; 0 when it holds neither.
func retryAfter(s string) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return min(time.Duration(n)*time.Second, maxAsked) //nolint:gosec // 32 bits
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, min(time.Until(at), maxAsked))
	}
	return 0
}

// connectError puts the failure to get an answer into words. The end of ctx
// stays what it is.
func (x *fetcher) connectError(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e // from checkRedirect
	}
	e := &Error{Err: err, Hint: "it is asked again later"}
	host := u.Hostname()
	var (
		blocked *safedial.BlockedError
		dns     *net.DNSError
		timeout interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &blocked):
		e.Problem, e.What = ProblemBlocked, host+" leads to an address that is not public"
		e.Hint = "if it is a server of your own, name its network in allow_private of the feed in pipeline.yaml"
		if to := askedHost(err); to != "" && to != host {
			e.What = host + " redirects to " + to + ", an address that is not public"
		}
	case errors.As(err, &dns):
		e.Problem, e.What = ProblemDNS, "the name "+host+" cannot be looked up"
		e.Hint = "check the network and the address"
		if dns.IsNotFound {
			e.What, e.Hint = "there is no host "+host, "check the feed's address and the network"
		}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Problem, e.What = ProblemTimeout, fmt.Sprintf("%s did not answer in time (%s)", host, x.timeout)
	case isTLS(err):
		e.Problem, e.What = ProblemTLS, host+" has no valid certificate or no safe encryption"
		e.Hint = "check the address and this machine's clock; the publisher has to mend the rest"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		e.Problem, e.What = ProblemConnect, "no connection to "+u.Host
	default:
		e.Problem, e.What = ProblemConnect, "no answer from "+u.Host+" that can be read"
	}
	return e
}

// askedHost is the host of the request that failed, the last of a chain of
// redirects; empty when the error does not tell.
func askedHost(err error) string {
	failed, ok := errors.AsType[*url.Error](err)
	if !ok {
		return ""
	}
	u, err := url.Parse(failed.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func isTLS(err error) bool {
	var (
		record   tls.RecordHeaderError
		alert    tls.AlertError
		cert     *tls.CertificateVerificationError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
	)
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &cert) ||
		errors.As(err, &unknown) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

// bodyError puts the failure to read a body into words.
func (x *fetcher) bodyError(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &Error{Err: err, Hint: "it is asked again later"}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errTooLarge):
		e.Problem, e.What = ProblemTooLarge, fmt.Sprintf("the document of %s is larger than %d MB", u.Host, x.maxBody>>20)
		e.Hint = "use a feed with fewer items, or raise max_body"
	case errors.Is(err, errBomb):
		e.Problem, e.What = ProblemTooLarge, fmt.Sprintf("the document of %s grows more than %d times when it is unpacked", u.Host, maxRatio)
		e.Hint = "no honest feed does that; tell the publisher"
	case errors.Is(err, errEncoding):
		e.Problem, e.What = ProblemEncoding, fmt.Sprintf("%s sends an encoding that was not asked for: %v", u.Host, err)
		e.Hint = "the publisher has to mend it"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Problem, e.What = ProblemTimeout, fmt.Sprintf("the document of %s did not end within %s", u.Host, x.timeout)
	default: // a short body, a broken gzip stream, a reset connection
		e.Problem, e.What = ProblemShort, "the document of "+u.Host+" broke off while it was read"
	}
	return e
}
