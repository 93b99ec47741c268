package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// maxPayload is what one record may have with its headers on the embedded
	// server.
	maxPayload = 8 << 20
	// maxMemory bounds the server's memory streams; ours are all on disk, so
	// only the positions of readers stand there.
	maxMemory = 64 << 20
	// limitFile keeps the disk limit of the first start.
	limitFile = "max-disk"
)

// embedded is a NATS server inside this process.
type embedded struct {
	srv      *server.Server
	dir      string
	maxStore int64
	log      *serverLog
}

// startEmbedded starts a server on dir and waits until it has recovered its
// streams.
func startEmbedded(ctx context.Context, cfg Config, dir string, log *slog.Logger) (*embedded, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	limit, err := diskLimit(cfg, dir)
	if err != nil {
		return nil, err
	}
	o := &server.Options{
		ServerName:             "marsad",
		DontListen:             cfg.Listen == "",
		NoSigs:                 true,
		NoLog:                  true,
		JetStream:              true,
		StoreDir:               dir,
		SyncAlways:             true,
		JetStreamMaxStore:      limit,
		JetStreamMaxMemory:     maxMemory,
		DisableJetStreamBanner: true,
		MaxPayload:             maxPayload,
	}
	if cfg.Listen != "" {
		host, port, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return nil, err
		}
		if o.Port, err = strconv.Atoi(port); err != nil {
			return nil, err
		}
		if o.Port == 0 {
			o.Port = server.RANDOM_PORT
		}
		o.Host = host
	}
	srv, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("nats server: %w", err)
	}
	e := &embedded{srv: srv, dir: dir, maxStore: limit, log: &serverLog{log: log}}
	srv.SetLoggerV2(e.log, false, false, false)

	started := make(chan struct{})
	go func() {
		defer close(started)
		srv.Start()
	}()
	// Start returns once the streams are recovered, which takes seconds after a
	// crash of a large store.
	select {
	case <-started:
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("nats server: recovery: %w", context.Cause(ctx)), e.stop(ctx))
	}
	if !srv.ReadyForConnections(5*time.Second) || !srv.JetStreamEnabled() {
		err := fmt.Errorf("nats server on %s does not start: %s", dir, e.log.reason())
		return nil, errors.Join(err, e.stop(ctx))
	}
	return e, nil
}

// connect returns a connection that uses no network.
func (e *embedded) connect(opts []nats.Option) (*nats.Conn, error) {
	return nats.Connect("", append(opts, nats.InProcessServer(e.srv))...)
}

// stop shuts the server down and waits for its end.
func (e *embedded) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.srv.Shutdown()
		e.srv.WaitForShutdown()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.New("nats server: shutdown takes too long; the log is safe, the next start takes longer")
	}
}

// unhealthy returns what the server says is wrong with its streams, or "".
func (e *embedded) unhealthy() string {
	if st := e.srv.Healthz(&server.HealthzOptions{}); st.Status != "ok" {
		return st.Error
	}
	return ""
}

// restart takes JetStream down and up again inside the running server, which
// cures write errors that outlive their cause: streams refuse to write for ever
// after the disk was full once.
func (e *embedded) restart() error {
	if err := e.srv.DisableJetStream(); err != nil {
		return err
	}
	return e.srv.EnableJetStream(&server.JetStreamConfig{
		StoreDir:   e.dir,
		MaxStore:   e.maxStore,
		MaxMemory:  maxMemory,
		SyncAlways: true,
		Strict:     true,
	})
}

// diskLimit returns the bound of the server's files. The default is worked out
// once: the server's own is a part of what is free at each start, so a filling
// disk would make it shrink below what is stored.
func diskLimit(cfg Config, dir string) (int64, error) {
	if cfg.MaxDisk > 0 {
		return int64(cfg.MaxDisk), nil
	}
	name := filepath.Join(dir, limitFile)
	data, err := os.ReadFile(name)
	if err == nil {
		n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
		if err == nil && n > 0 {
			return n, nil
		}
		// An unreadable figure (a crash while it was written) is made anew.
	} else if !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	limit := int64(20 * gigabyte)
	if _, total, err := disk(dir); err == nil {
		limit = min(limit, total/2)
	}
	return limit, os.WriteFile(name, []byte(strconv.FormatInt(limit, 10)+"\n"), 0o600)
}

// serverLog hands the server's messages to slog.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[string]
}

// reason returns what the server said when it gave up.
func (l *serverLog) reason() string {
	if s := l.fatal.Load(); s != nil {
		return *s
	}
	return "no reason given"
}

func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("nats server", "text", fmt.Sprintf(format, v...))
}

func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("nats server", "text", fmt.Sprintf(format, v...))
}

func (l *serverLog) Errorf(format string, v ...any) {
	l.log.Error("nats server", "text", fmt.Sprintf(format, v...))
}

func (l *serverLog) Fatalf(format string, v ...any) {
	s := fmt.Sprintf(format, v...)
	l.fatal.Store(&s)
	l.log.Error("nats server", "text", s)
}

func (l *serverLog) Debugf(string, ...any) {}
func (l *serverLog) Tracef(string, ...any) {}
