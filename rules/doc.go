// Package rules reads rule packs, folders of YAML files that analysts write,
// and holds the pack that ships with Marsad.
//
// Load gives a compiled tagger.Pack or every mistake of every file with its
// line and column. What may be forgotten when using it: YAML.
package rules
