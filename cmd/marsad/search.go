package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marsad/config"
	"marsad/index"
	"marsad/internal/printable"
	"marsad/pipeline"
	"marsad/query"
	"marsad/server"
)

// searchFlags are what `marsad search` can be told.
type searchFlags struct {
	config string
	json   bool
	limit  int
	sort   string
	facets bool
	cursor string
}

func newSearch() *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   "search QUERY",
		Short: "Search the news: a running daemon's, or the data folder at rest",
		Long: `Searches the running daemon, or the data folder when none runs.

Words are ANDed; OR, NOT or -, parentheses, "phrases", prefix*, and the fields
actor: place: theme: lang: source: feed: title: since: before: after:. Any name of
the rule pack, in any script, finds the tag: actor:"قاسم الأعرجي" is
actor:qasim-al-araji. A place takes in what lies inside it.`,
		Example: `  marsad search 'place:al-qaem theme:border-wall'
  marsad search 'shrine since:7d' --limit 50 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("marsad: search what? For instance: marsad search 'place:al-qaem since:7d'")}
			}
			file, err := loadConfig(cmd, f.config)
			if err != nil {
				return err
			}
			if f.limit < 1 || f.limit > 200 {
				return usageError{fmt.Errorf("marsad: --limit %d is not between 1 and 200", f.limit)}
			}
			if f.sort != "date" && f.sort != "score" {
				return usageError{fmt.Errorf("marsad: --sort %q is neither date nor score", f.sort)}
			}
			return search(cmd.Context(), file.Config, strings.Join(args, " "), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	configFlag(cmd, &f.config)
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object per line")
	cmd.Flags().IntVarP(&f.limit, "limit", "n", 20, "how many, up to 200")
	cmd.Flags().StringVar(&f.sort, "sort", "date", "date (newest first) or score")
	cmd.Flags().BoolVar(&f.facets, "facets", false, "count what was found by place, actor, theme, language and source")
	cmd.Flags().StringVar(&f.cursor, "cursor", "", "go on where the page before ended")
	return cmd
}

func search(ctx context.Context, c config.Config, q string, f searchFlags, out, errOut io.Writer) error {
	at, err := findPlace(c)
	if err != nil {
		return err
	}
	var res server.Results
	if at.url != "" {
		var client server.Client
		if client, err = clientFor(c, at); err != nil {
			return err
		}
		res, err = client.Search(ctx, server.SearchParams{Query: q, Limit: f.limit, Cursor: f.cursor, Sort: f.sort, Facets: f.facets})
	} else {
		res, err = searchAtRest(ctx, c, at, q, f)
	}
	if err != nil {
		return badQuery(q, err)
	}
	if f.json {
		if res.Sample {
			fmt.Fprintln(errOut, "SAMPLE: invented news of the demo")
		}
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		for _, h := range res.Hits {
			if err := enc.Encode(h); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
		return nil
	}
	printResults(out, res, time.Now())
	return nil
}

// searchAtRest searches a folder that no daemon holds.
func searchAtRest(ctx context.Context, c config.Config, at place, q string, f searchFlags) (server.Results, error) {
	c.Data = at.dir
	arch, err := pipeline.OpenArchive(ctx, c)
	if err != nil {
		return server.Results{}, err
	}
	defer arch.Close()
	zone, err := time.LoadLocation(c.Server.Zone)
	if err != nil {
		return server.Results{}, fmt.Errorf("zone: %w", err)
	}
	var node query.Node = query.All{}
	if strings.TrimSpace(q) != "" {
		if node, err = query.Parse(q, query.Options{Names: arch.Pack.Names(), Now: time.Now(), Zone: zone}); err != nil {
			return server.Results{}, err
		}
	}
	req := index.Request{Query: node, Now: time.Now(), Limit: f.limit, Cursor: f.cursor, Sort: f.sort, Highlight: true}
	if f.facets {
		req.Facets = server.FacetNames()
	}
	res, err := arch.Index.Search(ctx, req)
	if err != nil {
		return server.Results{}, err
	}
	return server.NewResults(q, node, res, at.sample), nil
}

// badQuery turns a query's mistake into a usage error that points at it.
func badQuery(q string, err error) error {
	var pos int
	var msg, hint string
	var qe *query.Error
	var pe *server.Problem
	switch {
	case errors.As(err, &qe):
		pos, msg, hint = qe.Pos, qe.Msg, qe.Hint
	case errors.As(err, &pe) && pe.Start != nil:
		pos, msg, hint = *pe.Start, pe.Detail, pe.Hint
	default:
		return err
	}
	pos = min(max(pos, 0), len(q))
	text := fmt.Sprintf("query: %s\n  %s\n  %s^", msg, q, strings.Repeat(" ", len([]rune(q[:pos]))))
	if hint != "" {
		text += "\n" + hint
	}
	return usageError{errors.New(text)}
}

// printResults writes results for people.
func printResults(w io.Writer, res server.Results, now time.Time) {
	if res.Sample {
		fmt.Fprintln(w, "SAMPLE: invented news of the demo")
	}
	fmt.Fprintf(w, "Understood as  %s\n", printable.Text(res.Understood))
	if res.Total == 0 {
		fmt.Fprintln(w, "No article found. Fewer words, a longer period (since:30d), or 'marsad status' for feeds that fail.")
		return
	}
	fmt.Fprintf(w, "%s · %.0f ms\n\n", plural(res.Total, "article"), res.TookMS)
	for _, h := range res.Hits {
		when := h.Published
		if when.IsZero() {
			when = h.Seen
		}
		fmt.Fprintf(w, "%5s  %-3s  %s\n", ago(now.Sub(when)), h.Lang, printable.Line(titleOf(h), 100))
		fmt.Fprintf(w, "            %s  %s\n", printable.Text(h.Source), h.URL)
		if tags := tagLine(h.Tags); tags != "" {
			fmt.Fprintf(w, "            %s\n", tags)
		}
	}
	for _, name := range server.FacetNames() {
		if counts := res.Facets[name]; len(counts) > 0 {
			fmt.Fprintf(w, "\n%s:", name)
			for _, c := range counts {
				fmt.Fprintf(w, "  %s %d", printable.Text(c.Value), c.Count)
			}
			fmt.Fprintln(w)
		}
	}
	if res.Next != "" {
		fmt.Fprintf(w, "\nMore: --cursor %s\n", res.Next)
	}
}

// titleOf is what stands for an article in a list.
func titleOf(h server.Hit) string {
	if h.Title != "" {
		return h.Title
	}
	return h.Body
}
