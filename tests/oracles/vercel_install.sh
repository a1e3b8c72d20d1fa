#!/usr/bin/env bash
# Installs Vercel's builder for Rust, its development server and its proxy, and with the argument `cli` the command line. Prints the
# folder of the packages.
set -eu

fail() {
    echo "vercel_install.sh: $*" >&2
    exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
oracles=$(cd "$here/../.." && pwd)/.oracles
[ "$(uname -s)" = Linux ] || fail "cannot run Vercel's proxy on $(uname -s): it is a program for Linux"
for tool in node npm python3 readelf; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
done
node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' || fail "node $(node -v) is too old; install 20 or newer"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 -V) is too old; install 3.11 or newer"

# Installs the packages of the given files into the folder `$1`, with `npm $2`.
install() {
    local folder=$oracles/$1 how=$2
    shift 2
    # Written last, so that an interrupted installation begins again.
    cat "$@" | cmp --silent - "$folder/installed" && return
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$@" "$folder"
    (cd "$folder" && npm "$how" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2) ||
        fail "cannot install the packages of $folder/package.json; npm needs a network and a registry with them"
    cat "$@" >"$folder/installed"
}

install vercel ci "$here"/vercel/package.json "$here"/vercel/package-lock.json
# 550 MB, with an older version of the builder.
[ "${1:-}" != cli ] || install vercel-cli install "$here"/vercel-cli/package.json
echo "$oracles"
