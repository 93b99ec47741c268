package pipeline

import (
	"context"
	"fmt"
	"time"

	"marsad/config"
	"marsad/internal/field"
	"marsad/internal/workspace"
)

// diskCheck is how often the free space is looked at: at 10 MB/s of news, which
// no network of feeds brings, ten megabytes pass between two looks.
const diskCheck = time.Second

// A diskGuard decides from the free space whether polling may go on. It pauses
// below a limit and resumes at double, so that it does not flap.
type diskGuard struct {
	dir     workspace.Dir
	minFree uint64
	paused  bool
}

func newDiskGuard(dir workspace.Dir, c config.Disk) (*diskGuard, error) {
	_, size, err := dir.Free()
	if err != nil {
		return nil, err
	}
	g := &diskGuard{dir: dir, minFree: uint64(c.MinFree)}
	if c.MinFree == 0 {
		g.minFree = min(max(1e9, size/20), 10e9)
	}
	return g, nil
}

// why returns the reason to pause, or "" to go on.
func (g *diskGuard) why() string {
	free, _, err := g.dir.Free()
	if err != nil {
		return err.Error()
	}
	limit := g.minFree
	if g.paused {
		limit *= 2
	}
	g.paused = free < limit
	if !g.paused {
		return ""
	}
	return fmt.Sprintf("%s is nearly full: %s free, less than %s; free some space, polling then resumes by itself",
		g.dir, field.Size(free), field.Size(limit))
}

// guard pauses polling while there is no room or the bus takes nothing, until
// ctx ends.
func (p *Pipeline) guard(ctx context.Context) error {
	tick := time.NewTicker(diskCheck)
	defer tick.Stop()
	for {
		why := p.disk.why()
		if err := p.bus.Healthy(); why == "" && err != nil {
			why = "the message log takes nothing: " + err.Error()
		}
		p.setPaused(why)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// setPaused pauses or resumes polling and logs each change once.
func (p *Pipeline) setPaused(why string) {
	was := *p.paused.Swap(&why)
	switch {
	case why != "" && was == "":
		p.log.Error("polling paused", "reason", why)
	case why == "" && was != "":
		p.log.Info("polling resumes", "after", was)
	}
	if p.poller == nil {
		return
	}
	if why != "" {
		p.poller.Pause(why)
	} else if was != "" {
		p.poller.Resume()
	}
}
