package query

import (
	"fmt"
	"strconv"
)

// An Error says what is wrong with a query, where, and what to do.
type Error struct {
	// Pos and End are byte offsets into the query.
	Pos, End int
	// Msg says what is wrong; Hint what to write instead, and may be empty.
	Msg, Hint string
}

// Error is "message at byte position; hint", positions counted from 1.
func (e *Error) Error() string {
	s := e.Msg + " (at " + strconv.Itoa(e.Pos+1) + ")"
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// errorAt returns an Error about the bytes from pos to end.
func errorAt(pos, end int, hint, format string, args ...any) *Error {
	return &Error{Pos: pos, End: end, Msg: fmt.Sprintf(format, args...), Hint: hint}
}
