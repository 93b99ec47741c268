// Package pipeline puts the parts together: it is the only package that knows
// all of them. New does everything that can fail, Run only loops, Close undoes
// New.
//
// What you may forget when you use it: the order of start and stop. JetStream
// stands between the stages, so what one of them had not finished comes again
// at the next start.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"marsad/alert"
	"marsad/bus"
	"marsad/config"
	"marsad/index"
	"marsad/ingest"
	"marsad/internal/workspace"
	"marsad/item"
	"marsad/query"
	"marsad/server"
	"marsad/story"
	"marsad/tagger"
)

// Options is what a Pipeline is made of. Config and Log are required.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	// Version is shown to people and publishers.
	Version string
	// Sample marks everything as the demo's.
	Sample bool
	// TryPorts is how many ports after the configured one to try when that is
	// taken; 0 when the user chose the port.
	TryPorts int
	// Terminal is where receivers of the type terminal write; nil means stderr.
	Terminal io.Writer
	// Reload reads the configuration anew for Pipeline.Reload; nil where there
	// is nothing to read.
	Reload func() (config.Config, error)
	// Step, when not nil, is told of each part as it is ready.
	Step func(what, detail string)
	// OnPoll and OnTagged, when not nil, are told of each poll and each newly
	// tagged item, from the goroutines that do the work: they must be quick.
	OnPoll   func(ingest.PollResult)
	OnTagged func(item.Tagged)
	// Transport replaces the network that feeds are fetched from, for tests; nil
	// is the network.
	Transport http.RoundTripper
}

// A Pipeline is a running Marsad.
type Pipeline struct {
	o       Options
	cfg     config.Config
	log     *slog.Logger
	reg     *prometheus.Registry
	started time.Time

	lock *workspace.Lock
	disk *diskGuard
	// paused says why polling pauses; "" while it does not.
	paused atomic.Pointer[string]

	bus    *bus.Bus
	items  *bus.Topic[item.Item]
	tagged *bus.Topic[item.Tagged]
	alerts *bus.Topic[alert.Alert]

	rules atomic.Pointer[rulebook]
	// stories belongs to the tag stage.
	stories *story.Grouper
	retag   *retag
	known   *ingest.Known

	poller   *ingest.Poller
	feeds    *feedList
	index    *index.Index
	behind   uint64 // where TAGGED ended at the start: the index is to get there
	watch    *alert.Stage
	state    *bus.KV // positions of stages that have no output of their own
	ledger   *bus.KV
	couriers []courier
	server   *server.Server

	// Where these stages stood at the start; bus.Done tells how far they are.
	tagFrom, alertFrom bus.Position

	closed []func(context.Context) error // undoes New, in reverse
}

// New opens everything that the configured roles need. It is deliberately one
// straight function: nearly every step needs what an earlier one made. When it
// fails, what was opened is closed again.
func New(ctx context.Context, o Options) (_ *Pipeline, err error) {
	c := o.Config
	p := &Pipeline{o: o, cfg: c, log: o.Log, reg: prometheus.NewRegistry(), started: time.Now().UTC()}
	p.paused.Store(new(string))
	p.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close(context.WithoutCancel(ctx)))
		}
	}()

	prepared, err := Prepare(c)
	if err != nil {
		return nil, err
	}
	p.rules.Store(prepared.rules)

	if p.lock, err = workspace.Acquire(c.Data); err != nil {
		return nil, err
	}
	p.onClose(func(context.Context) error { return p.lock.Release() })
	if p.disk, err = newDiskGuard(c.Data, c.Disk); err != nil {
		return nil, err
	}

	// Polling pauses first; what it had published can still be tagged.
	c.Bus.MinFree = max(1, int64(p.disk.minFree/2)) //nolint:gosec // a disk's size
	if p.bus, err = bus.Open(ctx, c.Bus, c.Data.Bus(), p.stage("bus"), p.reg); err != nil {
		if free, _, ferr := c.Data.Free(); ferr == nil && free < 1<<20 {
			err = fmt.Errorf("%s is full: free some space and start again; nothing is lost (%w)", c.Data, err)
		}
		return nil, err
	}
	p.onClose(p.bus.Close)
	p.items = bus.NewTopic(p.bus, bus.Items, func(i item.Item) string { return string(i.Revision) }, bus.Codec[item.Item]{Append: item.AppendItem, Decode: item.DecodeItem})
	p.tagged = bus.NewTopic(p.bus, bus.Tagged, item.Tagged.ID, bus.Codec[item.Tagged]{Append: item.AppendTagged, Decode: item.DecodeTagged})
	p.alerts = bus.NewTopic(p.bus, bus.Alerts, func(a alert.Alert) string { return a.ID }, bus.Codec[alert.Alert]{})
	if p.state, err = p.bus.KV(ctx, "positions"); err != nil {
		return nil, err
	}
	p.step("Message log", p.describeBus())
	p.step("Rule pack", prepared.rules.String())

	if c.Has(config.Index) {
		if err := p.openIndex(ctx); err != nil {
			return nil, err
		}
	}
	if c.Has(config.Tag) {
		if err := p.openTagging(ctx); err != nil {
			return nil, err
		}
	}
	if c.Has(config.Poll) {
		if err := p.openPolling(ctx); err != nil {
			return nil, err
		}
	}
	if c.Has(config.Serve) { // before alerting, whose messages link to its pages
		if err := p.openServer(ctx); err != nil {
			return nil, err
		}
	}
	if c.Has(config.Alert) {
		if err := p.openAlerting(ctx, prepared.Watches); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Run works until ctx ends, then lets what is in flight finish and returns nil;
// or it returns the first error that no part could go on after.
func (p *Pipeline) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	p.goRun(g, "disk", func() error { return p.guard(ctx) })
	if p.cfg.Has(config.Tag) {
		p.goRun(g, "tag", func() error {
			if err := p.restoreStories(ctx); err != nil && ctx.Err() == nil {
				return err
			}
			return p.items.Consume(ctx, tagStage, p.tagFrom, p.tag)
		})
		p.goRun(g, "retag", func() error { return p.retag.run(ctx) })
	}
	if p.index != nil {
		p.goRun(g, "index", func() error { return p.tagged.Consume(ctx, indexStage, p.indexPosition(), p.addToIndex) })
	}
	if p.watch != nil {
		p.goRun(g, "alert", func() error { return p.tagged.Consume(ctx, alertStage, p.alertFrom, p.match) })
	}
	for _, c := range p.couriers {
		p.goRun(g, "deliver to "+c.Name(), func() error { return c.Run(ctx) })
	}
	if p.poller != nil {
		p.goRun(g, "poll", func() error { return p.poller.Run(ctx) })
		p.goRun(g, "known", func() error {
			return p.items.Consume(ctx, "known", bus.Position{Seq: p.known.Seq()}, p.followKnown)
		})
		p.goRun(g, "known file", func() error { return p.keepKnown(ctx) })
	}
	if p.server != nil {
		p.goRun(g, "serve", func() error { return p.server.Run(ctx) })
		p.server.SetReady("")
	}
	return g.Wait()
}

// goRun starts a part and logs why it ended.
func (p *Pipeline) goRun(g *errgroup.Group, name string, run func() error) {
	g.Go(func() error {
		err := run()
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		p.log.Debug("part ended", "part", name, "err", err)
		return err
	})
}

// Close stops what New opened, in reverse. It may be called after a failed New
// and takes less than five seconds.
func (p *Pipeline) Close(ctx context.Context) error {
	var errs []error
	for _, undo := range slices.Backward(p.closed) {
		errs = append(errs, undo(ctx))
	}
	p.closed = nil
	return errors.Join(errs...)
}

func (p *Pipeline) onClose(f func(context.Context) error) { p.closed = append(p.closed, f) }

// URL is where the server answers; "" without one.
func (p *Pipeline) URL() string {
	if p.server == nil {
		return ""
	}
	return p.server.URL()
}

// pagesURL is what links in alerts begin with.
func (p *Pipeline) pagesURL() string {
	if p.cfg.Server.PublicURL != "" {
		return p.cfg.Server.PublicURL
	}
	return p.URL()
}

func (p *Pipeline) stage(name string) *slog.Logger { return p.log.With("stage", name) }

func (p *Pipeline) step(what, detail string) {
	if p.o.Step != nil {
		p.o.Step(what, detail)
	}
}

func (p *Pipeline) describeBus() string {
	if p.cfg.Bus.URL != "" {
		return "external NATS"
	}
	if p.cfg.Bus.Listen != "" {
		return "embedded NATS, open on " + p.cfg.Bus.Listen
	}
	return "embedded NATS, no open port"
}

// openServer takes the port.
func (p *Pipeline) openServer(ctx context.Context) error {
	var retag server.Retagger
	if p.retag != nil {
		retag = p
	}
	var editor server.FeedEditor
	if p.feeds != nil {
		editor = p.feeds
	}
	push, pushHost, err := p.pushes()
	if err != nil {
		return err
	}
	p.server, err = server.New(ctx, server.Options{
		Config: p.cfg.Server, TryNext: p.o.TryPorts, Retag: retag, Editor: editor, Push: push, PushHost: pushHost,
		Search: p.index, Alerts: p.latestAlerts, Dead: p.deadLetters, Retry: p.retryDead, Status: p.status, Ready: p.ready,
		Reload:  p.Reload,
		Names:   func() query.Names { return p.rules.Load().Names() },
		Label:   func(k item.Kind, id string) string { return p.rules.Load().label(k, id) },
		Entry:   func(k item.Kind, id string) (tagger.Entry, bool) { return p.rules.Load().entry(k, id) },
		Metrics: promhttp.HandlerFor(p.reg, promhttp.HandlerOpts{}),
		Version: p.o.Version, Sample: p.o.Sample,
		Log: p.stage("server"), Registerer: p.reg,
	})
	if err != nil {
		return err
	}
	p.onClose(func(context.Context) error { return p.server.Close() })
	if err := p.lock.Announce(workspace.Holder{PID: os.Getpid(), URL: p.server.URL(), Sample: p.o.Sample}); err != nil {
		return err
	}
	detail := p.server.URL()
	if _, want, err := net.SplitHostPort(p.cfg.Server.Listen); err == nil && want != "0" && !strings.HasSuffix(detail, ":"+want) {
		detail += ", because port " + want + " is taken"
	}
	p.step("Web page", detail)
	return nil
}
