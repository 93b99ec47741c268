// Package secretfile reads secrets from files that only their owner may read.
package secretfile

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxSize is the size in bytes of the largest file that Read takes.
const MaxSize = 4 << 10

// An Error says why a file was not read. It holds nothing of what is in it.
type Error struct {
	// Name is the file's.
	Name string
	// What goes on after the name; Hint says what to do, and may be empty.
	What, Hint string
}

// Error is "name what; hint".
func (e *Error) Error() string {
	s := e.Name + " " + e.What
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Read returns what is in the file. It refuses what others can read, what is no
// plain file and what is larger than MaxSize.
func Read(name string) (string, *Error) {
	refuse := func(what, hint string) (string, *Error) { return "", &Error{Name: name, What: what, Hint: hint} }
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
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return refuse("cannot be read: "+cause(err), "")
	}
	if len(text) > MaxSize {
		return refuse("is too long for a secret", "the file holds the secret and nothing else")
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
