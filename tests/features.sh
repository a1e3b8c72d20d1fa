#!/usr/bin/env bash
# Each host by itself, with each framework, and with the other features: features only add. Without a host `lodger` does not
# compile: see `compile_errors.rs`.
set -eu
cd "$(dirname "$0")/.."

check() {
    echo "lodger with [$1]"
    cargo clippy --quiet -p lodger --no-default-features --features "$1" -- -D warnings
}

for host in server lambda vercel; do
    check "$host"
    for feature in actix-web actix-web-http2 axum axum-07 hyper tower warp logs serde handlers events; do
        check "$host $feature"
    done
done

for feature in "" server lambda vercel logs serde; do
    echo "lodger-core with [$feature]"
    cargo clippy --quiet -p lodger-core --no-default-features --features "$feature" -- -D warnings
done

for feature in "" cli process websocket; do
    echo "lodger-gateway with [$feature]"
    cargo clippy --quiet -p lodger-gateway --no-default-features --features "$feature" -- -D warnings
done

for feature in axum actix-web warp; do
    echo "example-one-binary with [$feature]"
    cargo clippy --quiet -p example-one-binary --no-default-features --features "$feature" -- -D warnings
done
