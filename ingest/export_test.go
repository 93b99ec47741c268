package ingest

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"time"

	"marsad/item"
)

// TLSConfig is what polls connect with, for benchmarks.
func TLSConfig() *tls.Config { return tlsConfig() }

// FeedLinks is feedLinks, for fuzzing.
func FeedLinks(page []byte, base *url.URL) []string { return feedLinks(page, base) }

// Lifetime is lifetimeOf, for fuzzing.
func Lifetime(h http.Header, now time.Time) time.Duration { return lifetimeOf(h, now) }

// Unpack is unpack of a body in an encoding, for fuzzing.
func Unpack(encoding string, body []byte, limit int64) ([]byte, error) {
	return unpack(&http.Response{
		Header: http.Header{"Content-Encoding": {encoding}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: -1,
	}, limit)
}

// LinksOf is linksOf, for fuzzing.
func LinksOf(h http.Header) Offer { return linksOf(h) }

// HubsAt is Offer.hubs of a feed on the Internet, for fuzzing.
func (o Offer) HubsAt(base *url.URL) (hubs []string, topic string) { return o.hubs(base, false) }

// CheckPush is checkPush, for fuzzing.
func CheckPush(secret, signed string, body io.Reader, limit int64) string {
	return checkPush(secret, signed, body, limit)
}

// Added is what markAdded writes into a revision.
func Added(before, after item.Item) []item.Span {
	c := &comparer{norm: NewNormaliser(Config{}), before: map[uint64]struct{}{}}
	return c.added(before, after)
}

// RobotsAllow reports whether a robots.txt lets marsad ask for u.
func RobotsAllow(robots []byte, u *url.URL) bool { return parseRobots(robots, "marsad").allows(u) }

// ArticleText is articleText of an HTML page in UTF-8.
func ArticleText(page []byte, lang string) (string, error) {
	return articleText(page, "text/html; charset=utf-8", lang, &url.URL{Scheme: "https", Host: "news.example", Path: "/a"})
}
