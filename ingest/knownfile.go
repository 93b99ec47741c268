package ingest

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// The form of a snapshot, little endian: the magic with the version, seq, epoch,
// pruneDay, the number of entries; per entry its key, its fields and a count
// with as many older revisions; the SHA-256 of all that.
const (
	snapshotMagic = "marsad-known-2\n\n"
	snapshotHead  = len(snapshotMagic) + 8 + 2 + 8 + 8
	snapshotEntry = 16 + 8 + 4 + 4 + 4 + 2 + 2 + 8 + 1

	// The first version had no positions.
	snapshotMagic1 = "marsad-known-1\n\n"
	snapshotEntry1 = snapshotEntry - 8
)

// ErrSnapshot is returned for a snapshot that is torn, changed or of another
// version. The stream tells all of it again.
var ErrSnapshot = errors.New("snapshot cannot be used")

// Snapshot writes what is known, as of Seq. Reservations are not part of it.
// Callers wait while it is written.
func (k *Known) Snapshot(w io.Writer) error {
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 64<<10)
	k.mu.Lock()
	defer k.mu.Unlock()
	le := binary.LittleEndian
	buf := make([]byte, 0, snapshotEntry+8*keepRevisions)
	buf = append(buf, snapshotMagic...)
	buf = le.AppendUint64(buf, k.seq)
	buf = le.AppendUint16(buf, k.epoch)
	buf = le.AppendUint64(buf, uint64(k.pruneDay))
	buf = le.AppendUint64(buf, uint64(len(k.entries)))
	if _, err := out.Write(buf); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	for id, e := range k.entries {
		old := k.older[id]
		buf = append(buf[:0], id[:]...)
		buf = le.AppendUint64(buf, e.last)
		buf = le.AppendUint32(buf, e.listed)
		buf = le.AppendUint32(buf, e.seen)
		buf = le.AppendUint32(buf, e.revised)
		buf = le.AppendUint16(buf, e.touched)
		buf = le.AppendUint16(buf, e.revisions)
		buf = le.AppendUint64(buf, e.at)
		buf = append(buf, byte(len(old)))
		for _, rev := range old {
			buf = le.AppendUint64(buf, rev)
		}
		if _, err := out.Write(buf); err != nil {
			return fmt.Errorf("write snapshot: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if _, err := w.Write(sum.Sum(nil)); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

// Restore replaces what is known by a snapshot. An error, ErrSnapshot among
// them, leaves k as it was.
func (k *Known) Restore(r io.Reader) error {
	in := &summed{r: bufio.NewReaderSize(r, 64<<10), sum: sha256.New()}
	le := binary.LittleEndian
	head := in.next(snapshotHead)
	if in.err != nil {
		return fmt.Errorf("%w: %w", ErrSnapshot, in.err)
	}
	size := snapshotEntry
	switch string(head[:len(snapshotMagic)]) {
	case snapshotMagic:
	case snapshotMagic1:
		size = snapshotEntry1
	default:
		return fmt.Errorf("%w: not a snapshot of this version", ErrSnapshot)
	}
	head = head[len(snapshotMagic):]
	fresh := NewKnown()
	fresh.seq, fresh.epoch, fresh.pruneDay = le.Uint64(head), le.Uint16(head[8:]), int64(le.Uint64(head[10:]))
	count := le.Uint64(head[18:])
	for i := uint64(0); i < count && in.err == nil; i++ {
		b := in.next(size)
		if in.err != nil {
			break
		}
		id := key(b[:16])
		e := entry{
			last: le.Uint64(b[16:]), listed: le.Uint32(b[24:]), seen: le.Uint32(b[28:]), revised: le.Uint32(b[32:]),
			touched: le.Uint16(b[36:]), revisions: le.Uint16(b[38:]),
		}
		if size == snapshotEntry {
			e.at = le.Uint64(b[40:])
		}
		fresh.entries[id] = e
		if n := int(b[size-1]); n > 0 {
			if n >= keepRevisions {
				return fmt.Errorf("%w: %d revisions of an article", ErrSnapshot, n)
			}
			old := make([]uint64, n)
			for j := range old {
				if b := in.next(8); in.err == nil {
					old[j] = le.Uint64(b)
				}
			}
			fresh.older[id] = old
		}
	}
	if in.err != nil {
		return fmt.Errorf("%w: %w", ErrSnapshot, in.err)
	}
	want := string(in.sum.Sum(nil))
	if got := in.next(sha256.Size); in.err != nil || string(got) != want {
		return fmt.Errorf("%w: wrong checksum", ErrSnapshot)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entries, k.older, k.seq, k.epoch, k.pruneDay = fresh.entries, fresh.older, fresh.seq, fresh.epoch, fresh.pruneDay
	return nil
}

// summed reads and hashes; after an error it gives nothing more.
type summed struct {
	r   io.Reader
	sum hash.Hash
	buf [64]byte
	err error
}

// next returns the next n bytes, valid until the next call.
func (s *summed) next(n int) []byte {
	if s.err != nil {
		return nil
	}
	if _, s.err = io.ReadFull(s.r, s.buf[:n]); s.err != nil {
		return nil
	}
	s.sum.Write(s.buf[:n])
	return s.buf[:n]
}
