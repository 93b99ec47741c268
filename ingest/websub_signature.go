package ingest

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what the oldest hubs sign with; HMAC-SHA-1 is not broken
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
)

// A signature is the value of X-Hub-Signature, "method=hexadecimal digits": a
// MAC of the body with the subscription's secret.
type signature struct {
	method string
	mac    []byte
}

// parseSignature reads the header; ok is false for a method that WebSub does not
// know and for digits that are none, too few or too many.
func parseSignature(s string) (sig signature, ok bool) {
	method, digits, found := strings.Cut(strings.TrimSpace(s), "=")
	sig.method = strings.ToLower(method)
	h := sig.hash()
	if !found || h == nil || len(digits) != 2*h().Size() {
		return signature{}, false
	}
	var err error
	if sig.mac, err = hex.DecodeString(digits); err != nil {
		return signature{}, false
	}
	return sig, true
}

func (s signature) hash() func() hash.Hash {
	switch s.method {
	case "sha1":
		return sha1.New
	case "sha256":
		return sha256.New
	case "sha384":
		return sha512.New384
	case "sha512":
		return sha512.New
	}
	return nil
}

// begin returns what the body is to be written into.
func (s signature) begin(secret string) hash.Hash { return hmac.New(s.hash(), []byte(secret)) }

// matches reports whether the body written into mac is the one that was signed.
// It takes the same time wherever the two differ.
func (s signature) matches(mac hash.Hash) bool { return hmac.Equal(mac.Sum(nil), s.mac) }
