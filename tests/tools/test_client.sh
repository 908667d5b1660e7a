#!/bin/sh
# test_client.sh BIN CASE BACKEND: omnitls client on one backend, or omnitls compare on all, against servers of
# openssl, GnuTLS and scripts.  Status 77: not run, and the reason is printed.
set -eu
bin=$1
case=$2
backend=$3
unset OMNITLS_BACKEND

dir=$(mktemp -d)
pid=
# shellcheck disable=SC2317 # called by the trap
cleanup() {
  stop_server
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

fail() {
  echo "FAILED: $*" >&2
  for log in "$dir"/*.log; do
    sed "s,^,$(basename "$log"): ," "$log" >&2
  done
  exit 1
}

skip() {
  echo "not run: $*"
  exit 77
}

need() {
  command -v "$1" >/dev/null 2>&1 || skip "there is no $1"
}

# == servers ==
stop_server() {
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  pid=
}

# until_there COMMAND...: waits until the command succeeds, as long as the server lives.
until_there() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "the server does not start"
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.05
  done
}

find_port() {
  port=$(sed -n "$1" "$dir/server.log" | head -n 1)
  [ -n "$port" ]
}

# openssl chooses a free port itself.
start_openssl() {
  stop_server
  : >"$dir/server.log"
  openssl s_server -accept 127.0.0.1:0 -cert "$dir/chain.pem" -key "$dir/key.pem" "$@" \
    </dev/null >"$dir/server.log" 2>&1 &
  pid=$!
  until_there find_port 's/^ACCEPT .*:\([0-9][0-9]*\)$/\1/p' || fail "openssl s_server ends"
}

start_script() {
  stop_server
  : >"$dir/server.log"
  "$bin/scripted-server" "$dir/chain.pem" "$dir/key.pem" "$@" >"$dir/server.log" 2>"$dir/script.log" &
  pid=$!
  until_there find_port 's/^\([0-9][0-9]*\)$/\1/p' || fail "the scripted server ends"
}

expect_script_is_through() {
  wait "$pid" || fail "the scripted server is not content"
  pid=
}

# == the client ==
# run STATUS ARGUMENT...: the client's exit status must be that; input comes from $dir/in.
run() {
  expected=$1
  shift
  status=0
  "$bin/omnitls" client --backend "$backend" --timeout 60 "$@" \
    <"$dir/in" >"$dir/out.log" 2>"$dir/err.log" || status=$?
  [ $status -eq "$expected" ] || fail "omnitls client $*: status $status instead of $expected"
}

expect() {
  grep -q -e "$2" "$dir/$1.log" || fail "no \"$2\" in $1"
}

refuse() {
  if grep -q -e "$2" "$dir/$1.log"; then fail "\"$2\" in $1"; fi
}

expect_empty() {
  [ ! -s "$dir/$1.log" ] || fail "$1 is not empty"
}

expect_json() {
  command -v python3 >/dev/null 2>&1 || return 0
  python3 -m json.tool "$dir/$1.log" >"$dir/json.out" 2>&1 || fail "$1 is no JSON"
}

trusting() {
  status_expected=$1
  shift
  run "$status_expected" --ca "$dir/ca.pem" "$@"
}

# == cases ==
judges() {
  trusting 0 --min "$1" --max "$1" "localhost:$port"
  expect out "HTTP/1.0 200"
  expect out "TLSv$1"
  expect err "^version  *TLSv$1\$"
  expect err "^verified  *yes, for localhost\$"
  trusting 0 --max "$1" --quiet "127.0.0.1:$port"
  expect out "HTTP/1.0 200"
  expect_empty err

  trusting 4 --max "$1" --name other.example "127.0.0.1:$port"
  expect_empty out
  expect err "NO: HOSTNAME_MISMATCH, certificate 0"
  expect err "^omnitls client: .*other.example"
  run 4 --max "$1" --ca "$dir/stranger.pem" --verbose "localhost:$port"
  expect_empty out
  expect err "verdict  *UNKNOWN_ISSUER"
  expect err "names  *DNS:localhost, IP:127.0.0.1, IP:::1"

  run 0 --max "$1" --ca "$dir/stranger.pem" --insecure "localhost:$port"
  expect out "HTTP/1.0 200"
  expect err "insecure: nobody checks"
  expect err "NO: UNKNOWN_ISSUER.*not enforced"
  run 0 --max "$1" --insecure --name other.example --ca "$dir/ca.pem" "localhost:$port"
  expect err "NO: HOSTNAME_MISMATCH.*not enforced"
}

case_judges() {
  need openssl
  printf 'GET / HTTP/1.0\r\n\r\n' >"$dir/in"
  start_openssl -www
  judges 1.2
  judges 1.3
  trusting 0 --json --half-close "localhost:$port"
  expect_json err
  expect err '"verified": true'
  trusting 4 --json --name other.example "localhost:$port"
  expect_json err
  expect err '"reason": "HOSTNAME_MISMATCH"'
  trusting 0 --check --verbose "localhost:$port"
  expect_empty out
  expect err "signed by  *CN=Example CA"
  expect err "SHA-256  *[0-9a-f]\{64\}\$"
}

# Version and application protocol are agreed on, or not.
case_agrees() {
  need openssl
  printf 'GET / HTTP/1.0\r\n\r\n' >"$dir/in"
  start_openssl -www -alpn http/1.1,h2 -tls1_2
  trusting 0 --alpn h2,http/1.1 "localhost:$port"
  expect err "^ALPN  *http/1.1\$"
  trusting 0 "localhost:$port"
  expect err "^ALPN  *none\$"
  trusting 5 --alpn nonsense "localhost:$port"
  expect err "no_application_protocol"
  trusting 5 --min 1.3 "localhost:$port"
  expect_empty out
  expect err "^omnitls client: "
}

# Suites are those that were asked for; a list with nothing in it is refused before anybody is called.
case_ciphers() {
  need openssl
  printf 'GET / HTTP/1.0\r\n\r\n' >"$dir/in"
  start_openssl -www
  trusting 0 --max 1.2 --ciphers "kRSA:CHACHA20:!DHE" "localhost:$port"
  expect err "TLS_ECDHE_[A-Z]*_WITH_CHACHA20_POLY1305_SHA256"
  trusting 0 --min 1.3 --ciphersuites TLS_CHACHA20_POLY1305_SHA256 "localhost:$port"
  expect err "TLS_CHACHA20_POLY1305_SHA256"
  trusting 2 --ciphers "kRSA" "localhost:$port"
  expect err "^omnitls client: .*no suite matches \"kRSA\""
  trusting 2 --ciphersuites "ECDHE" "localhost:$port"
  expect err "^omnitls client: .*no suite of TLS 1.3 is named in \"ECDHE\""
}

shows_certificate() {
  trusting 0 --max "$1" --cert "$dir/chain.pem" --key "$dir/key.pem" "localhost:$port"
  expect out "HTTP/1.0 200"
  trusting 5 --max "$1" "localhost:$port"
  expect_empty out
  expect err "alert"
  trusting 5 --max "$1" --check "localhost:$port"
  trusting 5 --max "$1" --check --json "localhost:$port"
  expect_json err
  expect err '"code": "ALERT_RECEIVED"'
}

case_shows_certificate() {
  need openssl
  printf 'GET / HTTP/1.0\r\n\r\n' >"$dir/in"
  start_openssl -www -CAfile "$dir/ca.pem" -verify_return_error -Verify 2
  shows_certificate 1.2
  shows_certificate 1.3
  cat "$dir/key.pem" "$dir/chain.pem" >"$dir/both.pem"
  trusting 0 --cert "$dir/both.pem" "localhost:$port"
  trusting 1 --cert "$dir/both.pem" --key "$dir/ca.pem" "localhost:$port"
  trusting 1 --cert "$dir/missing.pem" "localhost:$port"
  run 1 --ca "$dir/missing.pem" "localhost:$port"
  expect err "missing.pem"
}

# An authority that answers about its one certificate: good.der and revoked.der.
make_answers() {
  printf 'V\t300101000000Z\t\t42\tunknown\t/CN=localhost\n' >"$dir/good.txt"
  printf 'R\t300101000000Z\t240101000000Z,keyCompromise\t42\tunknown\t/CN=localhost\n' >"$dir/revoked.txt"
  printf 'subjectAltName=DNS:localhost\n' >"$dir/leaf.ext"
  (
    cd "$dir"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -subj "/CN=Answering CA" -days 30
    openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -out leaf.csr -subj /CN=localhost
    openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca-key.pem -set_serial 0x42 -out chain.pem -days 20 \
      -extfile leaf.ext
    openssl ocsp -issuer ca.pem -cert chain.pem -reqout request.der -no_nonce
    for status in good revoked; do
      openssl ocsp -index $status.txt -CA ca.pem -rsigner ca.pem -rkey ca-key.pem -reqin request.der \
        -respout $status.der -ndays 7
    done
  ) >"$dir/make.log" 2>&1 || fail "openssl makes no answers"
}

# What openssl staples.
case_staple() {
  need openssl
  printf 'GET / HTTP/1.0\r\n\r\n' >"$dir/in"
  make_answers
  start_openssl -www
  if "$bin/omnitls" client --backend "$backend" --ocsp --check localhost:1 2>&1 | grep "OCSP on $backend"; then
    trusting 2 --ocsp "localhost:$port"
    return
  fi
  for max in 1.2 1.3; do
    start_openssl -www -status_file "$dir/good.der"
    trusting 0 --max $max --require-ocsp "localhost:$port"
    expect err "^OCSP  *good, from .* until "
    trusting 0 --max $max --ocsp --json "localhost:$port"
    expect err '"status": "good"'
    expect_json err
    trusting 0 --max $max "localhost:$port"
    refuse err "OCSP"
    start_openssl -www -status_file "$dir/revoked.der"
    trusting 4 --max $max --ocsp "localhost:$port"
    expect err "^OCSP  *revoked: was revoked on 2024-01-01 .*keyCompromise"
    expect_empty out
    start_openssl -www
    trusting 0 --max $max --ocsp "localhost:$port"
    expect err "^OCSP  *none"
    trusting 4 --max $max --require-ocsp "localhost:$port"
    expect err "a good one is required here"
  done
}

# What openssl, and omnitls client, are stapled by omnitls server.
case_staples() {
  need openssl
  printf 'Q\n' >"$dir/in"
  make_answers
  status=0
  "$bin/omnitls" server --backend "$backend" --cert "$dir/chain.pem" --key "$dir/key.pem" --ocsp "$dir/request.der" \
    >"$dir/server.log" 2>&1 || status=$?
  [ $status -eq 1 ] || fail "a request passes for a response"
  : >"$dir/server.log"
  "$bin/omnitls" server --backend "$backend" --cert "$dir/chain.pem" --key "$dir/key.pem" --ocsp "$dir/good.der" \
    --listen 127.0.0.1:0 >"$dir/server.log" 2>&1 &
  pid=$!
  if ! until_there find_port 's/^127.0.0.1:\([0-9][0-9]*\)$/\1/p'; then
    grep -q "set_ocsp_response_file: on " "$dir/server.log" || fail "the server ends"
    pid=
    return
  fi
  for version in tls1_2 tls1_3; do
    openssl s_client -connect "127.0.0.1:$port" -$version -status -CAfile "$dir/ca.pem" <"$dir/in" >"$dir/out.log" \
      2>"$dir/err.log" || fail "openssl s_client"
    expect out "OCSP Response Status: successful"
    expect out "Cert Status: good"
    openssl s_client -connect "127.0.0.1:$port" -$version -CAfile "$dir/ca.pem" <"$dir/in" >"$dir/out.log" \
      2>"$dir/err.log" || fail "openssl s_client without -status"
    refuse out "OCSP"
  done
}

case_gnutls() {
  need gnutls-serv
  printf 'GET / HTTP/1.0\r\n\r\n' >"$dir/in"
  starts=0
  until
    stop_server
    starts=$((starts + 1))
    [ $starts -le 20 ] || fail "gnutls-serv ends"
    port=$("$bin/free-port")
    gnutls-serv --http --port "$port" --x509certfile "$dir/chain.pem" --x509keyfile "$dir/key.pem" \
      </dev/null >"$dir/server.log" 2>&1 &
    pid=$!
    until_there grep -q "IPv4 .* port $port" "$dir/server.log"
  do :; done
  for version in 1.2 1.3; do
    trusting 0 --min $version --max $version "127.0.0.1:$port"
    expect out "HTTP/1.0 200"
    trusting 4 --max $version --name other.example "127.0.0.1:$port"
    run 4 --max $version --ca "$dir/stranger.pem" "127.0.0.1:$port"
    expect_empty out
  done
}

# starts PROTOCOL STEP...: the dialogue leads to TLS, and a line comes back.
starts() {
  protocol=$1
  shift
  start_script "$@" tls line goodbye
  trusting 0 --starttls "$protocol" "localhost:$port"
  cmp "$dir/in" "$dir/out.log" || fail "other bytes came back"
  expect_script_is_through
}

# keeps STATUS TEXT PROTOCOL STEP...: the dialogue leads nowhere.
keeps() {
  expected=$1 text=$2 protocol=$3
  shift 3
  start_script "$@"
  trusting "$expected" --starttls "$protocol" "localhost:$port"
  expect_empty out
  expect err "$text"
}

case_starttls() {
  echo hello >"$dir/in"
  starts smtp "send:220-mail.example ESMTP|220 ready" "expect:EHLO [" \
    "send:250-mail.example|250-SIZE 1000|250-starttls|250 HELP" "expect:STARTTLS" "send:220 go ahead"
  starts smtp "send:220 hi" "expect:EHLO [" "send:250 STARTTLS" "expect:STARTTLS" "send:220"
  starts imap "send:* OK ready" "expect:a001 STARTTLS" "send:* CAPABILITY IMAP4rev1|a001 OK begin"
  starts pop3 "send:+OK ready" "expect:STLS" "send:+OK begin"
  starts ftp "send:120 soon" "send:220-Welcome|anything|220 ready" "expect:AUTH TLS" "send:234 begin"

  keeps 5 "does not offer" smtp "send:220 hi" "expect:EHLO" "send:250-mail.example|250 XSTARTTLS" linger
  keeps 5 "454 later" smtp "send:220 hi" "expect:EHLO" "send:250 STARTTLS" "expect:STARTTLS" "send:454 later" linger
  keeps 5 "554 no" smtp "send:554-no|554 no" linger
  keeps 5 "PREAUTH" imap "send:* PREAUTH welcome" linger
  keeps 5 "a001 NO" imap "send:* OK hi" "expect:a001" "send:a001 NO never" linger
  keeps 5 "ERR" pop3 "send:+OK hi" "expect:STLS" "send:-ERR no" linger
  keeps 5 "530 no" ftp "send:220 hi" "expect:AUTH" "send:530 no" linger
  keeps 5 "another protocol" smtp "send:SSH-2.0-x" linger
  keeps 3 "hung up" smtp "send:220 hi" "expect:EHLO" cut
  keeps 3 "hung up" pop3 "send:+OK hi" "expect:STLS" cut

  # Plain text slipped in behind the consent is not taken for the server's.
  keeps 5 "does not speak TLS" smtp "send:220 hi" "expect:EHLO" "send:250 STARTTLS" "expect:STARTTLS" \
    "send:220 go|250 injected" linger
  keeps 5 "does not speak TLS" imap "send:* OK hi" "expect:a001" "send:a001 OK go|* injected" linger
  keeps 5 "does not speak TLS" pop3 "send:+OK hi" "expect:STLS" "send:+OK go|+OK injected" linger
  keeps 5 "does not speak TLS" ftp "send:220 hi" "expect:AUTH" "send:234 go|230 injected" linger

  # What a server says must not reach the terminal as it is.
  escape=$(printf '\033[2Jx')
  keeps 5 '554 ?\[2Jx' smtp "send:554 $escape" linger
}

case_ends() {
  echo hello >"$dir/in"
  start_script tls line cut
  trusting 6 "localhost:$port"
  expect out hello
  start_script tls linger
  trusting 0 --check "localhost:$port"
  start_script linger
  run 5 --timeout 0.2 --insecure "localhost:$port"
  expect err "too long"
  start_script linger
  run 3 --timeout 0.2 --insecure --starttls pop3 "localhost:$port"
  expect err "in time"
  start_script "send:220 plain text" linger
  trusting 5 "localhost:$port"
  port=$("$bin/free-port")
  trusting 3 "localhost:$port"
  trusting 3 --json "localhost:$port"
  expect_json err

  head -c 3000000 /dev/urandom >"$dir/in"
  start_script tls echo goodbye
  trusting 0 --half-close --quiet "localhost:$port"
  cmp "$dir/in" "$dir/out.log" || fail "other bytes came back"
  expect_script_is_through
  if [ -e /dev/full ]; then
    start_script tls echo goodbye
    status=0
    "$bin/omnitls" client -B "$backend" -q -k "localhost:$port" \
      <"$dir/in" >/dev/full 2>"$dir/err.log" || status=$?
    [ $status -eq 1 ] || fail "a full disk: status $status"
    expect err "standard output"
  fi
}

case_usage() {
  : >"$dir/in"
  for arguments in "" "localhost" "localhost:" ":443" "::1:443" "[::1]" "[::1:443" "localhost:0" "localhost:65536" \
    "localhost:443 x" "--ciphers x localhost:443" "--min 1.4 localhost:443" "--timeout x localhost:443" \
    "--timeout -1 localhost:443" "--starttls nntp localhost:443" "--key x localhost:443" \
    "--backend nonsense localhost:443" "--min 1.1 localhost:443" "--name a..b localhost:443" \
    "--min 1.3 --max 1.2 localhost:443" "--alpn a,,b localhost:443" "--half-close=1 localhost:443"; do
    # shellcheck disable=SC2086 # several arguments
    run 2 $arguments
    expect_empty out
    [ "$(wc -l <"$dir/err.log")" -eq 1 ] || fail "client $arguments: not one line"
  done
  run 0 --help
  expect out "^usage: omnitls client"
  for status in 0 1 2 3 4 5 6; do
    expect out "^  $status  "
  done
  # An address in brackets is one, whether this machine has it or not.
  trusting 3 --timeout 5 "[::1]:$("$bin/free-port")"
}

compare() {
  expected=$1
  shift
  status=0
  "$bin/omnitls" compare --timeout 60 "$@" </dev/null >"$dir/out.log" 2>"$dir/err.log" || status=$?
  [ $status -eq "$expected" ] || fail "omnitls compare $*: status $status instead of $expected"
}

# With one backend alone there is nobody else to be equal to, and its name stands for all.
everywhere='[a-z]*'

case_compare() {
  need openssl
  start_openssl -www -alpn h2
  for version in 1.2 1.3; do
    compare 0 --ca "$dir/ca.pem" --max $version --alpn h2 "localhost:$port"
    expect out "the same result"
    expect out "version  *$everywhere  *TLSv$version"
    expect out "ALPN  *$everywhere  *h2"
    compare 0 --ca "$dir/ca.pem" --max $version --name other.example "localhost:$port"
    expect out "verdict  *$everywhere  *HOSTNAME_MISMATCH, certificate 0"
    compare 0 --ca "$dir/stranger.pem" --max $version --insecure "localhost:$port"
    expect out "verdict  *$everywhere  *UNKNOWN_ISSUER"
    expect out "result  *$everywhere  *connected"
  done
  compare 0 --json --verbose --ca "$dir/ca.pem" "localhost:$port"
  expect_json out
  expect out '"equal": true'
  compare 0 --backend "$backend,$backend" --ca "$dir/ca.pem" "localhost:$port"
  compare 2 --backend "$backend,nonsense" --ca "$dir/ca.pem" "localhost:$port"
  compare 1 --ca "$dir/missing.pem" "localhost:$port"
  compare 2 --check "localhost:$port"

  # The server serves the first one only: the others find nobody, and that is a difference.
  start_script tls goodbye
  compare 1 --backend "$backend,$backend" --ca "$dir/ca.pem" "localhost:$port"
  expect out '^[*]  *result'
  expect out "DIFFERENT RESULTS"
  start_script tls goodbye
  compare 1 --json --backend "$backend,$backend" --ca "$dir/ca.pem" "localhost:$port"
  expect_json out
  expect out '"equal": false'
  expect out '"differences": \[ "result"'
  compare 3 --ca "$dir/ca.pem" "localhost:$("$bin/free-port")"
}

"$bin/example-certificates" "$dir"
"case_$case"
