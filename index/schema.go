package index

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/mapping"
	api "github.com/blevesearch/bleve_index_api"

	"marsad/item"
	"marsad/text"
)

// The fields of a document. A change to them or to what is put in them raises
// schemaVersion, which begins the index anew.
const (
	fieldID    = "_id"
	fieldTitle = "title" // words and their readings, with positions
	fieldBody  = "body"
	fieldTags  = "tags" // kind:id of certain tags
	fieldLang  = "lang"
	fieldFeed  = "feed"
	// fieldSource holds the folded words of the publisher's name, fieldName the
	// name itself, for facets.
	fieldSource = "source"
	fieldName   = "name"
	// fieldKey finds an item by its story (see keyTerm), by its event and by its
	// own id, the latter two only where they are not the story's: most items stand
	// alone, and a random term is the dearest of all.
	fieldKey = "key"
	// fieldCopy holds the story of an item that is not the first of it, to count
	// stories by; the others stand for their own, so most items have none.
	fieldCopy = "copy"
	// fieldSeen is the second of Seen as eight hexadecimal digits, to sort by.
	fieldSeen = "seen"
	// fieldDay is the day of Listed in UTC, 20260131; fieldTime the year, month,
	// hour and minute (2026, 202601, 2026013123, 202601312359). A range of dates
	// is a few of these terms; a numeric field would write sixteen.
	fieldDay  = "day"
	fieldTime = "time"
	// fieldDoc is the whole item.Tagged as JSON, stored and not indexed.
	fieldDoc = "doc"
)

const schemaVersion = 3

const (
	// Positions are kept for phrases and near words. Offsets are not: what
	// satisfies a query is found again in the few items that are shown, by the
	// evaluator that watches use.
	optText    = api.IndexField | api.IncludeTermVectors
	optKeyword = api.IndexField | api.SkipFreqNorm
	optFacet   = optKeyword | api.DocValues
	optID      = api.IndexField | api.StoreField
)

// newMapping is what Bleve needs to know to search; documents are made by hand.
func newMapping() *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	m.DefaultMapping = bleve.NewDocumentDisabledMapping()
	m.DefaultAnalyzer = "keyword"
	m.ScoringModel = api.BM25Scoring
	m.IndexDynamic, m.StoreDynamic, m.DocValuesDynamic = false, false, false
	return m
}

// docID is the identity of an item's document: four bytes of its time, so that
// the order of ids is the order of dates, and the sixteen of its id. It is not
// text: half the bytes are half the work on the dearest term of a document. It
// is "" for an item without a valid id.
func docID(it item.Item) string {
	id, err := hex.DecodeString(string(it.ID))
	if err != nil || !it.ID.Valid() {
		return ""
	}
	var b [20]byte
	binary.BigEndian.PutUint32(b[:4], clampTime(it.Listed.Unix()))
	copy(b[4:], id)
	return string(b[:])
}

// clampTime keeps a time in the 32 bits that it has in a docID (to 2106).
func clampTime(unix int64) uint32 {
	return uint32(min(max(unix, 0), 1<<32-1)) //nolint:gosec // clamped
}

// itemOf is the item that a docID names.
func itemOf(doc string) item.ID {
	if len(doc) != 20 {
		return ""
	}
	return item.ID(hex.EncodeToString([]byte(doc[4:])))
}

// keyBytes is how much of an id stands in fieldKey: 80 bits.
const keyBytes = 10

// keyApart is the term in fieldKey of an item whose event is not that of its
// story's id.
const keyApart = "a"

// keyTerm is the term of an id in fieldKey, for a story ('s'), an event ('e') or
// an item ('i').
func keyTerm(kind byte, id item.ID) string {
	b, err := hex.DecodeString(string(id))
	if err != nil || len(b) < keyBytes {
		return string(kind) + string(id) // not an id: a term that nothing else has
	}
	return string(append([]byte{kind}, b[:keyBytes]...))
}

// storyBytes is what stands for a story in fieldCopy, of which no byte may be
// 0xff: Bleve keeps those between values.
func storyBytes(id item.ID) string {
	return string(id[:min(len(id), 2*keyBytes)])
}

// seenTerm is the term of a time in fieldSeen; their order is that of the times.
func seenTerm(t time.Time) string { return fmt.Sprintf("%08x", clampTime(t.Unix())) }

// A format says what an index folder was written with; one that differs is begun
// anew.
type format struct {
	Schema  int    `json:"schema"`
	Mapping string `json:"mapping"`
	// Analysis is a fingerprint of text's tokens and readings, which the terms
	// in the index depend on.
	Analysis string `json:"analysis"`
}

func currentFormat() (format, error) {
	m, err := json.Marshal(newMapping())
	if err != nil {
		return format{}, fmt.Errorf("encode the index mapping: %w", err)
	}
	return format{Schema: schemaVersion, Mapping: digest(m), Analysis: digest([]byte(probe()))}, nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// probe is what the analysis makes of words whose treatment is likely to change.
func probe() string {
	var b strings.Builder
	var a text.Analyzer
	for _, s := range []struct{ lang, text string }{
		{"en", "Iraq's U.S.-led AT&T al-Qa'im, naïve ½ 1,234.5 x@y.org"},
		{"ar", "وبالقائم للعراق والأعرجي مُحَمَّد ـــ ٣٤ ﷺ"},
		{"fa", "سوریه\u200cها می\u200cروند ایران\u200cی"},
		{"ckb", "لەعێراقدا کوردستانی"},
		{"kmr", "Iraqê Kurdistana"},
		{"tr", "İstanbul'daki IŞID Irak'ın ılık"},
		{"fr", "l'Irak d’Égypte"},
	} {
		for _, t := range a.Tokens(s.text, s.lang) {
			fmt.Fprintf(&b, "%d %s", t.Pos, t.Term)
			for _, r := range a.Readings(t) {
				fmt.Fprintf(&b, "|%s", r.Term)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
