package bus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// A KV is a small durable table. It is meant for states that change a few
// hundred times a second at most: each Put is a synced write. It is safe for
// concurrent use, and its calls wait while the server is away, until ctx ends.
type KV struct {
	bus    *Bus
	bucket string
	kv     jetstream.KeyValue
}

// maxKey bounds a key in bytes: it travels in a subject.
const maxKey = 2 << 10

// KV opens a bucket, and makes it when it is new. The name has letters, digits,
// hyphens and underscores.
func (b *Bus) KV(ctx context.Context, bucket string) (*KV, error) {
	k := &KV{bus: b, bucket: bucket}
	err := b.retry(ctx, func(ctx context.Context) error {
		var err error
		k.kv, err = b.js.KeyValue(ctx, bucket)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			k.kv, err = b.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
				Bucket: bucket, Storage: jetstream.FileStorage, Replicas: b.cfg.Replicas,
			})
		}
		if errors.Is(err, jetstream.ErrInvalidBucketName) || errors.Is(err, jetstream.ErrBadBucket) {
			return Permanent(err)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", bucket, err)
	}
	return k, nil
}

// Get returns the value of key; false when it has none.
func (k *KV) Get(ctx context.Context, key string) ([]byte, bool, error) {
	var value []byte
	found := false
	err := k.do(ctx, "get", key, func(ctx context.Context, name string) error {
		e, err := k.kv.Get(ctx, name)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			found = false
			return nil
		}
		if err == nil {
			value, found = e.Value(), true
		}
		return err
	})
	return value, found, err
}

// Put sets the value of key, durably.
func (k *KV) Put(ctx context.Context, key string, value []byte) error {
	return k.do(ctx, "put", key, func(ctx context.Context, name string) error {
		_, err := k.kv.Put(ctx, name, value)
		return err
	})
}

// Delete removes key, durably. A key that is not there is no error.
func (k *KV) Delete(ctx context.Context, key string) error {
	return k.do(ctx, "delete", key, func(ctx context.Context, name string) error {
		return k.kv.Delete(ctx, name)
	})
}

// Keys returns all keys, in no order.
func (k *KV) Keys(ctx context.Context) ([]string, error) {
	var keys []string
	err := k.all(ctx, true, func(key string, _ []byte) { keys = append(keys, key) })
	return keys, err
}

// All returns every key with its value.
func (k *KV) All(ctx context.Context) (map[string][]byte, error) {
	var m map[string][]byte
	err := k.all(ctx, false, func(key string, value []byte) {
		if m == nil {
			m = make(map[string][]byte)
		}
		m[key] = value
	})
	return m, err
}

func (k *KV) all(ctx context.Context, keysOnly bool, f func(string, []byte)) error {
	opts := []jetstream.WatchOpt{jetstream.IgnoreDeletes()}
	if keysOnly {
		opts = append(opts, jetstream.MetaOnly())
	}
	type pair struct {
		key   string
		value []byte
	}
	var got []pair
	err := k.bus.retry(ctx, func(ctx context.Context) error {
		got = got[:0]
		w, err := k.kv.WatchAll(ctx, opts...)
		if err != nil {
			return err
		}
		defer func() { _ = w.Stop() }() // the context's end stops it too
		for {
			select {
			case e := <-w.Updates():
				if e == nil {
					return nil
				}
				key, err := decodeKey(e.Key())
				if err != nil {
					return Permanent(fmt.Errorf("key %q: %w", e.Key(), err))
				}
				got = append(got, pair{key, e.Value()})
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", k.bucket, err)
	}
	for _, p := range got {
		f(p.key, p.value)
	}
	return nil
}

// do runs one operation on an encoded key until it is done.
func (k *KV) do(ctx context.Context, verb, key string, f func(context.Context, string) error) error {
	if len(key) > maxKey {
		return Permanent(fmt.Errorf("bucket %s: %s: a key of %d bytes is too long, %d are allowed", k.bucket, verb, len(key), maxKey))
	}
	name := encodeKey(key)
	if err := k.bus.retry(ctx, func(ctx context.Context) error { return f(ctx, name) }); err != nil {
		return fmt.Errorf("bucket %s: %s %q: %w", k.bucket, verb, key, err)
	}
	return nil
}

// encodeKey returns a name for key that can stand in a subject: key itself when
// it has only letters, digits, hyphens and underscores, else "=" and base64.
func encodeKey(key string) string {
	plain := key != ""
	for i := range len(key) {
		c := key[i]
		plain = plain && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z')
	}
	if plain {
		return key
	}
	return "=" + base64.RawURLEncoding.EncodeToString([]byte(key))
}

// decodeKey is the inverse of encodeKey.
func decodeKey(name string) (string, error) {
	enc, ok := strings.CutPrefix(name, "=")
	if !ok {
		return name, nil
	}
	key, err := base64.RawURLEncoding.DecodeString(enc)
	return string(key), err
}
