package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"marsad/config"
	"marsad/ingest"
	"marsad/server"
)

// parkedShown is how many parked records the status lists.
const parkedShown = 20

// ready returns why no news is taken just now, or nil.
func (p *Pipeline) ready() error {
	if why := *p.paused.Load(); why != "" {
		return errors.New(why)
	}
	if p.index == nil {
		return nil
	}
	// What the index parked or has in hand counts as there.
	if at := max(p.indexPosition().Seq, p.bus.Done(indexStage)); at < p.behind {
		return fmt.Errorf("the search index is being filled from the message log: %d of %d", at, p.behind)
	}
	return p.index.Healthy()
}

// status collects the health of every part.
func (p *Pipeline) status(ctx context.Context) (server.Status, error) {
	st := server.Status{Version: p.o.Version, Sample: p.o.Sample, Started: p.started, Ready: true}
	if err := p.ready(); err != nil {
		st.Ready, st.Reason = false, err.Error()
	}
	if why := *p.paused.Load(); why != "" {
		st.Polling = server.Polling{Paused: true, Why: why}
	}
	if err := p.diskStatus(&st.Disk); err != nil {
		return st, err
	}
	if p.index != nil {
		n, err := p.index.Count()
		if err != nil {
			return st, err
		}
		st.Index = server.Index{Articles: n, Rebuilt: p.index.Rebuilt()}
		if err := p.index.Healthy(); err != nil {
			st.Index.Error = err.Error()
		}
	}
	if err := p.busStatus(ctx, &st); err != nil {
		return st, err
	}
	if p.retag != nil {
		if again, err := p.RetagStatus(ctx); err == nil && again.State != server.RetagNone {
			st.Retag = &again
		}
	}
	if p.poller != nil {
		for _, f := range p.poller.Status() {
			st.Feeds = append(st.Feeds, feedStatus(f))
		}
	}
	return st, p.receiverStatus(ctx, &st)
}

func (p *Pipeline) diskStatus(d *server.Disk) error {
	free, total, err := p.cfg.Data.Free()
	if err != nil {
		return err
	}
	used, err := p.cfg.Data.Used()
	if err != nil {
		return fmt.Errorf("size of %s: %w", p.cfg.Data, err)
	}
	*d = server.Disk{Path: string(p.cfg.Data), Total: total, Free: free, Used: uint64(max(used, 0)), PauseBelow: p.disk.minFree}
	return nil
}

// busStatus fills in streams, parked records and how far each stage is.
func (p *Pipeline) busStatus(ctx context.Context, st *server.Status) error {
	b, err := p.bus.Status(ctx)
	if err != nil {
		return err
	}
	last := map[string]uint64{}
	for _, s := range b.Streams {
		last[string(s.Name)] = s.LastSeq
		st.Streams = append(st.Streams, server.Stream{
			Name: string(s.Name), Messages: s.Records, Bytes: s.Bytes, First: s.FirstSeq, Last: s.LastSeq, Lost: uint64(s.Lost), //nolint:gosec // a count
		})
	}
	add := func(name, stream string, at uint64, err error) {
		stage := server.Stage{Name: name, Stream: stream, Position: at}
		if last[stream] > at {
			stage.Lag = last[stream] - at
		}
		if err != nil {
			stage.Error = err.Error()
		}
		st.Stages = append(st.Stages, stage)
	}
	if p.cfg.Has(config.Tag) {
		add("tag", "ITEMS", p.done(tagStage, p.tagFrom), nil)
	}
	if p.index != nil {
		add("index", "TAGGED", p.indexPosition().Seq, p.index.Healthy())
	}
	if p.watch != nil {
		add("alert", "TAGGED", p.done(alertStage, p.alertFrom), nil)
	}
	parked, err := p.bus.ParkedList(ctx, parkedShown)
	if err != nil {
		return err
	}
	st.ParkedTotal = b.Parked
	for _, r := range parked {
		st.Parked = append(st.Parked, server.Parked{
			Stage: r.Stage, Stream: string(r.Stream), Seq: r.Seq, ID: r.ID, Reason: r.Reason, At: r.At,
		})
	}
	return nil
}

// receiverStatus fills in each receiver's queue and dead letters.
func (p *Pipeline) receiverStatus(ctx context.Context, st *server.Status) error {
	if p.ledger == nil {
		return nil
	}
	dead, err := p.deadLetters(ctx)
	if err != nil {
		return err
	}
	count := map[string]uint64{}
	for _, d := range dead {
		count[d.Receiver]++
	}
	for _, c := range p.couriers {
		r := server.Receiver{Name: c.Name(), Dead: count[c.Name()]}
		if r.Pending, err = c.queue.Waiting(ctx); err != nil {
			return err
		}
		if c.Gone() {
			r.Error = "answered 410: it does not exist any more; mend its address in pipeline.yaml"
		}
		st.Receivers = append(st.Receivers, r)
	}
	return nil
}

func feedStatus(f ingest.FeedStatus) server.Feed {
	state := server.FeedState(f.State)
	if f.State == ingest.StateWaiting {
		state = server.FeedNew
	}
	f.URL = withoutSecrets(f.URL)
	if f.Address != "" {
		f.Address = withoutSecrets(f.Address)
	}
	var push ingest.PushStatus
	if f.Push != nil {
		push = *f.Push
		push.Hub = withoutSecrets(push.Hub)
	}
	return server.Feed{
		Name: f.Name, URL: f.URL, MovedTo: f.Address, State: state, Since: f.Since, Error: f.Error, Note: f.Note, Failures: f.Failures,
		Items: uint64(max(f.Published, 0)), LastPoll: f.LastCheck, LastItem: f.LastNew, NextPoll: f.NextPoll,
		EveryS: int64(f.Every.Seconds()), PerDay: f.PerDay, Repeats: f.Known, LagS: int64(f.Lag.Seconds()), Gaps: f.Gaps, LastGap: f.LastGap,
		Hub: push.Hub, PushUntil: push.Until, HubNote: push.Note,
	}
}

// withoutSecrets is an address without what may hold a key: user, password and
// query.
func withoutSecrets(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
