#!/bin/sh
# Installs the Debian packages that only tests use, where this user may; otherwise says what to install.
# Running Viva (make up, make demo) needs none of them.
set -u
packages="chromium poppler-utils espeak-ng libegl1 libgles2 libgl1 libglib2.0-0 libxcb1 strace"

command -v dpkg-query >/dev/null || { echo "no Debian packages here; tests need: $packages" >&2; exit 0; }
missing=""
for package in $packages; do
    # libglib2.0-0 and others are called ...t64 where time is counted in 64 bits.
    dpkg-query -W -f '${Status}\n' "$package" "${package}t64" 2>/dev/null | grep -q "ok installed" \
        || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Tests need packages that this user cannot install. Run: sudo apt install$missing" >&2
    exit 1
fi

echo "Installing what only tests need:$missing"
if ! $as_root apt-get install --yes --no-install-recommends $missing >/dev/null 2>&1; then
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing || {
        echo "They could not be installed. Run by hand: apt install$missing" >&2
        exit 1
    }
fi
