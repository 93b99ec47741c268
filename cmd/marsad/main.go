// Command marsad watches the news on Iraq and Syria: it polls feeds, tags each
// item, makes it searchable and tells of new mentions.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal stops in order; a second one kills, for whoever cannot wait.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes of every command.
const (
	exitOK      = 0
	exitRuntime = 1
	exitUsage   = 2
)

// run is the whole program: main and the tests call it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot() //nolint:contextcheck // commands get theirs from cobra
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &checkedWriter{w: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.failure()
	}
	if err == nil {
		return exitOK
	}
	var usage usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "%v\n", usage.error)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitOK
	default:
		fmt.Fprintf(stderr, "marsad: %v\n", err)
		return exitRuntime
	}
}

// A usageError is a mistake in flags or configuration: exit code 2. Its text is
// printed as it is.
type usageError struct{ error }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "marsad",
		Short: "Watch the news on Iraq and Syria",
		Long: `Marsad (مرصد, "observatory") polls news feeds, tags each item with the actors,
places and themes it mentions, makes it searchable and tells of new mentions.

Begin with:  marsad demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			msg := fmt.Sprintf("marsad: unknown command %q", args[0])
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				msg += fmt.Sprintf("; did you mean %q?", near[0])
			}
			return usageError{errors.New(msg + "\nRun 'marsad --help' for the list.")}
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("marsad: %w\nRun '%s --help' for the flags.", err, cmd.CommandPath())} //nolint:staticcheck,revive // printed to people as it stands
	})
	root.AddCommand(
		newRun(), newDemo(), newCheck(), newSearch(), newTag(), newExplain(), newRules(), newStatus(), newAlerts(), newFeeds(), newReplay(), newRetag(), newVersion(),
	)
	return root
}

// noArgs refuses arguments with a usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("marsad: %s takes no arguments, got %q", cmd.Name(), args[0])}
	}
	return nil
}
