package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"marsad/ingest"
)

func TestControlReferencesLoseNoItem(t *testing.T) {
	for _, ref := range []string{"&#27;", "&#x1B;", "&#7;", "&#xFFFE;"} {
		doc := fmt.Sprintf(`<rss version="2.0"><channel><title>T</title>
<item><title>before &#1575;</title></item>
<item><title>al-Qaem%s &#x627; &amp; more</title></item>
</channel></rss>`, ref)
		d, err := ingest.Decode([]byte(doc), "application/rss+xml", "", 100)
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		if len(d.Entries) != 2 {
			t.Errorf("%s: %d entries, want 2", ref, len(d.Entries))
			continue
		}
		if got, want := strings.Join(strings.Fields(d.Entries[1].Title), " "), "al-Qaem ا & more"; got != want {
			t.Errorf("%s: title %q, want %q", ref, got, want)
		}
	}
}
