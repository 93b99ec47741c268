package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"marsad/internal/field"
	"marsad/internal/printable"
	"marsad/server"
)

func newStatus() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Streams, positions, lags, feeds, disk of the running daemon",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := running(cmd, path)
			if err != nil {
				return err
			}
			st, err := client.Status(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(st)
			}
			printStatus(cmd.OutOrStdout(), st, time.Now())
			return nil
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	return cmd
}

func printStatus(w io.Writer, st server.Status, now time.Time) {
	if st.Sample {
		fmt.Fprintln(w, "SAMPLE: the demo's invented news")
	}
	state := "ready"
	if !st.Ready {
		state = "not ready: " + st.Reason
	}
	fmt.Fprintf(w, "marsad %s, up %s, %s\n", st.Version, now.Sub(st.Started).Round(time.Second), state)
	if st.Polling.Paused {
		fmt.Fprintf(w, "polling is paused: %s\n", st.Polling.Why)
	}
	fmt.Fprintf(w, "disk     %s free of %s, %s used by %s\n",
		field.Size(st.Disk.Free), field.Size(st.Disk.Total), field.Size(st.Disk.Used), st.Disk.Path)
	fmt.Fprintf(w, "index    %s%s\n", plural(st.Index.Articles, "article"), behind(st.Index.Error))
	if st.Index.Rebuilt != "" {
		fmt.Fprintf(w, "         begun anew: %s\n", st.Index.Rebuilt)
	}
	for _, s := range st.Streams {
		fmt.Fprintf(w, "stream   %-8s %8d records %9s", s.Name, s.Messages, field.Size(s.Bytes))
		if s.Lost > 0 {
			fmt.Fprintf(w, "  %d LOST: unreadable on disk", s.Lost)
		}
		fmt.Fprintln(w)
	}
	for _, s := range st.Stages {
		fmt.Fprintf(w, "stage    %-8s at %d of %s, %d behind%s\n", s.Name, s.Position, s.Stream, s.Lag, behind(s.Error))
	}
	if r := st.Retag; r != nil {
		fmt.Fprintf(w, "retag    %s, %d of %s, %d changed%s\n", r.State, r.Done, plural(r.Total, "article"), r.Changed, behind(r.Error))
	}
	for _, r := range st.Receivers {
		fmt.Fprintf(w, "receiver %-8s %d waiting, %d dead%s\n", r.Name, r.Pending, r.Dead, behind(r.Error))
	}
	count := map[server.FeedState]int{}
	for _, f := range st.Feeds {
		count[f.State]++
	}
	fmt.Fprintf(w, "feeds    %d:", len(st.Feeds))
	for _, s := range server.FeedStates() {
		if count[s] > 0 {
			fmt.Fprintf(w, " %d %s", count[s], s)
		}
	}
	fmt.Fprintln(w)
	for _, f := range st.Feeds {
		if f.State == server.FeedFailing || f.State == server.FeedGone {
			fmt.Fprintf(w, "         %s: %s; next try %s\n", f.Name, printable.Line(f.Error, 200), f.NextPoll.Local().Format("15:04"))
		}
	}
	for _, f := range st.Feeds {
		if f.Note != "" && f.Error == "" {
			fmt.Fprintf(w, "         %s: %s\n", f.Name, printable.Line(f.Note, 200))
		}
	}
	if st.ParkedTotal > 0 {
		fmt.Fprintf(w, "parked   %s that could not be processed\n", plural(st.ParkedTotal, "record"))
		for _, p := range st.Parked {
			fmt.Fprintf(w, "         %s %d by %s, %s: %s\n", p.Stream, p.Seq, p.Stage, p.At.Local().Format(time.DateTime), printable.Line(p.Reason, 200))
		}
	}
}
