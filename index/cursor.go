package index

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/search"
)

// A cursor is, in base64: what it belongs to, when the reader began (Unix
// seconds), the last hit's score or time seen ("0" by date), and its document.

// key is what a cursor must agree with: the order and the query as it was asked.
func (r Request) key() string {
	sum := crc32.ChecksumIEEE([]byte(r.Query.String()))
	key := map[string]string{ByDate: "d", ByScore: "s", BySeen: "f"}[r.Sort] + strconv.FormatUint(uint64(sum), 16)
	if r.Collapse {
		key += "c"
	}
	return key
}

// sortKey is what Bleve goes on from after a hit.
func (r Request) sortKey(last *search.DocumentMatch) []string {
	switch r.Sort {
	case ByScore:
		return []string{strconv.FormatFloat(last.Score, 'g', -1, 64), last.ID}
	case BySeen:
		return []string{last.Sort[0], last.ID}
	default:
		return []string{last.ID}
	}
}

// cursor asks for what comes after the hit.
func (r Request) cursor(last *search.DocumentMatch) string {
	began := r.Now.Unix()
	if r.Cursor != "" {
		_, began, _ = r.after() // it has been read before
	}
	key := r.sortKey(last)
	if len(key) == 1 {
		key = []string{"0", key[0]}
	}
	return base64.RawURLEncoding.EncodeToString([]byte(r.key() + " " + strconv.FormatInt(began, 10) + " " + strings.Join(key, " ")))
}

// after reads the request's cursor: the sort key that Bleve goes on from, and
// when the reader began. Without a cursor it begins now.
func (r Request) after() (key []string, began int64, err error) {
	if r.Cursor == "" {
		return nil, r.Now.Unix(), nil
	}
	bad := fmt.Errorf("%w: the cursor is not one of this query and order", ErrRequest)
	if len(r.Cursor) > 256 {
		return nil, 0, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(r.Cursor)
	if err != nil {
		return nil, 0, bad
	}
	parts := strings.SplitN(string(b), " ", 4)
	if len(parts) != 4 || parts[0] != r.key() || len(parts[3]) != 20 {
		return nil, 0, bad
	}
	if began, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
		return nil, 0, bad
	}
	switch r.Sort {
	case ByScore:
		if score, err := strconv.ParseFloat(parts[2], 64); err != nil || math.IsNaN(score) {
			return nil, 0, bad
		}
		return parts[2:], began, nil
	case BySeen:
		if len(parts[2]) != 8 {
			return nil, 0, bad
		}
		return parts[2:], began, nil
	default:
		return parts[3:], began, nil
	}
}
