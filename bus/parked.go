package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Parked reports a record that a stage could not process. The record itself
// stays where it is, at Seq of Stream.
type Parked struct {
	Stage  string `json:"stage"`
	Stream Stream `json:"stream"`
	Seq    uint64 `json:"seq"`
	// ID is the record's identity, empty when it had none.
	ID string `json:"id,omitempty"`
	// Reason is the last error, cut to 2 KB.
	Reason string `json:"reason"`
	// Tries is how often the record was given to the stage.
	Tries int `json:"tries,omitempty"`
	// At is when it was parked, in UTC; set by the server.
	At time.Time `json:"at"`
}

const maxReason = 2 << 10

func parkedOf(stage string, s Stream, m raw, tries int, err error) Parked {
	return Parked{Stage: stage, Stream: s, Seq: m.seq, ID: m.id, Reason: err.Error(), Tries: tries}
}

// Park puts a record aside, with its reason. Parking it again, by the same
// stage, replaces the report. Park waits while the server is away.
func (b *Bus) Park(ctx context.Context, p Parked) error {
	if len(p.Reason) > maxReason {
		p.Reason = strings.ToValidUTF8(p.Reason[:maxReason], "")
	}
	b.log.ErrorContext(ctx, "a record is parked", "stage", p.Stage, "stream", p.Stream, "seq", p.Seq, "id", p.ID, "reason", p.Reason)
	data, err := json.Marshal(p)
	if err != nil {
		return Permanent(err)
	}
	m := &nats.Msg{
		Subject: strings.Join([]string{parkedStream.prefix(), encodeKey(p.Stage), string(p.Stream), strconv.FormatUint(p.Seq, 10)}, "."),
		Data:    data,
	}
	err = b.retry(ctx, func(ctx context.Context) error {
		_, err := b.js.PublishMsg(ctx, m)
		return err
	})
	if err != nil {
		return fmt.Errorf("park %s %d: %w", p.Stream, p.Seq, err)
	}
	b.metrics.parked.WithLabelValues(string(p.Stream), p.Stage).Inc()
	return nil
}

// ParkedList returns up to limit parked records, the newest first.
func (b *Bus) ParkedList(ctx context.Context, limit int) ([]Parked, error) {
	var list []Parked
	err := b.retry(ctx, func(ctx context.Context) error {
		list = nil
		st, err := b.js.Stream(ctx, string(parkedStream))
		if err != nil {
			return err
		}
		// Sequences of replaced reports are gone: go back until enough are left.
		state := st.CachedInfo().State
		for span := uint64(2 * limit); ; span *= 4 {
			after := max(state.LastSeq, span) - span
			list = list[:0]
			err := b.scan(ctx, parkedStream, after, false, func(r raw) {
				var p Parked
				if json.Unmarshal(r.data, &p) != nil {
					p = Parked{Stream: parkedStream, Seq: r.seq, Reason: "unreadable report"}
				}
				p.At = r.stored
				list = append(list, p)
			})
			if err != nil {
				return err
			}
			if len(list) >= limit || after == 0 || after < state.FirstSeq {
				return nil
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("parked records: %w", err)
	}
	slices.Reverse(list)
	return list[:min(limit, len(list))], nil
}
