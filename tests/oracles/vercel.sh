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
folder=$(cd "$here/../.." && pwd)/.oracles/vercel
[ "$(uname -s)" = Linux ] || fail "the proxy is a program for Linux, and this is $(uname -s)"
for tool in node npm python3 readelf; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
done
node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' || fail "node $(node -v) is too old; it takes 20"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 -V) is too old; it takes 3.11"

# The command line has a builder of its own, of the version before; what it asks of `sandbox` is not in the registry.
packages='{
  "private": true,
  "dependencies": { "vercel": "64.0.2", "@vercel/rust": "20.0.1", "@vercel/build-utils": "14.21.1", "@vercel/fun": "1.3.6" },
  "overrides": { "sandbox": "4.5.0" }
}'
# Written last, so that what was interrupted is begun again.
stamp=$folder/installed
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$packages" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    echo "$packages" >"$folder/package.json"
    (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2) ||
        fail "npm cannot install $packages; is there a network, and a registry that has them?"
    echo "$packages" >"$stamp"
fi
exec python3 -B "$here/vercel.py" "$folder" "$@"
