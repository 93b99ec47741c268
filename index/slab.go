package index

// A slab hands out slices of one piece of memory until it is reset.
type slab[T any] struct{ free, all []T }

// take returns n zero values.
func (s *slab[T]) take(n int) []T {
	if n > len(s.free) {
		s.all = make([]T, max(2*len(s.all), n, 1024))
		s.free = s.all
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}

// reset makes what was taken free again.
func (s *slab[T]) reset() {
	clear(s.all)
	s.free = s.all
}
