package alert_test

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marsad/alert"
	"marsad/item"
)

// queue is a durable queue for one test: what is not acknowledged comes again.
type queue struct {
	jobs  chan *job
	limit time.Duration // how long a test waits for it

	mu      sync.Mutex
	acked   []string // alert ids
	retried []retry
	changed chan struct{}
	fail    error // the next answer to Next
}

type retry struct {
	alert string
	in    time.Duration
}

func newQueue(alerts ...alert.Alert) *queue {
	q := &queue{limit: 20 * time.Second, jobs: make(chan *job, 1000), changed: make(chan struct{}, 1000)}
	for _, a := range alerts {
		q.put(a)
	}
	return q
}

func (q *queue) put(a alert.Alert) { q.jobs <- &job{queue: q, content: a} }

func (q *queue) Next(ctx context.Context) (alert.Job, error) {
	q.mu.Lock()
	err := q.fail
	q.fail = nil
	q.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case j := <-q.jobs:
		return j, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// log returns what was acknowledged and what was put back so far.
func (q *queue) log() (acked []string, retried []retry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.acked), slices.Clone(q.retried)
}

// until waits until ok holds of the log.
func (q *queue) until(t *testing.T, ok func(acked []string, retried []retry) bool) {
	t.Helper()
	limit := time.After(q.limit)
	for {
		if ok(q.log()) {
			return
		}
		select {
		case <-q.changed:
		case <-limit:
			acked, retried := q.log()
			t.Fatalf("gave up waiting: acked %v, retried %v", acked, retried)
		}
	}
}

// done waits until n jobs are acknowledged.
func (q *queue) done(t *testing.T, n int) {
	t.Helper()
	q.until(t, func(acked []string, _ []retry) bool { return len(acked) >= n })
}

type job struct {
	queue   *queue
	content alert.Alert
}

func (j *job) Alert() alert.Alert { return j.content }

func (j *job) Ack(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.queue.mu.Lock()
	j.queue.acked = append(j.queue.acked, j.content.ID)
	j.queue.mu.Unlock()
	j.queue.changed <- struct{}{}
	return nil
}

func (j *job) RetryIn(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.queue.mu.Lock()
	j.queue.retried = append(j.queue.retried, retry{j.content.ID, d})
	j.queue.mu.Unlock()
	time.AfterFunc(d, func() { j.queue.jobs <- j })
	j.queue.changed <- struct{}{}
	return nil
}

// ledger is a map; fail makes that many of the next Puts fail.
type ledger struct {
	mu   sync.Mutex
	m    map[string][]byte
	fail int
}

func newLedger() *ledger { return &ledger{m: make(map[string][]byte)} }

func (l *ledger) Get(_ context.Context, key string) ([]byte, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.m[key]
	return slices.Clone(v), ok, nil
}

func (l *ledger) Put(_ context.Context, key string, value []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail > 0 {
		l.fail--
		return errors.New("disk full")
	}
	l.m[key] = slices.Clone(value)
	return nil
}

func (l *ledger) Delete(_ context.Context, key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.m, key)
	return nil
}

func (l *ledger) Keys(context.Context) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.m)), nil
}

// syncBuffer is a buffer for logs and terminals.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// start runs the courier; the function it returns stops it and waits.
func start(t *testing.T, c *alert.Courier) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func anotherSecret() string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte("another key of thirty-two bytes!"))
}

// secretFile writes a secret as its owner should.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// sample is an alert for the receivers to.
func sample(story string, to ...string) alert.Alert {
	seen := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	id := item.NewID(story)
	return alert.Alert{
		ID:    alert.NewID("border-wall", id),
		Watch: "border-wall",
		Query: "place:al-qaem theme:border-wall",
		To:    to,
		Story: id, Item: id, Revision: item.NewRevision(id, "text"),
		Title: "جدار حدودي قرب القائم", URL: "https://news.example/" + story, Source: "وكالة", Feed: "wakala", Lang: "ar",
		Published: seen.Add(-time.Hour), Seen: seen,
		Why: []alert.Reason{{Clause: "place:al-qaem", Field: "title", Start: 25, End: 37, Text: "القائم"}},
		Seq: 7,
	}
}
