package field

import (
	"fmt"
	"strconv"
	"strings"
)

// A Size is a number of bytes that people write as "10MB" or "20 GB": decimal
// units, as disks are sold, and KiB, MiB, GiB, TiB for binary ones.
type Size int64

// unit is one way to write a power.
type unit struct {
	name  string
	bytes float64
}

// units lists what a Size may end in, longest first.
func units() []unit {
	return []unit{
		{"TiB", 1 << 40},
		{"GiB", 1 << 30},
		{"MiB", 1 << 20},
		{"KiB", 1 << 10},
		{"TB", 1e12},
		{"GB", 1e9},
		{"MB", 1e6},
		{"KB", 1e3},
		{"B", 1},
		{"", 1},
	}
}

// UnmarshalText reads a size; the error says what is wanted.
func (s *Size) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	for _, u := range units() {
		digits, ok := cutSuffixFold(in, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || !(n >= 0 && n*u.bytes <= 1<<60) { // not NaN either
			break
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size; write e.g. 10MB or 20GB", in)
}

// String is the size in the largest decimal unit that keeps it above one, with
// one decimal at most: "10MB", "1.5GB".
func (s Size) String() string {
	for _, u := range units() {
		if strings.HasSuffix(u.name, "iB") || float64(s) < u.bytes {
			continue
		}
		return strconv.FormatFloat(float64(int64(float64(s)/u.bytes*10+0.5))/10, 'f', -1, 64) + u.name
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at < 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}
