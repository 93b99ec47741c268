package rules

import (
	"fmt"

	"marsad/item"
	"marsad/tagger"
)

// optional, after "examples" at the top of a file, lets the rules of the pack do
// without examples.
const optional = "optional"

// The examples that each rule needs: a rule that was never seen to keep silent
// is not known to mean anything.
const (
	minYes = 2
	minNo  = 1
)

// lacking lists the rules that have too few examples.
func lacking(sources []tagger.Source) []tagger.Mistake {
	var out []tagger.Mistake
	check := func(kind item.Kind, id string, pos tagger.Pos, examples []tagger.Example) {
		yes, no := 0, 0
		for i := range examples {
			if examples[i].Want {
				yes++
			} else {
				no++
			}
		}
		if yes < minYes || no < minNo {
			out = append(out, tagger.Mistake{
				Pos:  pos,
				What: fmt.Sprintf("%s %q has %d \"yes\" and %d \"no\" under \"examples\", and needs %d and %d", kind, id, yes, no, minYes, minNo),
				Hint: "add texts that must and must not get the tag; a small pack of your own may say \"examples: optional\" at the top of a file",
			})
		}
	}
	for s := range sources {
		src := &sources[s]
		for i := range src.Entities {
			e := &src.Entities[i]
			check(e.Kind, e.ID, e.Pos, e.Examples)
		}
		for i := range src.Themes {
			t := &src.Themes[i]
			check(item.Theme, t.ID, t.Pos, t.Examples)
		}
	}
	return out
}
