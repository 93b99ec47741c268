package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	_ "time/tzdata" // Config.Zone must work on machines without a zone database

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"

	"marsad/alert"
	"marsad/index"
	"marsad/item"
	"marsad/query"
	"marsad/tagger"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second
	shutdownTimeout   = 3 * time.Second
	maxConnections    = 512
)

// A Searcher finds articles; *index.Index is one. It must be safe for
// concurrent use.
type Searcher interface {
	Search(ctx context.Context, r index.Request) (index.Result, error)
	// Get returns the article, or false when there is none of that id.
	Get(ctx context.Context, id item.ID) (item.Tagged, bool, error)
}

// Options is what a Server shows and how. Only Config, Search and Log are
// required; what is nil is answered with "not found" or left out. Every
// function is called from many goroutines at once.
type Options struct {
	Config Config
	// TryNext is how many ports after the one of Config.Listen to try when that
	// is taken; 0 for a port that the user chose.
	TryNext int

	Search Searcher
	// Alerts returns the latest alerts, newest first, at most limit.
	Alerts func(ctx context.Context, limit int) ([]alert.Alert, error)
	// Dead returns the deliveries that were given up, newest first.
	Dead func(ctx context.Context) ([]alert.DeadLetter, error)
	// Retry sends the dead letter of that id once more, now; the error says why
	// it did not arrive.
	Retry func(ctx context.Context, id string) error
	// Status returns the daemon's health; it is asked at most once a second.
	Status func(context.Context) (Status, error)
	// Ready returns why the daemon does not take news just now (a full disk), or
	// nil. It adds to SetReady.
	Ready func() error
	// Reload loads the configuration again, whole or not at all.
	Reload func(context.Context) error
	// Editor changes the list of feeds.
	Editor FeedEditor
	// Push takes what hubs send; PushHost is the host name by which they address
	// the server, for that and nothing else.
	Push     PushReceiver
	PushHost string
	// Retag is the tagger that can go over the archive again.
	Retag Retagger
	// Names returns the names of the rule pack now in force, or nil.
	Names func() query.Names
	// Label returns how people call a tag ("al-Qaem"), or "" to show its id.
	Label func(kind item.Kind, id string) string
	// Entry returns what the rule pack now in force says of a tag, or false.
	Entry func(kind item.Kind, id string) (tagger.Entry, bool)
	// Metrics answers /metrics.
	Metrics http.Handler

	// Version is shown on every page.
	Version string
	// Sample marks every page and reply as showing invented news.
	Sample bool

	Log *slog.Logger
	// Registerer takes the server's own metrics; nil for none.
	Registerer prometheus.Registerer
}

// A Server answers HTTP. Its methods are safe for concurrent use.
type Server struct {
	o        Options
	log      *slog.Logger
	metrics  *metrics
	slots    *slots
	status   *statusCache
	views    *views
	pushes   chan struct{} // a place for each push that is being read
	zone     *time.Location
	token    token
	hosts    map[string]struct{}
	listener net.Listener
	http     *http.Server
	unready  atomic.Pointer[string]
}

// New checks the configuration, reads the token and the certificate and takes
// the port, so that all that can go wrong does so before anything starts. The
// server answers once Run is called and is not ready until SetReady says so.
// Whoever does not call Run must call Close.
func New(ctx context.Context, o Options) (*Server, error) {
	c := o.Config
	if errs := c.Validate(); len(errs) > 0 {
		all := make([]error, len(errs))
		for i, e := range errs {
			all[i] = fmt.Errorf("server: %w", e)
		}
		return nil, errors.Join(all...)
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, fmt.Errorf("server: zone %s: %w", c.Zone, err)
	}
	tok, err := readToken(c.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	views, err := newViews(o, zone)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	m := newMetrics(o.Registerer)
	s := &Server{
		o: o, log: o.Log, metrics: m, views: views, zone: zone, token: tok,
		slots:  newSlots(c.MaxSearches, c.SearchQueue, c.SearchTimeout, m),
		status: &statusCache{get: o.Status},
		hosts:  hostList(c),
		pushes: make(chan struct{}, maxPushes),
	}
	if s.o.Status == nil {
		s.status.get = func(context.Context) (Status, error) {
			return Status{Version: o.Version, Sample: o.Sample, Ready: s.notReady() == ""}, nil
		}
	}
	starting := "starting"
	s.unready.Store(&starting)
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	if c.TLS.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.TLS.CertFile, c.TLS.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("server: tls: %w", err)
		}
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	l, err := listen(ctx, c.Listen, o.TryNext)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s.listener = netutil.LimitListener(l, maxConnections)
	return s, nil
}

// listen takes the address, or where its port is taken one of the next ports.
func listen(ctx context.Context, addr string, next int) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	var lc net.ListenConfig
	for i := 0; ; i++ {
		l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(first+i)))
		switch {
		case err == nil:
			return l, nil
		case !errors.Is(err, syscall.EADDRINUSE) || first == 0:
			return nil, fmt.Errorf("listen: %w", err)
		case i >= next || first+i >= 65535:
			return nil, fmt.Errorf("listen: %w; stop the program that holds the port, or set server.listen to another", err)
		}
	}
}

// hostList returns the names the server goes by, in lower case.
func hostList(c Config) map[string]struct{} {
	hosts := map[string]struct{}{"localhost": {}, "127.0.0.1": {}, "::1": {}}
	if h, _, err := net.SplitHostPort(c.Listen); err == nil && !unspecified(h) {
		hosts[strings.ToLower(h)] = struct{}{}
	}
	for _, h := range c.AllowedHosts {
		hosts[strings.ToLower(strings.Trim(h, "[]"))] = struct{}{}
	}
	return hosts
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL returns the address to open in a browser on this machine.
func (s *Server) URL() string {
	scheme := "http"
	if s.o.Config.TLS.CertFile != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return scheme + "://" + s.listener.Addr().String()
	}
	if unspecified(host) {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// SetReady says whether the daemon is up: "" when it is, else why it is not
// yet ("indexing 12,000 articles"). A new Server is "starting".
func (s *Server) SetReady(why string) { s.unready.Store(&why) }

// notReady returns why the daemon is not ready, or "".
func (s *Server) notReady() string {
	if why := *s.unready.Load(); why != "" {
		return why
	}
	if s.o.Ready != nil {
		if err := s.o.Ready(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// Run answers until ctx ends, then lets the requests under way finish for at
// most 3 seconds. It returns nil when ctx ended it.
func (s *Server) Run(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.http.BaseContext = func(net.Listener) context.Context { return base }

	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		ctx, cancel := context.WithTimeout(base, shutdownTimeout)
		defer cancel()
		if err := s.http.Shutdown(ctx); err != nil {
			s.log.WarnContext(ctx, "requests cut off at shutdown", "err", err)
			_ = s.http.Close()
		}
	})
	var err error
	if s.http.TLSConfig != nil {
		err = s.http.ServeTLS(s.listener, "", "")
	} else {
		err = s.http.Serve(s.listener)
	}
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) && ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// Close gives the port back. It is for a Server that never ran; after Run, which
// does it by itself, Close does nothing.
func (s *Server) Close() error {
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
