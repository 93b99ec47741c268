package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"

	"marsad/internal/field"
	"marsad/internal/printable"
)

const (
	// exitRefused is EX_DATAERR of sysexits.h: the program will never take this
	// alert.
	exitRefused = 65
	maxStderr   = 4 << 10
	// killWait is how long a program that was stopped, or its children, may keep
	// its output open.
	killWait = time.Second
)

// A command runs a program for each alert.
type command struct {
	argv   []string
	env    []string
	hidden []string
	encode func(id string, a Alert) (contentType string, body []byte)
}

// newCommand starts a program without a shell; it reads the alert on its
// standard input. It gets no variable of our environment that is not named.
func newCommand(s *setup) sender {
	c := &command{argv: s.Command, encode: s.encoding()}
	if len(s.Command) == 0 {
		s.note(field.Errorf("command", "the program to run is missing").Hintf("for example [/usr/local/bin/tell, --loud]"))
	} else if info, err := os.Stat(s.Command[0]); err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		s.note(field.Errorf("command[0]", "%q is no program", printable.Line(s.Command[0], maxWords)).
			Hintf("name the file with its path; a relative one is taken from the folder of the configuration, PATH is not searched"))
	}
	for i, name := range s.Env {
		at := fmt.Sprintf("env[%d]", i)
		if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
			s.note(field.Errorf(at, "%q is no name of a variable", printable.Line(name, maxWords)).Hintf("name a variable; its value comes from the environment"))
			continue
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			s.note(field.Errorf(at, "the environment variable %s is not set", name).Hintf("set it, or take it out"))
			continue
		}
		c.env = append(c.env, name+"="+value)
		c.hidden = append(c.hidden, value)
	}
	for _, name := range []string{"PATH", "HOME", "LANG"} {
		if value, ok := os.LookupEnv(name); ok {
			c.env = append(c.env, name+"="+value)
		}
	}
	return c
}

func (c *command) preview(id string, a Alert) []byte {
	_, body := c.encode(id, a)
	return body
}

func (c *command) send(ctx context.Context, id string, a Alert) error {
	kind, body := c.encode(id, a)
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...) //nolint:gosec // the operator names it, and nothing of an alert is among the arguments
	cmd.Env = append([]string{"MARSAD_DELIVERY_ID=" + id, "MARSAD_CONTENT_TYPE=" + kind}, c.env...)
	cmd.Dir = os.TempDir()
	cmd.Stdin = bytes.NewReader(body)
	// Its children are stopped with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killWait
	var stderr tail
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &failure{reason: "the program did not end in time"}
	case errors.Is(err, exec.ErrWaitDelay):
		// It said that it is done; what it left behind is its own affair.
		return nil
	case !errors.As(err, &exit):
		return &failure{reason: "the program cannot be run: " + shown(err.Error(), c.hidden, maxWords)}
	}
	f := &failure{reason: "the program ended with " + exit.String()}
	if said := shown(stderr.last(), c.hidden, maxWords); said != "" {
		f.reason += ": " + said
	}
	if exit.ExitCode() == exitRefused {
		f.verdict = refused
	}
	return f
}

// A tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if extra := len(t.b) - maxStderr; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}

// last is the last line that is not blank.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
