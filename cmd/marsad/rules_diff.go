package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"marsad/internal/printable"
	"marsad/item"
	"marsad/tagger"
)

// diffFlags are what `marsad rules diff` can be told.
type diffFlags struct {
	old, new, items string
	archive         bool
	config          string
	json            bool
	limit           int
}

func newRulesDiff() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff --new FOLDER {--items FILE | --archive}",
		Short: "Show which items gain or lose which tag from one pack to another",
		Long: `Tags items with two packs and shows each tag that only one of them gives, with
its evidence, and a sum per tag at the end. The items are those of a file (JSON
lines as 'marsad tag' reads them; .gz is unpacked; - is stdin), or the articles of
the running daemon, or of the data folder when none runs.

Nothing is changed. 'marsad retag' puts the pack of the configuration into force
for the articles that are there already.`,
		Example: "  marsad rules diff --new ./my-pack --archive\n  marsad rules diff --new ./my-pack --items news.jsonl.gz\n  marsad rules diff --old ./before --new ./after --items - < news.jsonl",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (f.items == "") == !f.archive {
				return usageError{errors.New("marsad: say what to compare on: --archive, or --items and a file of items as JSON lines, or -")}
			}
			if f.old == f.new {
				return usageError{errors.New("marsad: --old and --new are one pack; give the folder of another")}
			}
			return rulesDiff(cmd, f)
		},
	}
	cmd.Flags().StringVar(&f.old, "old", "", "folder of the pack before (default: the built-in iraq-syria)")
	cmd.Flags().StringVar(&f.new, "new", "", "folder of the pack after (default: the built-in iraq-syria)")
	cmd.Flags().StringVar(&f.items, "items", "", "file of items, JSON lines, perhaps .gz; - is stdin")
	cmd.Flags().BoolVar(&f.archive, "archive", false, "the articles that were collected")
	configFlag(cmd, &f.config)
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object per tag gained or lost")
	cmd.Flags().IntVarP(&f.limit, "limit", "n", 200, "how many changes to show; the sums count all")
	return cmd
}

// A change is a tag that one of two packs gives.
type change struct {
	Item   string   `json:"item"`
	Change string   `json:"change"` // gained, lost or status
	Tag    item.Tag `json:"tag"`
	Title  string   `json:"title,omitempty"`
}

func rulesDiff(cmd *cobra.Command, f diffFlags) error {
	before, err := loadPack(f.old)
	if err != nil {
		return packMistakes(err)
	}
	after, err := loadPack(f.new)
	if err != nil {
		return packMistakes(err)
	}
	d := differ{w: bufio.NewWriter(cmd.OutOrStdout()), f: f, sums: map[string][3]int{}}
	defer d.w.Flush()
	if f.archive {
		file, err := loadConfig(cmd, f.config)
		if err != nil {
			return err
		}
		err = eachArchived(cmd.Context(), file.Config, func(it item.Item) error {
			return d.compare(string(it.ID), it, before, after)
		})
		if err != nil {
			return err
		}
	} else if err := d.file(cmd, before, after); err != nil {
		return err
	}
	d.sum(before, after)
	if d.bad > 0 {
		return fmt.Errorf("%s could not be read", plural(d.bad, "line"))
	}
	return nil
}

// file compares on the items of a file.
func (d *differ) file(cmd *cobra.Command, before, after *tagger.Pack) error {
	if _, err := os.Stat(d.f.items); err != nil && d.f.items != "-" {
		return usageError{fmt.Errorf("marsad: --items: %w", err)}
	}
	in, _, err := openItems(d.f.items, cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer in.Close()
	return eachItem(in, func(n int, id string, it item.Item, err error) error {
		if err != nil {
			d.bad++
			fmt.Fprintf(cmd.ErrOrStderr(), "%s:%d: %v\n", d.f.items, n, err)
			return nil
		}
		return d.compare(id, it, before, after)
	})
}

// A differ compares and counts.
type differ struct {
	w              *bufio.Writer
	f              diffFlags
	items, changed int
	shown, bad     int
	sums           map[string][3]int // per tag: gained, lost, of another status
}

func (d *differ) compare(id string, it item.Item, before, after *tagger.Pack) error {
	d.items++
	x, y := before.Tag(it).Tags, after.Tag(it).Tags
	var changes []change
	for _, t := range y {
		i := slices.IndexFunc(x, func(o item.Tag) bool { return o.Key() == t.Key() })
		switch {
		case i < 0:
			changes = append(changes, change{Item: id, Change: "gained", Tag: t, Title: it.Title})
		case x[i].Status != t.Status || x[i].Modality != t.Modality:
			changes = append(changes, change{Item: id, Change: "status", Tag: t, Title: it.Title})
		}
	}
	for _, t := range x {
		if !slices.ContainsFunc(y, func(o item.Tag) bool { return o.Key() == t.Key() }) {
			changes = append(changes, change{Item: id, Change: "lost", Tag: t, Title: it.Title})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	d.changed++
	for i, c := range changes {
		n := d.sums[c.Tag.Key()]
		n[slices.Index([]string{"gained", "lost", "status"}, c.Change)]++
		d.sums[c.Tag.Key()] = n
		if d.shown >= d.f.limit {
			continue
		}
		d.shown++
		if err := d.print(c, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func (d *differ) print(c change, first bool) error {
	if d.f.json {
		enc := json.NewEncoder(d.w)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(c); err != nil {
			return fmt.Errorf("write changes: %w", err)
		}
		return nil
	}
	if first {
		fmt.Fprintf(d.w, "%s  %s\n", printable.Text(c.Item), printable.Line(c.Title, 100))
	}
	sign := map[string]string{"gained": "+", "lost": "-", "status": "~"}[c.Change]
	fmt.Fprintf(d.w, "  %s %s %s\n", sign, c.Tag.Key(), standing(c.Tag))
	for _, e := range c.Tag.Evidence[:min(3, len(c.Tag.Evidence))] {
		fmt.Fprintf(d.w, "      %s\n", evidenceLine(e))
	}
	return nil
}

// standing is a tag's status for people: "certain, planned", "implied".
func standing(t item.Tag) string {
	out := string(t.Status)
	if t.Implied {
		out += ", implied"
	}
	if t.Modality != "" {
		out += ", " + t.Modality
	}
	return out
}

// evidenceLine is a piece of evidence for people.
func evidenceLine(e item.Evidence) string {
	out := fmt.Sprintf("%s %d-%d %q", e.Field, e.Start, e.End, e.Text)
	if e.Surface != "" {
		out += fmt.Sprintf(" in %q", e.Surface)
	}
	if e.Clause != "" {
		out += ", " + e.Clause
	}
	return printable.Text(out)
}

func (d *differ) sum(before, after *tagger.Pack) {
	if d.f.json {
		return
	}
	keys := make([]string, 0, len(d.sums))
	for k := range d.sums {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	if len(keys) > 0 {
		fmt.Fprintf(d.w, "\n%8s %8s %8s\n", "gained", "lost", "status")
	}
	for _, k := range keys {
		n := d.sums[k]
		fmt.Fprintf(d.w, "%8d %8d %8d  %s\n", n[0], n[1], n[2], k)
	}
	fmt.Fprintf(d.w, "%d of %s differ between %s %s and %s %s\n",
		d.changed, plural(d.items, "item"), before.Name(), before.Hash(), after.Name(), after.Hash())
}
