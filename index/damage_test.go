package index_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marsad/index"
)

// TestDamage damages a closed index in the ways that disks, power cuts and
// people do: each is found at Open, the folder set aside with a reason, and a new
// index begun at position 0.
func TestDamage(t *testing.T) {
	t.Parallel()
	segment := func(t *testing.T, dir string) string {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(dir, "bleve", "store", "*.zap"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no segment in %s: %v", dir, err)
		}
		return names[0]
	}
	rewrite := func(t *testing.T, name string, change func([]byte) []byte) {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, change(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zero := func(b []byte) []byte { clear(b); return b }
	cut := func(b []byte) []byte { return b[:len(b)/2] }
	remove := func(t *testing.T, name string) {
		t.Helper()
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]func(t *testing.T, dir string){
		"segment deleted": func(t *testing.T, dir string) { t.Helper(); remove(t, segment(t, dir)) },
		"segment cut":     func(t *testing.T, dir string) { t.Helper(); rewrite(t, segment(t, dir), cut) },
		"segment empty": func(t *testing.T, dir string) {
			t.Helper()
			rewrite(t, segment(t, dir), func([]byte) []byte { return nil })
		},
		"meta zeroed": func(t *testing.T, dir string) {
			t.Helper()
			rewrite(t, filepath.Join(dir, "bleve", "index_meta.json"), zero)
		},
		"meta deleted": func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(dir, "bleve", "index_meta.json")) },
		"root.bolt zeroed": func(t *testing.T, dir string) {
			t.Helper()
			rewrite(t, filepath.Join(dir, "bleve", "store", "root.bolt"), zero)
		},
		"root.bolt cut": func(t *testing.T, dir string) {
			t.Helper()
			rewrite(t, filepath.Join(dir, "bleve", "store", "root.bolt"), cut)
		},
		"root.bolt empty": func(t *testing.T, dir string) {
			t.Helper()
			rewrite(t, filepath.Join(dir, "bleve", "store", "root.bolt"), func([]byte) []byte { return nil })
		},
		"root.bolt deleted": func(t *testing.T, dir string) {
			t.Helper()
			remove(t, filepath.Join(dir, "bleve", "store", "root.bolt"))
		},
		"store deleted":  func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(dir, "bleve", "store")) },
		"bleve deleted":  func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(dir, "bleve")) },
		"format deleted": func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(dir, "format.json")) },
		"format zeroed":  func(t *testing.T, dir string) { t.Helper(); rewrite(t, filepath.Join(dir, "format.json"), zero) },
		"other fields": func(t *testing.T, dir string) {
			t.Helper()
			rewrite(t, filepath.Join(dir, "format.json"), func(b []byte) []byte {
				return []byte(strings.Replace(string(b), `"schema":`, `"schema":9`, 1))
			})
		},
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "index")
			x := open(t, dir)
			var entries []index.Entry
			for i := range 50 {
				entries = append(entries, entry(uint64(i+1), string(rune('a'+i)), 1, "news"))
			}
			add(t, x, entries...)
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			damage(t, dir)
			x = open(t, dir)
			seq, _ := x.Position()
			if n, err := x.Count(); n != seq || err != nil {
				t.Errorf("Count = %d, %v; Position = %d: they disagree", n, err, seq)
			}
			// A lost segment may send Bleve back to a state it had before, and the
			// half of root.bolt that is cut may hold nothing; otherwise the index
			// is begun anew.
			if !strings.HasPrefix(name, "segment") && name != "root.bolt cut" {
				if seq != 0 || x.Rebuilt() == "" {
					t.Errorf("Position = %d, Rebuilt = %q; want a new index", seq, x.Rebuilt())
				}
				aside, err := filepath.Glob(dir + ".broken-*")
				if err != nil || len(aside) != 1 {
					t.Errorf("set aside: %v, %v", aside, err)
				}
			}
			add(t, x, entries[seq:]...)
			if n, err := x.Count(); n != 50 || err != nil {
				t.Errorf("Count = %d, %v after building again; want 50", n, err)
			}
		})
	}
}

// TestUnreadableIsNotDamaged: what says nothing about the index must not cost
// it.
func TestUnreadableIsNotDamaged(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := filepath.Join(t.TempDir(), "index")
	x := open(t, dir)
	add(t, x, entry(1, "a", 1, "a"))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	meta := filepath.Join(dir, "bleve", "index_meta.json")
	if err := os.Chmod(meta, 0); err != nil {
		t.Fatal(err)
	}
	cfg := index.DefaultConfig()
	if y, err := index.Open(t.Context(), dir, cfg, discard(), nil); err == nil {
		y.Close()
		t.Fatal("Open of an index that cannot be read succeeded")
	}
	if err := os.Chmod(meta, 0o600); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	if seq, _ := x.Position(); seq != 1 {
		t.Errorf("Position = %d, want 1", seq)
	}
}
