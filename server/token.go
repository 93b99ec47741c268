package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"

	"marsad/internal/secretfile"
)

// A token is the hash of the secret that clients must present; nil asks for
// none. The secret itself is not kept.
type token *[sha256.Size]byte

const minToken = 16

// readToken reads the secret from a file that its owner alone can read. White
// space around it does not count. An empty name gives no token.
func readToken(name string) (token, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no file, no token: both are meant
	}
	text, refused := secretfile.Read(name)
	if refused != nil {
		return nil, fmt.Errorf("token_file: %w", refused)
	}
	secret := strings.TrimSpace(text)
	if len(secret) < minToken {
		return nil, fmt.Errorf("token_file: %s holds %d bytes; write a secret of %d to %d, e.g. head -c 32 /dev/urandom | base64 > %[1]s",
			name, len(secret), minToken, secretfile.MaxSize)
	}
	sum := sha256.Sum256([]byte(secret))
	return &sum, nil
}

// authorized reports whether the request presents the secret. The comparison
// is of hashes and takes the same time wherever they differ.
func authorized(t token, r *http.Request) bool {
	if t == nil {
		return true
	}
	_, secret, ok := r.BasicAuth()
	if !ok {
		var scheme string
		scheme, secret, ok = strings.Cut(r.Header.Get("Authorization"), " ")
		ok = ok && strings.EqualFold(scheme, "bearer")
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(secret)))
	return subtle.ConstantTimeCompare(sum[:], t[:]) == 1 && ok
}
