#!/usr/bin/env bash
# Installs packages into a virtual environment in .oracles/, and prints where its Python is.
# usage: venv.sh NAME PACKAGE==VERSION...
set -eu

fail() {
    echo "venv.sh: $*" >&2
    exit 1
}

[ $# -ge 2 ] || fail "usage: venv.sh NAME PACKAGE==VERSION..."
name=$1
shift

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$root/.oracles/$name
# Written last, so that what was interrupted is begun again.
stamp=$folder/packages

if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$*" ]; then
    command -v python3 >/dev/null || fail "python3 is missing, in which $name runs"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 -V) is too old; it takes 3.11"
    rm -rf "$folder"
    mkdir -p "$root/.oracles"
    python3 -m venv "$folder" >&2 || fail "python3 makes no virtual environment; is its module venv installed?"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: "$@" >&2 ||
        fail "pip cannot install $*; is there a network, and an index that has them?"
    echo "$*" >"$stamp"
fi

echo "$folder/bin/python"
