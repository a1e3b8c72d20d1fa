#!/usr/bin/env bash
# Counts the instructions of an invocation, and compares them with benches/instructions.json. Installs valgrind from Debian if it is
# missing.
# usage: instructions.sh [--update]
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "instructions.sh: $*" >&2
    exit 1
}

if ! command -v valgrind >/dev/null; then
    command -v apt-get >/dev/null || fail "cannot install valgrind: apt-get is missing; install the package valgrind"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    # valgrind needs the symbols of the C library, which Debian has in a package of its own.
    { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends valgrind libc6-dbg; } >/dev/null 2>&1 ||
        fail "cannot install valgrind by apt-get; install the package valgrind"
fi

# Without optimization: the harness is cheap, and the tests have built its dependencies.
cargo run --quiet -p lodger-benches -- instructions "$@"
