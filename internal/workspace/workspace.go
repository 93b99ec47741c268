// Package workspace knows the data folder: what lies where in it, which process
// holds it, and how to reach that process.
//
// One process at a time may hold a folder, since neither JetStream nor Bleve
// survives two. The kernel frees the lock when the holder dies, however it
// dies, so a stale lock cannot be left behind.
package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A Dir is the path of a data folder. Sample and real news never share one.
type Dir string

// Bus is the folder of the embedded NATS server.
func (d Dir) Bus() string { return filepath.Join(string(d), "bus") }

// Index is the folder of the search index.
func (d Dir) Index() string { return filepath.Join(string(d), "index") }

// Known is the snapshot of what has been published.
func (d Dir) Known() string { return filepath.Join(string(d), "known.bin") }

// lock is the file that the holder locks and writes its Holder into.
func (d Dir) lock() string { return filepath.Join(string(d), ".lock") }

// Fresh reports whether nothing has been kept in d yet.
func (d Dir) Fresh() bool {
	_, err := os.Stat(d.Bus())
	return errors.Is(err, os.ErrNotExist)
}

// A Holder says which process holds a folder and where it answers.
type Holder struct {
	PID int `json:"pid"`
	// URL is where its API answers; empty while it starts, or serves none.
	URL string `json:"url,omitempty"`
	// Sample tells that it is the demo.
	Sample bool `json:"sample,omitempty"`
}

// A LockedError says that another process holds a folder.
type LockedError struct {
	Dir    Dir
	Holder Holder
}

// Error says who holds the folder and what to do.
func (e *LockedError) Error() string {
	at := ""
	if e.Holder.URL != "" {
		at = ", at " + e.Holder.URL
	}
	return fmt.Sprintf("%s is in use by another marsad (process %d%s); stop it, or set another data folder", e.Dir, e.Holder.PID, at)
}

// A Lock is the hold on a folder.
type Lock struct {
	dir  Dir
	file *os.File
}

// Acquire makes the folder if need be and takes hold of it. It never waits: it
// fails with a *LockedError when another process holds it.
func Acquire(d Dir) (*Lock, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	f, err := os.OpenFile(d.lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &LockedError{Dir: d, Holder: readHolder(f)}
		}
		return nil, fmt.Errorf("lock %s: %w", d, err)
	}
	l := &Lock{dir: d, file: f}
	return l, l.Announce(Holder{PID: os.Getpid()})
}

// Announce writes who the holder is, for RunningIn. A disk that is full does
// not take it; the hold itself needs no space, so that is not an error.
func (l *Lock) Announce(h Holder) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	if _, err := l.file.WriteAt(b, 0); err != nil && !errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("write lock: %w", err)
	}
	return nil
}

// Release lets go of the folder. The file stays, so that two processes never
// lock two files of one name.
func (l *Lock) Release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

// RunningIn returns the process that holds the folder; ok is false when none
// does, or when there is no such folder.
func RunningIn(d Dir) (h Holder, ok bool) {
	f, err := os.Open(d.lock())
	if err != nil {
		return Holder{}, false
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return readHolder(f), true
	}
	return Holder{}, false
}

// readHolder reads what the holder wrote; a half-written line reads as nobody.
func readHolder(f *os.File) Holder {
	var h Holder
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if err != nil || json.Unmarshal(b, &h) != nil {
		return Holder{}
	}
	return h
}

// Free returns the bytes that an ordinary user may still write on d's file
// system, and its size.
func (d Dir) Free() (free, size uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(string(d), &st); err != nil {
		return 0, 0, fmt.Errorf("free space of %s: %w", d, err)
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// Used returns the bytes that the files below d take on disk; files that vanish
// meanwhile count nothing.
func (d Dir) Used() (int64, error) {
	var sum int64
	err := filepath.WalkDir(string(d), func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return err
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			sum += info.Size()
		}
		return nil
	})
	return sum, err
}
