package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"marsad/internal/printable"
	"marsad/server"
)

func newAlerts() *cobra.Command {
	var path string
	var asJSON bool
	var limit int
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "What was alerted",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := running(cmd, path)
			if err != nil {
				return err
			}
			return listAlerts(cmd.Context(), client, limit, asJSON, cmd.OutOrStdout())
		},
	}
	cmd.PersistentFlags().StringVarP(&path, "config", "c", defaultConfig, "configuration file")
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "one JSON object per line")
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "how many, up to 1000")
	cmd.AddCommand(&cobra.Command{
		Use:   "dead",
		Short: "What could not be delivered, and why",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := running(cmd, path)
			if err != nil {
				return err
			}
			return listDead(cmd.Context(), client, asJSON, cmd.OutOrStdout())
		},
	}, &cobra.Command{
		Use:   "retry ID...",
		Short: "Send dead letters once more, now",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("marsad: retry which dead letter? 'marsad alerts dead' lists their ids")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := running(cmd, path)
			if err != nil {
				return err
			}
			for _, id := range args {
				if rerr := client.Retry(cmd.Context(), id); rerr != nil {
					err = errors.Join(err, rerr)
					continue
				}
				fmt.Fprintln(cmd.OutOrStdout(), id, "delivered")
			}
			return err
		},
	})
	return cmd
}

func listAlerts(ctx context.Context, c server.Client, limit int, asJSON bool, w io.Writer) error {
	alerts, err := c.Alerts(ctx, limit)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, a := range alerts.Alerts {
		if asJSON {
			if err := enc.Encode(a); err != nil {
				return fmt.Errorf("write: %w", err)
			}
			continue
		}
		sample := ""
		if a.Sample {
			sample = "SAMPLE "
		}
		fmt.Fprintf(w, "%s  %s%s  [%s] %s\n", a.Seen.Local().Format(time.DateTime), sample, a.Watch, a.Lang, printable.Line(a.Title, 100))
		for _, r := range a.Why {
			fmt.Fprintf(w, "    %s", printable.Text(r.Clause))
			if r.Text != "" {
				fmt.Fprintf(w, "  “%s” in the %s", printable.Text(r.Text), r.Field)
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

func listDead(ctx context.Context, c server.Client, asJSON bool, w io.Writer) error {
	dead, err := c.Dead(ctx)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, d := range dead.Dead {
		if asJSON {
			if err := enc.Encode(d); err != nil {
				return fmt.Errorf("write: %w", err)
			}
			continue
		}
		fmt.Fprintf(w, "%s  %s to %s after %s: %s\n", d.ID, d.Last.Local().Format(time.DateTime), d.Receiver, plural(d.Tries, "try"), printable.Line(d.Reason, 200))
	}
	return nil
}
