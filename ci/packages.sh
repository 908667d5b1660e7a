# Sourced by the scripts beside it: finds the system's package manager and installs what a build needs.
#
# need TOOL-OR-MODULE...   remembers what is missing: "cmd:cmake" a command, "pkg:openssl" a pkg-config module
# install_missing          installs the packages for it, or prints what to install and stops
#
# Only apt is tried by the project's own runs; the other lists are kept with care, but untested.

missing=""

need() {
  for item in "$@"; do
    case "$item" in
      cmd:*) command -v "${item#cmd:}" >/dev/null 2>&1 || missing="$missing $item" ;;
      pkg:*) pkg-config --exists "${item#pkg:}" 2>/dev/null || missing="$missing $item" ;;
      file:*) [ -e "${item#file:}" ] || missing="$missing $item" ;;
    esac
  done
}

# The package that brings an item: apt, dnf, apk, pacman, brew.
package_of() {
  case "$2" in
    cmd:cmake) echo cmake ;;
    cmd:ninja) case "$1" in apt | dnf) echo ninja-build ;; *) echo ninja ;; esac ;;
    cmd:cc) case "$1" in apt) echo gcc libc6-dev ;; apk) echo gcc musl-dev ;; brew) echo llvm ;; *) echo gcc ;; esac ;;
    cmd:c++) case "$1" in apt | apk) echo g++ ;; dnf) echo gcc-c++ ;; brew) echo llvm ;; *) echo gcc ;; esac ;;
    cmd:gcc) case "$1" in apt) echo gcc libc6-dev ;; apk) echo gcc musl-dev ;; *) echo gcc ;; esac ;;
    cmd:clang) case "$1" in brew) echo llvm ;; *) echo clang ;; esac ;;
    cmd:clang-format) case "$1" in apt) echo clang-format ;; dnf | apk) echo clang-tools-extra ;; pacman) echo clang ;; brew) echo clang-format ;; esac ;;
    cmd:pkg-config) case "$1" in dnf) echo pkgconf-pkg-config ;; apt) echo pkg-config ;; apk | pacman) echo pkgconf ;; brew) echo pkg-config ;; esac ;;
    cmd:git) echo git ;;
    cmd:readelf) echo binutils ;;
    cmd:curl | cmd:wget | cmd:chromium) echo "${2#cmd:}" ;;
    cmd:gnutls-cli) case "$1" in apt) echo gnutls-bin ;; dnf | apk) echo gnutls-utils ;; *) echo gnutls ;; esac ;;
    cmd:nginx) case "$1" in apt) echo nginx-light ;; *) echo nginx ;; esac ;;
    cmd:stunnel) case "$1" in apt) echo stunnel4 ;; *) echo stunnel ;; esac ;;
    cmd:tstclnt) case "$1" in apt) echo libnss3-tools ;; dnf | apk) echo nss-tools ;; *) echo nss ;; esac ;;
    cmd:node) case "$1" in brew) echo node ;; *) echo nodejs ;; esac ;;
    cmd:javac) case "$1" in apt) echo default-jdk-headless ;; dnf) echo java-devel ;; apk) echo openjdk17 ;; pacman) echo jdk-openjdk ;; brew) echo openjdk ;; esac ;;
    cmd:go) case "$1" in apt) echo golang-go ;; dnf) echo golang ;; *) echo go ;; esac ;;
    cmd:openssl) case "$1" in brew) echo openssl@3 ;; *) echo openssl ;; esac ;;
    pkg:openssl) case "$1" in apt) echo libssl-dev ;; dnf) echo openssl-devel ;; apk) echo openssl-dev ;; pacman) echo openssl ;; brew) echo openssl@3 ;; esac ;;
    pkg:gnutls) case "$1" in apt) echo libgnutls28-dev ;; dnf) echo gnutls-devel ;; apk) echo gnutls-dev ;; *) echo gnutls ;; esac ;;
    pkg:wolfssl) case "$1" in apt) echo libwolfssl-dev ;; dnf) echo wolfssl-devel ;; apk) echo wolfssl-dev ;; *) echo wolfssl ;; esac ;;
    pkg:cmocka) case "$1" in apt) echo libcmocka-dev ;; dnf) echo libcmocka-devel ;; apk) echo cmocka-dev ;; *) echo cmocka ;; esac ;;
    pkg:p11-kit-1) case "$1" in apt) echo libp11-kit-dev ;; dnf) echo p11-kit-devel ;; apk) echo p11-kit-dev ;; *) echo p11-kit ;; esac ;;
    cmd:softhsm2-util) case "$1" in apt) echo softhsm2 ;; *) echo softhsm ;; esac ;;
    pkg:libcjson) case "$1" in apt) echo libcjson-dev ;; dnf) echo cjson-devel ;; apk) echo cjson-dev ;; *) echo cjson ;; esac ;;
    pkg:liblzma) case "$1" in apt) echo liblzma-dev ;; dnf) echo xz-devel ;; apk) echo xz-dev ;; *) echo xz ;; esac ;;
    pkg:libuv) case "$1" in apt) echo libuv1-dev ;; dnf) echo libuv-devel ;; apk) echo libuv-dev ;; *) echo libuv ;; esac ;;
    file:*/mbedtls/*) case "$1" in apt) echo libmbedtls-dev ;; dnf) echo mbedtls-devel ;; apk) echo mbedtls-dev ;; *) echo mbedtls ;; esac ;;
    file:*libclang_rt*) case "$1" in apt) echo "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" ;; *) echo compiler-rt ;; esac ;;
  esac
}

manager() {
  for known in apt:apt-get dnf:dnf apk:apk pacman:pacman brew:brew; do
    command -v "${known#*:}" >/dev/null 2>&1 && { echo "${known%%:*}"; return; }
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo "$@"; else return 1; fi
}

install_missing() {
  [ -n "$missing" ] || return 0
  manager=$(manager)
  packages=""
  for item in $missing; do packages="$packages $(package_of "${manager:-apt}" "$item")"; done
  echo "Missing:$missing"
  echo "Installing:$packages"
  # RUNLEVEL=1: a server that is installed to be talked to is not to be started as a service.
  # shellcheck disable=SC2086
  case "$manager" in
    apt) as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends $packages >/dev/null ;;
    dnf) as_root dnf install -y $packages ;;
    apk) as_root apk add $packages ;;
    pacman) as_root pacman -S --needed --noconfirm $packages ;;
    brew) brew install $packages ;;
    *) false ;;
  esac || {
    echo "These could not be installed here; please install them and run this again:$packages (names as Debian's)" >&2
    exit 1
  }
  missing=""
}

build_needs="cmd:cc cmd:cmake cmd:ninja cmd:pkg-config pkg:openssl pkg:gnutls pkg:wolfssl pkg:libuv pkg:libcjson pkg:liblzma"
test_needs="$build_needs pkg:cmocka pkg:p11-kit-1 cmd:softhsm2-util cmd:c++ cmd:openssl cmd:readelf"

# What the interop tests let OmniTLS talk to.  OMNITLS_INTEROP=1 installs the large ones too; what is not there is not run.
interop_peers="cmd:curl cmd:wget cmd:gnutls-cli cmd:nginx cmd:stunnel cmd:tstclnt file:/usr/include/mbedtls/ssl.h"
interop_peers_large="cmd:node cmd:javac cmd:go cmd:chromium"
[ "${OMNITLS_INTEROP:-0}" = 0 ] || interop_peers="$interop_peers $interop_peers_large"

# How many jobs at once.
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
