package query

import (
	"time"

	"marsad/item"
)

// Limits of one query. What exceeds them is an error, so that no query can hurt
// the daemon.
const (
	// MaxBytes is the longest query in bytes.
	MaxBytes = 1024
	// MaxClauses is the most words, phrases and fields in one query.
	MaxClauses = 32
	// MaxDepth is how deep parentheses and negations may nest.
	MaxDepth = 32
	// MaxWild is the most prefixes and fuzzy words in one query.
	MaxWild = 3
	// MinLiteral is the fewest letters before a * or a ~.
	MinLiteral = 3
	// MaxPhrase is the most words in one phrase.
	MaxPhrase = 64
	// MaxNear is the most words that may stand between near words.
	MaxNear = 100
	// MaxFuzzy is the most letters in which a fuzzy word may differ.
	MaxFuzzy = 2
	// MaxLetters is the most letters before a * or a ~.
	MaxLetters = 64
	// MaxKilometres is the greatest distance of near:.
	MaxKilometres = 1000
	// MaxPlaces is the most places that all near: of one query may stand for.
	MaxPlaces = 512
)

// A Node is a query or a part of one: And, Or, Not, All, Word, Phrase, Near,
// Prefix, Fuzzy, Tag, Around, Lang, Source, Feed, Story, Event or Range. Nodes are
// values that nothing changes after they are made; they may be shared between
// goroutines.
type Node interface {
	// String is the canonical spelling: parsing it gives an equal tree.
	String() string
	node()
}

// And is satisfied when all of its parts are. It has at least two.
type And []Node

// Or is satisfied when any of its parts is. It has at least two.
type Or []Node

// Not is satisfied when X is not.
type Not struct{ X Node }

// All is satisfied by every item.
type All struct{}

// In names the text that a clause looks at.
type In string

// The texts of an item: anywhere (title or body), or one of them.
const (
	Anywhere In = ""
	Title    In = "title"
	Body     In = "body"
)

// Word is one folded word.
type Word struct {
	In   In
	Term string
}

// Phrase is two or more folded words that stand next to each other, in order.
type Phrase struct {
	In    In
	Terms []string
}

// Near is two or more folded words, in any order and in one text, with at most
// Distance other words between the first and the last of them.
type Near struct {
	In       In
	Terms    []string
	Distance int
}

// Prefix is satisfied by a word that begins with Term.
type Prefix struct {
	In   In
	Term string
}

// Fuzzy is satisfied by a word that becomes Term by at most Distance changes of
// one letter: one put in, left out, replaced or swapped with its neighbour.
type Fuzzy struct {
	In       In
	Term     string
	Distance int
}

// Tag is satisfied by an item that certainly carries the tag; places count with
// what lies inside them, because items carry their places' ancestors.
type Tag struct {
	Kind item.Kind
	ID   string
}

// Around is satisfied by an item that certainly carries the tag of a place within
// KM kilometres of a point. The places are those that Names.Near gave when the
// query was read: their ids, at least one.
type Around struct {
	Lat, Lon float64 // degrees, to five decimals
	KM       float64 // to three decimals
	Places   []string
}

// Lang is the item's language, in lower case.
type Lang struct{ Code string }

// Source is satisfied when every one of the folded words is in the publisher's
// name.
type Source struct{ Terms []string }

// Feed is the exact configured name of the feed that carried the item first.
type Feed struct{ Name string }

// Story is satisfied by the items of one story.
type Story struct{ ID item.ID }

// Event is satisfied by the items of the stories that tell of one event.
type Event struct{ ID item.ID }

// Range is satisfied by items listed at or after From and before To, at the
// precision of a minute. The zero Bound is open.
type Range struct{ From, To Bound }

// A Bound is a moment: the minute At (UTC), or Ago before the time of
// evaluation when At is zero. A whole number of minutes, in both cases.
type Bound struct {
	At  time.Time
	Ago time.Duration
}

// IsZero reports whether b is open: neither a moment nor an age.
func (b Bound) IsZero() bool { return b.At.IsZero() && b.Ago == 0 }

func (And) node()    {}
func (Or) node()     {}
func (Not) node()    {}
func (All) node()    {}
func (Word) node()   {}
func (Phrase) node() {}
func (Near) node()   {}
func (Prefix) node() {}
func (Fuzzy) node()  {}
func (Tag) node()    {}
func (Around) node() {}
func (Lang) node()   {}
func (Source) node() {}
func (Feed) node()   {}
func (Story) node()  {}
func (Event) node()  {}
func (Range) node()  {}

// At returns n with every age turned into the moment it means at now. Nothing in
// n is changed; parts without ages are shared.
func At(n Node, now time.Time) Node {
	now = now.UTC()
	switch n := n.(type) {
	case And:
		return And(atAll(n, now))
	case Or:
		return Or(atAll(n, now))
	case Not:
		return Not{At(n.X, now)}
	case Range:
		return Range{From: n.From.at(now), To: n.To.at(now)}
	default:
		return n
	}
}

func atAll(parts []Node, now time.Time) []Node {
	out := make([]Node, len(parts))
	for i, p := range parts {
		out[i] = At(p, now)
	}
	return out
}

// at is the moment that b means at now; the zero Bound stays open.
func (b Bound) at(now time.Time) Bound {
	if b.Ago == 0 {
		return b
	}
	return Bound{At: now.Add(-b.Ago).Truncate(time.Minute)}
}

// Walk calls visit for n and every part of it, parents first. It does not go
// into a node for which visit returns false.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	switch n := n.(type) {
	case And:
		for _, p := range n {
			Walk(p, visit)
		}
	case Or:
		for _, p := range n {
			Walk(p, visit)
		}
	case Not:
		Walk(n.X, visit)
	}
}
