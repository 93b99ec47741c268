package lines_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"marsad/internal/lines"
)

func TestEach(t *testing.T) {
	long := strings.Repeat("x", 600_000) // beyond the reader's own buffer
	for in, want := range map[string][]string{
		"":                            nil,
		"a\n\nb":                      {"1 a", "2 ", "3 b"},
		"a\n":                         {"1 a"},
		"12345\n123456\n7":            {"1 12345", "2 too long", "3 7"},
		"a\n" + long + "\nb\n" + long: {"1 a", "2 too long", "3 b", "4 too long"},
	} {
		var got []string
		err := lines.Each(strings.NewReader(in), 5, func(n int, text []byte, err error) error {
			if errors.Is(err, lines.ErrTooLong) {
				text = []byte("too long")
			} else if err != nil {
				t.Error(err)
			}
			got = append(got, fmt.Sprintf("%d %s", n, text))
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%.20q: %s", in, d)
		}
	}
}

func TestEachStops(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := lines.Each(strings.NewReader("a\nb\n"), 5, func(int, []byte, error) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
