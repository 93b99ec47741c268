package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marsad/config"
	"marsad/pipeline"
	"marsad/server"
)

// retagEvery is how often progress is asked for.
const retagEvery = 300 * time.Millisecond

func newRetag() *cobra.Command {
	var path, level string
	var detach, status, stop bool
	cmd := &cobra.Command{
		Use:   "retag",
		Short: "Tag the whole archive again with the rules as they are now",
		Long: `Tags every article again that another rule pack has tagged, and makes the result
searchable. No alert is raised. The running daemon does it beside its work, after
it has loaded the rules anew; when none runs, this command does it itself.

It may be interrupted at any time; started again it goes on where it stopped, and
so does a daemon that was restarted. See first what would change with
'marsad rules diff --archive'.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, con, err := checked(cmd, path, level)
			if err != nil {
				return err
			}
			at, err := findPlace(file.Config)
			if err != nil {
				return err
			}
			r := retagRun{con: con, out: cmd.OutOrStdout()}
			if at.url == "" {
				if detach || status || stop {
					return errors.New("no marsad is running; start one with 'marsad run', or tag the archive here with 'marsad retag'")
				}
				return r.here(cmd.Context(), file.Config, at)
			}
			client, err := clientFor(file.Config, at)
			if err != nil {
				return err
			}
			if !status && !stop && !at.sample {
				// The rules may have been changed since the daemon read them.
				if err := client.Reload(cmd.Context()); err != nil {
					return err
				}
			}
			return r.ask(cmd.Context(), client, detach, status, stop)
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&level, "log", "warn", "debug, info, warn or error")
	cmd.Flags().BoolVar(&detach, "detach", false, "start it in the daemon and do not wait")
	cmd.Flags().BoolVar(&status, "status", false, "show how far the daemon is")
	cmd.Flags().BoolVar(&stop, "stop", false, "make the daemon stop; what is done stays")
	cmd.MarkFlagsMutuallyExclusive("detach", "status", "stop")
	return cmd
}

// A retagRun is one `marsad retag`.
type retagRun struct {
	con *console
	out io.Writer
}

// ask has the daemon do it.
func (r retagRun) ask(ctx context.Context, c server.Client, detach, status, stop bool) error {
	var state server.Retag
	var err error
	switch {
	case status:
		state, err = c.RetagStatus(ctx)
	case stop:
		state, err = c.StopRetag(ctx)
	case detach:
		state, err = c.StartRetag(ctx)
	default:
		return r.follow(ctx, c)
	}
	if err != nil {
		return err
	}
	r.print(state)
	return nil
}

// here does it in this process, for no daemon runs.
func (r retagRun) here(ctx context.Context, c config.Config, at place) error {
	c.Data = at.dir
	c.Roles = []config.Role{config.Tag, config.Index}
	p, err := pipeline.New(ctx, pipeline.Options{Config: c, Log: r.con.log, Version: version(), Sample: at.sample, Step: r.con.Step})
	if err != nil {
		return err
	}
	runCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	done := make(chan error, 1)
	go func() { done <- p.Run(runCtx) }()
	err = r.follow(ctx, p)
	stop()
	return errors.Join(err, <-done, p.Close(context.WithoutCancel(ctx)))
}

// follow starts it and shows how far it is, until it ends and all is searchable.
func (r retagRun) follow(ctx context.Context, t server.Retagger) error {
	state, err := t.StartRetag(ctx)
	tick := time.NewTicker(retagEvery)
	defer tick.Stop()
	waiting := ""
	for err == nil && (state.State == server.RetagRunning || !state.Searchable) {
		if state.Waiting != waiting {
			if waiting = state.Waiting; waiting != "" {
				fmt.Fprintln(r.out, "waiting:", waiting)
			}
		}
		r.con.Progress(retagProgress(state, time.Now()))
		select {
		case <-ctx.Done():
			if state, err = t.StopRetag(context.WithoutCancel(ctx)); err == nil {
				r.print(state)
			}
			return err
		case <-tick.C:
			state, err = t.RetagStatus(ctx)
		}
	}
	if err != nil {
		return err
	}
	r.print(state)
	switch state.State {
	case server.RetagFailed:
		return errors.New(state.Error)
	case server.RetagStopped:
		return errors.New("it was stopped from elsewhere")
	default:
		return nil
	}
}

// retagProgress is one line for a terminal.
func retagProgress(s server.Retag, now time.Time) string {
	if s.Total == 0 {
		return "  counting the articles"
	}
	const width = 24
	full := int(min(s.Done, s.Total) * width / s.Total) //nolint:gosec // at most width
	line := fmt.Sprintf("  %s%s %3d %%  %d of %d articles · %d changed", strings.Repeat("█", full), strings.Repeat("░", width-full),
		100*s.Done/s.Total, s.Done, s.Total, s.Changed)
	if spent := now.Sub(s.Started); s.Done > 0 && s.Done < s.Total && spent > time.Second {
		left := time.Duration(float64(spent) / float64(s.Done) * float64(s.Total-s.Done))
		line += " · " + left.Round(time.Second).String() + " left"
	}
	return line
}

// print says in a few lines how it stands.
func (r retagRun) print(s server.Retag) {
	if s.State == server.RetagNone {
		fmt.Fprintln(r.out, "the archive was not tagged again since the daemon started")
		return
	}
	if s.State == server.RetagRunning && s.Total == 0 {
		fmt.Fprintln(r.out, "running: counting the articles")
		return
	}
	fmt.Fprintf(r.out, "%s: %d of %d articles have the tags of pack %s\n", s.State, s.Done, s.Total, s.Pack)
	if s.Waiting != "" {
		fmt.Fprintln(r.out, "waiting:", s.Waiting)
	}
	fmt.Fprintf(r.out, "tagged again %d, of which %d changed: %d tags gained, %d lost\n", s.Tagged, s.Changed, s.Gained, s.Lost)
	if s.State == server.RetagStopped {
		fmt.Fprintln(r.out, "'marsad retag' goes on where it stopped")
	}
	if missing := s.Total - min(s.Done, s.Total); s.State == server.RetagDone && missing > 0 {
		fmt.Fprintf(r.out, "%s could not be tagged again: see 'marsad status', parked\n", plural(missing, "article"))
	}
}
