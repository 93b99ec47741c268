package pipeline

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"marsad/alert"
	"marsad/bus"
)

// A courier is one receiver's, with the queue it works off.
type courier struct {
	*alert.Courier
	queue *bus.Queue[alert.Alert]
}

// jobs adapts a queue of the bus to what couriers take.
type jobs struct{ q *bus.Queue[alert.Alert] }

// Next waits for a job.
func (j jobs) Next(ctx context.Context) (alert.Job, error) {
	next, err := j.q.Next(ctx)
	if err != nil {
		return nil, err
	}
	return job{next}, nil
}

type job struct{ j bus.Job[alert.Alert] }

func (j job) Alert() alert.Alert { return j.j.Value }

func (j job) Ack(ctx context.Context) error { return j.j.Ack(ctx) }

func (j job) RetryIn(ctx context.Context, d time.Duration) error { return j.j.RetryIn(ctx, d) }

// terminal is where receivers of that type write.
func (p *Pipeline) terminal() io.Writer {
	if p.o.Terminal != nil {
		return p.o.Terminal
	}
	return os.Stderr
}

// latestAlerts returns up to limit alerts, newest first.
func (p *Pipeline) latestAlerts(ctx context.Context, limit int) ([]alert.Alert, error) {
	recs, err := tail(ctx, p.alerts, limit)
	if err != nil {
		return nil, err
	}
	out := make([]alert.Alert, len(recs))
	for i, r := range recs {
		out[len(recs)-1-i] = r.Value
	}
	return out, nil
}

// deadLetters returns what could not be delivered, newest first.
func (p *Pipeline) deadLetters(ctx context.Context) ([]alert.DeadLetter, error) {
	if p.ledger == nil {
		return nil, nil
	}
	return alert.DeadLetters(ctx, p.ledger, "")
}

// retryDead sends a dead letter once more, through the courier it belongs to.
func (p *Pipeline) retryDead(ctx context.Context, id string) error {
	dead, err := p.deadLetters(ctx)
	if err != nil {
		return err
	}
	for _, d := range dead {
		if d.ID != id {
			continue
		}
		for _, c := range p.couriers {
			if c.Name() == d.Receiver {
				return c.Redeliver(ctx, id)
			}
		}
		return fmt.Errorf("dead letter %s is for %s, which is configured no more", id, d.Receiver)
	}
	return fmt.Errorf("there is no dead letter %s", id)
}
