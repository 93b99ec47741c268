package server

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// A token is the hash of the secret that clients must present; nil asks for
// none. The secret itself is not kept.
type token *[sha256.Size]byte

const (
	minToken = 16
	maxToken = 4096
)

// readToken reads the secret from a file that its owner alone can read. White
// space around it does not count. An empty name gives no token.
func readToken(name string) (token, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no file, no token: both are meant
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("token_file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("token_file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("token_file: %s can be read by others (mode %04o); run: chmod 600 %[1]s", name, info.Mode().Perm())
	}
	secret, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return nil, fmt.Errorf("token_file: read %s: %w", name, err)
	}
	secret = bytes.TrimSpace(secret)
	if len(secret) < minToken || len(secret) > maxToken {
		return nil, fmt.Errorf("token_file: %s holds %d bytes; write a secret of %d to %d, e.g. head -c 32 /dev/urandom | base64 > %[1]s",
			name, len(secret), minToken, maxToken)
	}
	sum := sha256.Sum256(secret)
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
