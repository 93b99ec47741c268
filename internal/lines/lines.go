// Package lines reads lines of any length without holding more than a bound,
// so that one that is too long costs itself and not those behind it.
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrTooLong is what Each says of a line beyond the bound.
var ErrTooLong = errors.New("the line is too long")

// Each calls line with the number (from 1) and the text of each line of r,
// without its end; the text is valid during the call. A line of more than most
// bytes is passed over: the call has no text, and an error that wraps
// ErrTooLong. Each ends with line's first error or r's.
func Each(r io.Reader, most int, line func(n int, text []byte, err error) error) error {
	br := bufio.NewReaderSize(r, 256<<10)
	var buf []byte
	for n := 1; ; n++ {
		buf = buf[:0]
		size := 0
		var err error
		for {
			var part []byte
			part, err = br.ReadSlice('\n')
			size += len(part)
			if size <= most+1 { // the end of the line does not count
				buf = append(buf, part...)
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if size == 0 {
			return nil
		}
		text, ended := buf, err == nil
		if ended {
			size--
			text = buf[:len(buf)-min(1, len(buf))]
		}
		var said error
		if size > most {
			text, said = nil, fmt.Errorf("%w: %d bytes, the most is %d", ErrTooLong, size, most)
		}
		if err := line(n, text, said); err != nil {
			return err
		}
		if !ended {
			return nil
		}
	}
}
