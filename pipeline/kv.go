package pipeline

import (
	"context"
	"encoding/json"
	"fmt"

	"marsad/bus"
)

// getJSON reads key into v; it returns false for a missing key, which leaves v
// as it is.
func getJSON(ctx context.Context, kv *bus.KV, key string, v any) (bool, error) {
	b, ok, err := kv.Get(ctx, key)
	if err != nil || !ok {
		return false, err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return true, fmt.Errorf("%s: %w", key, err)
	}
	return true, nil
}

// putJSON writes v under key; it is durable on return.
func putJSON(ctx context.Context, kv *bus.KV, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return kv.Put(ctx, key, b)
}
