#!/usr/bin/env bash
# Each feature by itself, each host with each framework, and none at all: features only add.
set -eu
cd "$(dirname "$0")/.."

check() {
    echo "lodger with [$1]"
    cargo clippy --quiet -p lodger --no-default-features --features "$1" -- -D warnings
}

check ""
for feature in server lambda vercel logs actix-web actix-web-http2 axum hyper tower warp serde; do
    check "$feature"
done
for host in server lambda vercel; do
    for framework in actix-web axum hyper tower warp; do
        check "$host $framework"
    done
done
check "lambda serde"

for feature in "" server lambda vercel logs serde; do
    echo "lodger-core with [$feature]"
    cargo clippy --quiet -p lodger-core --no-default-features --features "$feature" -- -D warnings
done

for feature in "" cli websocket; do
    echo "lodger-gateway with [$feature]"
    cargo clippy --quiet -p lodger-gateway --no-default-features --features "$feature" -- -D warnings
done

for feature in axum actix-web warp; do
    echo "example-one-binary with [$feature]"
    cargo clippy --quiet -p example-one-binary --no-default-features --features "$feature" -- -D warnings
done
