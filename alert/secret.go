package alert

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"marsad/internal/field"
)

const (
	secretPrefix = "whsec_"
	// Standard Webhooks asks for keys of 24 to 64 bytes.
	minKey, maxKey = 24, 64
	maxSecretFile  = 4 << 10
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
		text, err := readSecretFile(r.SecretFile)
		if err != nil {
			return nil, err
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

// readSecretFile reads a file that only its owner may read.
func readSecretFile(name string) (string, *field.Error) {
	refuse := func(what, hint string) (string, *field.Error) {
		return "", field.Errorf("secret_file", "%s %s", name, what).Hintf("%s", hint)
	}
	// A pipe would block in Open, so look before.
	info, err := os.Stat(name)
	if err != nil {
		return refuse("cannot be read: "+cause(err), "check the path; a relative one is taken from the folder of the configuration")
	}
	if !info.Mode().IsRegular() {
		return refuse("is not a plain file", "name the file that holds the secret")
	}
	f, err := os.Open(name)
	if err != nil {
		return refuse("cannot be read: "+cause(err), "it must belong to the user that runs marsad")
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return refuse("cannot be read: "+cause(err), "")
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return refuse(fmt.Sprintf("can be read by others (mode %04o)", perm), "chmod 600 "+name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return refuse("cannot be read: "+cause(err), "")
	}
	if len(text) > maxSecretFile {
		return refuse("is too long for a secret", "it holds one secret, or two while the secret is being changed")
	}
	return string(text), nil
}

// cause is the system's own words, without the path, which stands beside them.
func cause(err error) string {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	return err.Error()
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
