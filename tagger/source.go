package tagger

import (
	"time"

	"marsad/item"
)

// A Pos is a place in a rule file. Compile hands it back in mistakes and does
// not look into it.
type Pos struct {
	File      string `json:"-"`
	Line, Col int    `json:"-"`
}

// A Mistake is something wrong with a pack.
type Mistake struct {
	Pos  Pos
	What string
	Hint string
}

// A Source is a pack before compilation, or a part of one: Compile joins the
// sources it is given.
type Source struct {
	// Pack names the pack; of several sources one must say it.
	Pack     string
	Pos      Pos
	Lexicons []Lexicon
	// Decoys are phrases that hold a name and are not about it ("Damascus
	// steel"): what stands inside them is not found.
	Decoys []Words
	// Common lists words that are names, too (Hit, القائم): a name that is one of
	// them, in the same language, must not count without context.
	Common []Words
	// Entities are actors and places, Themes the rest.
	Entities []Entity
	Themes   []Theme
}

// Words are names or words of one language. A name is found in items of every
// language, a lexicon's word only in those of its own (and of none known);
// "all" is every language.
type Words struct {
	Lang string
	Pos  Pos
	Text []Word
}

// A Word is a word or phrase as an analyst writes it. In a lexicon, a star ends
// a word that may go on (reopen*). In a name, capitals in Latin script ask for
// capitals in the text; a name of two to six capitals asks for capitals alone.
type Word struct {
	Text string
	Pos  Pos
}

// A Lexicon is a named list of words for gates and themes.
type Lexicon struct {
	ID    string
	Pos   Pos
	Words []Words
}

// An Entity is an actor or a place.
type Entity struct {
	Kind item.Kind
	ID   string
	Pos  Pos
	// Name is for display, Type what it is (person, city, …).
	Name, Type string
	// In is the place that holds this place; empty at the top.
	In    string
	InPos Pos
	// Located says that Lat and Lon are given, in degrees.
	Located  bool
	Lat, Lon float64
	// Like lists other rules that bear one of its names; on one side is enough.
	// Which is meant is told by what else an item names: a place that holds it
	// and not the other (or lies in that), or what is in Beside; when nothing
	// tells, by Prominent.
	Like      []Ref
	Beside    Operand
	Prominent bool
	// Exposes lists what is found even inside this entity's names.
	Exposes []Ref
	// Blocks are the ways in which it is named.
	Blocks   []Block
	Examples []Example
}

// A Ref names another rule, as an operand would.
type Ref struct {
	Text string
	Pos  Pos
}

// A Block is a group of names under common conditions.
type Block struct {
	Pos Pos
	// Strong names are enough whatever stands around them; Plain ones unless
	// Reject strikes; Gated ones need Gate; Titled ones a title before them;
	// Acronyms capitals; Backref ones (surnames) a full name in the item.
	Strong, Plain, Gated, Acronyms, Backref []Words
	Titled                                  []Words
	Titles                                  Operand
	TitleGap                                int // words allowed between title and name
	// Role, if any, is the office that the names rest on. Two entities cannot
	// have one role at a time.
	Role    string
	RolePos Pos
	// One clause of Gate must hold; one of Reject drops the name.
	Gate, Reject []Clause
	// From and Until bound the item's date; zero is open. Until is exclusive.
	From, Until time.Time
	// Translit says whether names of two words or more in Latin script, strong or
	// plain, are found in other romanisations; nil is yes for places and for
	// actors of type "person".
	Translit *bool
	// Unsure makes a gated name without its gate, or a surname without its full
	// name, a candidate; otherwise it is nothing.
	Unsure bool
}

// A Scope says where a clause looks.
type Scope string

// The scopes of clauses. Before, After and Near need an anchor in a gate (the
// name itself); in a theme Near means: together.
const (
	Before   Scope = "before"
	After    Scope = "after"
	Near     Scope = "near"
	Sentence Scope = "sentence"
	Title    Scope = "title"
	Doc      Scope = "doc"
	// Lang holds for items in one of the languages, Origin for those of one of
	// the feeds or sources, Nested when all its clauses do.
	Lang   Scope = "lang"
	Origin Scope = "source"
	Nested Scope = "all"
)

// A Clause is one condition.
type Clause struct {
	Pos   Pos
	Scope Scope
	Not   bool
	// Max is how many words may stand between.
	Max int
	// Count is how many times it must be found; 0 is once. Ordered asks, in Near
	// and Sentence of a theme, that those of Of follow one another as listed,
	// with at most Max words between one and the next.
	Count   int
	Ordered bool
	// One of Any must be there; all of Of must be there together.
	Any, Of []Operand
	// Langs is for Lang and Origin, Clauses (all must hold) for Nested.
	Langs   []string
	Clauses []Clause
	// Weight counts towards a theme's threshold.
	Weight float64
}

// An Operand is what a clause looks for: alternatives of which one is enough.
type Operand struct {
	Pos Pos
	// Refs are "lexicon", "actor:id", "place:id", "actor:*", "in:place-id" (the
	// place or any place in it).
	Refs []Ref
	// Words are given in place.
	Words []Words
}

// A Theme is what an item may be about.
type Theme struct {
	ID   string
	Pos  Pos
	Name string
	// Names are other names by which people ask for it; they are not searched
	// for in items.
	Names []Words
	// The weights of the clauses of Any that hold must reach Threshold, every
	// clause of All must hold and none of None. Half the threshold makes a
	// candidate.
	Any, All, None []Clause
	Threshold      float64
	// A clause that holds in the title, or in the lead (the first two sentences
	// of the body), weighs so many times more; 0 is no more.
	TitleBoost, LeadBoost float64
	// Modalities are what the theme may be instead of a fact, by falling rank.
	Modalities []Modality
	Examples   []Example
}

// A Modality is an attribute that a theme gets when every sentence that it rests
// on holds one of Cues: it is planned, or denied.
type Modality struct {
	Name string
	Pos  Pos
	Cues []Operand
}

// An Example is a text that must, or must not, get a rule's tag.
type Example struct {
	Pos         Pos
	Lang        string
	Date        time.Time
	Title, Body string
	// Want says whether the tag must be given, certain.
	Want bool
	// Spans, if any, are the exact texts of the evidence, in order.
	Spans []string
	// Modality, if any, is what a theme must be; "fact" is none.
	Modality string
}
