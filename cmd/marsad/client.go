package main

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marsad/config"
	"marsad/server"
)

// running finds the daemon of the configuration at path.
func running(cmd *cobra.Command, path string) (server.Client, error) {
	file, err := loadConfig(cmd, path)
	if err != nil {
		return server.Client{}, err
	}
	at, err := findPlace(file.Config)
	if err != nil && !errors.Is(err, errNothing) {
		return server.Client{}, err
	}
	if at.url == "" {
		return server.Client{}, errors.New("no marsad is running; start one with 'marsad run' or 'marsad demo'")
	}
	return clientFor(file.Config, at)
}

// clientFor speaks to the daemon at a place, with the token of c if there is
// one.
func clientFor(c config.Config, at place) (server.Client, error) {
	client := server.Client{URL: at.url}
	if c.Server.TokenFile != "" {
		token, err := os.ReadFile(c.Server.TokenFile)
		if err != nil {
			return client, fmt.Errorf("token: %w", err)
		}
		client.Token = strings.TrimSpace(string(token))
	}
	if c.Server.TLS.CertFile != "" {
		conf, err := pinned(c.Server.TLS.CertFile)
		if err != nil {
			return client, err
		}
		client.HTTP = &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: conf}}
	}
	return client, nil
}

// pinned trusts exactly the certificate in file: our own daemon's, whatever
// name it is for, since we speak to its address.
func pinned(file string) (*tls.Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("certificate: %s holds none", file)
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection is stricter
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, block.Bytes) {
				return errors.New("the daemon does not show the certificate of the configuration")
			}
			return nil
		},
	}, nil
}
