#!/bin/sh
# schemes.sh BIN SERVER: the example signer, with an RSA key, and openssl s_client, which takes one signature scheme alone.
set -eu
bin=$1
server=$2

dir=$(mktemp -d)
pid=
cleanup() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key.pem" -out "$dir/chain.pem" -subj /CN=localhost -days 9 \
  -addext keyUsage=digitalSignature 2>/dev/null || exit 77

start_server() {
  port=$("$bin/free-port")
  OMNITLS_BACKEND=$server "$bin/example-signer" 127.0.0.1 "$port" "$dir/chain.pem" "$dir/key.pem" 2>"$dir/server.log" &
  pid=$!
}

# connect SCHEME: what s_client says of the signature
connect() {
  openssl s_client -connect "127.0.0.1:$port" -tls1_2 -sigalgs "$1" </dev/null 2>&1 | grep '^Peer sign' | tr '\n' ' '
}

start_server
tries=0
until [ -n "$(connect RSA+SHA256)" ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { cat "$dir/server.log" >&2; exit 1; }
  kill -0 "$pid" 2>/dev/null || start_server
  sleep 0.1
done

for hash in SHA256 SHA384 SHA512; do
  for kind in RSA RSA-PSS; do
    said=$(connect "$kind+$hash")
    [ "$said" = "Peer signing digest: $hash Peer signature type: $kind " ] || { echo "$kind+$hash: $said" >&2; exit 1; }
  done
done
