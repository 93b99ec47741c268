package pipeline

import (
	"fmt"
	"os"
	"time"

	"marsad/alert"
	"marsad/config"
	"marsad/internal/field"
	"marsad/query"
	"marsad/rules"
	"marsad/tagger"
)

// Prepared is what a configuration leads to and can be wrong in more ways than
// config itself can see: the rule pack with its examples, the watches with
// their queries.
type Prepared struct {
	Pack    *tagger.Pack
	Watches *alert.Set
	rules   *rulebook
}

// Rules sums the pack up in a line.
func (p *Prepared) Rules() string { return p.rules.String() }

// Prepare loads the pack and compiles the watches. It opens nothing but the
// pack's files. Mistakes in the pack are an error that lists them with their
// places; mistakes in queries are a *field.List.
func Prepare(c config.Config) (*Prepared, error) {
	pack, err := LoadPack(c.Pack)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(c.Server.Zone)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", c.Server.Zone, err)
	}
	set, mistakes := c.Alert.Compile(query.Options{Names: pack.Names(), Zone: zone})
	if len(mistakes) > 0 {
		return nil, &field.List{Errors: field.Under("alert", mistakes)}
	}
	return &Prepared{Pack: pack, Watches: set, rules: newRulebook(pack)}, nil
}

// LoadPack reads the built-in pack for config.BuiltinPack, else the one in the
// folder at path. The error lists every mistake with its place.
func LoadPack(path string) (*tagger.Pack, error) {
	fsys := rules.IraqSyria()
	if path != config.BuiltinPack {
		if _, err := os.ReadDir(path); err != nil {
			return nil, fmt.Errorf("rule pack: %w", err)
		}
		fsys = os.DirFS(path)
	}
	pack, err := rules.Load(fsys)
	if err != nil {
		return nil, fmt.Errorf("rule pack %s:\n%w", path, err)
	}
	return pack, nil
}
