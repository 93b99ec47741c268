package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The headers of atomic batch publishing; nats.go has no call for it.
const (
	batchIDHeader     = "Nats-Batch-Id"
	batchSeqHeader    = "Nats-Batch-Sequence"
	batchCommitHeader = "Nats-Batch-Commit"
)

// ack is the server's answer to a single record or a whole batch.
type ack struct {
	Seq   uint64              `json:"seq"`
	Count int                 `json:"count"`
	Error *jetstream.APIError `json:"error"`
}

// newMsg returns a message with room for our headers.
func newMsg(subject string) *nats.Msg {
	return &nats.Msg{Subject: subject, Header: make(nats.Header, 4)}
}

// set sets one header without an allocation when the key has been used before.
func set(h nats.Header, key, value string) {
	if v := h[key]; len(v) == 1 {
		v[0] = value
	} else {
		h[key] = []string{value}
	}
}

// send writes the batch, as one atomic batch when that pays, and returns how
// many of its first entries are durable.
func (p *publisher) send(ctx context.Context, batch []entry) (int, error) {
	if len(batch) < minBatch {
		for n, e := range batch {
			if err := p.single(ctx, e); err != nil {
				return n, err
			}
		}
		return len(batch), nil
	}
	err := p.atomic(ctx, batch)
	if code := apiCode(err); code == codeBatchDuplicate || code == codeTooLarge {
		// The server refuses the whole for one known id and does not say which.
		// Halving finds it in less time than sending every record singly, and
		// keeps the order.
		half := len(batch) / 2
		n, err := p.send(ctx, batch[:half])
		if err != nil {
			return n, err
		}
		n, err = p.send(ctx, batch[half:])
		return half + n, err
	}
	if err != nil {
		return 0, err
	}
	return len(batch), nil
}

// single writes one record outside a batch.
func (p *publisher) single(ctx context.Context, e entry) error {
	m := p.msg
	clear(m.Header)
	set(m.Header, nats.MsgIdHdr, e.id)
	m.Data = e.data
	a, err := p.request(ctx, m)
	if err != nil {
		return err
	}
	p.settled(a)
	return nil
}

// atomic writes all entries or none.
func (p *publisher) atomic(ctx context.Context, batch []entry) error {
	m, h := p.msg, p.msg.Header
	clear(h)
	// A batch id is used once: after an unknown outcome the old one may still
	// be at work on the server.
	set(h, batchIDHeader, p.bus.batchPrefix+strconv.FormatUint(p.bus.batchSerial.Add(1), 36))
	for i, e := range batch[:len(batch)-1] {
		set(h, batchSeqHeader, strconv.Itoa(i+1))
		set(h, nats.MsgIdHdr, e.id)
		m.Data = e.data
		if i > 0 {
			if err := p.bus.nc.PublishMsg(m); err != nil {
				return err
			}
			continue
		}
		if err := p.begin(ctx, m); err != nil {
			return err
		}
	}
	last := batch[len(batch)-1]
	set(h, batchSeqHeader, strconv.Itoa(len(batch)))
	set(h, nats.MsgIdHdr, last.id)
	set(h, batchCommitHeader, "1")
	m.Data = last.data
	a, err := p.request(ctx, m)
	if err != nil {
		return err
	}
	if a.Count != len(batch) {
		return fmt.Errorf("the server stored %d of a batch of %d", a.Count, len(batch))
	}
	p.settled(a)
	return nil
}

// begin sends the first record of a batch. The server accepts it with an empty
// answer.
func (p *publisher) begin(ctx context.Context, m *nats.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, p.bus.cfg.AckTimeout)
	defer cancel()
	r, err := p.bus.nc.RequestMsgWithContext(ctx, m)
	if err != nil || len(r.Data) == 0 {
		return err
	}
	var a ack
	if err := json.Unmarshal(r.Data, &a); err != nil {
		return fmt.Errorf("the server's answer to a batch: %w", err)
	}
	if a.Error != nil {
		return a.Error
	}
	return fmt.Errorf("stream %s does not take batches", p.stream)
}

// request sends m and waits for its acknowledgement.
func (p *publisher) request(ctx context.Context, m *nats.Msg) (ack, error) {
	ctx, cancel := context.WithTimeout(ctx, p.bus.cfg.AckTimeout)
	defer cancel()
	var a ack
	r, err := p.bus.nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(r.Data, &a); err != nil {
		return a, fmt.Errorf("the server's acknowledgement: %w", err)
	}
	if a.Error != nil {
		return a, a.Error
	}
	return a, nil
}

// settled notes an acknowledgement.
func (p *publisher) settled(a ack) {
	p.acked = max(p.acked, a.Seq)
	p.bus.noteLast(p.stream, a.Seq)
	p.bus.metrics.batches.WithLabelValues(string(p.stream)).Inc()
}
