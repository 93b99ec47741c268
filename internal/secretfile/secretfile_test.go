package secretfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marsad/internal/secretfile"
)

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // the umask must not help
			t.Fatal(err)
		}
		return path
	}
	good := write("good", "secret\n", 0o400)
	if got, err := secretfile.Read(good); err != nil || got != "secret\n" {
		t.Errorf("Read(%s) = %q, %v", good, got, err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):         "cannot be read: no such file",
		dir:                                "is not a plain file",
		write("group", "hidden", 0o640):    "can be read by others (mode 0640); chmod 600 ",
		write("world", "hidden", 0o604):    "can be read by others (mode 0604); chmod 600 ",
		write("long", hidden(4097), 0o600): "is too long for a secret",
	} {
		got, err := secretfile.Read(path)
		if err == nil || got != "" || !strings.HasPrefix(err.Error(), path+" "+want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("Read(%s) = %q, error %v, want %q", path, got, err, want)
		}
	}
}

func hidden(n int) string { return strings.Repeat("hidden", n)[:n] }
