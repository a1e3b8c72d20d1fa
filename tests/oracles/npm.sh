#!/usr/bin/env bash
# Installs packages of npm into .oracles/, without their install scripts, and prints the path of the folder node_modules.
# usage: npm.sh NAME PACKAGE@VERSION...
set -eu

fail() {
    echo "npm.sh: $*" >&2
    exit 1
}

[ $# -ge 2 ] || fail "usage: npm.sh NAME PACKAGE@VERSION..."
name=$1
shift

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$root/.oracles/$name
# Written last, so that an interrupted installation begins again.
stamp=$folder/packages

if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$*" ]; then
    for tool in node npm; do
        command -v "$tool" >/dev/null || fail "cannot run $name: $tool is missing"
    done
    node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' || fail "cannot run $name: node $(node -v) is older than 20"
    rm -rf "$folder"
    mkdir -p "$folder"
    echo '{ "private": true }' >"$folder/package.json"
    (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error "$@" >&2) ||
        fail "cannot install $*; npm needs a network and a registry with these packages"
    echo "$*" >"$stamp"
fi

echo "$folder/node_modules"
