// Package config reads pipeline.yaml: each stage owns its stanza and its
// checks, config puts them together and gives every mistake its place in the
// file.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"marsad/alert"
	"marsad/bus"
	"marsad/index"
	"marsad/ingest"
	"marsad/internal/field"
	"marsad/internal/workspace"
	"marsad/internal/yamlpos"
	"marsad/server"
)

// A Role is a part of the work that a process can do. One process does all of
// them unless it is told otherwise.
type Role string

// The roles. Without an external NATS every role is needed in the one process
// that holds the data folder.
const (
	Poll  Role = "poll"  // fetch feeds, publish items
	Tag   Role = "tag"   // tag items
	Index Role = "index" // keep the search index
	Alert Role = "alert" // watch, and deliver alerts
	Serve Role = "serve" // answer on HTTP; needs Index
)

// roles lists every role.
func roles() []Role { return []Role{Poll, Tag, Index, Alert, Serve} }

// Config is everything that can be set.
type Config struct {
	// Data is the folder in which everything is kept.
	Data workspace.Dir `yaml:"data"`
	// Pack is "iraq-syria" for the built-in rule pack, or the path of a folder
	// with another.
	Pack string `yaml:"pack"`
	// Roles are what this process does; empty means all.
	Roles []Role `yaml:"roles"`
	// Disk says when polling pauses for want of space.
	Disk Disk `yaml:"disk"`

	Bus    bus.Config    `yaml:"bus"`
	Ingest ingest.Config `yaml:"ingest"`
	Index  index.Config  `yaml:"index"`
	Alert  alert.Config  `yaml:"alert"`
	Server server.Config `yaml:"server"`
}

// Disk bounds the free space.
type Disk struct {
	// MinFree is the free space in bytes below which polling pauses; it
	// resumes at double. Zero means 5 % of the disk, but 1 GB at least and 10 GB
	// at most.
	MinFree field.Size `yaml:"min_free"`
}

// BuiltinPack is the name of the rule pack inside the binary.
const BuiltinPack = "iraq-syria"

// Default returns the configuration of an empty pipeline.yaml.
func Default() Config {
	return Config{
		Data:   "data/live",
		Pack:   BuiltinPack,
		Bus:    bus.DefaultConfig(),
		Ingest: ingest.DefaultConfig(),
		Index:  index.DefaultConfig(),
		Alert:  alert.DefaultConfig(),
		Server: server.DefaultConfig(),
	}
}

// Has reports whether this process does role.
func (c Config) Has(role Role) bool {
	return len(c.Roles) == 0 || slices.Contains(c.Roles, role)
}

// Validate returns every mistake that can be told without opening anything but
// the files of secrets; paths begin at the top of the file.
func (c Config) Validate() []*field.Error {
	var errs []*field.Error
	if c.Data == "" {
		errs = append(errs, field.Errorf("data", "no data folder").Hintf("write e.g. ./data/live"))
	}
	for i, r := range c.Roles {
		if !slices.Contains(roles(), r) {
			errs = append(errs, field.Errorf(fmt.Sprintf("roles[%d]", i), "unknown role %q", r).Hintf("known: poll, tag, index, alert, serve"))
		}
	}
	if len(c.Roles) > 0 && c.Has(Serve) && !c.Has(Index) {
		errs = append(errs, field.Errorf("roles", "serve without index").Hintf("add index: the server searches its own"))
	}
	if c.Ingest.CallbackURL != "" && (!c.Has(Poll) || !c.Has(Serve)) {
		errs = append(errs, field.Errorf("ingest.callback_url", "hubs cannot reach a process without both of the roles poll and serve").
			Hintf("give it both, or remove callback_url"))
	}
	errs = append(errs, field.Under("bus", c.Bus.Validate())...)
	errs = append(errs, field.Under("ingest", c.Ingest.Validate())...)
	errs = append(errs, field.Under("index", c.Index.Validate())...)
	errs = append(errs, field.Under("alert", c.Alert.Validate())...)
	return append(errs, field.Under("server", c.Server.Validate())...)
}

// A File is a configuration together with the text it was read from.
type File struct {
	Config
	path string
	doc  *yamlpos.Document
}

// Load reads and checks the file at path. Relative paths in it are resolved
// against its folder. All mistakes come back in one *Error; a file that cannot
// be read is an ordinary error.
func Load(path string) (*File, error) {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("read configuration: %s is no file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	f := &File{Config: Default(), path: path}
	var mistakes []yamlpos.Mistake
	f.doc, mistakes = yamlpos.Decode(path, data, &f.Config)
	if f.doc == nil {
		return nil, &Error{Mistakes: mistakes, lines: strings.Split(string(data), "\n")}
	}
	f.resolve(filepath.Dir(path))
	// A value that did not decode has kept its default; checking the rest still
	// finds what else is wrong.
	if err := f.wrong(mistakes, f.Validate()); err != nil {
		return nil, err
	}
	return f, nil
}

// Wrong returns the *Error for mistakes that were found after Load, such as in
// a query; nil when there are none.
func (f *File) Wrong(errs []*field.Error) error {
	return f.wrong(nil, errs)
}

func (f *File) wrong(mistakes []yamlpos.Mistake, errs []*field.Error) error {
	if f.doc == nil && len(errs) > 0 { // the defaults, without a file
		return &field.List{Errors: errs}
	}
	for _, e := range errs {
		mistakes = append(mistakes, f.doc.Mistake(e.Path, e.What, e.Hint))
	}
	if len(mistakes) == 0 {
		return nil
	}
	return &Error{Mistakes: yamlpos.Sort(mistakes), lines: f.doc.Lines}
}

// resolve makes relative paths relative to the folder of the file.
func (f *File) resolve(dir string) {
	rel := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(dir, p)
	}
	f.Data = workspace.Dir(rel(string(f.Data)))
	if f.Pack != BuiltinPack {
		f.Pack = rel(f.Pack)
	}
	b, s := &f.Bus, &f.Server
	for _, p := range []*string{&b.CredentialsFile, &b.TLS.CAFile, &b.TLS.CertFile, &b.TLS.KeyFile, &s.TokenFile, &s.TLS.CertFile, &s.TLS.KeyFile} {
		*p = rel(*p)
	}
	for i := range f.Ingest.Feeds {
		feed := &f.Ingest.Feeds[i]
		for _, p := range []*string{&feed.HeadersFile, &feed.LoginFile, &feed.CookiesFile} {
			*p = rel(*p)
		}
	}
	for i := range f.Alert.Receivers {
		for _, p := range f.Alert.Receivers[i].Files() {
			*p = rel(*p)
		}
	}
}
