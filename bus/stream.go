package bus

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// A Stream is one of the logs.
type Stream string

// The streams that carry records from stage to stage.
const (
	Items  Stream = "ITEMS"
	Tagged Stream = "TAGGED"
	Alerts Stream = "ALERTS"
)

// parkedStream holds what no stage could process, one record per stage and
// position.
const parkedStream Stream = "PARKED"

// Live is the lane of records that are news. Records of another lane (a re-tag
// of the past, for instance) stand in the same stream and never alert.
const Live = "live"

// streams lists every stream, in the order of the flow.
func streams() []Stream { return []Stream{Items, Tagged, Alerts, parkedStream} }

// wildcard is the subject under which all records of s stand.
func (s Stream) wildcard() string {
	if s == Tagged || s == parkedStream {
		return s.prefix() + ".>"
	}
	return s.prefix()
}

// prefix is the part of the subject that all records of s share.
func (s Stream) prefix() string { return "marsad." + strings.ToLower(string(s)) }

// subject is where the records of a lane are published. Only Tagged has lanes
// other than Live.
func (s Stream) subject(lane string) string {
	if s == Tagged {
		return s.prefix() + "." + lane
	}
	return s.prefix()
}

// lane returns the lane of a record that was published on subject.
func (s Stream) lane(subject string) string {
	if s != Tagged {
		return Live
	}
	return strings.TrimPrefix(subject, s.prefix()+".")
}

// limits returns the configured limits of s.
func (s Stream) limits(c StreamsConfig) Limits {
	switch s {
	case Items:
		return c.Items
	case Tagged:
		return c.Tagged
	case Alerts:
		return c.Alerts
	default:
		return Limits{}
	}
}

// streamConfig is how s is kept on the server.
func (b *Bus) streamConfig(s Stream) jetstream.StreamConfig {
	l := s.limits(b.cfg.Streams)
	c := jetstream.StreamConfig{
		Name:               string(s),
		Subjects:           []string{s.wildcard()},
		Storage:            jetstream.FileStorage,
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardNew,
		MaxBytes:           unlimited(int64(l.MaxBytes)),
		MaxMsgs:            unlimited(l.MaxRecords),
		MaxAge:             l.MaxAge,
		MaxMsgsPerSubject:  -1,
		MaxConsumers:       -1,
		MaxMsgSize:         -1,
		Replicas:           b.cfg.Replicas,
		Duplicates:         b.cfg.Duplicates,
		AllowDirect:        true,
		AllowAtomicPublish: true,
	}
	if l.DropOldest {
		c.Discard = jetstream.DiscardOld
	}
	if b.cfg.Compress {
		c.Compression = jetstream.S2Compression
	}
	if s == parkedStream {
		// Parking the same record again replaces the older report.
		c.MaxMsgsPerSubject = 1
	}
	return c
}

// unlimited turns our "0: no bound" into the server's -1.
func unlimited(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// ensureStreams takes every stream into being and warns of records that the
// server knows it has lost.
func (b *Bus) ensureStreams(ctx context.Context) error {
	for _, s := range streams() {
		st, err := b.js.CreateOrUpdateStream(ctx, b.streamConfig(s))
		if err != nil {
			return fmt.Errorf("stream %s: %w", s, err)
		}
		state := st.CachedInfo().State
		b.noteLast(s, state.LastSeq)
		if state.Lost != nil && len(state.Lost.Msgs) > 0 {
			b.log.ErrorContext(ctx, "records of a stream are lost",
				"stream", s, "records", len(state.Lost.Msgs), "first_seq", state.Lost.Msgs[0])
		}
	}
	return nil
}
