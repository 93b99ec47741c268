package field_test

import (
	"testing"

	"marsad/internal/field"
)

func TestSize(t *testing.T) {
	for in, want := range map[string]field.Size{
		"10MB": 10e6, "20 gb": 20e9, "64KiB": 64 << 10, "1.5GB": 1.5e9, "512": 512, "0": 0, "2TB": 2e12,
	} {
		var got field.Size
		if err := got.UnmarshalText([]byte(in)); err != nil || got != want {
			t.Errorf("%q = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "MB", "-1MB", "ten", "1 apple", "9999999999TB", "NaN"} {
		var got field.Size
		if err := got.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was read as %d", in, got)
		}
	}
	for want, in := range map[string]field.Size{"10MB": 10e6, "1.5GB": 1.5e9, "999B": 999, "0B": 0} {
		if got := in.String(); got != want {
			t.Errorf("String(%d) = %q, want %q", int64(in), got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	errs := field.Under("ingest", []*field.Error{
		field.Errorf("feeds[2].url", "%q is no address", "x").Hintf("write https://…"),
		field.Errorf("", "empty"),
		field.Errorf("[1]", "odd"),
	})
	want := []string{`ingest.feeds[2].url: "x" is no address; write https://…`, "ingest: empty", "ingest[1]: odd"}
	for i, e := range errs {
		if e.Error() != want[i] {
			t.Errorf("got %q, want %q", e.Error(), want[i])
		}
	}
}
