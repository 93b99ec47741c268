package alert

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"marsad/internal/field"
)

const (
	secretPrefix = "whsec_"
	// Standard Webhooks asks for keys of 24 to 64 bytes.
	minKey, maxKey = 24, 64
	maxSecrets     = 4
	redacted       = "[redacted]"
)

// A secret is a key that must not be printed; whatever formats it gets
// "[redacted]".
type secret struct{ key []byte }

func (secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }
func (secret) LogValue() slog.Value       { return slog.StringValue(redacted) }

// signing returns the receiver's signing keys, newest first as written. No
// mistake holds a part of a secret.
func (s *setup) signing() []secret {
	const hint = "put one into a file: (umask 077; echo whsec_$(head -c 32 /dev/urandom | base64) > hook.secret)"
	before := len(s.errs)
	text, at := s.text("secret", s.SecretFile, s.SecretEnv)
	switch {
	case len(s.errs) > before:
		return nil
	case at == "":
		s.note(field.Errorf("secret_file", "a webhook needs a secret to sign with").Hintf("%s", hint))
		return nil
	}
	keys, mistake := parseSecrets(at, text)
	s.note(mistake)
	return keys
}

func parseSecrets(path, text string) ([]secret, *field.Error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil, field.Errorf(path, "there is no secret in it").Hintf("it holds whsec_ and the key in base64")
	}
	if len(words) > maxSecrets {
		return nil, field.Errorf(path, "it holds %d secrets", len(words)).Hintf("the most is %d: the newest and those that are being replaced", maxSecrets)
	}
	out := make([]secret, 0, len(words))
	for i, w := range words {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(w, secretPrefix))
		if err != nil {
			return nil, field.Errorf(path, "secret %d is not base64", i+1).Hintf("it is whsec_ and the key in base64, with its = at the end")
		}
		if len(key) < minKey || len(key) > maxKey {
			return nil, field.Errorf(path, "secret %d has %d bytes", i+1, len(key)).Hintf("Standard Webhooks asks for %d to %d", minKey, maxKey)
		}
		out = append(out, secret{key})
	}
	return out, nil
}
