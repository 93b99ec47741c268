package main

import (
	"flag"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts, and the crash test, run this very binary as "marsad".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"marsad": main})
}

// The scripts are the specification of the commands: what is typed, what is
// printed, which exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, UpdateScripts: *update})
}

var update = flag.Bool("update", false, "rewrite golden files") //nolint:gochecknoglobals // a test flag
