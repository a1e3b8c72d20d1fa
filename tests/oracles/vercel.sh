#!/usr/bin/env bash
# Has Vercel's own programs build, start, call and upload what Lodger makes: the builder for Rust with its development server and
# its proxy, the command line, and the emulator of the older runtimes.
# usage: vercel.sh [PART...]    of build, executable, proxy, dev, cli, provided; without one, all of them
set -eu

fail() {
    echo "vercel.sh: $*" >&2
    exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
oracles=$(cd "$here/../.." && pwd)/.oracles
[ "$(uname -s)" = Linux ] || fail "the proxy is a program for Linux, and this is $(uname -s)"
for tool in node npm python3 readelf; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
done
node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' || fail "node $(node -v) is too old; it takes 20"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 -V) is too old; it takes 3.11"

# Installs by `npm $2` into the folder `$1` what the files after that say.
install() {
    local folder=$oracles/$1 how=$2
    shift 2
    # Written last, so that what was interrupted is begun again.
    cat "$@" | cmp --silent - "$folder/installed" && return
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$@" "$folder"
    (cd "$folder" && npm "$how" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2) ||
        fail "npm cannot install what is in $1; is there a network, and a registry that has it?"
    cat "$@" >"$folder/installed"
}

install vercel ci "$here"/vercel/package.json "$here"/vercel/package-lock.json
case " ${*:-cli} " in
    # Half a gigabyte, with a builder of its own, of the version before.
    *" cli "*) install vercel-cli install "$here"/vercel-cli/package.json ;;
esac
exec python3 -B "$here/vercel.py" "$oracles" "$@"
