package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"marsad/config"
	"marsad/ingest"
	"marsad/pipeline"
)

// probeTime is how long a first start waits for any feed to answer before it
// shows the demo instead.
const probeTime = 5 * time.Second

func newRun() *cobra.Command {
	var path, level string
	var noDemo bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon: poll, tag, index, alert and serve",
		Long: `Runs everything in one process with the feeds, watches and receivers of
pipeline.yaml. On a first start, when no feed answers within a few seconds, it
says so and goes on with invented sample feeds in a workspace of its own.

SIGHUP reads the configuration again; a bad one changes nothing. Ctrl-C or
SIGTERM stops in order; nothing is lost either way.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, con, err := checked(cmd, path, level)
			if err != nil {
				return err
			}
			con.Step("Configuration", fmt.Sprintf("%s: %s, %s", path, plural(len(file.Ingest.Feeds), "feed"), plural(len(file.Alert.Watches), "watch")))
			if !noDemo && file.Data.Fresh() && file.Has(config.Poll) && !anyFeedAnswers(cmd.Context(), con, file.Ingest) {
				con.Warn("Going on with SAMPLE feeds in " + string(demoDir(file.Config)) + "; your data folder is untouched. --no-demo waits for the network instead.")
				return runDemo(cmd.Context(), con, demoOptions{config: file.Config, out: cmd.OutOrStdout(), drip: dripAfter})
			}
			d := daemon{con: con, out: cmd.OutOrStdout(), reload: func() (config.Config, error) {
				next, err := config.Load(path)
				if err != nil {
					return config.Config{}, err
				}
				_, err = prepare(next)
				return next.Config, err
			}, userPort: file.Server.Listen != config.Default().Server.Listen}
			return d.run(cmd.Context(), file.Config)
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&level, "log", "info", "debug, info, warn or error")
	cmd.Flags().BoolVar(&noDemo, "no-demo", false, "never fall back to the sample feeds")
	return cmd
}

// anyFeedAnswers asks a few feeds, and says so.
func anyFeedAnswers(ctx context.Context, con *console, c ingest.Config) bool {
	con.Progress("  asking a few feeds whether there is a network …")
	answered, asked := ingest.Probe(ctx, c, probeTime)
	if answered > 0 {
		con.Step("Network", fmt.Sprintf("%d of %d test feeds answered", answered, asked))
		return true
	}
	con.Warn(fmt.Sprintf("No network: none of %d test feeds answered.", asked))
	return false
}

// A daemon runs a pipeline under a console.
type daemon struct {
	con *console
	out io.Writer // the terminal receiver's lines
	// reload reads the configuration again; nil where there is no file.
	reload   func() (config.Config, error)
	userPort bool // the user chose the port: do not take another
	sample   bool
	hint     []string // shown once everything is up
}

// run builds the pipeline, says where to look, and runs it until ctx ends.
func (d daemon) run(ctx context.Context, c config.Config) error {
	fetched := newFetchCount(d.con, len(c.Ingest.Feeds))
	o := pipeline.Options{
		Config: c, Log: d.con.log, Version: version(), Sample: d.sample,
		Terminal: d.out, Step: d.con.Step, OnPoll: fetched.polled, OnTagged: d.con.tagged,
	}
	if !d.userPort {
		o.TryPorts = 20
	}
	o.Reload = d.reload
	p, err := pipeline.New(ctx, o)
	if err != nil {
		return err
	}
	d.con.Say("",
		"  Open   "+p.URL(),
		"  Try    bin/marsad search 'place:al-qaem theme:border-wall'",
	)
	d.con.Say(d.hint...)
	d.con.Say("  Stop   Ctrl-C (safe: nothing is lost)", "")

	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				if err := p.Reload(ctx); err != nil {
					d.con.log.ErrorContext(ctx, "reload refused, nothing changed", "err", err)
				}
			}
		}
	}()

	err = p.Run(ctx)
	if ctx.Err() != nil {
		d.con.Say("  Stopping …")
	}
	if cerr := p.Close(context.WithoutCancel(ctx)); err == nil {
		err = cerr
	}
	if err == nil {
		d.con.Say("  Stopped. Nothing was lost.")
	}
	return err
}
