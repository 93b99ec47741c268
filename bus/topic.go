package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Codec is the wire form of values. The zero Codec is JSON. Both functions
// are called concurrently.
type Codec[T any] struct {
	// Append appends the wire form of v to dst. It must not keep dst.
	Append func(dst []byte, v T) ([]byte, error)
	// Decode sets *v, which is zero, from data. It may keep data, which nobody
	// else uses or changes.
	Decode func(data []byte, v *T) error
}

// JSON returns the default codec: encoding/json without HTML escapes.
func JSON[T any]() Codec[T] {
	return Codec[T]{
		Append: func(dst []byte, v T) ([]byte, error) {
			buf := bytes.NewBuffer(dst)
			enc := json.NewEncoder(buf)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(v); err != nil {
				return nil, err
			}
			return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
		},
		Decode: func(data []byte, v *T) error { return json.Unmarshal(data, v) },
	}
}

// A Topic is a stream with the type of its records. It is safe for concurrent
// use.
type Topic[T any] struct {
	bus    *Bus
	stream Stream
	lane   string
	id     func(T) string
	codec  Codec[T]
	pub    *publisher
}

// NewTopic returns a typed view of a stream, publishing on the lane Live. id
// gives a record's identity: 1 to 256 bytes of printable ASCII without blanks.
func NewTopic[T any](b *Bus, s Stream, id func(T) string, c Codec[T]) *Topic[T] {
	def := JSON[T]()
	if c.Append == nil {
		c.Append = def.Append
	}
	if c.Decode == nil {
		c.Decode = def.Decode
	}
	return &Topic[T]{bus: b, stream: s, lane: Live, id: id, codec: c, pub: b.publisher(s, Live)}
}

// Lane returns a view of the same stream that publishes on another lane, with
// identities of its own; name is made of lower-case letters and digits. Only
// Tagged has lanes. Reading is the same on every lane but for LastLive.
func (t *Topic[T]) Lane(name string, id func(T) string) *Topic[T] {
	l := *t
	l.lane, l.id = name, id
	l.pub = t.bus.publisher(t.stream, name)
	return &l
}

// A Record is a value with its place in the stream.
type Record[T any] struct {
	// Seq is the record's position: 1, 2, 3 …, gaps only where records were
	// dropped.
	Seq uint64
	// ID is the identity under which it was published.
	ID string
	// Lane is where it was published, Live unless said otherwise.
	Lane string
	// Stored is when the server took it, in UTC.
	Stored time.Time
	Value  T
}

// Position names the place of a record in a stream. The zero Position stands
// before the first.
type Position struct {
	Seq uint64 `json:"seq"`
	ID  string `json:"id"`
}

// Position returns the place of r.
func (r Record[T]) Position() Position { return Position{r.Seq, r.ID} }

// LastSeq returns the sequence of the last record of the stream, readable or
// not; 0 when there has been none.
func (t *Topic[T]) LastSeq(ctx context.Context) (uint64, error) {
	var last uint64
	err := t.bus.retry(ctx, func(ctx context.Context) (err error) {
		last, err = t.bus.lastSeq(ctx, t.stream)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", t.stream, err)
	}
	return last, nil
}

// Last returns the last record of the stream; false when there is none. One
// that cannot be decoded is a Permanent error.
func (t *Topic[T]) Last(ctx context.Context) (Record[T], bool, error) {
	return t.lastOn(ctx, t.stream.wildcard())
}

// LastLive returns the last record of the lane Live; false when there is none.
func (t *Topic[T]) LastLive(ctx context.Context) (Record[T], bool, error) {
	return t.lastOn(ctx, t.stream.subject(Live))
}

func (t *Topic[T]) lastOn(ctx context.Context, subject string) (Record[T], bool, error) {
	return t.get(ctx, func(ctx context.Context, s jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return s.GetLastMsgForSubject(ctx, subject)
	})
}

// Get returns the record at seq; false when there is none (any more). A record
// that cannot be decoded is a Permanent error.
func (t *Topic[T]) Get(ctx context.Context, seq uint64) (Record[T], bool, error) {
	if seq == 0 {
		return Record[T]{}, false, nil
	}
	return t.get(ctx, func(ctx context.Context, s jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return s.GetMsg(ctx, seq)
	})
}

func (t *Topic[T]) get(ctx context.Context, fetch func(context.Context, jetstream.Stream) (*jetstream.RawStreamMsg, error)) (Record[T], bool, error) {
	var r Record[T]
	m, err := t.bus.rawGet(ctx, t.stream, fetch)
	if err != nil || m == nil {
		return r, false, err
	}
	r = Record[T]{Seq: m.Sequence, ID: m.Header.Get(nats.MsgIdHdr), Lane: t.stream.lane(m.Subject), Stored: m.Time.UTC()}
	if err := t.codec.Decode(m.Data, &r.Value); err != nil {
		return r, false, Permanent(fmt.Errorf("stream %s, record %d: %w", t.stream, r.Seq, err))
	}
	return r, true, nil
}

// rawGet fetches one message, nil when there is none, and waits while the
// server is away.
func (b *Bus) rawGet(ctx context.Context, name Stream, fetch func(context.Context, jetstream.Stream) (*jetstream.RawStreamMsg, error)) (*jetstream.RawStreamMsg, error) {
	var m *jetstream.RawStreamMsg
	err := b.retry(ctx, func(ctx context.Context) error {
		s, err := b.js.Stream(ctx, string(name))
		if err != nil {
			return err
		}
		m, err = fetch(ctx, s)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			m, err = nil, nil
		}
		return err
	})
	return m, err
}

// Check compares a saved position with the stream. It returns an error that
// wraps ErrDiverged when the stream is shorter than pos or holds another record
// there. An empty ID is not compared, and neither is a record that the stream
// no longer has because of its limits.
func (t *Topic[T]) Check(ctx context.Context, pos Position) error {
	return t.bus.check(ctx, t.stream, pos)
}

func (b *Bus) check(ctx context.Context, name Stream, pos Position) error {
	if pos.Seq == 0 {
		return nil
	}
	var last uint64
	if err := b.retry(ctx, func(ctx context.Context) (err error) {
		last, err = b.lastSeq(ctx, name)
		return err
	}); err != nil {
		return fmt.Errorf("stream %s: %w", name, err)
	}
	if last < pos.Seq {
		return fmt.Errorf("%w: stream %s ends at %d, the position is %d", ErrDiverged, name, last, pos.Seq)
	}
	if pos.ID == "" {
		return nil
	}
	m, err := b.rawGet(ctx, name, func(ctx context.Context, s jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return s.GetMsg(ctx, pos.Seq)
	})
	if err != nil || m == nil {
		return err
	}
	if id := m.Header.Get(nats.MsgIdHdr); id != pos.ID {
		return fmt.Errorf("%w: stream %s holds %q at %d, the position says %q", ErrDiverged, name, id, pos.Seq, pos.ID)
	}
	return nil
}

// checkID returns an error for an id that cannot stand in a message header.
func checkID(id string) error {
	if id == "" || len(id) > 256 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return Permanent(fmt.Errorf("record id %.64q is not 1 to 256 printable ASCII characters", id))
	}
	return nil
}
