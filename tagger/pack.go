package tagger

import (
	"sync"
	"time"

	"marsad/item"
	"marsad/text"
)

// A Pack is a compiled rule pack. It is immutable and safe for concurrent use.
type Pack struct {
	name, hash string
	dict       *dict
	trie       *trie
	roman      roman
	expansions map[int32]map[uint64]bool // words of the names of entities with acronyms
	patterns   []pattern
	texts      []string // of the patterns, as the analyst wrote them
	places     []Pos    // of the patterns
	stricts    []string // spellings, marks aside
	longest    int32    // words of the longest pattern
	entities   []entity
	blocks     []block
	needs      []needs // of the blocks
	wants      [][]set // that needs are numbers of
	themes     []theme
	lexicons   int
	shared     int // conditions that themes ask for, equal ones counted once
	calls      calls
	entries    []Entry
	names      *Names
	scratch    sync.Pool
}

// Name is the pack's name, for instance "iraq-syria".
func (p *Pack) Name() string { return p.name }

// Hash names everything that decides how items are tagged: equal hashes give
// equal tags. It is 16 hexadecimal digits.
func (p *Pack) Hash() string { return p.hash }

// A class is how a name counts.
type class uint8

const (
	classWord class = iota // a lexicon's word
	classDecoy
	classStrong
	classPlain
	classAcronym
	classTitled
	classGated
	classBackref
)

// String is the class as a clause of evidence.
func (c class) String() string {
	switch c {
	case classStrong:
		return "strong"
	case classPlain:
		return "plain"
	case classAcronym:
		return "acronym"
	case classTitled:
		return "titled"
	case classGated:
		return "gated"
	case classBackref:
		return "backref"
	case classDecoy:
		return "decoy"
	case classWord:
	}
	return "word"
}

// confidence is how often what a name of a class finds is right.
func (c class) confidence() float64 {
	switch c {
	case classStrong:
		return 0.98
	case classPlain, classAcronym, classTitled:
		return 0.95
	case classGated, classBackref:
		return 0.9
	case classWord, classDecoy:
	}
	return candidateConfidence
}

const (
	themeConfidence     = 0.9
	candidateConfidence = 0.5
)

// A pattern is one name or word.
//
// It is small, for each match looks at one.
type pattern struct {
	owner   int32  // entity of a name, -1 for decoys; lexicon of a word
	block   int32  // -1 for words and decoys
	caps    uint32 // which words need a capital
	strict  int32  // for short Arabic names, in Pack.stricts; -1 for others
	langs   langs
	class   class
	kinds   text.ReadingKind // readings in which it may stand
	acronym bool             // the whole of it in capitals
	timed   bool             // its block is bound in time
	roman   bool             // it stands for a name's keys
}

type entity struct {
	kind      item.Kind
	id        string
	rule      string
	parent    int32
	exposes   []int32
	like      []int32 // entities that share a name with it
	told      operand // what speaks for it against those
	prominent bool    // it is meant when nothing tells
	rank      int32   // by kind and id
	ancestry  []int32
}

type block struct {
	gate, reject []clause
	titles       operand
	titleGap     int32
	from, until  time.Time
	unsure       bool
}

type clause struct {
	scope   Scope
	not     bool
	max     int32
	any, of []operand
	langs   []string
	nested  []clause
	weight  float64
	count   int32
	ordered bool
	text    string
	opened  string // text as a clause of evidence
	pos     Pos
	shared  int32 // equal conditions of themes have one number
}

// An operand holds alternatives.
type operand struct {
	sets []set
	text string
}

type setKind uint8

const (
	setLexicon setKind = iota
	setEntity
	setWithin // a place and all in it
	setKindOf // any entity of a kind
)

type set struct {
	of    setKind
	index int32
	kind  item.Kind
}

type theme struct {
	id, rule       string
	any, all, none []clause
	threshold      float64
	title, lead    float64
	modalities     []modality
}

type modality struct {
	name string
	cues operand
}

// langs is a set of languages; 0 is all.
type langs uint16

func langOf(tag string) langs {
	for i, l := range []string{"en", "ar", "ckb", "kmr", "fa", "tr", "fr"} {
		if l == tag {
			return 1 << i
		}
	}
	return 0
}

// langsOfItem is what lexicon words an item of a language may hold.
func langsOfItem(tag string) langs {
	if tag == "" || tag == text.Undetermined {
		return ^langs(0)
	}
	if l := langOf(tag); l != 0 {
		return l
	}
	return 1 << 15 // none of ours
}
