package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"marsad/internal/printable"
	"marsad/item"
	"marsad/rules"
	"marsad/tagger"
)

func newRules() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Check, test, list and compare rule packs",
		Long: `Works on the files of a rule pack; needs no daemon. Without --pack it is the
built-in one.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usageError{fmt.Errorf("marsad: unknown command %q of rules; there are check, test, list and diff", args[0])}
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRulesCheck(), newRulesTest(), newRulesList(), newRulesDiff())
	return cmd
}

// packFlag adds --pack to cmd.
func packFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "pack", "", "folder of a rule pack (default: the built-in iraq-syria)")
}

// loadPack reads the pack in dir, or the built-in one when dir is empty.
func loadPack(dir string) (*tagger.Pack, error) {
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	return rules.Load(packFS(dir))
}

// draftPack reads a pack as loadPack does, though its examples may fail.
func draftPack(dir string) (*tagger.Pack, error) {
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	return rules.Draft(packFS(dir))
}

// checkFolder says what is wrong with the folder of a pack.
func checkFolder(dir string) error {
	if dir == "" {
		return nil
	}
	st, err := os.Stat(dir)
	if err == nil && !st.IsDir() {
		err = fmt.Errorf("%s is a file", dir)
	}
	if err != nil {
		return usageError{fmt.Errorf("marsad: rule pack: %w; give the folder that holds its .yaml files", err)}
	}
	return nil
}

// packFS is the folder of the pack in dir, or of the built-in one.
func packFS(dir string) fs.FS {
	if dir == "" {
		return rules.IraqSyria()
	}
	return os.DirFS(dir)
}

// packMistakes turns the mistakes of a pack into a usage error that counts them.
func packMistakes(err error) error {
	var e *rules.Error
	if !errors.As(err, &e) {
		return err
	}
	return usageError{fmt.Errorf("%w\n%s", err, plural(len(e.Mistakes), "mistake"))}
}

func newRulesCheck() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Load a pack and list every mistake with its place",
		Long: `Loads a rule pack as 'marsad run' would, examples included, and lists every
mistake as file:line:col: what; what to do. Exit code 2 when there is one.`,
		Example: "  marsad rules check --pack ./my-pack",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pack, err := loadPack(dir)
			if err != nil {
				return packMistakes(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is right: %s; pack %s\n", pack.Name(), countRules(pack), pack.Hash())
			return nil
		},
	}
	packFlag(cmd, &dir)
	return cmd
}

// countRules is "140 actors, 101 places, 54 themes".
func countRules(pack *tagger.Pack) string {
	counts := map[item.Kind]int{}
	for _, e := range pack.Entries() {
		counts[e.Kind]++
	}
	var parts []string
	for _, k := range item.Kinds() {
		parts = append(parts, plural(counts[k], string(k)))
	}
	return strings.Join(parts, ", ")
}

func newRulesTest() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "test [ID...]",
		Short: "Run the examples of a pack's rules",
		Long: `Runs the examples that stand beside each rule and says which fail and why.
With ids, or kind:id, only those of these rules. Exit code 1 when one fails.`,
		Example: "  marsad rules test al-qaem theme:border-wall",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFolder(dir); err != nil {
				return err
			}
			reports, err := rules.Test(packFS(dir))
			if err != nil {
				return packMistakes(err)
			}
			return printTests(cmd.OutOrStdout(), reports, args)
		},
	}
	packFlag(cmd, &dir)
	return cmd
}

// printTests writes the outcome of the rules asked for, all when none is named.
func printTests(w io.Writer, reports []tagger.Report, ids []string) error {
	seen := map[string]bool{}
	examples, failed, selected := 0, 0, 0
	for _, r := range reports {
		key := string(r.Kind) + ":" + r.ID
		if len(ids) > 0 && !slices.Contains(ids, r.ID) && !slices.Contains(ids, key) {
			continue
		}
		seen[r.ID], seen[key] = true, true
		selected++
		examples += r.Examples
		failed += len(r.Failed)
		for _, m := range r.Failed {
			fmt.Fprintf(w, "FAIL  %-32s %s:%d:%d: %s; %s\n", key, m.Pos.File, m.Pos.Line, m.Pos.Col, m.What, m.Hint)
		}
		if len(ids) > 0 && len(r.Failed) == 0 {
			fmt.Fprintf(w, "ok    %-32s %s\n", key, plural(r.Examples, "example"))
		}
	}
	for _, id := range ids {
		if !seen[id] {
			return usageError{fmt.Errorf("marsad: there is no rule %q; 'marsad rules list' names all", id)}
		}
	}
	fmt.Fprintf(w, "%s of %s, %d failed\n", plural(examples, "example"), plural(selected, "rule"), failed)
	if failed > 0 {
		return errors.New("examples fail")
	}
	return nil
}

func newRulesList() *cobra.Command {
	var dir, kind string
	cmd := &cobra.Command{
		Use:   "list [WORD]",
		Short: "List the rules of a pack with their names",
		Long: `Lists kind:id, display name and the names by which each rule is found. With a
word, only the rules whose id or one of whose names holds it.`,
		Example: "  marsad rules list --kind place\n  marsad rules list الأعرجي",
		RunE: func(cmd *cobra.Command, args []string) error {
			if kind != "" && !item.Kind(kind).Valid() {
				return usageError{fmt.Errorf("marsad: --kind %q is none of actor, place, theme", kind)}
			}
			pack, err := loadPack(dir)
			if err != nil {
				return packMistakes(err)
			}
			listRules(cmd.OutOrStdout(), pack, item.Kind(kind), strings.Join(args, " "))
			return nil
		},
	}
	packFlag(cmd, &dir)
	cmd.Flags().StringVar(&kind, "kind", "", "only actor, place or theme")
	return cmd
}

func listRules(w io.Writer, pack *tagger.Pack, kind item.Kind, word string) {
	n := 0
	for _, e := range pack.Entries() {
		if kind != "" && e.Kind != kind || !holdsWord(e, word) {
			continue
		}
		n++
		fmt.Fprintf(w, "%s:%s  %s", e.Kind, e.ID, printable.Text(cmp.Or(e.Name, e.ID)))
		if e.Type != "" {
			fmt.Fprintf(w, " (%s)", e.Type)
		}
		if len(e.In) > 0 {
			fmt.Fprintf(w, " in %s", strings.Join(e.In, ", "))
		}
		if e.Located {
			fmt.Fprintf(w, " at %.4f,%.4f", e.Lat, e.Lon)
		}
		fmt.Fprintln(w)
		if len(e.Aliases) > 0 {
			fmt.Fprintf(w, "    %s\n", printable.Text(strings.Join(e.Aliases, " · ")))
		}
	}
	fmt.Fprintln(w, plural(n, "rule"))
}

func holdsWord(e tagger.Entry, word string) bool {
	word = strings.ToLower(word)
	return slices.ContainsFunc(append([]string{e.ID, e.Name}, e.Aliases...), func(s string) bool {
		return strings.Contains(strings.ToLower(s), word)
	})
}
