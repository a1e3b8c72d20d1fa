#!/usr/bin/env bash
# Licences, sources and forbidden crates among all dependencies, by `cargo deny`, which this installs into .oracles/. Arguments choose
# the checks: `advisories` needs a copy of RustSec's database, which it fetches.
set -eu
cd "$(dirname "$0")/.."

version=0.20.2
root=$PWD/.oracles/cargo-deny-$version
[ -x "$root/bin/cargo-deny" ] || cargo install --quiet --locked --debug --root "$root" "cargo-deny@$version"
[ $# -gt 0 ] || set -- bans licenses sources
"$root/bin/cargo-deny" check "$@"
