# bash completion for omnitls.  A section for each subcommand: a function that sets COMPREPLY for the word $cur behind
# the word $prev.

_omnitls_words() {
  mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}

_omnitls_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_omnitls_directories() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}

_omnitls_backends() {
  _omnitls_words "$("${COMP_WORDS[0]}" backends --json 2>/dev/null |
    sed -n 's/^ *"name": "\([a-z]*\)",*$/\1/p')"
}

# == demo ==
_omnitls_demo() {
  case $prev in
    --bytes | -b) _omnitls_words 0 1K 1M 100M 1G ;;
    *) _omnitls_words --bytes --json --help ;;
  esac
}

# == backends ==
_omnitls_list_backends() {
  _omnitls_words --json --help
}

# == client and compare ==
_omnitls_hosts() {
  mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
}

# Behind it: the options that only one of the two has.
_omnitls_connection() {
  case $prev in
    --backend | -B) _omnitls_backends ;;
    --ca | -C | --cert | -c | --key | -K) _omnitls_files ;;
    --name | -n) _omnitls_hosts ;;
    --min | -m | --max | -M) _omnitls_words 1.2 1.3 ;;
    --alpn | -a) _omnitls_words http/1.1 h2 ;;
    --ciphers | -l) _omnitls_words DEFAULT ECDHE+AESGCM ECDHE+CHACHA20 ;;
    --ciphersuites | -L) _omnitls_words TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 ;;
    --starttls | -s) _omnitls_words smtp imap pop3 ftp ;;
    --timeout | -t) COMPREPLY=() ;;
    *)
      if [[ $cur == -* ]]; then
        _omnitls_words --backend --ca --insecure --name --alpn --min --max --ciphers --ciphersuites --ocsp --require-ocsp --cert --key --starttls \
          --timeout --json --verbose --help "$@"
      else
        _omnitls_hosts
      fi
      ;;
  esac
}

# == server ==
_omnitls_server() {
  case $prev in
    --backend | -B) _omnitls_backends ;;
    --cert | -c | --key | -K | --ca | -C) _omnitls_files ;;
    --http | -H) _omnitls_directories ;;
    --min | -m | --max | -M) _omnitls_words 1.2 1.3 ;;
    --alpn | -a) _omnitls_words http/1.1 h2 ;;
    --listen | -l) _omnitls_words 127.0.0.1:4433 '*:4433' '[::1]:4433' :0 ;;
    --exec | -x) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
    --sni | -S | --timeout | -t) COMPREPLY=() ;;
    *)
      _omnitls_words --backend --cert --key --ocsp --sni --ca --require-client-cert --alpn --min --max --listen --echo \
        --http --exec --timeout --verbose --help
      ;;
  esac
}

# == verify ==
_omnitls_verify() {
  case $prev in
    --backend | -B) _omnitls_backends ;;
    --ca | -C | --chain | -c | --crl | --ocsp | --limbo | --exclude) _omnitls_files ;;
    --purpose | -p) _omnitls_words server client ;;
    --skip-feature) _omnitls_words 'pedantic-*' 'rfc5280-incompatible-with-webpki' ;;
    --name | -n | --time | -T | --depth | -d) COMPREPLY=() ;;
    *)
      _omnitls_words --chain --ca --name --time --purpose --depth --partial-chain --strict --web --crl --crl-all --ocsp --backend --json \
        --limbo --offline --skip-feature --exclude --help
      ;;
  esac
}

# == the command ==
_omnitls() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

  # Readline takes "=" and ":" for the ends of words; "--cert=" is then two of them.
  if [ "$prev" = = ] && [ "$COMP_CWORD" -ge 3 ]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  elif [ "$cur" = = ]; then
    cur=
  fi
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _omnitls_words demo backends client compare server verify --help --version
    return
  fi
  case ${COMP_WORDS[1]} in
    demo) _omnitls_demo ;;
    backends) _omnitls_list_backends ;;
    client) _omnitls_connection --half-close --check --quiet ;;
    compare) _omnitls_connection ;;
    server) _omnitls_server ;;
    verify) _omnitls_verify ;;
  esac
}
complete -F _omnitls omnitls
