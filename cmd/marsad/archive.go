package main

import (
	"context"

	"marsad/config"
	"marsad/index"
	"marsad/item"
	"marsad/pipeline"
	"marsad/server"
)

// eachArchived calls each with every article of the running daemon, or of the
// data folder when none runs, newest first. It ends with each's first error.
func eachArchived(ctx context.Context, c config.Config, each func(item.Item) error) error {
	at, err := findPlace(c)
	if err != nil {
		return err
	}
	if at.url == "" {
		return eachAtRest(ctx, c, at, each)
	}
	client, err := clientFor(c, at)
	if err != nil {
		return err
	}
	for cursor := ""; ; {
		page, err := client.Search(ctx, server.SearchParams{Limit: index.MaxLimit, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, h := range page.Hits {
			if err := each(itemOf(server.Article{Hit: h})); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

// eachAtRest is eachArchived of a folder that no daemon holds.
func eachAtRest(ctx context.Context, c config.Config, at place, each func(item.Item) error) error {
	c.Data = at.dir
	arch, err := pipeline.OpenArchive(ctx, c)
	if err != nil {
		return err
	}
	defer arch.Close()
	for cursor := ""; ; {
		page, err := arch.Index.Search(ctx, index.Request{Limit: index.MaxLimit, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, h := range page.Hits {
			if err := each(h.Tagged.Item); err != nil {
				return err
			}
		}
		if cursor = page.Cursor; cursor == "" {
			return nil
		}
	}
}
