package index

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	api "github.com/blevesearch/bleve_index_api"

	"marsad/item"
)

// Get returns the item with an id, as it landed last, and whether it is there.
func (x *Index) Get(ctx context.Context, id item.ID) (t item.Tagged, ok bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // see Search
	defer func() {
		if p := recover(); p != nil {
			x.log.ErrorContext(ctx, "get panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			t, ok, err = item.Tagged{}, false, fmt.Errorf("read the item %s: panic: %v", id, p)
		}
	}()
	if !id.Valid() {
		return item.Tagged{}, false, nil
	}
	x.engineMu.RLock()
	defer x.engineMu.RUnlock()
	reader, err := x.engine.core.Reader()
	if err != nil {
		return item.Tagged{}, false, fmt.Errorf("read the item %s: %w", id, err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	// An item alone in its story, or the first of it, stands under the story; any
	// other under itself.
	for _, key := range []string{keyTerm('i', id), keyTerm('s', id)} {
		doc, err := findItem(ctx, reader, key, id)
		if err != nil {
			return item.Tagged{}, false, fmt.Errorf("read the item %s: %w", id, err)
		}
		if doc == "" {
			continue
		}
		t, err := readItem(reader, doc)
		if err != nil {
			return item.Tagged{}, false, fmt.Errorf("read the item %s: %w", id, err)
		}
		return t, true, nil
	}
	return item.Tagged{}, false, nil
}

// findItem returns the id of the document of an item among those with a key, or
// "".
func findItem(ctx context.Context, reader api.IndexReader, key string, id item.ID) (doc string, err error) {
	terms, err := reader.TermFieldReader(ctx, []byte(key), fieldKey, false, false, false)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, terms.Close()) }()
	for {
		d, err := terms.Next(nil)
		if err != nil || d == nil {
			return "", err
		}
		external, err := reader.ExternalID(d.ID)
		if err != nil {
			return "", err
		}
		if itemOf(external) == id {
			return external, nil
		}
	}
}

func readItem(reader api.IndexReader, doc string) (item.Tagged, error) {
	d, err := reader.Document(doc)
	if err != nil {
		return item.Tagged{}, err
	}
	if d == nil {
		return item.Tagged{}, errors.New("nothing is stored")
	}
	var t item.Tagged
	err = errors.New("nothing is stored")
	d.VisitFields(func(f api.Field) {
		if f.Name() == fieldDoc {
			err = item.DecodeTagged(f.Value(), &t)
		}
	})
	return t, err
}
