package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// acceptEncoding names what unpack reads.
const acceptEncoding = "gzip, br, zstd"

const (
	// A text grows tenfold when it is unpacked, rarely thirtyfold; a bomb a
	// thousandfold. Small documents may, they do no harm.
	maxRatio  = 200
	freeRatio = 1 << 20
	// zstdWindow is the memory that a zstd frame may claim; RFC 8878 asks
	// decoders for 8 MB.
	zstdWindow = 8 << 20
)

var (
	errTooLarge = errors.New("body too large")
	errBomb     = errors.New("body grows out of all proportion when unpacked")
	errEncoding = errors.New("content encoding")
)

// unpack returns resp's whole body, unpacked, or an error: never a part. Neither
// the packed nor the unpacked bytes may exceed limit.
func unpack(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, errTooLarge
	}
	packed := &capped{r: resp.Body, left: limit}
	raw := bufio.NewReader(packed)
	if _, err := raw.Peek(1); errors.Is(err, io.EOF) {
		return nil, nil // an empty body, whatever the header says
	}
	var body io.Reader
	switch enc := strings.ToLower(strings.TrimSpace(strings.Join(resp.Header.Values("Content-Encoding"), ","))); enc {
	case "", "identity", "none", "utf-8": // the last two are common mistakes
		// A file that is served as it lies on the disk.
		if magic, _ := raw.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
			return io.ReadAll(raw)
		}
		gz, err := gzip.NewReader(raw)
		if err != nil {
			return nil, err
		}
		body = gz
	case "gzip", "x-gzip":
		gz, err := gzip.NewReader(raw)
		if err != nil {
			return nil, err
		}
		body = gz
	case "br":
		body = brotli.NewReader(raw)
	case "zstd":
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(uint64(limit)+zstdWindow)) //nolint:gosec // a size
		if err != nil {
			return nil, err
		}
		defer z.Close()
		body = z
	default:
		return nil, fmt.Errorf("%w %q", errEncoding, clip(enc, 40))
	}
	return io.ReadAll(&unpacked{capped: capped{r: body, left: limit}, from: packed})
}

// capped fails on the byte after the last one allowed.
type capped struct {
	r          io.Reader
	left, done int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	c.done += int64(n)
	if c.left -= int64(n); c.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// unpacked fails when far more comes out than went in.
type unpacked struct {
	capped
	from *capped
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.capped.Read(p)
	if u.done > freeRatio && u.done > maxRatio*u.from.done {
		return 0, errBomb
	}
	return n, err
}
