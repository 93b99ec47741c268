package alert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marsad/item"
)

// A Queue hands out a receiver's alerts, each until it is acknowledged. It is
// durable, holds every alert of the stream (those for other receivers are
// acknowledged unsent) and may hand out an alert that was acknowledged before.
//
// It must not give up on a job however often it is retried, must let any number
// of jobs wait for their retry without holding back those behind them, and must
// not hand out a job again within a minute of handing it out.
type Queue interface {
	// Next waits for a job; it returns an error when ctx ends. It is called by
	// one goroutine at a time.
	Next(ctx context.Context) (Job, error)
}

// A Job is an alert to deliver. Its methods may be called by any goroutine.
type Job interface {
	Alert() Alert
	// Ack says that the job is done.
	Ack(ctx context.Context) error
	// RetryIn says that the job is to be handed out again after d.
	RetryIn(ctx context.Context, d time.Duration) error
}

// CourierOptions is what a Courier needs; all but Registerer and Terminal are
// required.
type CourierOptions struct {
	// Receiver is the place to deliver to, Retry the schedule (Config.Retry).
	Receiver Receiver
	Retry    []time.Duration
	Queue    Queue
	Ledger   Ledger
	// Terminal is where a terminal receiver writes: one Write for each line.
	Terminal io.Writer
	// UserAgent names us to webhooks.
	UserAgent string
	Log       *slog.Logger
	// Registerer takes the metrics; nil means none. Couriers share theirs.
	Registerer prometheus.Registerer
}

// A Courier delivers alerts to one receiver. Nothing it does waits for another
// receiver, and while one alert waits for its retry, those behind it go on.
type Courier struct {
	name    string
	address item.ID // what a goneMark compares
	retry   []time.Duration
	slots   int
	timeout time.Duration

	queue  Queue
	ledger Ledger
	sender sender
	log    *slog.Logger
	meters courierMetrics

	mu     sync.Mutex
	flying map[string]bool // deliveries being worked on
	until  time.Time       // the receiver asked to be left alone until then
	gone   bool            // the receiver asked to be left alone for good
	wake   chan struct{}   // tells a Run that waits that gone has changed
}

const (
	// maxWait bounds every wait for a next try, a Retry-After included.
	maxWait = 24 * time.Hour
	// A finished send gets grace to finish when the daemon stops, and its ledger
	// entry and acknowledgement a little more.
	grace    = 2 * time.Second
	lastWord = time.Second
	// again is the wait after trouble of our own: ledger or queue out of reach.
	again    = 5 * time.Second
	maxAgain = 30 * time.Second
)

// A sender sends an alert.
type sender interface {
	// send sends it once. It returns nil only when the receiver has it, and
	// otherwise a *failure.
	send(ctx context.Context, id string, a Alert) error
	// preview returns what send would send, without what is secret.
	preview(id string, a Alert) []byte
}

// A failure says why a try failed and what that means. Its reason is one line
// without any secret.
type failure struct {
	verdict verdict
	reason  string
	words   string        // the receiver's own, as they came: a service adds them to reason
	after   time.Duration // the receiver's own wish, 0 when it has none
	busy    bool          // after holds for every alert, not for this one only
}

type verdict int

const (
	tryAgain verdict = iota
	refused          // this alert will never be taken
	gone             // nothing will ever be taken
)

func (f *failure) Error() string { return f.reason }

// NewCourier returns the courier of a receiver. It reads the receiver's secrets,
// and from the ledger whether the receiver is gone.
func NewCourier(ctx context.Context, o CourierOptions) (*Courier, error) {
	r := o.Receiver
	c := &Courier{
		name:    r.Name,
		retry:   slices.Clone(o.Retry),
		timeout: r.Timeout,
		queue:   o.Queue,
		ledger:  o.Ledger,
		log:     o.Log.With("receiver", r.Name),
		meters:  newMetrics(o.Registerer).courier(r.Name),
		flying:  make(map[string]bool),
		wake:    make(chan struct{}, 1),
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if r.Type == Terminal && o.Terminal == nil {
		return nil, fmt.Errorf("receiver %s: there is no terminal to write to", r.Name)
	}
	built, address, mistakes := r.sender(o.UserAgent, o.Terminal, false)
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("receiver %s: %w", r.Name, mistakes[0])
	}
	c.sender, c.address, c.slots = built, item.NewID("address", address), r.slots()
	mark, ok, err := read[goneMark](ctx, c.ledger, goneKey(c.name))
	if err != nil {
		return nil, fmt.Errorf("receiver %s: read the ledger: %w", r.Name, err)
	}
	c.setGone(ok && mark.Address == c.address)
	return c, nil
}

// Name returns the receiver's name.
func (c *Courier) Name() string { return c.name }

// Run delivers until ctx ends and then returns nil, after the sends under way
// have had two seconds to finish.
func (c *Courier) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, stop) })()

	slots := make(chan struct{}, c.slots)
	var wg sync.WaitGroup
	defer wg.Wait()
	for trouble := time.Duration(0); ; {
		// A job is taken only when it can be worked on at once: one that lay here
		// waiting for a slot would be handed out twice.
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		if !c.ready(ctx) {
			return nil
		}
		job, err := c.queue.Next(ctx)
		if err != nil {
			<-slots
			if ctx.Err() != nil {
				return nil
			}
			trouble = min(max(2*trouble, 100*time.Millisecond), maxAgain)
			c.log.WarnContext(ctx, "queue out of reach", "retry_in", trouble, "err", err)
			if !wait(ctx, trouble) {
				return nil
			}
			continue
		}
		trouble = 0
		wg.Go(func() {
			defer func() { <-slots }()
			c.handle(work, job)
		})
	}
}

// ready waits until the receiver may be sent to; it returns false when ctx ends
// first.
func (c *Courier) ready(ctx context.Context) bool {
	for {
		d, open := c.held()
		switch {
		case open && d <= 0:
			return ctx.Err() == nil
		case open:
			if !wait(ctx, d) {
				return false
			}
		default:
			select {
			case <-c.wake:
			case <-ctx.Done():
				return false
			}
		}
	}
}

// held returns how long the receiver wants to be left alone; open is false when
// it is for good.
func (c *Courier) held() (d time.Duration, open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.until), !c.gone
}

func (c *Courier) setGone(gone bool) {
	c.mu.Lock()
	c.gone = gone
	c.mu.Unlock()
	c.meters.gone(gone)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// claim reports whether nobody else works on the delivery, and takes it.
func (c *Courier) claim(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flying[id] {
		return false
	}
	c.flying[id] = true
	return true
}

func (c *Courier) release(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flying, id)
}

// handle sees to one job. ctx outlives Run's by the grace.
func (c *Courier) handle(ctx context.Context, job Job) {
	a := job.Alert()
	log := c.log.With("alert", a.ID, "watch", a.Watch)
	if !slices.Contains(a.To, c.name) {
		c.settle(ctx, log, job.Ack)
		return
	}
	// The receiver may have asked to be left alone while Next was waiting.
	if d, open := c.held(); !open || d > 0 {
		c.retryIn(ctx, log, job, max(d, again))
		return
	}
	id := DeliveryID(a.ID, c.name)
	if !c.claim(id) {
		c.retryIn(ctx, log, job, again)
		return
	}
	defer c.release(id)

	d, known, err := read[Delivery](ctx, c.ledger, deliveryKey(c.name, id))
	if err != nil {
		log.WarnContext(ctx, "ledger out of reach", "err", err)
		c.retryIn(ctx, log, job, again)
		return
	}
	if known && d.State != Waiting {
		c.meters.repeat()
		c.settle(ctx, log, job.Ack)
		return
	}
	if due := time.Until(d.Next); due > 0 {
		c.retryIn(ctx, log, job, due)
		return
	}
	c.try(ctx, log, job, c.begin(d, a))
}

// begin returns the record of a delivery that is about to be tried.
func (c *Courier) begin(d Delivery, a Alert) Delivery {
	now := time.Now().UTC()
	d.ID, d.Receiver, d.Alert, d.Watch = DeliveryID(a.ID, c.name), c.name, a.ID, a.Watch
	d.Tries++
	if d.First.IsZero() {
		d.First = now
	}
	d.Last, d.Next, d.Reason = now, time.Time{}, ""
	return d
}

// try sends the alert once and records what came of it.
func (c *Courier) try(ctx context.Context, log *slog.Logger, job Job, d Delivery) {
	a := job.Alert()
	err := c.send(ctx, d.ID, a)
	var f *failure
	switch {
	case err == nil:
		d.State = Delivered
		c.meters.delivered(time.Since(a.arrived()))
		log.DebugContext(ctx, "alert delivered", "tries", d.Tries)
	case ctx.Err() != nil:
		// We broke it off ourselves: it does not count. The id stays the same,
		// so a repeat is dropped if it had arrived.
		c.retryIn(ctx, log, job, 0)
		return
	case !errors.As(err, &f):
		f = &failure{reason: err.Error()}
	}
	if f != nil {
		c.judge(ctx, &d, f)
	}
	if d.State == Waiting {
		c.meters.failed()
		log.WarnContext(ctx, "alert not delivered", "tries", d.Tries, "retry_at", d.Next, "err", d.Reason)
		if err := write(ctx, c.ledger, deliveryKey(c.name, d.ID), d); err != nil {
			log.WarnContext(ctx, "ledger out of reach", "err", err)
		}
		c.retryIn(ctx, log, job, time.Until(d.Next))
		return
	}
	if d.State == Dead {
		c.meters.dead()
		log.ErrorContext(ctx, "alert given up; see: marsad alerts dead", "tries", d.Tries, "err", d.Reason)
	}
	// What follows must be known before the job is forgotten. As long as it is
	// not, the delivery stays claimed, so a job handed out again is not sent.
	if c.persist(ctx, log, d, a) {
		c.settle(ctx, log, job.Ack)
	}
}

// send guards against a panic and bounds the try.
func (c *Courier) send(ctx context.Context, id string, a Alert) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = &failure{reason: fmt.Sprintf("panic: %.200v", p)}
		}
	}()
	return c.sender.send(ctx, id, a)
}

// judge decides what a failed try means for the delivery and the receiver.
func (c *Courier) judge(ctx context.Context, d *Delivery, f *failure) {
	d.Reason = f.reason
	switch f.verdict {
	case gone:
		d.State = Dead
		c.disable(ctx, f.reason)
		return
	case refused:
		d.State = Dead
		return
	case tryAgain:
	}
	if d.Tries > len(c.retry) {
		d.State = Dead
		d.Reason = fmt.Sprintf("given up after %d tries: %s", d.Tries, f.reason)
		return
	}
	pause := c.retry[d.Tries-1]
	pause += time.Duration(rand.Float64() * 0.1 * float64(pause))
	pause = min(max(pause, f.after), maxWait)
	d.State = Waiting
	d.Next = time.Now().Add(pause).UTC()
	if f.busy && f.after > 0 {
		c.mu.Lock()
		if t := time.Now().Add(min(f.after, maxWait)); t.After(c.until) {
			c.until = t
		}
		c.mu.Unlock()
	}
}

// disable stops sending to a receiver that is gone. Its alerts stay queued.
func (c *Courier) disable(ctx context.Context, reason string) {
	c.setGone(true)
	c.log.ErrorContext(ctx, "receiver is gone and was disabled; its alerts wait until its url is changed or it is enabled again", "err", reason)
	mark := goneMark{At: time.Now().UTC(), Address: c.address}
	if err := write(ctx, c.ledger, goneKey(c.name), mark); err != nil {
		c.log.WarnContext(ctx, "ledger out of reach: the receiver is disabled until the next start only", "err", err)
	}
}

// persist writes a final record, however long that takes; it returns false when
// ctx ends first. A dead letter's content comes before its record, so that no
// delivery is dead without its letter.
func (c *Courier) persist(ctx context.Context, log *slog.Logger, d Delivery, a Alert) bool {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, maxAgain) {
		var err error
		if d.State == Dead {
			err = write(ctx, c.ledger, deadKey(c.name, d.ID), DeadLetter{Delivery: d, Content: a})
		}
		if err == nil {
			err = write(ctx, c.ledger, deliveryKey(c.name, d.ID), d)
		}
		if err == nil {
			return true
		}
		log.WarnContext(ctx, "ledger out of reach", "retry_in", pause, "err", err)
		if !wait(ctx, pause) {
			return false
		}
	}
}

func (c *Courier) retryIn(ctx context.Context, log *slog.Logger, job Job, d time.Duration) {
	c.settle(ctx, log, func(ctx context.Context) error { return job.RetryIn(ctx, max(d, 0)) })
}

// settle tells the queue what became of a job, also when ctx has just ended. If
// that fails the queue hands the job out again, and the ledger knows it.
func (c *Courier) settle(ctx context.Context, log *slog.Logger, tell func(context.Context) error) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastWord)
		defer cancel()
	}
	if err := tell(ctx); err != nil {
		log.WarnContext(ctx, "queue out of reach", "err", err)
	}
}

// Redeliver sends a dead letter once more, now. When it arrives, the letter is
// no longer dead; when not, the error says why and the letter's record is
// brought up to date.
func (c *Courier) Redeliver(ctx context.Context, id string) error {
	letter, ok, err := read[DeadLetter](ctx, c.ledger, deadKey(c.name, id))
	if err != nil {
		return fmt.Errorf("dead letter %s: %w", id, err)
	}
	if !ok {
		return fmt.Errorf("receiver %s has no dead letter %s", c.name, id)
	}
	if !c.claim(id) {
		return fmt.Errorf("dead letter %s is on its way already", id)
	}
	defer c.release(id)

	d := c.begin(letter.Delivery, letter.Content)
	sent := c.send(ctx, id, letter.Content)
	if sent != nil {
		d.Reason = sent.Error()
		if err := write(ctx, c.ledger, deadKey(c.name, id), DeadLetter{Delivery: d, Content: letter.Content}); err != nil {
			return fmt.Errorf("dead letter %s: %w", id, errors.Join(sent, err))
		}
		return fmt.Errorf("dead letter %s: %w", id, sent)
	}
	d.State = Delivered
	c.meters.delivered(time.Since(letter.Content.arrived()))
	if err := write(ctx, c.ledger, deliveryKey(c.name, id), d); err != nil {
		return fmt.Errorf("dead letter %s was delivered, but: %w", id, err)
	}
	if err := c.ledger.Delete(ctx, deadKey(c.name, id)); err != nil {
		return fmt.Errorf("dead letter %s was delivered, but: %w", id, err)
	}
	return nil
}

// Gone reports whether the receiver answered that it is gone, so that nothing is
// sent to it.
func (c *Courier) Gone() bool {
	_, open := c.held()
	return !open
}

// Enable begins to send again to a receiver that was gone.
func (c *Courier) Enable(ctx context.Context) error {
	if err := c.ledger.Delete(ctx, goneKey(c.name)); err != nil {
		return fmt.Errorf("enable receiver %s: %w", c.name, err)
	}
	c.setGone(false)
	return nil
}

// wait returns false when ctx ends before d has passed.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
