package alert

import "io"

// PreviewAs is Preview for another delivery than the alert's first.
func PreviewAs(r Receiver, id string, a Alert) []byte {
	s, _, errs := r.sender("marsad", io.Discard, true)
	if len(errs) > 0 {
		return nil
	}
	return s.preview(id, a)
}
