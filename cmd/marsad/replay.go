package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"marsad/config"
	"marsad/internal/field"
	"marsad/item"
	"marsad/pipeline"
)

func newReplay() *cobra.Command {
	var path, level, acked string
	var live bool
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Feed an archive of items (JSON lines, also .gz) through the real stages",
		Long: `Reads items as JSON lines (feed, title, description, link, published, lang; or
what 'marsad tag' reads), publishes, tags, indexes and watches them, and ends when
all of them are searchable. Items that are known already are skipped, so an
interrupted replay is simply started again. It needs the data folder for itself.

Without --live the items are an archive and raise no alert. With --live each
counts as fetched at the time it was published, and watches fire.`,
		Example: `  marsad replay entries.jsonl.gz
  marsad replay --live - < items.jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("marsad: replay which file? For instance: marsad replay entries.jsonl.gz")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			file, con, err := checked(cmd, path, level)
			if err != nil {
				return err
			}
			in, size, err := openItems(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			defer in.Close()
			r := replayRun{con: con, out: cmd.OutOrStdout(), size: size, in: in, live: live}
			if acked != "" {
				log, err := os.OpenFile(acked, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
				if err != nil {
					return fmt.Errorf("acked: %w", err)
				}
				defer log.Close()
				r.acked = log
			}
			return r.run(cmd.Context(), file.Config)
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&level, "log", "warn", "debug, info, warn or error")
	cmd.Flags().BoolVar(&live, "live", false, "treat the items as news: watches fire")
	cmd.Flags().StringVar(&acked, "acked", "", "append the id of each item to this file once the log has it for good")
	return cmd
}

// A replayRun is one `marsad replay`.
type replayRun struct {
	con   *console
	out   io.Writer
	in    *itemFile
	size  int64 // of the file as it lies on disk, 0 when unknown
	live  bool
	acked io.Writer
}

func (r replayRun) run(ctx context.Context, c config.Config) error {
	// Not polling, not serving: only what turns items into results.
	c.Roles = []config.Role{config.Tag, config.Index, config.Alert}
	if !r.live {
		c.Alert.Receivers = nil
		for i := range c.Alert.Watches {
			c.Alert.Watches[i].To = nil
		}
	}
	before, err := c.Data.Used()
	if err != nil {
		return err
	}
	p, err := pipeline.New(ctx, pipeline.Options{Config: c, Log: r.con.log, Version: version(), Terminal: r.out, Step: r.con.Step})
	if err != nil {
		return err
	}
	runCtx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- p.Run(runCtx) }()

	report, err := p.Replay(ctx, r.in, pipeline.ReplayOptions{Live: r.live, Progress: r.progress, Acked: r.ack})
	stop()
	interrupted := ctx.Err() != nil
	if interrupted {
		err = nil
	}
	err = errors.Join(err, <-done, p.Close(context.WithoutCancel(ctx)))
	switch {
	case err != nil:
		return err
	case interrupted:
		fmt.Fprintln(r.out, "stopped; start it again to go on, what is published is not published twice")
		return nil
	}
	after, err := c.Data.Used()
	if err != nil {
		return err
	}
	r.print(report, after-before)
	if report.Bad > 0 && report.Bad == report.Read {
		return errors.New("not one line could be read as an item")
	}
	return nil
}

// ack writes ids before the next batch is published, one line each.
func (r replayRun) ack(ids []item.ID) {
	if r.acked == nil {
		return
	}
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(string(id) + "\n")
	}
	fmt.Fprint(r.acked, b.String())
}

func (r replayRun) progress(p pipeline.ReplayProgress) {
	const width = 24
	share := 0.0
	if r.size > 0 {
		share = min(1, float64(r.in.read.Load())/float64(r.size))
	}
	// Half of the way is reading, the other half is the slowest stage's.
	if p.Published > 0 {
		share *= 0.5 + 0.5*float64(min(p.Indexed, p.Watched))/float64(p.Published)
	}
	full := int(share * width)
	rate := float64(min(p.Indexed, p.Watched)) / p.Elapsed.Seconds()
	r.con.Progress(fmt.Sprintf("  %s%s %3.0f %%  read %d · tagged %d · searchable %d · watched %d · %.0f items/s",
		strings.Repeat("█", full), strings.Repeat("░", width-full), share*100, p.Read, p.Tagged, p.Indexed, p.Watched, rate))
}

// print is the report at the end.
func (r replayRun) print(rep pipeline.ReplayReport, disk int64) {
	rate := func(d time.Duration) string {
		if d <= 0 {
			return "-"
		}
		return fmt.Sprintf("%7.0f items/s", float64(rep.Published)/d.Seconds())
	}
	w := r.out
	fmt.Fprintf(w, "read       %d lines: %d new, %d known, %d bad\n", rep.Read, rep.Published, rep.Known, rep.Bad)
	if rep.FirstBad != "" {
		fmt.Fprintf(w, "           first bad one: %s\n", rep.FirstBad)
	}
	fmt.Fprintf(w, "published  %s\n", rate(rep.PublishedIn))
	fmt.Fprintf(w, "tagged     %s\n", rate(rep.TaggedIn))
	fmt.Fprintf(w, "searchable %s\n", rate(rep.IndexedIn))
	fmt.Fprintf(w, "watched    %s\n", rate(rep.WatchedIn))
	fmt.Fprintf(w, "all        %s in %.1f s\n", rate(rep.Elapsed), rep.Elapsed.Seconds())
	if rss, err := peakMemory(); err == nil {
		fmt.Fprintf(w, "memory     %s at the peak\n", field.Size(rss))
	}
	if rep.Published > 0 {
		fmt.Fprintf(w, "disk       %s, %d bytes an item\n", field.Size(disk), disk/int64(rep.Published)) //nolint:gosec // not 2⁶³ items
	}
}

// peakMemory is the most that this process has had in memory, in bytes.
func peakMemory() (int64, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return u.Maxrss * 1024, nil // Linux counts kilobytes
}

// An itemFile reads a file of items, unpacked if need be, and counts what it
// has read of the file itself.
type itemFile struct {
	io.Reader
	read  atomic.Int64
	close []io.Closer
}

// openItems opens path, or stdin for "-".
func openItems(path string, stdin io.Reader) (*itemFile, int64, error) {
	f := &itemFile{}
	var size int64
	src := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, 0, fmt.Errorf("replay: %w", err)
		}
		f.close = append(f.close, file)
		if st, err := file.Stat(); err == nil {
			size = st.Size()
		}
		src = file
	}
	buf := bufio.NewReaderSize(&counted{src, &f.read}, 256<<10)
	f.Reader = buf
	if magic, err := buf.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buf)
		if err != nil {
			return nil, 0, errors.Join(fmt.Errorf("replay %s: %w", path, err), f.Close())
		}
		f.Reader = z
	}
	return f, size, nil
}

// Close closes the file.
func (f *itemFile) Close() error {
	var errs []error
	for _, c := range f.close {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// counted counts the bytes that pass through.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

// Read reads and counts.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
