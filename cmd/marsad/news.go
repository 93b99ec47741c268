package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"marsad/config"
	"marsad/index"
	"marsad/item"
	"marsad/pipeline"
	"marsad/query"
	"marsad/server"
	"marsad/tagger"
)

// news is what can be searched: a daemon's, or a folder at rest, which both give
// the same answers.
type news struct {
	search func(context.Context, server.SearchParams) (server.Results, error)
	// export calls each with everything found, or the first of it.
	export func(ctx context.Context, p server.SearchParams, each func(server.Hit) error) error
	close  func()
}

// openNews opens the news of a place.
func openNews(ctx context.Context, c config.Config, at place) (news, error) {
	if at.url != "" {
		client, err := clientFor(c, at)
		return news{search: client.Search, export: client.Export, close: func() {}}, err
	}
	c.Data = at.dir
	arch, err := pipeline.OpenArchive(ctx, c)
	if err != nil {
		return news{}, err
	}
	zone, err := time.LoadLocation(c.Server.Zone)
	if err != nil {
		arch.Close()
		return news{}, fmt.Errorf("zone: %w", err)
	}
	r := rest{arch: arch, zone: zone, sample: at.sample, now: time.Now(), entries: map[string]tagger.Entry{}}
	for _, e := range arch.Pack.Entries() {
		if e.Kind == item.Place {
			r.entries[e.ID] = e
		}
	}
	return news{search: r.search, export: r.export, close: func() { arch.Close() }}, nil
}

// rest is a folder that no daemon holds.
type rest struct {
	arch    *pipeline.Archive
	zone    *time.Location
	sample  bool
	now     time.Time
	entries map[string]tagger.Entry // places
}

func (r rest) search(ctx context.Context, p server.SearchParams) (server.Results, error) {
	var node query.Node = query.All{}
	var err error
	if strings.TrimSpace(p.Query) != "" {
		if node, err = query.Parse(p.Query, query.Options{Names: r.arch.Pack.Names(), Now: r.now, Zone: r.zone}); err != nil {
			return server.Results{}, err
		}
	}
	req := index.Request{
		Query: node, Now: r.now, Limit: p.Limit, Cursor: p.Cursor, Sort: p.Sort, Collapse: p.Collapse, Highlight: true,
		Place: server.PlaceOf(func(_ item.Kind, id string) (tagger.Entry, bool) { e, ok := r.entries[id]; return e, ok }),
	}
	if p.Facets {
		req.Facets = server.FacetNames()
	}
	if p.Histogram != "" {
		req.Histogram = &index.HistogramRequest{Unit: p.Histogram, Zone: r.zone}
	}
	res, err := r.arch.Index.Search(ctx, req)
	if err != nil {
		return server.Results{}, err
	}
	out := server.NewResults(p.Query, node, res, r.sample)
	if res.Total == 0 {
		out.Suggestions, err = server.Suggest(ctx, node, r.arch.Pack.Names(), func(ctx context.Context, n query.Node) (uint64, error) {
			res, err := r.arch.Index.Search(ctx, index.Request{Query: n, Now: r.now})
			return res.Total, err
		})
	}
	return out, err
}

func (r rest) export(ctx context.Context, p server.SearchParams, each func(server.Hit) error) error {
	p.Facets, p.Histogram = false, ""
	for left := p.Limit; ; {
		p.Limit = min(left, index.MaxLimit)
		page, err := r.search(ctx, p)
		if err != nil {
			return err
		}
		for _, h := range page.Hits {
			if err := each(h); err != nil {
				return err
			}
		}
		left -= len(page.Hits)
		if p.Cursor = page.Next; p.Cursor == "" || left <= 0 {
			return nil
		}
	}
}
