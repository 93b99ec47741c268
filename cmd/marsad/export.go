package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"marsad/server"
)

// export writes everything found in one form, as it comes, and how much it was
// to errOut.
func export(ctx context.Context, from news, f searchFlags, out, errOut io.Writer) error {
	var write func(server.Hit) error
	switch f.form {
	case "csv":
		table := server.NewTable(out, false)
		if err := table.Open(); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		write = table.Write
	case "ids":
		write = func(h server.Hit) error {
			_, err := fmt.Fprintln(out, h.ID)
			return err
		}
	default:
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		write = func(h server.Hit) error { return enc.Encode(h) }
	}
	n := 0
	err := from.export(ctx, f.SearchParams, func(h server.Hit) error {
		if err := write(h); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		n++
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(errOut, plural(n, "article"))
	return nil
}
