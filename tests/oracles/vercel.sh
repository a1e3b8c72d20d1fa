#!/usr/bin/env bash
# Builds, starts, calls and uploads apps with Vercel's own programs: the builder for Rust with its development server and its
# proxy, the command line, and the emulator of the older runtimes.
# usage: vercel.sh [PART...]    parts: build, executable, proxy, dev, cli, provided; by default all of them
set -eu

fail() {
    echo "vercel.sh: $*" >&2
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
case " ${*:-cli} " in
    # 550 MB, with an older version of the builder.
    *" cli "*) install vercel-cli install "$here"/vercel-cli/package.json ;;
esac
exec python3 -B "$here/vercel.py" "$oracles" "$@"
