#!/usr/bin/env bash
# Installs packages into a virtual environment in .oracles/, and prints the path of its Python.
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
# Written last, so that an interrupted installation begins again.
stamp=$folder/packages

if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$*" ]; then
    command -v python3 >/dev/null || fail "cannot run $name: python3 is missing"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "cannot run $name: $(python3 -V) is older than 3.11"
    rm -rf "$folder"
    mkdir -p "$root/.oracles"
    python3 -m venv "$folder" >&2 || fail "cannot create a virtual environment; install python3's module venv"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: "$@" >&2 ||
        fail "cannot install $*; pip needs a network and an index with these packages"
    echo "$*" >"$stamp"
fi

echo "$folder/bin/python"
