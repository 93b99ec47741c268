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
	"marsad/index"
	"marsad/query"
	"marsad/server"
)

// searchFlags are what `marsad search` can be told.
type searchFlags struct {
	config string
	form   string // "", or the form of an export: json, csv, ids
	server.SearchParams
}

func newSearch() *cobra.Command {
	var f searchFlags
	var asJSON, asCSV, asIDs bool
	cmd := &cobra.Command{
		Use:   "search QUERY",
		Short: "Search the news: a running daemon's, or the data folder at rest",
		Long: `Searches the running daemon, or the data folder when none runs.

Words are ANDed; OR, NOT or -, parentheses, "phrases", prefix*, and the fields
actor: place: theme: lang: source: feed: title: since: before: after:. Any name of
the rule pack, in any script, finds the tag: actor:"قاسم الأعرجي" is
actor:qasim-al-araji. A place takes in what lies inside it.

--json, --csv and --ids write everything that is found, unless --limit says how
many, and the count to standard error.`,
		Example: `  marsad search 'place:al-qaem theme:border-wall'
  marsad search 'shrine since:7d' --collapse --sort seen
  marsad search 'shrine since:7d' --csv > shrine.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("marsad: search what? For instance: marsad search 'place:al-qaem since:7d'")}
			}
			file, err := loadConfig(cmd, f.config)
			if err != nil {
				return err
			}
			for form, on := range map[string]bool{"json": asJSON, "csv": asCSV, "ids": asIDs} {
				if on && f.form != "" {
					return usageError{errors.New("marsad: --json, --csv and --ids exclude each other")}
				} else if on {
					f.form = form
				}
			}
			most := index.MaxLimit
			if f.form != "" {
				most = 1_000_000
				if !cmd.Flags().Changed("limit") {
					f.Limit = most
				}
			}
			if f.Limit < 1 || f.Limit > most {
				return usageError{fmt.Errorf("marsad: --limit %d is not between 1 and %d", f.Limit, most)}
			}
			if f.Sort != index.ByDate && f.Sort != index.ByScore && f.Sort != index.BySeen {
				return usageError{fmt.Errorf("marsad: --sort %q is none of date, score and seen", f.Sort)}
			}
			f.Query = strings.Join(args, " ")
			return search(cmd.Context(), file.Config, f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	configFlag(cmd, &f.config)
	cmd.Flags().BoolVar(&asJSON, "json", false, "everything, one JSON object per line")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "everything, as a table")
	cmd.Flags().BoolVar(&asIDs, "ids", false, "the ids of everything, one per line")
	cmd.Flags().IntVarP(&f.Limit, "limit", "n", 20, "how many, up to 200; up to 1000000 of an export")
	cmd.Flags().StringVar(&f.Sort, "sort", "date", "date (newest first), score or seen (first seen last)")
	cmd.Flags().BoolVar(&f.Collapse, "collapse", false, "one article a story")
	cmd.Flags().BoolVar(&f.Facets, "facets", false, "count what was found by place, actor, theme, language and source")
	cmd.Flags().StringVar(&f.Cursor, "cursor", "", "go on where the page before ended")
	return cmd
}

func search(ctx context.Context, c config.Config, f searchFlags, out, errOut io.Writer) error {
	at, err := findPlace(c)
	if err != nil {
		return err
	}
	from, err := openNews(ctx, c, at)
	if err != nil {
		return err
	}
	defer from.close()
	if f.form != "" {
		if at.sample {
			fmt.Fprintln(errOut, "SAMPLE: invented news of the demo")
		}
		return badQuery(f.Query, export(ctx, from, f, out, errOut))
	}
	f.Histogram = index.UnitAuto
	res, err := from.search(ctx, f.SearchParams)
	if err != nil {
		return badQuery(f.Query, err)
	}
	printResults(newPaper(out), res, time.Now())
	return nil
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
		return err // nil too
	}
	pos = min(max(pos, 0), len(q))
	text := fmt.Sprintf("query: %s\n  %s\n  %s^", msg, q, strings.Repeat(" ", len([]rune(q[:pos]))))
	if hint != "" {
		text += "\n" + hint
	}
	return usageError{errors.New(text)}
}
