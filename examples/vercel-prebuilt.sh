#!/usr/bin/env bash
# Builds an app, and writes `.vercel/output` for `vercel deploy --prebuilt`: one function that serves every path without a file
# in `public/`. The cron jobs of `vercel.json` come along.
#
# usage: vercel-prebuilt.sh FOLDER [COMMAND...]
#
# FOLDER is the folder of the package. COMMAND builds the binary there. By default it is `cargo zigbuild`, for a glibc that is
# old enough, or `cargo build --release` if cargo-zigbuild is not installed. The script checks the binary before it writes.
set -euo pipefail

# The version in Amazon Linux 2023, on which Vercel's functions run.
glibc=${VERCEL_GLIBC:-2.34}

fail() {
    printf 'vercel-prebuilt.sh: %s\n' "$@" >&2
    exit 1
}

[ $# -ge 1 ] || fail "usage: vercel-prebuilt.sh FOLDER [COMMAND...]"
cd "$1"
shift
[ -f Cargo.toml ] || fail "cannot find Cargo.toml in $PWD; pass the folder of a package"

for readelf in readelf llvm-readelf greadelf ''; do
    command -v "$readelf" >/dev/null && break
done
[ -n "$readelf" ] || fail "cannot find readelf; install binutils or LLVM"

if [ $# -eq 0 ]; then
    if cargo zigbuild --help >/dev/null 2>&1; then
        set -- cargo zigbuild --release --target "x86_64-unknown-linux-gnu.$glibc"
    else
        set -- cargo build --release
    fi
fi
echo "$*" >&2
binary=$("$@" --message-format=json-render-diagnostics | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
case $binary in
    '') fail "cannot find a binary in the output of: $*" ;;
    *$'\n'*) fail "cannot choose between several binaries for one function; add --bin NAME:" "$binary" ;;
esac

case $("$readelf" -h "$binary" 2>/dev/null | grep 'Machine:') in
    *X86-64*) architecture=x86_64 ;;
    *AArch64*) architecture=arm64 ;;
    *) fail "cannot deploy $binary: expected a Linux binary for x86_64 or arm64; build one with cargo-zigbuild" ;;
esac

# Symbol versions such as GLIBC_2.34. A statically linked binary, such as one for musl, has none.
needed=$("$readelf" -VW "$binary" | { grep -o 'GLIBC_[0-9][0-9.]*' || true; } | sort -Vu | tail -n 1)
needed=${needed#GLIBC_}
if [ -n "$needed" ] && [ "$(printf '%s\n' "$needed" "$glibc" | sort -V | tail -n 1)" != "$glibc" ]; then
    fail "cannot deploy $binary: it needs glibc $needed, and Vercel has $glibc. Build it in one of these ways:" \
        "  cargo install cargo-zigbuild && pip install ziglang    and run this script again" \
        "  rustup target add x86_64-unknown-linux-musl            and append to the command of this script:" \
        "                                                         cargo build --release --target x86_64-unknown-linux-musl"
fi

output=.vercel/output
function=$output/functions/index.func
rm -rf "$output"
mkdir -p "$function"
install -m 755 "$binary" "$function/executable"
cat >"$function/.vc-config.json" <<JSON
{
  "handler": "executable",
  "runtime": "executable",
  "runtimeLanguage": "rust",
  "architecture": "$architecture",
  "environment": {},
  "supportsResponseStreaming": true
}
JSON
crons=[]
if [ -f vercel.json ] && grep -q '"crons"' vercel.json; then
    # The command line of Vercel needs node as well.
    crons=$(node -p 'JSON.stringify(JSON.parse(require("fs").readFileSync("vercel.json")).crons ?? [])') ||
        fail "cannot read the crons of vercel.json; install node, and check the file"
fi
cat >"$output/config.json" <<JSON
{
  "version": 3,
  "routes": [{ "handle": "filesystem" }, { "src": "/(.*)", "dest": "/index" }],
  "crons": $crons
}
JSON
if [ -d public ]; then
    cp -R public "$output/static"
fi
echo "$PWD/$output: $architecture, glibc ${needed:-none}"
