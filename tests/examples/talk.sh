#!/bin/sh
# talk.sh BIN CLIENT SERVER: the example client on one backend talks to the example server on another; what comes back
# is what was sent, and a client that trusts somebody else refuses.
set -eu
bin=$1
client=$2
server=$3

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

start_server() {
  port=$("$bin/free-port")
  OMNITLS_BACKEND=$server "$bin/example-server" 127.0.0.1 "$port" "$dir/chain.pem" "$dir/key.pem" 2>"$dir/server.log" &
  pid=$!
}

# talk CA: what comes back is in $dir/back
talk() {
  OMNITLS_BACKEND=$client "$bin/example-client" 127.0.0.1 "$port" "$1" <"$dir/sent" >"$dir/back" 2>"$dir/client.log"
}

"$bin/example-certificates" "$dir"
head -c 4096 /dev/urandom >"$dir/sent"

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
