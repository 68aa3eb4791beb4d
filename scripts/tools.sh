#!/bin/sh
# Sees to it that the programs that are named are there:
# tools.sh postgresql nginx coturn node python openssl ffmpeg chromium firefox systemd janus cargo-deny
# What is missing is installed (Debian packages as root or with sudo, cargo-deny with cargo). Where that cannot be
# done it says what to install, and fails: no test is left out in silence.
set -eu

CARGO_DENY_VERSION=0.20.2

there() {
    case $1 in
    postgresql) command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
    nginx) command -v nginx >/dev/null || test -x /usr/sbin/nginx ;;
    coturn) command -v turnserver >/dev/null || test -x /usr/sbin/turnserver ;;
    node) command -v node >/dev/null && command -v npm >/dev/null ;;
    python) python3 -c 'import venv, ensurepip' >/dev/null 2>&1 ;;
    openssl) command -v openssl >/dev/null ;;
    ffmpeg) command -v ffmpeg >/dev/null ;;
    janus) command -v janus >/dev/null ;;
    chromium) command -v chromium >/dev/null ;;
    firefox) command -v firefox-esr >/dev/null ;;
    systemd) command -v systemd-analyze >/dev/null ;;
    cargo-deny) cargo deny --version >/dev/null 2>&1 ;;
    *) echo "tools.sh: what is $1?" >&2; exit 2 ;;
    esac
}

packages() {
    case $1 in
    postgresql) echo postgresql ;;
    nginx) echo nginx-light ;;
    coturn) echo coturn ;;
    node) echo nodejs npm ;;
    python) echo python3 python3-venv ;;
    openssl) echo openssl ;;
    ffmpeg) echo ffmpeg ;;
    janus) echo janus ;;
    chromium) echo chromium ;;
    firefox) echo firefox-esr ;;
    systemd) echo systemd ;;
    esac
}

missing=
for tool in "$@"; do
    there "$tool" || missing="$missing $tool"
done

wanted=
for tool in $missing; do
    wanted="$wanted $(packages "$tool")"
done
# shellcheck disable=SC2086 # the lists are words
set -- $wanted
if [ $# -gt 0 ]; then
    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
        command -v sudo >/dev/null || as_root=none
    fi
    if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
        echo "The tests need packages that are not installed: $* (names as in Debian). Install them and try again." >&2
        exit 1
    fi
    echo "Installing $*"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
fi

case $missing in *cargo-deny*)
    echo "Installing cargo-deny $CARGO_DENY_VERSION"
    cargo install --quiet --locked cargo-deny --version "$CARGO_DENY_VERSION"
    ;;
esac

for tool in $missing; do
    there "$tool" || { echo "$tool was installed and is still not there" >&2; exit 1; }
done
