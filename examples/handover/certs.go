package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// certificateLife is how long certificates are good.
const certificateLife = 365 * 24 * time.Hour

// makeCerts makes a folder with an authority's certificate, ca.pem, and for each
// name a certificate, NAME.pem, and its key, NAME-key.pem. The authority's own
// key is thrown away, so nobody can ever add to those it vouches for. What is
// there is not replaced.
func makeCerts(dir string, names []string, now time.Time) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// A folder with half of it would be of no use, and in the way.
	var made []string
	defer func() {
		if err != nil {
			for _, path := range made {
				_ = os.Remove(path)
			}
		}
	}()
	write := func(name, kind string, der []byte) error {
		path := filepath.Join(dir, name)
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already: name another folder", path)
		}
		if err != nil {
			return err
		}
		made = append(made, path)
		err = pem.Encode(file, &pem.Block{Type: kind, Bytes: der})
		return errors.Join(err, file.Close())
	}

	authority := template(now, "handover authority")
	authority.IsCA, authority.BasicConstraintsValid, authority.MaxPathLenZero = true, true, true
	authority.KeyUsage = x509.KeyUsageCertSign
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return err
	}
	if authority, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	if err := write("ca.pem", "CERTIFICATE", der); err != nil {
		return err
	}
	for _, name := range names {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		// The subject's alternative name is who one is, wherever one listens.
		leaf := template(now, name)
		leaf.DNSNames = []string{name}
		leaf.KeyUsage = x509.KeyUsageDigitalSignature
		leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		der, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), authorityKey)
		if err != nil {
			return err
		}
		if err := write(name+".pem", "CERTIFICATE", der); err != nil {
			return err
		}
		if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
			return err
		}
		if err := write(name+"-key.pem", "PRIVATE KEY", der); err != nil {
			return err
		}
	}
	return nil
}

// template is what all certificates have in common. They are good from an hour
// ago, as clocks differ.
func template(now time.Time, name string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // crypto/rand does not fail
	return &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(certificateLife),
	}
}

// checkName tells what can't be the name of a side: it is in certificates and in
// file names.
func checkName(name string) error {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || i == 0 || i == len(name)-1) {
			return fmt.Errorf("%q is no name: small letters, digits and hyphens between them", name)
		}
	}
	if name == "" || len(name) > 60 {
		return fmt.Errorf("%q is no name: it has 1 to 60 characters", name)
	}
	if name == "ca" {
		return errors.New(`"ca" is no name: ca.pem is the authority's certificate`)
	}
	return nil
}
