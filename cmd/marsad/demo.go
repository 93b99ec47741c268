package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"marsad/alert"
	"marsad/config"
	"marsad/ingest"
	"marsad/internal/demo"
	"marsad/internal/printable"
	"marsad/internal/workspace"
)

// dripAfter is when the demo's last items appear, and demoPoll how often its
// feeds are asked, so that an alert fires while one watches.
const (
	dripAfter = 20 * time.Second
	demoPoll  = 2 * time.Second
)

type demoOptions struct {
	config     config.Config // what is not the demo's own: ports, folder
	out        io.Writer
	webhook    string // further receiver, on this machine
	secretFile string
	drip       time.Duration
	userPort   bool
}

func newDemo() *cobra.Command {
	var path, level, listen string
	o := demoOptions{drip: dripAfter}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run on invented sample feeds; needs no network",
		Long: `Runs the whole pipeline on sample feeds that are served on this machine:
invented news in six languages, dated relative to now, marked SAMPLE everywhere.
Some more appear after 20 seconds, so that an alert fires while you watch.

The workspace (data/demo) is begun anew at each start and never holds real news.
Alerts go to the terminal and to a webhook inbox of the demo's own.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := loadConfig(cmd, path)
			if err != nil {
				return err
			}
			lvl, err := logLevel(level)
			if err != nil {
				return err
			}
			o.config, o.out = file.Config, cmd.OutOrStdout()
			if o.userPort = listen != ""; o.userPort {
				o.config.Server.Listen = listen
			}
			return runDemo(cmd.Context(), newConsole(cmd.ErrOrStderr(), lvl), o)
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&level, "log", "info", "debug, info, warn or error")
	cmd.Flags().StringVar(&listen, "listen", "", "address to serve on (default: that of the configuration, or the next free port)")
	cmd.Flags().StringVar(&o.webhook, "webhook", "", "send the alerts to this webhook on this machine too")
	cmd.Flags().StringVar(&o.secretFile, "webhook-secret-file", "", "file with the secret (whsec_…) for --webhook")
	cmd.Flags().DurationVar(&o.drip, "drip", dripAfter, "when the last items appear")
	return cmd
}

// runDemo runs the daemon on the sample feeds, in a workspace of its own, until
// ctx ends.
func runDemo(ctx context.Context, con *console, o demoOptions) error {
	dir := demoDir(o.config)
	if err := freshDemoDir(dir); err != nil {
		return err
	}
	feeds, err := demo.Listen(ctx, time.Now, o.drip)
	if err != nil {
		return err
	}
	defer feeds.Close()
	secret, secretFile, err := newSecret(string(dir))
	if err != nil {
		return err
	}
	inbox, err := demo.ListenInbox(ctx, secret, func(m demo.Message) {
		con.Step("Webhook", fmt.Sprintf("the demo's inbox received %s, signature %s: %s", m.Watch, m.Signature, printable.Line(m.Title, 80)))
	})
	if err != nil {
		return err
	}
	defer inbox.Close()

	first, drips := feeds.Size()
	con.Step("Sample feeds", fmt.Sprintf("%d feeds with %d invented items on this machine; %d more in %s", len(feeds.Feeds()), first, drips, o.drip))
	c := demoConfig(o, dir, feeds, inbox.URL(), secretFile)
	d := daemon{con: con, out: o.out, sample: true, userPort: o.userPort, hint: []string{
		fmt.Sprintf("  Watch  in %s more items appear, and alerts on the border wall at al-Qaem fire", o.drip),
	}}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return feeds.Run(ctx) })
	g.Go(func() error { return inbox.Run(ctx) })
	g.Go(func() error { return d.run(ctx, c) })
	return g.Wait()
}

// demoConfig is the configuration of the demo: the caller's server and disk
// settings, everything else its own.
func demoConfig(o demoOptions, dir workspace.Dir, feeds *demo.Server, inbox, secretFile string) config.Config {
	const here = "127.0.0.0/8"
	c := config.Default()
	c.Data, c.Server, c.Disk = dir, o.config.Server, o.config.Disk
	for _, f := range feeds.Feeds() {
		c.Ingest.Feeds = append(c.Ingest.Feeds, ingest.Feed{
			Name: f.Name, URL: f.URL, Lang: f.Lang, Source: f.Source,
			Interval: demoPoll, AllowPrivate: []string{here}, Sample: true,
		})
	}
	c.Alert.Receivers = []alert.Receiver{
		{Name: "terminal", Type: alert.Terminal},
		{Name: "inbox", Type: alert.Webhook, URL: inbox, SecretFile: secretFile, AllowPrivate: []string{here}},
	}
	to := []string{"terminal", "inbox"}
	if o.webhook != "" {
		c.Alert.Receivers = append(c.Alert.Receivers, alert.Receiver{
			Name: "webhook", Type: alert.Webhook, URL: o.webhook, SecretFile: o.secretFile, AllowPrivate: []string{here, "::1/128"},
		})
		to = append(to, "webhook")
	}
	c.Alert.Watches = []alert.Watch{{ID: "wall-at-al-qaem", Query: "place:al-qaem theme:border-wall", To: to}}
	return c
}

// sampleMark is the file that tells a demo's folder from one with real news.
const sampleMark = "SAMPLE"

// freshDemoDir makes an empty folder for the demo. It removes only what an
// earlier demo left, which it knows by its mark.
func freshDemoDir(dir workspace.Dir) error {
	if h, ok := workspace.RunningIn(dir); ok {
		return &workspace.LockedError{Dir: dir, Holder: h}
	}
	mark := filepath.Join(string(dir), sampleMark)
	entries, err := os.ReadDir(string(dir))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("demo folder: %w", err)
	case len(entries) > 0:
		if _, err := os.Stat(mark); err != nil {
			return fmt.Errorf("%s was not made by a demo, so it is left alone; move it away, or set another data folder", dir)
		}
		if err := os.RemoveAll(string(dir)); err != nil {
			return fmt.Errorf("empty the demo folder: %w", err)
		}
	}
	if err := os.MkdirAll(string(dir), 0o700); err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	return os.WriteFile(mark, []byte("Invented news of 'marsad demo'; removed at its next start.\n"), 0o600)
}

// newSecret makes a webhook secret and a file that holds it.
func newSecret(dir string) (secret []byte, file string, err error) {
	secret = make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	file = filepath.Join(dir, "webhook-secret")
	err = os.WriteFile(file, []byte("whsec_"+base64.StdEncoding.EncodeToString(secret)+"\n"), 0o600)
	return secret, file, err
}
