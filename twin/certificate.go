package twin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Certificate makes a certificate authority and, signed by it, the certificate
// of a server at localhost. The authority's certificate is given as PEM: the
// text of the file that SSL_CERT_FILE (Go), REQUESTS_CA_BUNDLE (Python) or
// NODE_EXTRA_CA_CERTS names. Its key is forgotten, so it signs nothing else.
func Certificate() (server tls.Certificate, authority []byte, err error) {
	keys := [2]*ecdsa.PrivateKey{}
	for i := range keys {
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return server, nil, fmt.Errorf("making a key: %w", err)
		}
	}
	ca := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Airfield twin, local authority"},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}
	host := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "localhost"},
		NotBefore:    ca.NotBefore,
		NotAfter:     ca.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, keys[0].Public(), keys[0])
	if err != nil {
		return server, nil, fmt.Errorf("making the authority's certificate: %w", err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, host, ca, keys[1].Public(), keys[0])
	if err != nil {
		return server, nil, fmt.Errorf("making the server's certificate: %w", err)
	}
	server = tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: keys[1]}
	return server, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}), nil
}
