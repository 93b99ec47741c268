package bus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrFull means that the log takes no more records: a stream's limit, the
	// server's disk limit or the disk itself has been reached. Nothing that was
	// acknowledged is lost, and writing goes on once there is room.
	ErrFull = errors.New("the log is full")
	// ErrUnavailable means that the server does not answer or cannot write.
	ErrUnavailable = errors.New("the log's server is not available")
	// ErrDiverged means that a reader's position does not belong to the stream
	// as it is now: the stream is shorter, or holds another record there. What
	// was derived from the stream must be derived again.
	ErrDiverged = errors.New("the position does not belong to this stream")
	// ErrClosed means that the bus has been closed.
	ErrClosed = errors.New("the bus is closed")
	// ErrTooLarge means that a record is larger than the server accepts. It is
	// permanent.
	ErrTooLarge = errors.New("the record is too large")

	// errLost means that a consumer has to be made anew.
	errLost = errors.New("consumer lost")
)

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// Permanent marks an error that trying again will not cure: a record whose
// handler returns it is parked after a few tries instead of being retried for
// ever. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent reports whether err, or an error it wraps, was marked by
// Permanent.
func IsPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

// The server's error codes that decide how a publish goes on.
const (
	codeInsufficient    jetstream.ErrorCode = 10023 // the server's own limit
	codeAccountLimit    jetstream.ErrorCode = 10002
	codeStorageExceeded jetstream.ErrorCode = 10047
	codeStoreFailed     jetstream.ErrorCode = 10077 // a stream's limit, with DiscardNew
	codeTooLarge        jetstream.ErrorCode = 10054
	codeBatchDuplicate  jetstream.ErrorCode = 10201
)

// apiCode returns the server's error code within err, or 0.
func apiCode(err error) jetstream.ErrorCode {
	if e, ok := errors.AsType[*jetstream.APIError](err); ok {
		return e.ErrorCode
	}
	return 0
}

// badRequest reports whether the server found fault with the request itself.
func badRequest(err error) bool {
	e, ok := errors.AsType[*jetstream.APIError](err)
	return ok && e.Code == http.StatusBadRequest
}

// unknownOutcome reports whether, after err, the server may have done what it
// was asked.
func unknownOutcome(err error) bool {
	return err != nil && apiCode(err) == 0 && !errors.Is(err, nats.ErrNoResponders)
}

// publishError puts err, as a publish returned it, into the terms of this
// package.
func publishError(err error) error {
	code := apiCode(err)
	// One code stands for every failure to store; its text tells a stream's limit.
	limit := code == codeStoreFailed && strings.Contains(err.Error(), "maximum")
	switch {
	case code == codeInsufficient, code == codeAccountLimit, code == codeStorageExceeded, limit:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case code == codeTooLarge, errors.Is(err, nats.ErrMaxPayload):
		return Permanent(fmt.Errorf("%w: %w", ErrTooLarge, err))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("%w: no acknowledgement", ErrUnavailable)
	default:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}
