package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"marsad/item"
	"marsad/rules"
	"marsad/tagger"
	"marsad/text"
)

// maxLine is the longest line of JSON that is read.
const maxLine = 16 << 20

// taggedLine is the public shape that `marsad tag` prints.
type taggedLine struct {
	ID   string     `json:"id"`
	Lang string     `json:"lang"`
	Tags []item.Tag `json:"tags"`
	Pack string     `json:"pack"`
}

// itemLine is the public shape that `marsad tag` reads; only a title or a body
// is needed.
type itemLine struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Body      string `json:"body"`
	Lang      string `json:"lang"`
	Published string `json:"published"`
	Feed      string `json:"feed"`
	// Description stands for a body in lines that feed readers write.
	Description string `json:"description"`
}

func newTag() *cobra.Command {
	var packDir string
	cmd := &cobra.Command{
		Use:   "tag",
		Short: "Tag items: JSON lines on stdin to JSON lines on stdout",
		Long: `Reads items as JSON lines on stdin and writes their tags as JSON lines on
stdout; needs no daemon. A line that cannot be read is reported with its number,
the others are tagged, and the exit code is 1.`,
		Example: `  echo '{"title":"Trucks queue at the al-Qaem border crossing"}' | marsad tag`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pack, err := loadPack(packDir)
			if err != nil {
				return usageError{err}
			}
			return tagLines(pack, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&packDir, "pack", "", "folder of a rule pack (default: the built-in iraq-syria)")
	cmd.Flags().Bool("json", true, "JSON lines; the only form there is")
	return cmd
}

// loadPack reads the pack in dir, or the built-in one when dir is empty.
func loadPack(dir string) (*tagger.Pack, error) {
	return rules.Load(packFS(dir))
}

// packFS is the folder of the pack in dir, or of the built-in one.
func packFS(dir string) fs.FS {
	if dir == "" {
		return rules.IraqSyria()
	}
	return os.DirFS(dir)
}

// tagLines tags each line of in; a bad line is reported and does not stop it.
func tagLines(pack *tagger.Pack, in io.Reader, out, problems io.Writer) error {
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 64<<10), maxLine)
	w := bufio.NewWriter(out)
	defer w.Flush()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	bad := 0
	for n := 1; sc.Scan(); n++ {
		if len(sc.Bytes()) == 0 {
			continue
		}
		id, it, err := readItemLine(sc.Bytes(), n)
		if err != nil {
			bad++
			fmt.Fprintf(problems, "stdin:%d: %v\n", n, err)
			continue
		}
		got := pack.Tag(it)
		tags := got.Tags
		if tags == nil {
			tags = []item.Tag{}
		}
		if err := enc.Encode(taggedLine{ID: id, Lang: it.Lang, Tags: tags, Pack: got.Pack}); err != nil {
			return fmt.Errorf("write tags: %w", err)
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read items: %w", err)
	}
	if bad > 0 {
		return fmt.Errorf("%d lines could not be read", bad)
	}
	return nil
}

// readItemLine reads line number n of the input into an item and its id as the
// caller wrote it.
func readItemLine(line []byte, n int) (string, item.Item, error) {
	var in itemLine
	if err := json.Unmarshal(line, &in); err != nil {
		return "", item.Item{}, fmt.Errorf("not an item: %w", err)
	}
	in.Body = cmp.Or(in.Body, in.Description)
	if in.Title == "" && in.Body == "" {
		return "", item.Item{}, errors.New(`neither "title" nor "body"; one is needed`)
	}
	if in.ID == "" {
		in.ID = fmt.Sprintf("line-%d", n)
	}
	it := item.Item{ID: item.NewID(in.ID), Title: in.Title, Body: in.Body, Lang: in.Lang, Feed: in.Feed}
	if in.Published != "" {
		at, err := time.Parse(time.RFC3339, in.Published)
		if err != nil {
			if at, err = time.Parse(time.DateOnly, in.Published); err != nil {
				return "", item.Item{}, fmt.Errorf("published %q is no date; write 2025-01-05T00:00:00Z", in.Published)
			}
		}
		it.Published, it.Listed = at.UTC(), at.UTC()
	}
	if it.Lang == "" {
		it.Lang = text.Identify(in.Title+"\n"+in.Body, "")
	}
	return in.ID, it, nil
}
