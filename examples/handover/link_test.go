package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// folderOfCerts makes certificates for a, b and c.
func folderOfCerts(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "certs")
	if err := makeCerts(dir, []string{"a", "b", "c"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// configs returns what tlsConfigs does.
func configs(t *testing.T, dir, name, peer string) (server, client *tls.Config) {
	t.Helper()
	server, client, err := tlsConfigs(dir, name, peer)
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

// TestLink: b listens, for a. Whoever else comes is refused, and b hears nothing
// of what they say.
func TestLink(t *testing.T) {
	dir, otherDir := folderOfCerts(t), folderOfCerts(t)
	heard := make(chan message, 10)
	said := make(chan string, 100)
	server, _ := configs(t, dir, "b", "a")
	b := &link{server: server, say: func(text string) { said <- text }, deliver: func(_ context.Context, m message, answer func(message)) {
		heard <- m
		if m.kind == ready {
			answer(message{kept, m.epoch, nil})
		}
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		b.accept(ctx, listener)
	}()

	_, right := configs(t, dir, "a", "b")
	ask := func(config *tls.Config, m message) (message, error) {
		return (&link{client: config, addr: listener.Addr().String()}).ask(t.Context(), m)
	}
	if answer, err := ask(right, message{ready, 7, nil}); err != nil || answer.kind != kept || answer.epoch != 7 {
		t.Errorf("the answer is %v, %v", answer, err)
	}
	if _, err := ask(right, message{done, 8, nil}); err != io.EOF {
		t.Errorf("no answer: %v", err)
	}
	<-heard
	<-heard

	nobodys := right.Clone()
	nobodys.Certificates = nil
	old := right.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	_, others := configs(t, otherDir, "a", "b") // of another authority
	trusting := others.Clone()
	trusting.InsecureSkipVerify = true // the refusal is then b's
	_, third := configs(t, dir, "c", "b")
	expectC := right.Clone()
	expectC.ServerName = "c"
	for name, config := range map[string]*tls.Config{
		"no certificate": nobodys, "TLS 1.2": old, "another authority": trusting, "another name": third,
		"b's authority is not ours": others, "b is not who we look for": expectC,
	} {
		if answer, err := ask(config, message{ready, 9, nil}); err == nil || err == io.EOF {
			t.Errorf("%s: let in, %v, %v", name, answer, err)
		} else {
			t.Logf("%s: %v; b says: %s", name, err, <-said)
		}
	}
	// Not even TLS, and TLS by the right one with something else in it.
	plain, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(plain, frame(1, byte(ready), 9, 0, ""))
	_ = plain.Close()
	if text := <-said; !strings.HasPrefix(text, "refused ") {
		t.Errorf("b says %q", text)
	}
	conn, err := tls.Dial("tcp", listener.Addr().String(), right)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, frame(9, byte(ready), 9, 0, ""))
	if text := <-said; !strings.Contains(text, "version 9") {
		t.Errorf("b says %q", text)
	}
	_ = conn.Close()

	cancel()
	<-accepting
	b.work.Wait()
	select {
	case m := <-heard:
		t.Errorf("b has heard %v", m)
	default:
	}
}

// TestComplaints: what is wrong is said once, until it is something else.
func TestComplaints(t *testing.T) {
	var said []string
	l := &link{say: func(text string) { said = append(said, text) }}
	for _, text := range []string{"x", "x", "y", "", "y"} {
		l.complain(text)
	}
	if got := strings.Join(said, " "); got != "x y y" {
		t.Errorf("said %q", got)
	}
}

func TestCerts(t *testing.T) {
	dir := folderOfCerts(t)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 7 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", e.Name(), info.Mode())
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "b.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	b, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.DNSNames) != 1 || b.DNSNames[0] != "b" || b.IsCA || b.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("b's names are %v, CA %v, %v", b.DNSNames, b.IsCA, b.PublicKeyAlgorithm)
	}
	// What is there stays, and what was begun is taken away.
	if err := makeCerts(dir, []string{"d"}, time.Now()); err == nil {
		t.Error("the authority was replaced")
	}
	half := t.TempDir()
	if err := os.WriteFile(filepath.Join(half, "b.pem"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeCerts(half, []string{"a", "b"}, time.Now()); err == nil {
		t.Error("b.pem was replaced")
	}
	if left, err := os.ReadDir(half); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, _, err := tlsConfigs(half, "a", "b"); err == nil {
		t.Error("certificates where there are none")
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := tlsConfigs(dir, "a", "b"); err == nil {
		t.Error("an authority that is none")
	}
}
