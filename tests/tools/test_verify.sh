#!/bin/sh
# test_verify.sh BIN CASE: omnitls verify, on chains and on suites of them that are made here.  Status 77: not run, and
# the reason is printed.
set -eu
bin=$1
case=$2
unset OMNITLS_BACKEND

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
  echo "FAILED: $*" >&2
  for log in "$dir"/out.log "$dir"/err.log; do
    [ ! -f "$log" ] || sed "s,^,$(basename "$log"): ," "$log" >&2
  done
  exit 1
}

# verify STATUS ARGUMENTS...
verify() {
  expected=$1
  shift
  status=0
  "$bin/omnitls" verify "$@" >"$dir/out.log" 2>"$dir/err.log" || status=$?
  [ $status -eq "$expected" ] || fail "omnitls verify $*: status $status instead of $expected"
}

# expect out|err PATTERN
expect() {
  grep -q -e "$2" "$dir/$1.log" || fail "no line like $2 in $1"
}

# refused STATUS PATTERN ARGUMENTS...: nothing on standard output, and one line that says why.
refused() {
  expected=$1
  pattern=$2
  shift 2
  verify "$expected" "$@"
  [ ! -s "$dir/out.log" ] || fail "$*: something was printed"
  [ "$(wc -l <"$dir/err.log")" -eq 1 ] || fail "$*: not one line"
  expect err "^omnitls verify: .*$pattern"
}

"$bin/example-certificates" "$dir"

# == one chain ==
case_chain() {
  for backend in $("$bin/omnitls" backends --json | sed -n 's/^ *"name": "\([a-z]*\)".*/\1/p'); do
    verify 0 --backend "$backend" --ca "$dir/ca.pem" --chain "$dir/chain.pem" --name localhost
    expect out "^0  CN=localhost"
    expect out "^1  CN=Example CA"
    expect out "^name         passed"
    expect out "^cost         candidates=1 signatures=1 "
    expect out "^verdict      accepted"
    verify 1 --backend "$backend" --ca "$dir/ca.pem" --chain "$dir/chain.pem" --name elsewhere.example
    expect out "^name         failed"
    expect out "^dates        passed"
    expect out "^verdict      refused: HOSTNAME_MISMATCH, certificate 0: "
    verify 1 --backend "$backend" --ca "$dir/stranger.pem" --chain "$dir/chain.pem" --name localhost
    expect out "^path         failed"
    expect out "^dates        not reached"
    expect out "^verdict      refused: UNKNOWN_ISSUER"
  done
  verify 1 --ca "$dir/ca.pem" --chain "$dir/chain.pem" --time 2001-02-03T04:05:06Z --name elsewhere.example
  expect out "^dates        failed"
  expect out "^fault  NOT_YET_VALID at 0"
  expect out "^fault  HOSTNAME_MISMATCH at 0"
  expect out "^verdict      refused: NOT_YET_VALID"
  verify 0 --ca "$dir/ca.pem" --chain "$dir/chain.pem" --purpose client --depth 0 --time "$(date +%s)" --name 127.0.0.1
  verify 0 --ca "$dir/chain.pem" --chain "$dir/chain.pem" --partial-chain
  verify 1 --ca "$dir/chain.pem" --chain "$dir/chain.pem"
  verify 1 --ca "$dir/ca.pem" --chain "$dir/chain.pem" --name elsewhere.example --json
  expect out '"accepted": false'
  expect out '"reason": "HOSTNAME_MISMATCH"'
  expect out '"depth": 0'
  expect out '"name": "failed"'
}

# An authority and its lists, made by openssl.
case_crl() {
  command -v openssl >/dev/null || { echo "skipped: no openssl command"; exit 77; }
  cd "$dir"
  : >index.txt
  echo 01 >number
  printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ncrl_extensions=e\n' >ca.cnf
  printf '[e]\nauthorityKeyIdentifier=keyid\n' >>ca.cnf
  printf 'subjectAltName=DNS:localhost\n' >leaf.ext
  {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.pem -subj "/CN=Listing CA" -days 30
    openssl req -new -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=localhost
    openssl x509 -req -in leaf.csr -CA own.pem -CAkey own.key -set_serial 0x4243 -out leaf.pem -days 20 -extfile leaf.ext
    openssl ca -config ca.cnf -gencrl -keyfile own.key -cert own.pem -crldays 5 -out none.crl
    openssl ca -config ca.cnf -revoke leaf.pem -keyfile own.key -cert own.pem -crl_reason keyCompromise
    openssl ca -config ca.cnf -gencrl -keyfile own.key -cert own.pem -crldays 5 -out listed.crl
    openssl crl -in listed.crl -outform DER -out listed.der
  } >openssl.log 2>&1 || fail "$(cat openssl.log)"
  verify 0 --ca own.pem --chain leaf.pem
  expect out "^revocation   not asked"
  verify 0 --ca own.pem --chain leaf.pem --crl none.crl
  expect out "^revocation   passed"
  for list in listed.crl listed.der; do
    verify 1 --ca own.pem --chain leaf.pem --name localhost --crl "$list"
    expect out "^revocation   failed"
    expect out "^verdict      refused: REVOKED, certificate 0: CN=localhost: was revoked on .*: keyCompromise"
  done
  verify 1 --ca own.pem --chain leaf.pem --crl none.crl --time 2099-01-01T00:00:00Z
  expect out "^fault  CRL_EXPIRED at 0"
  verify 1 --ca ca.pem --chain chain.pem --crl none.crl --crl-all
  expect out "^verdict      refused: CRL_MISSING"
  refused 3 "no X509 CRL block" --ca own.pem --chain leaf.pem --crl own.pem
  refused 3 "nonesuch" --ca own.pem --chain leaf.pem --crl nonesuch
  refused 2 "needs --crl" --chain leaf.pem --crl-all
  refused 2 "is for --chain" --limbo a --crl none.crl
}

# An authority, its responses by itself and by a delegate, made by openssl.
case_ocsp() {
  command -v openssl >/dev/null || { echo "skipped: no openssl command"; exit 77; }
  cd "$dir"
  printf 'V\t300101000000Z\t\t42\tunknown\t/CN=localhost\n' >good.txt
  printf 'R\t300101000000Z\t240101000000Z,keyCompromise\t42\tunknown\t/CN=localhost\n' >revoked.txt
  : >unknown.txt
  printf 'subjectAltName=DNS:localhost\n' >leaf.ext
  printf 'extendedKeyUsage=OCSPSigning\nnoCheck=ignored\n' >delegate.ext
  {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.pem -subj "/CN=Answering CA" -days 30
    openssl req -new -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=localhost
    openssl x509 -req -in leaf.csr -CA own.pem -CAkey own.key -set_serial 0x42 -out leaf.pem -days 20 -extfile leaf.ext
    openssl req -new -newkey rsa:2048 -nodes -keyout delegate.key -out delegate.csr -subj /CN=delegate
    openssl x509 -req -in delegate.csr -CA own.pem -CAkey own.key -set_serial 0x43 -out delegate.pem -days 20 \
      -extfile delegate.ext
    openssl ocsp -issuer own.pem -cert leaf.pem -reqout request.der -no_nonce
    for status in good revoked unknown; do
      openssl ocsp -index "$status.txt" -CA own.pem -rsigner own.pem -rkey own.key -reqin request.der \
        -respout "$status.der" -ndays 7
    done
    openssl ocsp -index good.txt -CA own.pem -rsigner delegate.pem -rkey delegate.key -reqin request.der \
      -respout delegated.der -ndays 7 -resp_key_id
  } >openssl.log 2>&1 || fail "$(cat openssl.log)"
  { echo "-----BEGIN OCSP RESPONSE-----"; openssl base64 -in good.der; echo "-----END OCSP RESPONSE-----"; } >good.pem
  for response in good.der good.pem delegated.der; do
    verify 0 --ca own.pem --chain leaf.pem --name localhost --ocsp "$response"
    expect out "^revocation   passed"
  done
  verify 1 --ca own.pem --chain leaf.pem --name localhost --ocsp revoked.der
  expect out "^revocation   failed"
  expect out "^verdict      refused: REVOKED, certificate 0: CN=localhost: was revoked on 2024-01-01 .*: keyCompromise"
  verify 1 --ca own.pem --chain leaf.pem --ocsp unknown.der
  expect out "^verdict      refused: OCSP_MISSING, certificate 0: .*unknown"
  verify 1 --ca own.pem --chain leaf.pem --ocsp good.der --time "$(($(date +%s) + 864000))"
  expect out "^verdict      refused: OCSP_INVALID, certificate 0: .*expired on"
  verify 1 --ca ca.pem --chain chain.pem --ocsp good.der
  expect out "^verdict      refused: OCSP_INVALID, certificate 0: .*about another certificate"
  refused 3 "not an OCSP response" --ca own.pem --chain leaf.pem --ocsp request.der
  refused 3 "no OCSP RESPONSE block" --ca own.pem --chain leaf.pem --ocsp own.pem
  refused 3 "nonesuch" --ca own.pem --chain leaf.pem --ocsp nonesuch
  refused 2 "is for --chain" --limbo a --ocsp good.der
}

case_usage() {
  : >"$dir/empty"
  head -c 300 "$dir/chain.pem" >"$dir/cut.pem"
  refused 2 "which chain" --ca "$dir/ca.pem"
  refused 2 "do not go together" --chain a --limbo b
  refused 2 "are for --limbo" --chain a --offline
  refused 2 "is too much" --chain a b
  refused 2 "is not a time" --chain a --time yesterday
  refused 2 "is not a time" --chain a --time 2024-13-01T00:00:00Z
  refused 2 "is not a time" --chain a --time 2024-01-01T00:00:00+1
  refused 2 "is neither server nor client" --chain a --purpose both
  refused 2 "is not a number" --chain a --depth 101
  refused 2 "is not built in" --chain a --backend nonesuch
  refused 3 "empty" --ca "$dir/ca.pem" --chain "$dir/empty"
  refused 3 "cut.pem" --ca "$dir/ca.pem" --chain "$dir/cut.pem"
  refused 3 "nonesuch" --ca "$dir/nonesuch" --chain "$dir/chain.pem"
  refused 3 "not.a.name\|name" --ca "$dir/ca.pem" --chain "$dir/chain.pem" --name "not a name"
  verify 0 --help
  expect out "^usage: omnitls verify"
}

# == suites ==
text_of() {
  awk '{ printf "%s\\n", $0 }' "$1"
}

# a_case ID FEATURE KIND NAME RESULT [OTHERS [MORE]]: more of its JSON
a_case() {
  printf '{"id":"%s","features":["%s"],"validation_kind":"%s","validation_time":"%s","max_chain_depth":null,' \
    "$1" "$2" "$3" "$now"
  printf '"key_usage":["digitalSignature"],"trusted_certs":["%s"],"untrusted_intermediates":[%s],' \
    "$(text_of "$dir/ca.pem")" "${6-}"
  printf '"peer_certificate":"%s","expected_peer_name":%s,"expected_result":"%s"%s}' "$(text_of "$dir/chain.pem")" \
    "${4:-null}" "$5" "${7-}"
}

dns() {
  printf '{"kind":"DNS","value":"%s"}' "$1"
}

make_suite() {
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  {
    printf '{"version":1,"testcases":['
    a_case right::accepted none SERVER "$(dns localhost)" SUCCESS
    printf ,
    a_case right::refused none SERVER "$(dns elsewhere.example)" FAILURE
    printf ,
    a_case right::client none CLIENT "" SUCCESS
    printf ,
    a_case wrong::accepted pedantic-taste SERVER "$(dns localhost)" FAILURE
    printf ,
    a_case wrong::refused none SERVER "$(dns elsewhere.example)" SUCCESS
    printf ]}
  } >"$dir/suite.json"
}

# tallies CASES RIGHT ACCEPTED REFUSED SKIPPED: of every backend; nothing is over a limit, and none disagree.
tallies() {
  for backend in $("$bin/omnitls" backends --json | sed -n 's/^ *"name": "\([a-z]*\)".*/\1/p'); do
    expect out "^limbo backend=$backend cases=$1 right=$2 wrongly_accepted=$3 wrongly_refused=$4 over_limit=0 skipped=$5\$"
  done
  [ "$(tail -n 1 "$dir/out.log")" = "limbo disagreements=0" ] || fail "they disagree"
}

need_limbo() {
  verify 3 --limbo /nonexistent
  ! grep -q "left out" "$dir/err.log" || {
    echo "not run: omnitls verify --limbo was left out"
    exit 77
  }
}

case_limbo() {
  need_limbo
  make_suite
  echo "wrong::refused # for reasons of its own" >"$dir/excluded"
  for how in "" --offline; do
    # shellcheck disable=SC2086 # it may be nothing
    verify 1 --limbo "$dir/suite.json" $how
    tallies 5 3 1 1 0
    expect out "^wrong backend=.* id=wrong::accepted wanted=refused got=accepted reason=OK"
    expect out "^wrong backend=.* id=wrong::refused wanted=accepted got=refused reason=HOSTNAME_MISMATCH depth=0"
    # shellcheck disable=SC2086
    verify 1 --limbo "$dir/suite.json" --skip-feature "pedantic-*" $how
    tallies 4 3 0 1 1
    # shellcheck disable=SC2086
    verify 0 --limbo "$dir/suite.json" --skip-feature "ped*" --exclude "$dir/excluded" $how
    tallies 3 3 0 0 2
  done
  xz -k "$dir/suite.json"
  verify 1 --limbo "$dir/suite.json.xz" --offline
  tallies 5 3 1 1 0
}

# What few cases have: names of a client, revocation lists that are none, and nothing at all.
case_limbo_fields() {
  need_limbo
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  {
    printf '{"testcases":['
    a_case names::there none CLIENT "" SUCCESS "" ',"expected_peer_names":[{"kind":"DNS","value":"localhost"}]'
    printf ,
    a_case names::absent none CLIENT "" FAILURE "" ',"expected_peer_names":[{"kind":"RFC822","value":"me@localhost"}]'
    printf ,
    a_case names::of_another_kind none CLIENT "" FAILURE "" ',"expected_peer_names":[{"kind":"RFC822","value":"localhost"}]'
    printf ,
    a_case lists::unreadable none SERVER "$(dns localhost)" SUCCESS "" ',"crls":["-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",7]'
    printf ,
    a_case fields::null none SERVER "$(dns localhost)" SUCCESS "" ',"crls":null,"expected_peer_names":null,"extended_key_usage":null,"conflicts_with":null'
    printf ]}
  } >"$dir/suite.json"
  for how in "" --offline; do
    # shellcheck disable=SC2086 # it may be nothing
    verify 0 --limbo "$dir/suite.json" $how
    tallies 5 5 0 0 0
  done
}

# More certificates than some libraries take: told apart from a refusal, and no disagreement.
case_limbo_limit() {
  need_limbo
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  others=
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    others="$others${others:+,}\"$(text_of "$dir/stranger.pem")\""
  done
  {
    printf '{"testcases":['
    a_case many none SERVER "$(dns localhost)" SUCCESS "$others"
    printf ]}
  } >"$dir/suite.json"
  verify 0 --limbo "$dir/suite.json"
  expect out "^limbo disagreements=0"
  limits=$("$bin/omnitls" backends | sed -n 's/^CHAIN_COUNT  *//p')
  case $limits in
    *[0-9]\ *) expect out "right=0 wrongly_accepted=0 wrongly_refused=0 over_limit=1" ;;
  esac
  verify 0 --limbo "$dir/suite.json" --offline
  expect out "^cost backend=.* candidates=[0-9]* signatures=[0-9]* signature_units=[0-9]* name_comparisons=[0-9]*\$"
  ! grep -q "over_limit=1" "$dir/out.log" || fail "a limit without a library"
}

case_limbo_usage() {
  need_limbo
  make_suite
  : >"$dir/empty"
  head -c 1000 "$dir/suite.json" >"$dir/cut.json"
  xz -kc "$dir/suite.json" | head -c 200 >"$dir/cut.xz"
  echo '{"testcases": 7}' >"$dir/number.json"
  echo '[1, 2]' >"$dir/list.json"
  head -c 5000 /dev/urandom >"$dir/noise"
  printf '7\001noise' >"$dir/begins_with_a_number"
  { cat "$dir/suite.json" && echo '{}'; } >"$dir/two.json"
  { cat "$dir/suite.json" && printf '\n\0\n'; } >"$dir/nul.json"
  refused 3 "nonesuch" --limbo "$dir/nonesuch"
  refused 3 "not JSON" --limbo "$dir/empty"
  refused 3 "not JSON" --limbo "$dir/cut.json"
  refused 3 "not JSON" --limbo "$dir/noise"
  refused 3 "not JSON" --limbo "$dir/begins_with_a_number"
  refused 3 "not JSON" --limbo "$dir/two.json"
  refused 3 "not JSON" --limbo "$dir/nul.json"
  refused 3 "cut short" --limbo "$dir/cut.xz"
  refused 3 "no testcases" --limbo "$dir/number.json"
  refused 3 "no testcases" --limbo "$dir/list.json"
  refused 3 "directory" --limbo "$dir"
  refused 3 "nonesuch" --limbo "$dir/suite.json" --exclude "$dir/nonesuch"
  echo '{"testcases": [7, {}, {"id": "x", "expected_result": "SUCCESS"}, {"id": "y", "expected_result": "FAILURE",
    "peer_certificate": "rubbish"}]}' >"$dir/odd.json"
  verify 3 --limbo "$dir/odd.json"
  expect err "case 0 .*no expected_result"
  expect err "case 2 x: no id or no peer_certificate"
  expect out "cases=1 right=1 "
}

"case_$case"
