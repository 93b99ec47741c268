package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"marsad/config"
	"marsad/internal/workspace"
)

// A place is a data folder that has news: a running daemon's, or one at rest.
type place struct {
	dir    workspace.Dir
	url    string // where its daemon answers, empty when none runs
	sample bool
}

// errNothing says that there is no data to look at.
var errNothing = errors.New("nothing has been collected yet; start with 'marsad run' or 'marsad demo'")

// findPlace returns where to search: the running daemon, else a running demo,
// else the data folder, else the demo's.
func findPlace(c config.Config) (place, error) {
	dirs := []place{{dir: c.Data}, {dir: demoDir(c), sample: true}}
	for _, p := range dirs {
		if h, ok := workspace.RunningIn(p.dir); ok {
			if h.URL == "" {
				return place{}, fmt.Errorf("the marsad of %s (process %d) serves no API, or is still starting", p.dir, h.PID)
			}
			return place{dir: p.dir, url: h.URL, sample: h.Sample}, nil
		}
	}
	for _, p := range dirs {
		if !p.dir.Fresh() {
			return p, nil
		}
	}
	return place{}, errNothing
}

// demoDir is the demo's folder, beside the real one.
func demoDir(c config.Config) workspace.Dir {
	return workspace.Dir(filepath.Join(filepath.Dir(string(c.Data)), "demo"))
}
