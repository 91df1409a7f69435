#!/bin/sh
# Says which Debian package is missing before an installation that would fail on it. Takes the Python to use.
set -u
python="${1:-}"
missing=""

need() {
    missing="$missing $2"
    echo "missing: $1   (Debian package: $2)" >&2
}

if [ -z "$python" ]; then
    need "Python 3.11 or 3.12" python3
elif ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))'; then
    echo "$python is $("$python" -V 2>&1); Python 3.11 or 3.12 is needed. make PYTHON=/path/to/python3.11 picks another." >&2
    exit 1
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    need "Python's venv module" python3-venv
fi
command -v gcc >/dev/null && command -v g++ >/dev/null || need "a C and C++ compiler (llama-cpp-python is compiled)" build-essential

if [ -n "$missing" ]; then
    echo "Install with: apt install$missing" >&2
    exit 1
fi
