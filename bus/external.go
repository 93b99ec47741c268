package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// connect connects to the configured server and keeps on reconnecting.
func (b *Bus) connect() (*nats.Conn, error) {
	opts := append(b.connOptions(), nats.Timeout(5*time.Second))
	if f := b.cfg.CredentialsFile; f != "" {
		opts = append(opts, nats.UserCredentials(f))
	}
	if t := b.cfg.TLS; t != (TLSConfig{}) {
		opts = append(opts, nats.Secure())
		if t.CAFile != "" {
			opts = append(opts, nats.RootCAs(t.CAFile))
		}
		if t.CertFile != "" {
			opts = append(opts, nats.ClientCert(t.CertFile, t.KeyFile))
		}
	}
	nc, err := nats.Connect(strings.Join(splitList(b.cfg.URL), ","), opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to the NATS server: %w", err)
	}
	if v := nc.ConnectedServerVersion(); !atLeast(v, 2, 12) {
		nc.Close()
		return nil, fmt.Errorf("the NATS server has version %s; 2.12 or newer is needed", v)
	}
	return nc, nil
}

// connOptions are those of every connection, in process or not.
func (b *Bus) connOptions() []nats.Option {
	return []nats.Option{
		nats.Name("marsad"),
		nats.SkipSubjectValidation(),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500 * time.Millisecond),
		// Nothing is buffered while the server is away: a publish that is
		// repeated by us must not also be sent later by the client.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { b.health.suspect() }),
		nats.ReconnectHandler(func(*nats.Conn) {
			b.health.suspect()
			b.renewed.raise()
		}),
	}
}

// atLeast reports whether a server's version is major.minor or newer.
func atLeast(version string, major, minor int) bool {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, err1 := strconv.Atoi(parts[0])
	i, err2 := strconv.Atoi(parts[1])
	return errors.Join(err1, err2) == nil && (a > major || a == major && i >= minor)
}

// checkDurability warns when an external server acknowledges records before
// they are on disk. Only a connection with system rights can see that.
func (b *Bus) checkDurability(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var v struct {
		Data struct {
			Config struct {
				SyncAlways bool `json:"sync_always"`
			} `json:"config"`
		} `json:"data"`
	}
	msg, err := b.nc.RequestWithContext(ctx, "$SYS.REQ.SERVER.PING.JSZ", nil)
	if err == nil {
		err = json.Unmarshal(msg.Data, &v)
	}
	switch {
	case err != nil:
		b.log.InfoContext(ctx, "cannot see whether the NATS server syncs before it acknowledges; set sync_interval: always there")
	case !v.Data.Config.SyncAlways && b.cfg.Replicas == 1:
		b.log.WarnContext(ctx, "the NATS server acknowledges records before they are on disk; a power cut loses up to two minutes; set sync_interval: always there")
	}
}
