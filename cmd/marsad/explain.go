package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marsad/config"
	"marsad/internal/printable"
	"marsad/item"
	"marsad/pipeline"
	"marsad/server"
	"marsad/tagger"
	"marsad/text"
)

// explainFlags are what `marsad explain` can be told.
type explainFlags struct {
	config, pack      string
	text, title, lang string
	date              string
	json              bool
}

func newExplain() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain {ITEM-ID | --text TEXT} [TAG]",
		Short: "Say why an article has a tag, or why not",
		Long: `Says what each tag of an article rests on, and which names in it do not count and
why. With a tag (place:al-qaem, or al-qaem alone) it goes through that rule: which
clause failed, which reject or decoy struck.

The article is one of the running daemon's, or of the data folder when none runs,
or the text given with --text.`,
		Example: `  marsad explain 1d70ae40139749b18b3f0872745bab70 place:al-qaem
  marsad explain --text 'الوضع القائم في العراق' al-qaem`,
		RunE: func(cmd *cobra.Command, args []string) error {
			pack, it, rest, err := f.subject(cmd, args)
			if err != nil {
				return err
			}
			switch len(rest) {
			case 0:
				return explainAll(cmd.OutOrStdout(), pack, it, f.json)
			case 1:
				return explainTag(cmd.OutOrStdout(), pack, it, rest[0], f.json)
			}
			return usageError{fmt.Errorf("marsad: explain one tag at a time, got %q and %q", rest[0], rest[1])}
		},
	}
	configFlag(cmd, &f.config)
	packFlag(cmd, &f.pack)
	cmd.Flags().StringVar(&f.text, "text", "", "a text to explain instead of an article")
	cmd.Flags().StringVar(&f.title, "title", "", "the title above --text")
	cmd.Flags().StringVar(&f.lang, "lang", "", "language of --text (default: told from the text)")
	cmd.Flags().StringVar(&f.date, "date", "", "date of --text, 2025-01-05, for rules bound in time")
	cmd.Flags().BoolVar(&f.json, "json", false, "JSON")
	return cmd
}

// subject is what is to be explained, by which pack, and the arguments left.
func (f *explainFlags) subject(cmd *cobra.Command, args []string) (*tagger.Pack, item.Item, []string, error) {
	if cmd.Flags().Changed("text") || f.title != "" {
		it := item.Item{Title: f.title, Body: f.text, Lang: cmp.Or(f.lang, text.Identify(f.title+"\n"+f.text, ""))}
		if f.date != "" {
			at, err := time.Parse(time.DateOnly, f.date)
			if err != nil {
				return nil, it, nil, usageError{fmt.Errorf("marsad: --date %q is no date; write 2025-01-05", f.date)}
			}
			it.Published = at
		}
		pack, err := draftPack(f.pack)
		if err != nil {
			return nil, it, nil, packMistakes(err)
		}
		return pack, it, args, nil
	}
	if len(args) == 0 {
		return nil, item.Item{}, nil, usageError{errors.New("marsad: explain which article? Give its id, or a text with --text")}
	}
	file, err := loadConfig(cmd, f.config)
	if err != nil {
		return nil, item.Item{}, nil, err
	}
	it, err := fetchItem(cmd.Context(), file.Config, item.ID(args[0]))
	if err != nil {
		return nil, it, nil, err
	}
	dir := f.pack
	if dir == "" && file.Pack != config.BuiltinPack {
		dir = file.Pack
	}
	pack, err := draftPack(dir)
	if err != nil {
		return nil, it, nil, packMistakes(err)
	}
	return pack, it, args[1:], nil
}

// fetchItem gets an article from the running daemon or the folder at rest.
func fetchItem(ctx context.Context, c config.Config, id item.ID) (item.Item, error) {
	at, err := findPlace(c)
	if err != nil {
		return item.Item{}, err
	}
	if at.url != "" {
		client, err := clientFor(c, at)
		if err != nil {
			return item.Item{}, err
		}
		a, err := client.Item(ctx, id)
		if err != nil {
			return item.Item{}, err
		}
		return itemOf(a), nil
	}
	c.Data = at.dir
	arch, err := pipeline.OpenArchive(ctx, c)
	if err != nil {
		return item.Item{}, err
	}
	defer arch.Close()
	t, ok, err := arch.Index.Get(ctx, id)
	if err != nil {
		return item.Item{}, err
	}
	if !ok {
		return item.Item{}, fmt.Errorf("there is no article %s", id)
	}
	return t.Item, nil
}

// itemOf is as much of an article's item as tagging looks at.
func itemOf(a server.Article) item.Item {
	return item.Item{
		ID: a.ID, Revision: a.Revision, Feed: a.Feed, Source: a.Source, Title: a.Title, Body: a.Body, Lang: a.Lang,
		Published: a.Published, Seen: a.Seen, Listed: a.Listed,
	}
}

// explainAll explains every tag of an item and every name that does not count.
func explainAll(w io.Writer, pack *tagger.Pack, it item.Item, asJSON bool) error {
	var all []tagger.Explanation
	for _, t := range pack.Touched(it) {
		if ex, ok := pack.Explain(it, t.Kind, t.ID); ok {
			all = append(all, ex)
		}
	}
	if asJSON {
		return writeJSON(w, all)
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "No rule finds anything in it.")
	}
	for _, ex := range all {
		printExplanation(w, ex, false)
	}
	return nil
}

func explainTag(w io.Writer, pack *tagger.Pack, it item.Item, tag string, asJSON bool) error {
	kind, id, ok := strings.Cut(tag, ":")
	kinds := []item.Kind{item.Kind(kind)}
	if !ok {
		kinds, id = item.Kinds(), tag
	}
	suggestion := ""
	for _, k := range kinds {
		name, found := pack.Names().Resolve(k, id)
		if !found {
			if near := pack.Names().Suggest(k, id); near != "" && suggestion == "" {
				suggestion = fmt.Sprintf("; did you mean %s:%s?", k, near)
			}
			continue
		}
		ex, _ := pack.Explain(it, k, name)
		if asJSON {
			return writeJSON(w, ex)
		}
		printExplanation(w, ex, true)
		return nil
	}
	return usageError{fmt.Errorf("marsad: there is no rule %q%s", tag, suggestion)}
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// printExplanation writes an explanation for people; in full it shows every
// clause of a theme, else only those that hold.
func printExplanation(w io.Writer, ex tagger.Explanation, full bool) {
	verdict := "no"
	if ex.Tag != nil {
		verdict = fmt.Sprintf("%s, confidence %.2f", standing(*ex.Tag), ex.Tag.Confidence)
	}
	fmt.Fprintf(w, "%s:%s: %s\n", ex.Kind, ex.ID, verdict)
	if ex.Kind == item.Theme {
		printTheme(w, ex, full)
		return
	}
	for _, m := range ex.Mentions {
		mark := "-"
		switch {
		case m.Counts:
			mark = "+"
		case m.Unsure:
			mark = "?"
		}
		fmt.Fprintf(w, "  %s %s\n    name \"%s\" (%s, %s:%d:%d): %s\n", mark, evidenceLine(m.Evidence), printable.Text(m.Name), m.Clause, m.Pos.File, m.Pos.Line, m.Pos.Col, printable.Text(m.Reason))
		for _, c := range m.Checks {
			printCheck(w, "      ", c)
		}
	}
	if len(ex.ImpliedBy) > 0 {
		fmt.Fprintf(w, "  holds %s\n", strings.Join(ex.ImpliedBy, ", "))
	}
	if len(ex.Mentions) == 0 && len(ex.ImpliedBy) == 0 {
		fmt.Fprintln(w, "  none of its names stands in the text")
	}
}

func printTheme(w io.Writer, ex tagger.Explanation, full bool) {
	for _, c := range ex.Checks {
		if full || c.Holds {
			printCheck(w, "  ", c)
		}
	}
	fmt.Fprintf(w, "  weight %g of %g\n", ex.Weight, ex.Threshold)
}

func printCheck(w io.Writer, indent string, c tagger.Check) {
	mark, note := "-", c.Reason
	switch {
	case c.Holds && c.Part == "none":
		mark, note = "!", "forbids it"
	case c.Holds && c.Part == "any":
		mark, note = "+", fmt.Sprintf("weighs %g", c.Weight)
	case c.Holds:
		mark, note = "+", "holds"
	case c.Part == "none":
		mark, note = " ", "is not there"
	}
	fmt.Fprintf(w, "%s%s %s %s (%s:%d:%d): %s\n", indent, mark, c.Part, printable.Text(c.Clause), c.Pos.File, c.Pos.Line, c.Pos.Col, printable.Text(note))
	for _, e := range c.Found {
		fmt.Fprintf(w, "%s    %s\n", indent, evidenceLine(e))
	}
}
