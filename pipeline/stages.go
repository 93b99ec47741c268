package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"marsad/alert"
	"marsad/bus"
	"marsad/index"
	"marsad/item"
)

// The names of the stages, under which the bus knows how far they are and
// files what they could not process.
const (
	tagStage   = "tag"
	indexStage = "index"
	alertStage = "alert"
)

// openTagging finds where tagging stopped: at the ITEMS record that the last
// TAGGED record was made from.
func (p *Pipeline) openTagging(ctx context.Context) error {
	last, ok, err := lastReadable(ctx, p.tagged)
	if err != nil {
		return fmt.Errorf("last tagged item: %w", err)
	}
	if ok {
		p.tagFrom = bus.Position{Seq: last.Value.Seq, ID: string(last.Value.Item.Revision)}
	}
	if err := p.items.Check(ctx, p.tagFrom); err != nil {
		return fmt.Errorf("ITEMS does not fit TAGGED; was one of them restored without the other? %w", err)
	}
	return p.openRetag(ctx)
}

// tag tags a batch of items, tells copies from new stories and publishes the
// results. Tagging is a pure function and telling stories gives the same answer
// again, so after an error or a crash the same records are simply done again.
func (p *Pipeline) tag(ctx context.Context, recs []bus.Record[item.Item]) error {
	pack := p.rules.Load()
	out := make([]item.Tagged, len(recs))
	for i, r := range recs {
		out[i] = pack.Tag(r.Value)
		out[i].Seq = r.Seq
		out[i].Story, out[i].Event = p.stories.Add(out[i])
	}
	if err := p.retag.news(ctx, out); err != nil {
		return err
	}
	if p.o.OnTagged != nil {
		for _, t := range out {
			p.o.OnTagged(t)
		}
	}
	return nil
}

// openIndex opens the index and makes sure that it belongs to the stream; one
// that does not is set aside and built again from the stream.
func (p *Pipeline) openIndex(ctx context.Context) (err error) {
	c := p.cfg.Index
	c.Fits = func(ctx context.Context, seq uint64, id string) (string, error) {
		err := p.tagged.Check(ctx, bus.Position{Seq: seq, ID: id})
		if errors.Is(err, bus.ErrDiverged) {
			return err.Error(), nil
		}
		return "", err
	}
	c.Park = func(ctx context.Context, e index.Entry, reason string) error {
		return p.bus.Park(ctx, bus.Parked{Stage: indexStage, Stream: bus.Tagged, Seq: e.Seq, ID: e.ID, Reason: reason, At: time.Now().UTC()})
	}
	if p.index, err = index.Open(ctx, p.cfg.Data.Index(), c, p.stage("index"), p.reg); err != nil {
		return err
	}
	p.onClose(func(context.Context) error { return p.index.Close() })
	if p.behind, err = p.tagged.LastSeq(ctx); err != nil {
		return err
	}
	n, err := p.index.Count()
	if err != nil {
		return err
	}
	detail := fmt.Sprintf("%d articles", n)
	if why := p.index.Rebuilt(); why != "" {
		detail = "begun anew, filled from the message log: " + why
	}
	p.step("Search index", detail)
	return nil
}

// done returns how far the named stage has come, which began at from.
func (p *Pipeline) done(stage string, from bus.Position) uint64 {
	return max(from.Seq, p.bus.Done(stage))
}

// indexPosition is the place in TAGGED below which everything is in the index.
func (p *Pipeline) indexPosition() bus.Position {
	seq, id := p.index.Position()
	return bus.Position{Seq: seq, ID: id}
}

// addToIndex hands a batch to the index's writers. It returns before the batch
// is durable: the index keeps its own position.
func (p *Pipeline) addToIndex(ctx context.Context, recs []bus.Record[item.Tagged]) error {
	entries := make([]index.Entry, len(recs))
	for i, r := range recs {
		entries[i] = index.Entry{Seq: r.Seq, ID: r.ID, Tagged: r.Value}
	}
	return p.index.Add(ctx, entries)
}

// alertKey is where the position of the alert stage is kept.
const alertKey = "alert"

// An alertState is what the alert stage needs to go on where it stopped.
type alertState struct {
	bus.Position
	// ItemsSeq is alert.Stage.ItemsSeq.
	ItemsSeq uint64 `json:"items_seq"`
}

// openAlerting restores what was alerted and builds a courier per receiver.
func (p *Pipeline) openAlerting(ctx context.Context, watches *alert.Set) (err error) {
	if p.ledger, err = p.bus.KV(ctx, "deliveries"); err != nil {
		return err
	}
	st, err := p.loadAlertState(ctx)
	if err != nil {
		return err
	}
	p.alertFrom = st.Position
	p.watch, err = alert.New(alert.StageOptions{
		Set: watches, Publisher: p.alerts, Remember: p.cfg.Alert.Remember, ItemsSeq: st.ItemsSeq,
		BaseURL: p.pagesURL(), Log: p.stage("alert"), Registerer: p.reg,
	})
	if err != nil {
		return err
	}
	if err := p.restoreAlerts(ctx); err != nil {
		return err
	}
	for _, r := range p.cfg.Alert.Receivers {
		q, err := p.alerts.Queue(ctx, r.Name)
		if err != nil {
			return fmt.Errorf("queue of %s: %w", r.Name, err)
		}
		c, err := alert.NewCourier(ctx, alert.CourierOptions{
			Receiver: r, Retry: p.cfg.Alert.Retry, Queue: jobs{q}, Ledger: p.ledger,
			Terminal: p.terminal(), UserAgent: p.userAgent(),
			Log: p.stage("deliver"), Registerer: p.reg,
		})
		if err != nil {
			return err
		}
		p.couriers = append(p.couriers, courier{c, q})
	}
	p.step("Watches", fmt.Sprintf("%d; receivers: %d", watches.Len(), len(p.couriers)))
	return nil
}

// loadAlertState reads where matching stopped. A position that the stream does
// not have (it was rolled back) means going on at its end: what it holds was
// looked at before, or is too old to be news.
func (p *Pipeline) loadAlertState(ctx context.Context) (alertState, error) {
	var st alertState
	if _, err := getJSON(ctx, p.state, alertKey, &st); err != nil {
		return alertState{}, fmt.Errorf("position of the alert stage: %w", err)
	}
	err := p.tagged.Check(ctx, st.Position)
	if !errors.Is(err, bus.ErrDiverged) {
		return st, err
	}
	p.log.WarnContext(ctx, "the stream was rolled back, matching goes on at its end", "reason", err)
	last, _, err := lastReadable(ctx, p.tagged)
	return alertState{Position: last.Position(), ItemsSeq: last.Value.Seq}, err
}

// restoreAlerts tells the stage what was alerted before.
func (p *Pipeline) restoreAlerts(ctx context.Context) error {
	last, err := p.alerts.LastSeq(ctx)
	if err != nil {
		return err
	}
	var from bus.Position
	if n := uint64(p.cfg.Alert.Remember); last > n {
		from.Seq = last - n
	}
	return readAll(ctx, p.alerts, "restore alerts", from, func(r bus.Record[alert.Alert]) { p.watch.Restore(r.Value) })
}

// match looks at a batch and saves how far it came, after the alerts are
// durable.
func (p *Pipeline) match(ctx context.Context, recs []bus.Record[item.Tagged]) error {
	in := make([]alert.Rec, len(recs))
	for i, r := range recs {
		in[i] = alert.Rec{Seq: r.Seq, Tagged: r.Value}
	}
	if err := p.watch.Handle(ctx, in); err != nil {
		return err
	}
	st := alertState{Position: recs[len(recs)-1].Position(), ItemsSeq: p.watch.ItemsSeq()}
	if err := putJSON(ctx, p.state, alertKey, st); err != nil {
		return fmt.Errorf("save position: %w", err)
	}
	return nil
}
