package pipeline

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"marsad/config"
)

// Reload reads the configuration again and puts feeds, watches and rules into
// force. Everything is built first; when anything is wrong, or changed that
// needs a restart, nothing changes and the error says what.
func (p *Pipeline) Reload(ctx context.Context) error {
	if p.o.Reload == nil {
		return errors.New("there is no configuration file to read again")
	}
	next, err := p.o.Reload()
	if err != nil {
		return err
	}
	if changed := needsRestart(p.cfg, next); len(changed) > 0 {
		return fmt.Errorf("%s changed; restart marsad for that", strings.Join(changed, ", "))
	}
	prepared, err := Prepare(next)
	if err != nil {
		return err
	}
	if p.poller != nil {
		if err := p.feeds.configure(ctx, next.Ingest.Feeds); err != nil {
			return err
		}
	}
	p.rules.Store(prepared.rules)
	if p.watch != nil {
		p.watch.Swap(prepared.Watches)
	}
	p.log.InfoContext(ctx, "configuration reloaded", "feeds", len(next.Ingest.Feeds), "watches", prepared.Watches.Len(), "pack", prepared.Pack.Hash())
	return nil
}

// needsRestart lists the stanzas that differ and cannot be changed while
// running.
func needsRestart(old, next config.Config) []string {
	var out []string
	for name, pair := range map[string][2]any{
		"data":            {old.Data, next.Data},
		"roles":           {old.Roles, next.Roles},
		"disk":            {old.Disk, next.Disk},
		"bus":             {old.Bus, next.Bus},
		"index":           {old.Index, next.Index},
		"server":          {old.Server, next.Server},
		"alert.receivers": {old.Alert.Receivers, next.Alert.Receivers},
		"alert.retry":     {old.Alert.Retry, next.Alert.Retry},
		"alert.remember":  {old.Alert.Remember, next.Alert.Remember},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			out = append(out, name)
		}
	}
	oldIn, nextIn := old.Ingest, next.Ingest
	oldIn.Feeds, nextIn.Feeds = nil, nil
	if !reflect.DeepEqual(oldIn, nextIn) {
		out = append(out, "ingest (other than its feeds)")
	}
	return out
}
