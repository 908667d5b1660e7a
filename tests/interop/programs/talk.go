// A TLS client and server on Go's crypto/tls; see ../programs.py for what the programs of this directory have in common.
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

var (
	name      = flag.String("name", "", "whom the client wants; on a server, whose other certificate there is")
	ca        = flag.String("ca", "", "whom to trust")
	cert      = flag.String("cert", "", "chain to show")
	key       = flag.String("key", "", "its key")
	otherCert = flag.String("othercert", "", "chain for the name")
	otherKey  = flag.String("otherkey", "", "its key")
	alpn      = flag.String("alpn", "", "protocols, best first")
	size      = flag.Int("size", 0, "bytes to send")
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func pool(file string) *x509.CertPool {
	text, err := os.ReadFile(file)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return roots
}

func configuration() *tls.Config {
	config := &tls.Config{ServerName: *name}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		check(err)
		config.Certificates = append(config.Certificates, pair)
	}
	if *alpn != "" {
		config.NextProtos = strings.Split(*alpn, ",")
	}
	return config
}

func client(address string) {
	config := configuration()
	config.RootCAs = pool(*ca)
	conn, err := tls.Dial("tcp", address, config)
	check(err)
	sent := make([]byte, *size)
	back := make([]byte, *size)
	rand.Read(sent)
	go conn.Write(sent)
	_, err = io.ReadFull(conn, back)
	check(err)
	if !bytes.Equal(sent, back) {
		check(fmt.Errorf("other bytes came back"))
	}
	state := conn.ConnectionState()
	fmt.Printf("version %s\n", map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[state.Version])
	fmt.Printf("alpn %s\n", state.NegotiatedProtocol)
	check(conn.Close())
}

func echo(conn net.Conn) {
	defer conn.Close()
	if _, err := io.Copy(conn, conn); err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
	}
}

func server(address string) {
	config := configuration()
	if *ca != "" {
		config.ClientCAs = pool(*ca)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if *otherCert != "" {
		other, err := tls.LoadX509KeyPair(*otherCert, *otherKey)
		check(err)
		config.Certificates = append(config.Certificates, other)
	}
	listener, err := tls.Listen("tcp", address, config)
	check(err)
	for {
		conn, err := listener.Accept()
		check(err)
		go echo(conn)
	}
}

func main() {
	mode, address := os.Args[1], "127.0.0.1:"+os.Args[2]
	flag.CommandLine.Parse(os.Args[3:])
	if mode == "client" {
		client(address)
	} else {
		server(address)
	}
}
