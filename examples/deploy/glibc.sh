#!/bin/sh
# Checks that a binary starts on Amazon Linux 2023, which has glibc 2.34: a binary that needs a newer glibc fails at the start
# with "version `GLIBC_2.39' not found".
# usage: glibc.sh BINARY [MAXIMUM]
#
# Source: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
set -eu

fail() {
    echo "glibc.sh: $*" >&2
    exit 1
}

[ $# -ge 1 ] || fail "usage: glibc.sh BINARY [MAXIMUM]"
binary=$1
maximum=${2:-2.34}

for readelf in readelf llvm-readelf greadelf ''; do
    command -v "$readelf" >/dev/null && break
done
[ -n "$readelf" ] || fail "cannot find readelf; install binutils or LLVM"
machine=$("$readelf" -h "$binary" 2>/dev/null | sed -n 's/^ *Machine: *//p')
[ -n "$machine" ] || fail "cannot read $binary: expected an ELF binary; build for Linux, such as with cargo lambda build"

# Symbol versions, such as GLIBC_2.34. A static binary, such as one for musl, has none.
needed=$("$readelf" -VW "$binary" | grep -o 'GLIBC_[0-9][0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
newest=$(printf '%s\n' "$needed" "$maximum" | sort -V | tail -n 1)
[ "$newest" = "$maximum" ] || fail "cannot deploy $binary: it needs glibc $needed, and the host has $maximum; build with cargo lambda build"
echo "$binary: $machine, glibc ${needed:-none}"
