#!/bin/sh
# test_server_curl.sh OMNITLS CERTIFICATES BACKEND: omnitls server with other people's clients.  CERTIFICATES writes
# throw-away ones.  Status 77: not run, and the reason is printed.
set -eu
omnitls=$1
certificates=$2
backend=$3
pid=
dir=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
cleanup() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

fail() {
  echo "FAILED: $*" >&2
  cat "$dir/err" >&2
  exit 1
}

expect() {
  [ "$1" = "$2" ] || fail "\"$1\" instead of \"$2\""
}

for tool in curl openssl; do
  command -v $tool >/dev/null 2>&1 || {
    echo "not run: there is no $tool"
    exit 77
  }
done

start() {
  rm -f "$dir/out"
  "$omnitls" server --backend "$backend" --cert "$dir/chain.pem" --key "$dir/key.pem" --listen :0 -v "$@" \
    >"$dir/out" 2>"$dir/err" &
  pid=$!
  tries=0
  until [ -s "$dir/out" ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] && kill -0 "$pid" 2>/dev/null || fail "the server does not start"
    sleep 0.05
  done
  address=$(cat "$dir/out")
}

stop() {
  kill "$pid"
  wait "$pid" || fail "the server ended with status $?"
  pid=
}

get() {
  curl --silent --show-error --max-time 60 --noproxy '*' --cacert "$dir/ca.pem" "$@"
}

"$certificates" "$dir"
mkdir "$dir/www"
echo hello >"$dir/www/hello.txt"
head -c 5000000 /dev/urandom >"$dir/www/big"

start --http "$dir/www"
expect "$(get "https://$address/hello.txt")" hello
expect "$(get --http1.0 "https://$address/hello.txt")" hello
expect "$(get --range 1-3 "https://$address/hello.txt")" ell
expect "$(get --head "https://$address/hello.txt" | head -n 1 | tr -d '\r')" "HTTP/1.1 200 OK"
expect "$(get --output /dev/null --write-out '%{http_code}' --path-as-is "https://$address/../key.pem")" 404
expect "$(get --data x=y --output /dev/null --write-out '%{http_code}' "https://$address/hello.txt")" 405
get --remote-time --output "$dir/copy" "https://$address/hello.txt"
expect "$(get --time-cond "$dir/copy" --write-out '%{http_code}' "https://$address/hello.txt")" 304
# One connection for all three.
get --output "$dir/copy" --output "$dir/copy2" --output "$dir/copy3" --write-out '%{num_connects} ' \
  "https://$address/big" "https://$address/big" "https://$address/hello.txt" >"$dir/connects"
expect "$(cat "$dir/connects")" "1 0 0 "
cmp "$dir/copy" "$dir/www/big"
cmp "$dir/copy2" "$dir/www/big"
cmp "$dir/copy3" "$dir/www/hello.txt"
stop

start --echo
echo "over and back" >"$dir/said"
mkfifo "$dir/fifo"
openssl s_client -connect "$address" -CAfile "$dir/ca.pem" -verify_return_error -servername localhost -quiet \
  <"$dir/fifo" >"$dir/heard" 2>>"$dir/err" &
client=$!
exec 3>"$dir/fifo"
cat "$dir/said" >&3
tries=0
until cmp -s "$dir/said" "$dir/heard"; do
  tries=$((tries + 1))
  [ $tries -lt 600 ] || fail "no echo"
  sleep 0.05
done
stop
# The server's goodbye ends it.
wait $client || fail "openssl ended with status $?"
exec 3>&-

# A page, over a connection that is new or resumed: what openssl says of it.
page() {
  printf 'GET /hello.txt HTTP/1.0\r\n\r\n' | openssl s_client -ign_eof -connect "$address" -CAfile "$dir/ca.pem" \
    -verify_return_error -servername localhost "$@" 2>>"$dir/err" | sed -n 's/^\(New\|Reused\), TLS.*/\1/p;s/^hello$/hello/p' |
    tr '\n' ' '
}

for version in -tls1_2 -tls1_3; do
  start --http "$dir/www"
  expect "$(page $version -sess_out "$dir/session")" "New hello "
  expect "$(page $version -sess_in "$dir/session")" "Reused hello "
  stop
done
