package alert

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"marsad/internal/field"
	"marsad/internal/secretfile"
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

// secrets returns the receiver's signing keys, newest first as written. The
// error's path is the field that names them; it never holds a part of a secret.
func (r Receiver) secrets() ([]secret, *field.Error) {
	const hint = "put one into a file: (umask 077; echo whsec_$(head -c 32 /dev/urandom | base64) > hook.secret)"
	switch {
	case r.SecretFile != "" && r.SecretEnv != "":
		return nil, field.Errorf("secret_env", "the secret is given twice").Hintf("keep either secret_file or secret_env")
	case r.SecretFile != "":
		text, refused := secretfile.Read(r.SecretFile)
		if refused != nil {
			return nil, field.Errorf("secret_file", "%s %s", refused.Name, refused.What).Hintf("%s", refused.Hint)
		}
		return parseSecrets("secret_file", text)
	case r.SecretEnv != "":
		text, ok := os.LookupEnv(r.SecretEnv)
		if !ok || strings.TrimSpace(text) == "" {
			return nil, field.Errorf("secret_env", "the environment variable %s is not set", r.SecretEnv).Hintf("set it, or use secret_file")
		}
		return parseSecrets("secret_env", text)
	}
	return nil, field.Errorf("secret_file", "a webhook needs a secret to sign with").Hintf("%s", hint)
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
