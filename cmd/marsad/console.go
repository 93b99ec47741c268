package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"marsad/internal/printable"
	"marsad/item"
)

// A console tells a person at a terminal what happens at each step; into a
// pipe or a log file it writes plain log lines instead.
type console struct {
	mu   sync.Mutex
	w    io.Writer
	tty  bool
	log  *slog.Logger
	mark bool // a status line stands on the screen and must be cleared
}

// newConsole writes to w; it redraws and colours only where w is a terminal
// and NO_COLOR is not set. Log lines at level and above go to w too.
func newConsole(w io.Writer, level slog.Level) *console {
	c := &console{w: w}
	if f, ok := w.(*os.File); ok {
		c.tty = term.IsTerminal(int(f.Fd()))
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.tty {
		// Logs of a person's terminal: what must be known, without the time of day twice.
		opts.Level = max(level, slog.LevelWarn)
	}
	c.log = slog.New(slog.NewTextHandler(consoleWriter{c}, opts))
	return c
}

// Step says that a part is ready: "✓ Message queue   embedded NATS".
func (c *console) Step(what, detail string) {
	if !c.tty {
		c.log.Info("ready", "step", what, "detail", detail)
		return
	}
	c.line(c.paint("32", "✓") + fmt.Sprintf(" %-15s %s", what, detail))
}

// Warn says something the person should know and Marsad goes on without.
func (c *console) Warn(text string) {
	if !c.tty {
		c.log.Warn("notice", "detail", text)
		return
	}
	c.line(c.paint("33", "!") + " " + text)
}

// Say prints lines for a person: where to open, what to try. A log has no use
// for them.
func (c *console) Say(lines ...string) {
	if !c.tty {
		return
	}
	for _, l := range lines {
		c.line(l)
	}
}

// tagged shows an item that the rules found something in, as it comes.
func (c *console) tagged(t item.Tagged) {
	if len(t.Tags) == 0 || t.Item.Backfill {
		return
	}
	c.Say(fmt.Sprintf("%s  +1  [%s] %s  %s", t.Item.Seen.Local().Format(time.TimeOnly), t.Item.Lang, printable.Line(t.Item.Title, 80), tagLine(t.Tags)))
}

// Progress shows text on one line that the next output replaces.
func (c *console) Progress(text string) {
	if !c.tty {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.w, "\r\x1b[K%s", text)
	c.mark = true
}

func (c *console) line(s string) {
	_, _ = consoleWriter{c}.Write([]byte(s + "\n"))
}

func (c *console) paint(code, s string) string {
	if _, no := os.LookupEnv("NO_COLOR"); no {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// consoleWriter puts each write on lines of its own, below no status line.
type consoleWriter struct{ c *console }

func (w consoleWriter) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if w.c.mark {
		fmt.Fprint(w.c.w, "\r\x1b[K")
		w.c.mark = false
	}
	return w.c.w.Write(p)
}
