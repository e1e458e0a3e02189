# Debian packages that the product, its tests and the native build need.

# One line a step, with the seconds since the start, so that a long step shows that it lives.
step() { printf '[%4ds] %s\n' "$SECONDS" "$*" >&2; }

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# package=command-or-file that shows it is there
RUN_PACKAGES='containerd=containerd runc=runc containernetworking-plugins=/usr/lib/cni/ptp mosquitto=mosquitto
libmosquitto1=libmosquitto.so.1 libsqlite3-0=libsqlite3.so.0 busybox-static=/bin/busybox docker-registry=docker-registry
nftables=nft iproute2=ip curl=curl ca-certificates=/etc/ssl/certs procps=pgrep openssl=openssl'
TEST_PACKAGES='faketime=faketime'
# The emulated machine: its disk is made of packages, too.
SOAK_PACKAGES='qemu-system-x86=qemu-system-x86_64 mmdebstrap=mmdebstrap e2fsprogs=mke2fs'
BUILD_PACKAGES='clang=clang zlib1g-dev=/usr/include/zlib.h'

present() {
  case $1 in
    /*) [ -e "$1" ] ;;
    lib*.so.*) /sbin/ldconfig -p | grep -q "$1" ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
  esac
}

# install_missing LIST: installs from LIST what is not there yet.
install_missing() {
  local pair missing=()
  for pair in $1; do
    present "${pair#*=}" || missing+=("${pair%%=*}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || fail "these packages are missing and need root to install: ${missing[*]}"
  step "installing ${missing[*]}"
  apt-get update -qq
  # A package's own service must not start: every daemon here is ours, with its own configuration.
  local policy=/usr/sbin/policy-rc.d made=''
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ -z "$made" ] || rm -f $policy
}

require_dotnet() { command -v dotnet >/dev/null || fail "the .NET SDK 10 is needed (dotnet is not on PATH)"; }
