package bus

import "github.com/nats-io/nats.go"

// EncodeKey and DecodeKey stand behind every table's keys.
func EncodeKey(key string) string           { return encodeKey(key) }
func DecodeKey(name string) (string, error) { return decodeKey(name) }

// ParseDelivery reads the stream and consumer sequence of a delivery.
func ParseDelivery(reply string) (seq, delivered uint64, err error) {
	r, n, err := parseDelivery(&nats.Msg{Reply: reply})
	return r.seq, n, err
}
