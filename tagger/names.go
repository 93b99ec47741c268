package tagger

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"marsad/item"
	"marsad/text"
)

// An Entry is one rule of a pack as people see it.
type Entry struct {
	Kind item.Kind
	ID   string
	// Name is for display; Type is what it is (person, city, …), empty for themes.
	Name, Type string
	// In lists the places that hold a place, the nearest first.
	In []string
	// Located says that Lat and Lon are known, in degrees.
	Located  bool
	Lat, Lon float64
	// Aliases are its names as the rules spell them, each once, in rule order.
	Aliases []string
}

// Entries lists all rules by kind (actor, place, theme) and id. The slice is
// the caller's, what it points to is shared and must not be changed.
func (p *Pack) Entries() []Entry { return slices.Clone(p.entries) }

func (c *compiler) entryList() []Entry {
	var out []Entry
	for i := range c.src.Entities {
		e := &c.src.Entities[i]
		entry := Entry{Kind: e.Kind, ID: e.ID, Name: e.Name, Type: e.Type, Located: e.Located, Lat: e.Lat, Lon: e.Lon}
		for _, up := range c.p.entities[i].ancestry {
			entry.In = append(entry.In, c.p.entities[up].id)
		}
		for b := range e.Blocks {
			b := &e.Blocks[b]
			for _, group := range [][]Words{b.Strong, b.Plain, b.Acronyms, b.Gated} {
				entry.Aliases = appendWords(entry.Aliases, group)
			}
		}
		out = append(out, entry)
	}
	for i := range c.src.Themes {
		t := &c.src.Themes[i]
		out = append(out, Entry{Kind: item.Theme, ID: t.ID, Name: t.Name, Aliases: appendWords(nil, t.Names)})
	}
	slices.SortFunc(out, func(a, b Entry) int {
		if a.Kind != b.Kind {
			return strings.Compare(string(a.Kind), string(b.Kind))
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

func appendWords(to []string, words []Words) []string {
	for _, ws := range words {
		for _, w := range ws.Text {
			if !slices.Contains(to, w.Text) {
				to = append(to, w.Text)
			}
		}
	}
	return to
}

// Names finds rules by any of their names, in any script. It is immutable and
// safe for concurrent use.
type Names struct {
	byKind map[item.Kind]map[string]string // folded name → id; "" when two share it
	known  map[item.Kind][]string          // folded names, sorted
	spots  []spot                          // places with coordinates, by id
}

// A spot is a place on the globe.
type spot struct {
	id       string
	in       []string // the places that hold it
	lat, lon float64
}

// Names returns the pack's names, for queries.
func (p *Pack) Names() *Names { return p.names }

func newNames(src Source, entries []Entry) *Names {
	n := &Names{byKind: map[item.Kind]map[string]string{}, known: map[item.Kind][]string{}}
	for _, k := range item.Kinds() {
		n.byKind[k] = map[string]string{}
	}
	for _, e := range entries {
		if e.Located {
			n.spots = append(n.spots, spot{id: e.ID, in: e.In, lat: e.Lat, lon: e.Lon})
		}
	}
	// In falling order of trust; within a rank, a name of two rules is nobody's.
	put := func(kind item.Kind, rank map[string]string, name, id string) {
		key := text.Fold(name)
		if key == "" || n.byKind[kind][key] != "" {
			return
		}
		if old, ok := rank[key]; ok && old != id {
			id = ""
		}
		rank[key] = id
	}
	commit := func(kind item.Kind, rank map[string]string) {
		maps.Copy(n.byKind[kind], rank)
	}
	for _, kind := range item.Kinds() {
		ids, shown, full, short := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
		for _, e := range entries {
			if e.Kind == kind {
				put(kind, ids, e.ID, e.ID)
			}
		}
		commit(kind, ids)
		for _, e := range entries {
			if e.Kind == kind {
				put(kind, shown, e.Name, e.ID)
			}
		}
		commit(kind, shown)
		for _, e := range entries {
			if e.Kind == kind {
				for _, a := range e.Aliases {
					put(kind, full, a, e.ID)
				}
			}
		}
		commit(kind, full)
		for i := range src.Entities {
			e := &src.Entities[i]
			if e.Kind != kind {
				continue
			}
			for b := range e.Blocks {
				for _, group := range [][]Words{e.Blocks[b].Titled, e.Blocks[b].Backref} {
					for _, ws := range group {
						for _, w := range ws.Text {
							put(kind, short, w.Text, e.ID)
						}
					}
				}
			}
		}
		commit(kind, short)
		for k, id := range n.byKind[kind] {
			if id != "" {
				n.known[kind] = append(n.known[kind], k)
			}
		}
		slices.Sort(n.known[kind])
	}
	return n
}

// Resolve returns the id of the rule of a kind that has a name, in any script
// and spelling that folds alike. A surname that several share resolves to none.
func (n *Names) Resolve(kind item.Kind, name string) (id string, ok bool) {
	id = n.byKind[kind][text.Fold(name)]
	return id, id != ""
}

// Suggest returns the id of the rule of a kind whose id or name is nearest to
// name by edit distance, or "" when none is near.
func (n *Names) Suggest(kind item.Kind, name string) string {
	key := text.Fold(name)
	if key == "" || len(key) > 100 {
		return ""
	}
	letters := utf8.RuneCountInString(key)
	best, least := "", letters/3+1
	for _, k := range n.known[kind] {
		if d := letters - utf8.RuneCountInString(k); d >= least || -d >= least {
			continue // their lengths alone are farther apart
		}
		if d := nameDistance(key, k); d < least {
			best, least = n.byKind[kind][k], d
		}
	}
	if best == "" { // part of a longer name
		for _, k := range n.known[kind] {
			if len(key) >= 4 && strings.Contains(k, key) {
				return n.byKind[kind][k]
			}
		}
	}
	return best
}

// nameDistance is text.Distance, and no nearer than their length for names that
// nobody types.
func nameDistance(a, b string) int {
	const longest = 128
	x, y := []rune(a), []rune(b)
	if len(x) > longest || len(y) > longest {
		return max(len(x), len(y))
	}
	return text.Distance(x, y)
}

// Near returns the ids of the places within km kilometres of a point (degrees)
// by the great circle, the nearest first, by id among equals. A place that holds
// others with coordinates is among them only when all of those are: the middle
// of a province says nothing of its cities, whose items carry its tag too.
func (n *Names) Near(lat, lon, km float64) []string {
	type found struct {
		id string
		km float64
	}
	var all []found
	wide := map[string]bool{} // hold a place that is farther away
	for _, s := range n.spots {
		if d := kilometres(lat, lon, s.lat, s.lon); d <= km {
			all = append(all, found{s.id, d})
		} else {
			for _, id := range s.in {
				wide[id] = true
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.km, b.km) })
	var ids []string
	for _, f := range all {
		if !wide[f.id] {
			ids = append(ids, f.id)
		}
	}
	return ids
}

// kilometres is the great-circle distance of two points in degrees.
func kilometres(lat1, lon1, lat2, lon2 float64) float64 {
	const meanRadius, degree = 6371.0088, math.Pi / 180
	sinLat, sinLon := math.Sin((lat2-lat1)*degree/2), math.Sin((lon2-lon1)*degree/2)
	h := sinLat*sinLat + math.Cos(lat1*degree)*math.Cos(lat2*degree)*sinLon*sinLon
	return 2 * meanRadius * math.Asin(math.Sqrt(min(h, 1)))
}
