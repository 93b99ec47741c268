package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marsad/internal/printable"
	"marsad/server"
)

func newFeeds() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "feeds",
		Short: "List, add, remove, import, export and check the feeds of the running daemon",
		Long: `Works on the feeds of the running daemon. What is added is polled at once and kept
beside the feeds of pipeline.yaml, which these commands can pause and not remove.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("marsad: there is no 'feeds %s'; there are list, add, remove, pause, resume, import, export and check", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVarP(&path, "config", "c", defaultConfig, "configuration file")
	ask := func(do func(ctx context.Context, c server.Client, args []string, w io.Writer) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, args []string) error {
			client, err := running(cmd, path)
			if err != nil {
				return err
			}
			return do(cmd.Context(), client, args, cmd.OutOrStdout())
		}
	}
	cmd.AddCommand(newFeedsList(ask), newFeedsAdd(ask), newFeedsExport(ask), &cobra.Command{
		Use:   "remove NAME...",
		Short: "Stop polling feeds that were added, and forget them; their articles stay",
		Args:  someArgs("remove which feed? 'marsad feeds list' shows their names"),
		RunE: ask(func(ctx context.Context, c server.Client, args []string, w io.Writer) error {
			return eachFeed(args, w, "removed", func(name string) error { return c.RemoveFeed(ctx, name) })
		}),
	}, &cobra.Command{
		Use:   "pause NAME...",
		Short: "Stop polling feeds until 'resume'",
		Args:  someArgs("pause which feed? 'marsad feeds list' shows their names"),
		RunE: ask(func(ctx context.Context, c server.Client, args []string, w io.Writer) error {
			return eachFeed(args, w, "paused", func(name string) error { return c.PauseFeed(ctx, name, true) })
		}),
	}, &cobra.Command{
		Use:   "resume NAME...",
		Short: "Poll feeds again that were paused or are gone",
		Args:  someArgs("resume which feed? 'marsad feeds list' shows their names"),
		RunE: ask(func(ctx context.Context, c server.Client, args []string, w io.Writer) error {
			return eachFeed(args, w, "resumed", func(name string) error { return c.PauseFeed(ctx, name, false) })
		}),
	}, &cobra.Command{
		Use:     "import FILE",
		Short:   "Add the feeds of an OPML file",
		Example: "  marsad feeds import subscriptions.opml\n  marsad feeds import - < subscriptions.opml",
		Args:    someArgs("import which file? For instance: marsad feeds import subscriptions.opml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(func(ctx context.Context, c server.Client, args []string, w io.Writer) error {
				return importFeeds(ctx, c, args[0], cmd.InOrStdin(), w)
			})(cmd, args)
		},
	}, &cobra.Command{
		Use:   "check ADDRESS...",
		Short: "Look at addresses now: which feed each is, or which a page names",
		Args:  someArgs("check which address? For instance: marsad feeds check https://example.org"),
		RunE: ask(func(ctx context.Context, c server.Client, args []string, w io.Writer) error {
			return eachFeed(args, w, "", func(address string) error {
				found, err := c.CheckFeed(ctx, address)
				if err == nil {
					printFound(w, found)
				}
				return err
			})
		}),
	})
	return cmd
}

// someArgs asks for at least one argument.
func someArgs(otherwise string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{errors.New("marsad: " + otherwise)}
		}
		return nil
	}
}

// eachFeed does something with each of args, all of them whatever fails, and
// says what was done.
func eachFeed(args []string, w io.Writer, done string, do func(string) error) error {
	var errs []error
	for _, arg := range args {
		if err := do(arg); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", arg, err))
		} else if done != "" {
			fmt.Fprintln(w, printable.Text(arg), done)
		}
	}
	return errors.Join(errs...)
}

type asker func(func(context.Context, server.Client, []string, io.Writer) error) func(*cobra.Command, []string) error

func newFeedsList(ask asker) *cobra.Command {
	var asJSON, broken bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Every feed, how it is, and what to do where it is not well",
		Args:  noArgs,
		RunE: ask(func(ctx context.Context, c server.Client, _ []string, w io.Writer) error {
			feeds, err := c.Feeds(ctx)
			if err != nil {
				return err
			}
			return listFeeds(w, feeds.Feeds, broken, asJSON, time.Now())
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object per line")
	cmd.Flags().BoolVar(&broken, "broken", false, "only those that are failing, gone or quiet")
	return cmd
}

func listFeeds(w io.Writer, feeds []server.Feed, broken, asJSON bool, now time.Time) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	shown, count := 0, map[server.FeedState]int{}
	for _, f := range feeds {
		count[f.State]++
		if broken && f.State != server.FeedFailing && f.State != server.FeedGone && f.State != server.FeedQuiet {
			continue
		}
		shown++
		if asJSON {
			if err := enc.Encode(f); err != nil {
				return fmt.Errorf("write feeds: %w", err)
			}
			continue
		}
		printFeed(w, f, now)
	}
	if asJSON {
		return nil
	}
	var sum []string
	for _, s := range server.FeedStates() {
		if count[s] > 0 {
			sum = append(sum, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	fmt.Fprintf(w, "%s: %s\n", plural(len(feeds), "feed"), strings.Join(sum, ", "))
	if broken && shown == 0 {
		fmt.Fprintln(w, "none is failing, gone or quiet")
	}
	return nil
}

// printFeed writes a feed in a line or a few.
func printFeed(w io.Writer, f server.Feed, now time.Time) {
	last := "nothing yet"
	if !f.LastItem.IsZero() {
		last = "news " + ago(now.Sub(f.LastItem)) + " ago"
	}
	next := ""
	if !f.NextPoll.IsZero() {
		next = ", next poll " + in(f.NextPoll.Sub(now))
	}
	fmt.Fprintf(w, "%-8s %s  %s, %s%s\n", f.State, printable.Text(f.Name), plural(f.Items, "article"), last, next)
	fmt.Fprintf(w, "         %s%s\n", printable.Text(f.URL), rhythm(f))
	if f.MovedTo != "" {
		fmt.Fprintf(w, "         moved for good to %s; write that into pipeline.yaml\n", printable.Text(f.MovedTo))
	}
	switch {
	case !f.PushUntil.IsZero():
		fmt.Fprintf(w, "         pushed by %s until %s\n", printable.Text(f.Hub), f.PushUntil.Local().Format(time.DateTime))
	case f.Hub != "":
		fmt.Fprintf(w, "         not pushed by %s: %s\n", printable.Text(f.Hub), printable.Line(f.HubNote, 300))
	}
	if f.Gaps > 0 {
		fmt.Fprintf(w, "         articles may have been lost before %s, the last on %s; set a shorter interval\n",
			plural(f.Gaps, "poll"), f.LastGap.Local().Format(time.DateTime))
	}
	if f.Error != "" {
		fmt.Fprintf(w, "         since %s: %s\n", f.Since.Local().Format(time.DateTime), printable.Line(f.Error, 300))
	}
	if f.Note != "" {
		fmt.Fprintf(w, "         %s\n", printable.Line(f.Note, 300))
	}
}

// rhythm says how often a feed brings what.
func rhythm(f server.Feed) string {
	if f.EveryS == 0 {
		return ""
	}
	out := "  every " + span(f.EveryS)
	if f.PerDay > 0 {
		out += fmt.Sprintf(", %.1f new a day, %.0f %% of a poll known, %s behind publication",
			f.PerDay, 100*f.Repeats, span(f.LagS))
	}
	return out
}

// span is a time in the largest unit that says something: 40s, 15m, 3h.
func span(seconds int64) string {
	if seconds < 60 {
		return fmt.Sprintf("%ds", seconds)
	}
	return strings.TrimSpace(ago(time.Duration(seconds) * time.Second))
}

// in is a time ahead for people: "now", "in 12m".
func in(d time.Duration) string {
	if d < time.Second {
		return "now"
	}
	return "in " + span(int64(d.Seconds()))
}

func newFeedsAdd(ask asker) *cobra.Command {
	var f server.NewFeed
	cmd := &cobra.Command{
		Use:   "add ADDRESS",
		Short: "Poll the feed at an address, or the one that the page there names",
		Example: `  marsad feeds add https://example.org
  marsad feeds add https://example.org/rss.xml --name example --lang ar --every 15m`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("marsad: add which address? For instance: marsad feeds add https://example.org")}
			}
			return nil
		},
		RunE: ask(func(ctx context.Context, c server.Client, args []string, w io.Writer) error {
			f.URL = args[0]
			found, err := c.AddFeed(ctx, f)
			if err != nil {
				return err
			}
			printFound(w, found)
			return nil
		}),
	}
	cmd.Flags().StringVar(&f.Name, "name", "", "its name (default: made of its title)")
	cmd.Flags().StringVar(&f.Lang, "lang", "", "its language, a hint for short texts: ar, ckb, en …")
	cmd.Flags().StringVar(&f.Source, "source", "", "the publisher as readers know it (default: the feed's title)")
	cmd.Flags().StringVar(&f.Every, "every", "", "time between two polls, 15m or more is polite (default: the feed's own rhythm)")
	return cmd
}

func printFound(w io.Writer, f server.FoundFeed) {
	what := "not polled"
	if f.Name != "" {
		what = "polled as " + printable.Text(f.Name)
	}
	fmt.Fprintf(w, "%s  %s\n", printable.Text(f.URL), what)
	fmt.Fprintf(w, "  %s: %s", printable.Line(f.Title, 100), plural(f.Items, "article"))
	if !f.Latest.IsZero() {
		fmt.Fprintf(w, ", the newest of %s", f.Latest.Local().Format(time.DateTime))
	}
	fmt.Fprintln(w)
	if f.Note != "" {
		fmt.Fprintf(w, "  %s\n", printable.Line(f.Note, 200))
	}
	for _, other := range f.Others {
		fmt.Fprintf(w, "  the page names this one too: %s\n", printable.Text(other))
	}
}

func importFeeds(ctx context.Context, c server.Client, path string, stdin io.Reader, w io.Writer) error {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return usageError{fmt.Errorf("marsad: import: %w", err)}
		}
		defer f.Close()
		in = f
	}
	done, err := c.ImportFeeds(ctx, in)
	if err != nil {
		return err
	}
	for _, p := range done.Problems {
		fmt.Fprintf(w, "%s:%d: %s\n", printable.Text(path), p.Line, printable.Line(p.What, 200))
	}
	fmt.Fprintf(w, "%s added, %d polled already, %s\n", plural(done.Added, "feed"), done.Known, plural(len(done.Problems), "problem"))
	return nil
}

func newFeedsExport(ask asker) *cobra.Command {
	return &cobra.Command{
		Use:     "export",
		Short:   "Write all feeds as OPML",
		Example: "  marsad feeds export > subscriptions.opml",
		Args:    noArgs,
		RunE: ask(func(ctx context.Context, c server.Client, _ []string, w io.Writer) error {
			return c.ExportFeeds(ctx, w)
		}),
	}
}
