package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"marsad/server"
)

// TestReplies holds every reply to its golden: testdata/replies/*.txt has a
// request ("GET /path", then headers) and, below a line of three hyphens, the
// reply. A file whose name begins with "sample" is asked of a demo.
func TestReplies(t *testing.T) {
	files, err := filepath.Glob("testdata/replies/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no requests: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			request, want, _ := strings.Cut(string(content), "---\n")
			s := newServer(t, func(o *server.Options) {
				if strings.HasPrefix(filepath.Base(name), "sample") {
					o.Sample = true
					items := articles()[:1]
					items[0].Item.Sample = true
					o.Search = fakeIndex{items}
				}
			})
			got := reply(t, s, request)
			if *update {
				if err := os.WriteFile(name, []byte(request+"---\n"+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("reply differs (-want +got); go test -update writes it anew:\n%s", diff)
			}
		})
	}
}

// reply is the answer to a request as text: status, headers, body. The test's
// own port reads 0.
func reply(t *testing.T, s *server.Server, request string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(request), "\n")
	method, target, ok := strings.Cut(lines[0], " ")
	if !ok {
		t.Fatalf("%q is no request", lines[0])
	}
	var header []string
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ": ")
		header = append(header, name, value)
	}
	w := ask(t, s, method, target, header...)
	var b bytes.Buffer
	fmt.Fprintln(&b, w.Code)
	writeHeader(&b, w)
	fmt.Fprintln(&b)
	b.Write(w.Body.Bytes())
	return strings.ReplaceAll(b.String(), s.URL(), "http://127.0.0.1:0")
}

// writeHeader writes what a route says of itself; the headers that every reply
// has are the subject of TestHeaders.
func writeHeader(b *bytes.Buffer, w *httptest.ResponseRecorder) {
	out := bufio.NewWriter(b)
	defer out.Flush()
	for _, name := range []string{"Allow", "Content-Type", "Marsad-Total", "Retry-After", "Www-Authenticate"} {
		values := slices.Clone(w.Header().Values(name))
		for _, v := range values {
			fmt.Fprintf(out, "%s: %s\n", name, v)
		}
	}
}
