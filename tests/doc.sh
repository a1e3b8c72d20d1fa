#!/usr/bin/env bash
# The documentation of the published crates as docs.rs builds it, with its links. Arguments go to `cargo doc`.
set -eu
cd "$(dirname "$0")/.."

export RUSTDOC=$PWD/tests/rustdoc.sh RUSTDOCFLAGS="--cfg docsrs -D warnings"
packages=(lodger lodger-core lodger-runtime-api lodger-extension lodger-gateway lodger-routes)
cargo doc --quiet --all-features --no-deps "${packages[@]/#/-p}" "$@"
