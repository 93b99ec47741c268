package main

import (
	"fmt"
	"io"
	"sync"
)

// A checkedWriter remembers the first failure, so that a command whose output
// went to a full disk does not end as if all were well.
type checkedWriter struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// Write writes to the writer below.
func (c *checkedWriter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.w.Write(p)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// failure is the first error of a Write, or nil.
func (c *checkedWriter) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return fmt.Errorf("write: %w", c.err)
	}
	return nil
}
