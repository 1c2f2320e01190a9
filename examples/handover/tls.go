package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// tlsConfigs returns how a side listens and how it dials: TLS 1.3, and each side
// proves by a certificate of the authority in dir that it is who it says. It
// talks to peer and to nobody else, whoever else the authority vouches for.
func tlsConfigs(dir, name, peer string) (server, client *tls.Config, err error) {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem"))
	if err != nil {
		return nil, nil, fmt.Errorf("%w (handover certs makes certificates)", err)
	}
	authority, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return nil, nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, nil, fmt.Errorf("%s has no certificate in it", filepath.Join(dir, "ca.pem"))
	}
	isPeer := func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("no certificate")
		}
		return state.PeerCertificates[0].VerifyHostname(peer)
	}
	common := tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{certificate},
		VerifyConnection:       isPeer,
		SessionTicketsDisabled: true, // each connection proves itself anew
	}
	server, client = common.Clone(), common.Clone()
	server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, pool
	client.RootCAs, client.ServerName = pool, peer
	return server, client, nil
}
