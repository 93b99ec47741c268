package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"marsad/config"
	"marsad/internal/lines"
	"marsad/item"
	"marsad/pipeline"
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
			pack, err := pipeline.LoadPack(packDir)
			if err != nil {
				return usageError{err}
			}
			return tagLines(pack, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&packDir, "pack", config.BuiltinPack, "folder of a rule pack, or the name of the built-in one")
	cmd.Flags().Bool("json", true, "JSON lines; the only form there is")
	return cmd
}

// tagLines tags each line of in; a bad line is reported and does not stop it.
func tagLines(pack *tagger.Pack, in io.Reader, out, problems io.Writer) error {
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	bad := 0
	err := eachItem(in, func(n int, id string, it item.Item, err error) error {
		if err != nil {
			bad++
			fmt.Fprintf(problems, "stdin:%d: %v\n", n, err)
			return nil
		}
		got := pack.Tag(it)
		tags := got.Tags
		if tags == nil {
			tags = []item.Tag{}
		}
		return enc.Encode(taggedLine{ID: id, Lang: it.Lang, Tags: tags, Pack: got.Pack})
	})
	if err = errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	if bad > 0 {
		return fmt.Errorf("%s could not be read", plural(bad, "line"))
	}
	return nil
}

// eachItem calls each with the items of in, one a line, or with what is wrong
// with a line; lines without text are passed over. It ends with each's first
// error.
func eachItem(in io.Reader, each func(n int, id string, it item.Item, err error) error) error {
	return lines.Each(in, maxLine, func(n int, line []byte, err error) error {
		if err != nil {
			return each(n, "", item.Item{}, err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			return nil
		}
		id, it, err := readItemLine(line, n)
		return each(n, id, it, err)
	})
}

// readItemLine reads line number n of the input into an item and its id as the
// caller wrote it.
func readItemLine(line []byte, n int) (string, item.Item, error) {
	var in itemLine
	if err := json.Unmarshal(line, &in); err != nil {
		return "", item.Item{}, errors.New(pipeline.NotAnItem(err))
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
		at, err := readDate(in.Published)
		if err != nil {
			return "", item.Item{}, err
		}
		it.Published, it.Listed = at.UTC(), at.UTC()
	}
	if it.Lang == "" {
		it.Lang = text.Identify(in.Title+"\n"+in.Body, "")
	}
	return in.ID, it, nil
}

// readDate reads a moment; of a date that is no full one (2016-07, or 2016-07T…)
// what can be read of day, month and year, as its first moment (UTC).
func readDate(s string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if len(s) < len(layout) {
			continue
		}
		if at, err := time.Parse(layout, s[:len(layout)]); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("published %q is no date; write 2025-01-05T00:00:00Z", s)
}
