package workspace_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"marsad/internal/workspace"
)

func TestOneHolder(t *testing.T) {
	dir := workspace.Dir(filepath.Join(t.TempDir(), "data"))
	if !dir.Fresh() {
		t.Error("a folder that does not exist is not fresh")
	}
	if _, ok := workspace.RunningIn(dir); ok {
		t.Error("somebody runs in a folder that does not exist")
	}
	lock, err := workspace.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := workspace.Holder{PID: os.Getpid(), URL: "http://127.0.0.1:1", Sample: true}
	if err := lock.Announce(want); err != nil {
		t.Fatal(err)
	}
	if got, ok := workspace.RunningIn(dir); !ok || got != want {
		t.Errorf("RunningIn = %+v, %v, want %+v", got, ok, want)
	}
	var locked *workspace.LockedError
	if _, err := workspace.Acquire(dir); !errors.As(err, &locked) || locked.Holder != want {
		t.Errorf("second Acquire: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, ok := workspace.RunningIn(dir); ok {
		t.Error("still held after Release")
	}
	again, err := workspace.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func TestSpace(t *testing.T) {
	dir := workspace.Dir(t.TempDir())
	if err := os.WriteFile(filepath.Join(string(dir), "f"), make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if used, err := dir.Used(); err != nil || used != 1000 {
		t.Errorf("Used = %d, %v, want 1000", used, err)
	}
	free, size, err := dir.Free()
	if err != nil || free == 0 || size < free {
		t.Errorf("Free = %d of %d, %v", free, size, err)
	}
}
