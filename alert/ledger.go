package alert

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"marsad/item"
)

// A Ledger is a durable map. A delivery is written into it before the queue's
// job is acknowledged, because acknowledgements may be forgotten in a crash. It
// must be safe for concurrent use, and Put and Delete durable when they return.
// It has to outlive the queue's jobs: entries may be let go only when the alerts
// they belong to can come no more.
type Ledger interface {
	// Get returns the value of key, and false when there is none.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	Put(ctx context.Context, key string, value []byte) error
	// Delete removes key; removing what is not there is no error.
	Delete(ctx context.Context, key string) error
	// Keys returns all keys, in any order. It is called for lists only.
	Keys(ctx context.Context) ([]string, error)
}

// State is how far a delivery has come.
type State string

// A delivery that is Waiting failed and will be tried again; one that is
// Delivered or Dead will not.
const (
	Waiting   State = "waiting"
	Delivered State = "delivered"
	Dead      State = "dead"
)

// A Delivery is the ledger's record of one alert on its way to one receiver.
type Delivery struct {
	// ID is DeliveryID(Alert, Receiver).
	ID       string `json:"id"`
	Receiver string `json:"receiver"`
	Alert    string `json:"alert"`
	Watch    string `json:"watch"`
	State    State  `json:"state"`
	// Tries counts the tries so far, First and Last are the times of the first
	// and the last, Next is when a waiting one is due. UTC.
	Tries int       `json:"tries"`
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	Next  time.Time `json:"next,omitzero"`
	// Reason says why the last try failed; it never holds a secret.
	Reason string `json:"reason,omitempty"`
}

// A DeadLetter is a delivery that was given up, with the alert that did not
// arrive.
type DeadLetter struct {
	Delivery
	Content Alert `json:"content"`
}

// Keys of the ledger. Names of receivers hold no slash.
func deliveryKey(receiver, id string) string { return "delivery/" + receiver + "/" + id }
func deadKey(receiver, id string) string     { return "dead/" + receiver + "/" + id }
func goneKey(receiver string) string         { return "gone/" + receiver }

// A goneMark remembers that a receiver answered 410, and at which address, so
// that a new address in the configuration begins afresh.
type goneMark struct {
	At      time.Time `json:"at"`
	Address item.ID   `json:"address"`
}

// read decodes the value of key. A value that cannot be read is treated as
// missing: the price is a repeat, which receivers drop, and never a loss.
func read[T any](ctx context.Context, l Ledger, key string) (v T, ok bool, err error) {
	raw, ok, err := l.Get(ctx, key)
	if err != nil || !ok {
		return v, false, err
	}
	if ok = json.Unmarshal(raw, &v) == nil; !ok {
		v = *new(T)
	}
	return v, ok, nil
}

func write(ctx context.Context, l Ledger, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode ledger entry: %w", err)
	}
	return l.Put(ctx, key, raw)
}

// DeadLetters returns the dead letters of a receiver, or of all receivers (those
// that are configured no more included) when receiver is empty. The latest comes
// first.
func DeadLetters(ctx context.Context, l Ledger, receiver string) ([]DeadLetter, error) {
	list, err := readAll[DeadLetter](ctx, l, under("dead/", receiver))
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	slices.SortFunc(list, func(a, b DeadLetter) int { return latest(a.Delivery, b.Delivery) })
	return list, nil
}

// Deliveries returns the deliveries that the ledger has of a receiver, or of all
// receivers when receiver is empty, in the given states (all when none is
// given). The latest comes first.
func Deliveries(ctx context.Context, l Ledger, receiver string, states ...State) ([]Delivery, error) {
	list, err := readAll[Delivery](ctx, l, under("delivery/", receiver))
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	if len(states) > 0 {
		list = slices.DeleteFunc(list, func(d Delivery) bool { return !slices.Contains(states, d.State) })
	}
	slices.SortFunc(list, latest)
	return list, nil
}

func under(prefix, receiver string) string {
	if receiver == "" {
		return prefix
	}
	return prefix + receiver + "/"
}

func latest(a, b Delivery) int {
	return cmp.Or(b.Last.Compare(a.Last), strings.Compare(a.ID, b.ID))
}

func readAll[T any](ctx context.Context, l Ledger, prefix string) ([]T, error) {
	keys, err := l.Keys(ctx)
	if err != nil {
		return nil, err
	}
	var list []T
	for _, k := range keys {
		if !strings.HasPrefix(k, prefix) {
			continue
		}
		v, ok, err := read[T](ctx, l, k)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, v)
		}
	}
	return list, nil
}
