#!/bin/sh
# talk.sh BIN CLIENT SERVER [EXAMPLE [MODULE]]: the example client on one backend talks to an example server on another
# ("server", or "signer", or "pkcs11" with a token of SoftHSM's MODULE); what comes back is what was sent, and a client
# that trusts somebody else refuses.
set -eu
bin=$1
client=$2
server=$3
example=${4:-server}
module=${5:-}

dir=$(mktemp -d)
pid=
cleanup() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

fail() {
  echo "$*" >&2
  for log in "$dir"/*.log; do
    sed "s,^,$(basename "$log"): ," "$log" >&2
  done
  exit 1
}

# A token that holds the key, in the directory of this test.
make_token() {
  mkdir "$dir/tokens"
  echo "directories.tokendir = $dir/tokens" >"$dir/softhsm2.conf"
  SOFTHSM2_CONF=$dir/softhsm2.conf
  export SOFTHSM2_CONF
  softhsm2-util --init-token --free --label demo --pin 1234 --so-pin 1234 >"$dir/token.log" 2>&1 &&
    softhsm2-util --import "$dir/key.pem" --token demo --label server --id 01 --pin 1234 >>"$dir/token.log" 2>&1 ||
    fail "no token could be made"
  rm "$dir/key.pem"
}

start_server() {
  port=$("$bin/free-port")
  case $example in
    pkcs11) set -- "$module" 1234 ;;
    *) set -- "$dir/key.pem" ;;
  esac
  OMNITLS_BACKEND=$server "$bin/example-$example" 127.0.0.1 "$port" "$dir/chain.pem" "$@" 2>"$dir/server.log" &
  pid=$!
}

# talk CA: what comes back is in $dir/back
talk() {
  OMNITLS_BACKEND=$client "$bin/example-client" 127.0.0.1 "$port" "$1" <"$dir/sent" >"$dir/back" 2>"$dir/client.log"
}

"$bin/example-certificates" "$dir"
head -c 4096 /dev/urandom >"$dir/sent"

[ "$example" != pkcs11 ] || make_token

# The server is there when a client gets through; it is gone when somebody took the port in between.
start_server
tries=0
until talk "$dir/ca.pem"; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || fail "no client gets through"
  kill -0 "$pid" 2>/dev/null || start_server
  sleep 0.1
done
cmp "$dir/sent" "$dir/back" || fail "other bytes came back"

if talk "$dir/stranger.pem"; then fail "a stranger's certificate was accepted"; fi
[ ! -s "$dir/back" ] || fail "bytes came from a stranger"
grep -q "not trusted" "$dir/client.log" || fail "the client does not say why it refused"

talk "$dir/ca.pem" || fail "the server did not survive the refusal"
cmp "$dir/sent" "$dir/back" || fail "other bytes came back behind the refusal"
