package bus

import (
	"context"
	"fmt"
)

// Status is what there is to know of the log.
type Status struct {
	// Server is "embedded" or the address of the external server.
	Server string `json:"server"`
	// Version is the server's.
	Version string `json:"version"`
	// Problem says why records are not accepted; empty when they are.
	Problem string         `json:"problem,omitempty"`
	Streams []StreamStatus `json:"streams"`
	// Parked counts the records that a stage could not process.
	Parked uint64 `json:"parked"`
	// Used is what JetStream has stored, MaxDisk what it may store, in bytes.
	Used    int64 `json:"used"`
	MaxDisk int64 `json:"max_disk,omitempty"`
}

// StreamStatus describes one stream.
type StreamStatus struct {
	Name     Stream `json:"name"`
	Records  uint64 `json:"records"`
	Bytes    uint64 `json:"bytes"`
	FirstSeq uint64 `json:"first_seq"`
	LastSeq  uint64 `json:"last_seq"`
	// Lost counts records that the server knows it has lost to damage.
	Lost int `json:"lost,omitempty"`
}

// Status asks the server for the state of every stream. It fails rather than
// wait when the server is away.
func (b *Bus) Status(ctx context.Context) (Status, error) {
	st := Status{Server: "embedded", Version: b.nc.ConnectedServerVersion()}
	if b.server != nil {
		st.MaxDisk = b.server.maxStore
	} else {
		st.Server = b.nc.ConnectedUrlRedacted()
	}
	if err := b.Healthy(); err != nil {
		st.Problem = err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, b.cfg.AckTimeout)
	defer cancel()
	for _, s := range streams() {
		info, err := b.js.Stream(ctx, string(s))
		if err != nil {
			return st, fmt.Errorf("status of stream %s: %w", s, err)
		}
		state := info.CachedInfo().State
		if s == parkedStream {
			st.Parked = state.Msgs
			continue
		}
		ss := StreamStatus{
			Name: s, Records: state.Msgs, Bytes: state.Bytes,
			FirstSeq: state.FirstSeq, LastSeq: state.LastSeq,
		}
		if state.Lost != nil {
			ss.Lost = len(state.Lost.Msgs)
		}
		// Limits take records from the front only, so what is missing between
		// the first and the last has been lost, whether the server says so or not.
		if s != parkedStream && state.Msgs > 0 {
			ss.Lost = max(ss.Lost, int(state.LastSeq-state.FirstSeq+1-state.Msgs)) //nolint:gosec // a count
		}
		st.Streams = append(st.Streams, ss)
	}
	info, err := b.js.AccountInfo(ctx)
	if err != nil {
		return st, fmt.Errorf("status: %w", err)
	}
	st.Used = int64(info.Store)
	return st, nil
}
