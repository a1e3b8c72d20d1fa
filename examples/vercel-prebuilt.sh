#!/usr/bin/env bash
# Builds an app of Lodger's, and writes what `vercel deploy --prebuilt` deploys: `.vercel/output`, with one function that
# serves every path for which there is no file in `public/`.
#
# usage: vercel-prebuilt.sh FOLDER [COMMAND...]
#
# FOLDER is that of the package. COMMAND is what builds it there; without one it is cargo-zigbuild, for a glibc that is old
# enough, or where that is not installed `cargo build --release`. What comes of it is checked before it is written.
set -euo pipefail

# What Vercel's functions run on, Amazon Linux 2023, has this one.
glibc=${VERCEL_GLIBC:-2.34}

fail() {
    printf 'vercel-prebuilt.sh: %s\n' "$@" >&2
    exit 1
}

[ $# -ge 1 ] || fail "usage: vercel-prebuilt.sh FOLDER [COMMAND...]"
cd "$1"
shift
[ -f Cargo.toml ] || fail "$PWD has no Cargo.toml; it is to be the folder of a package"

for readelf in readelf llvm-readelf greadelf ''; do
    command -v "$readelf" >/dev/null && break
done
[ -n "$readelf" ] || fail "there is no readelf, which tells what a binary needs; the package binutils has it, or that of LLVM"

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
    '') fail "this makes no binary: $*" ;;
    *$'\n'*) fail "this makes more than one binary, and there is one function; add --bin NAME:" "$binary" ;;
esac

case $("$readelf" -h "$binary" 2>/dev/null | grep 'Machine:') in
    *X86-64*) architecture=x86_64 ;;
    *AArch64*) architecture=arm64 ;;
    *) fail "$binary is no program for Linux on x86_64 or arm64, as Vercel has it; cargo-zigbuild makes one" ;;
esac

# Names of versions such as GLIBC_2.34. One that is linked statically, as with musl, has none.
needed=$("$readelf" -VW "$binary" | { grep -o 'GLIBC_[0-9][0-9.]*' || true; } | sort -Vu | tail -n 1)
needed=${needed#GLIBC_}
if [ -n "$needed" ] && [ "$(printf '%s\n' "$needed" "$glibc" | sort -V | tail -n 1)" != "$glibc" ]; then
    fail "$binary needs glibc $needed, and Vercel has $glibc: it would not start there. What makes one that does:" \
        "  cargo install cargo-zigbuild && pip install ziglang    and then this script again, or" \
        "  rustup target add x86_64-unknown-linux-musl            and at the end of this script's line" \
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
cat >"$output/config.json" <<'JSON'
{
  "version": 3,
  "routes": [{ "handle": "filesystem" }, { "src": "/(.*)", "dest": "/index" }]
}
JSON
if [ -d public ]; then
    cp -R public "$output/static"
fi
echo "$PWD/$output: $architecture, glibc ${needed:-none}"
