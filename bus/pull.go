package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// pullBatch is how many records are asked for at once; the next are asked
	// for when half of them have come, so that the reader never waits for a
	// round trip.
	pullBatch = 2048
	// pullBytes bounds what one request brings; it must exceed one record.
	pullBytes = 16 << 20
	// pullExpires ends a request at the server, so that one which got lost does
	// not count as outstanding for ever.
	pullExpires = 30 * time.Second
	// pullHeartbeat is how often the server shows that it still serves us.
	pullHeartbeat = 5 * time.Second
	// pullSilence is when it does not.
	pullSilence = 2*pullHeartbeat + time.Second
)

// raw is a stored message.
type raw struct {
	seq     uint64
	stored  time.Time
	subject string
	id      string
	data    []byte
}

// A puller reads a stream in order, without gaps, from a given sequence on. It
// is an ordered consumer of our own: nats.go's cannot be asked for what is at
// hand, and its prefetch is not bounded in bytes and records at once.
type puller struct {
	bus         *Bus
	stream      Stream
	headersOnly bool

	msgs        chan *nats.Msg
	sub         *nats.Subscription
	consumer    string
	request     []byte
	outstanding int    // records asked for that have not come
	delivered   uint64 // consumer sequence of the last record
	broken      error  // why the consumer is of no use any more
	renewed     <-chan struct{}
	timer       *time.Timer
}

// openPuller makes a consumer that begins at start.
func (b *Bus) openPuller(ctx context.Context, s Stream, start uint64, headersOnly bool) (*puller, error) {
	p := &puller{
		bus: b, stream: s, headersOnly: headersOnly,
		// Twice what is ever outstanding, and the server's remarks.
		msgs:    make(chan *nats.Msg, 2*pullBatch+64),
		renewed: b.renewed.wait(),
		timer:   time.NewTimer(pullSilence),
	}
	inbox := b.nc.NewInbox()
	var err error
	if p.sub, err = b.nc.ChanSubscribe(inbox, p.msgs); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.cfg.AckTimeout)
	defer cancel()
	c, err := b.js.CreateConsumer(ctx, string(s), jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       start,
		AckPolicy:         jetstream.AckNonePolicy,
		MaxDeliver:        1,
		InactiveThreshold: 5 * time.Minute,
		Replicas:          1,
		MemoryStorage:     true,
		HeadersOnly:       headersOnly,
	})
	if err != nil {
		p.close()
		return nil, err
	}
	p.consumer = c.CachedInfo().Name
	p.request, err = json.Marshal(map[string]any{
		"batch":          pullBatch,
		"max_bytes":      max(pullBytes, 2*b.nc.MaxPayload()),
		"expires":        pullExpires,
		"idle_heartbeat": pullHeartbeat,
	})
	if err == nil {
		err = p.pull()
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// close gives the consumer up.
func (p *puller) close() {
	p.timer.Stop()
	_ = p.sub.Unsubscribe() // fails only when the connection is gone, and with it the subscription
	if p.consumer != "" {
		// Without an answer: the server forgets it in five minutes anyway.
		_ = p.bus.nc.Publish(fmt.Sprintf("$JS.API.CONSUMER.DELETE.%s.%s", p.stream, p.consumer), nil)
	}
}

// pull asks for records if few are outstanding.
func (p *puller) pull() error {
	if p.outstanding > pullBatch/2 {
		return nil
	}
	err := p.bus.nc.PublishRequest(fmt.Sprintf("$JS.API.CONSUMER.MSG.NEXT.%s.%s", p.stream, p.consumer), p.sub.Subject, p.request)
	if err == nil {
		p.outstanding += pullBatch
	}
	return err
}

// receive appends to dst what is at hand, at least one record and at most
// limit records or some 8 MB, and waits when there is none. It returns an error that
// wraps errLost when the consumer has to be made anew.
func (p *puller) receive(ctx context.Context, dst []raw, limit int) ([]raw, error) {
	if p.broken != nil {
		return dst, p.broken
	}
	p.timer.Reset(pullSilence)
	size := 0
	for len(dst) < limit && size < pullBytes/2 {
		var m *nats.Msg
		select {
		case m = <-p.msgs:
		default:
			if len(dst) > 0 {
				return dst, nil
			}
			select {
			case m = <-p.msgs:
				p.timer.Reset(pullSilence)
			case <-p.timer.C:
				return dst, fmt.Errorf("%w: the server is silent", errLost)
			case <-p.renewed:
				return dst, fmt.Errorf("%w: the server has been restarted", errLost)
			case <-ctx.Done():
				return dst, context.Cause(ctx)
			}
		}
		if m == nil {
			return dst, fmt.Errorf("%w: the connection is closed", errLost)
		}
		r, ok, err := p.take(m)
		if err != nil {
			if len(dst) > 0 {
				p.broken = err // what came before it counts first
				return dst, nil
			}
			return dst, err
		}
		if ok {
			dst = append(dst, r)
			size += len(r.data)
		}
	}
	return dst, nil
}

// take looks at one message: a record, or a remark of the server (false).
func (p *puller) take(m *nats.Msg) (raw, bool, error) {
	if m.Reply == "" && len(m.Data) == 0 && m.Header != nil {
		return raw{}, false, p.remark(m)
	}
	r, delivered, err := parseDelivery(m)
	if err != nil {
		return raw{}, false, fmt.Errorf("%w: %w", errLost, err)
	}
	if delivered != p.delivered+1 {
		return raw{}, false, fmt.Errorf("%w: a gap in the delivery", errLost)
	}
	p.delivered = delivered
	p.outstanding--
	if err := p.pull(); err != nil {
		return raw{}, false, fmt.Errorf("%w: %w", errLost, err)
	}
	return r, true, nil
}

// remark handles a status message.
func (p *puller) remark(m *nats.Msg) error {
	status, text := m.Header.Get("Status"), m.Header.Get("Description")
	switch {
	case status == "100": // a heartbeat
		return nil
	case status == "408", status == "409" && text == "Batch Completed":
		n, _ := strconv.Atoi(m.Header.Get("Nats-Pending-Messages")) // absent: none
		p.outstanding = max(0, p.outstanding-n)
		if err := p.pull(); err != nil {
			return fmt.Errorf("%w: %w", errLost, err)
		}
		return nil
	default:
		return fmt.Errorf("%w: %s %s", errLost, status, text)
	}
}

var errDelivery = errors.New("a message is not from a consumer")

// parseDelivery reads what a consumer says of a message in its reply subject:
// $JS.ACK[.domain.account].stream.consumer.tries.seq.delivered.time.pending[.token].
func parseDelivery(m *nats.Msg) (raw, uint64, error) {
	rest, ok := strings.CutPrefix(m.Reply, "$JS.ACK.")
	if !ok {
		return raw{}, 0, errDelivery
	}
	var parts [10]string
	n := 0
	for part := range strings.SplitSeq(rest, ".") {
		if n == len(parts) {
			break
		}
		parts[n] = part
		n++
	}
	first := 0 // of stream
	switch {
	case n == 7:
	case n >= 9:
		first = 2
	default:
		return raw{}, 0, errDelivery
	}
	seq, err1 := strconv.ParseUint(parts[first+3], 10, 64)
	delivered, err2 := strconv.ParseUint(parts[first+4], 10, 64)
	stored, err3 := strconv.ParseInt(parts[first+5], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return raw{}, 0, errDelivery
	}
	r := raw{seq: seq, stored: time.Unix(0, stored).UTC(), subject: m.Subject, data: m.Data}
	if id := m.Header[nats.MsgIdHdr]; len(id) > 0 {
		r.id = id[0]
	}
	return r, delivered, nil
}

// idsAfter returns the ids of all records of s behind a sequence.
func (b *Bus) idsAfter(ctx context.Context, s Stream, after uint64) (map[string]struct{}, error) {
	ids := make(map[string]struct{})
	err := b.scan(ctx, s, after, true, func(r raw) { ids[r.id] = struct{}{} })
	return ids, err
}

// scan calls f with the records of s behind a sequence, up to those that are
// there now.
func (b *Bus) scan(ctx context.Context, s Stream, after uint64, headersOnly bool, f func(raw)) error {
	st, err := b.js.Stream(ctx, string(s))
	if err != nil {
		return err
	}
	state := st.CachedInfo().State
	// Deleted records at the end would never come: the last one that is there.
	last := state.LastSeq
	if state.Msgs == 0 || last <= after {
		return nil
	}
	m, err := st.GetLastMsgForSubject(ctx, s.wildcard())
	if err != nil {
		return err
	}
	last = m.Sequence
	if last <= after {
		return nil
	}
	p, err := b.openPuller(ctx, s, after+1, headersOnly)
	if err != nil {
		return err
	}
	defer p.close()
	var got []raw
	for {
		if got, err = p.receive(ctx, got[:0], pullBatch); err != nil {
			return err
		}
		for _, r := range got {
			if r.seq > last {
				return nil
			}
			f(r)
			if r.seq == last {
				return nil
			}
		}
	}
}
