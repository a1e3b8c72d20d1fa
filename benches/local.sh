#!/usr/bin/env bash
# Measures requests per second of the same app under Lodger and under the server of its framework. The rounds alternate, so
# that a noisy moment hits both. Needs wrk. The goal is a ratio of 0.98 or more.
# Prints a line for each measurement, such as `axum 0 57000.5`: the framework, whether it is under Lodger, and requests per second.
# usage: local.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/.."

rounds=${1:-7}
command -v wrk >/dev/null || {
    echo "local.sh: cannot find wrk; install the package wrk" >&2
    exit 1
}
target=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --quiet --release --manifest-path benches/apps/Cargo.toml --target-dir "$target" --features servers --bin servers
binary=$target/release/servers

port=$((20000 + RANDOM % 20000))
for framework in axum actix-web warp; do
    pids=()
    trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
    for server in own lodger; do
        "$binary" $framework $server 127.0.0.1:$((port + ${#pids[@]})) 2>/dev/null &
        pids+=($!)
    done
    sleep 1
    for round in $(seq "$rounds"); do
        # The order changes in each round.
        for at in $((round % 2)) $((1 - round % 2)); do
            requests=$(wrk -t1 -c32 -d2s "http://127.0.0.1:$((port + at))/hello" | awk '/Requests\/sec/ {print $2}')
            echo "$framework $at $requests"
        done
    done | awk '
        { sum[$2] += $3; print; fflush() }
        END {
            printf "%-10s own server %.0f req/s, under Lodger %.0f, ratio %.3f\n", $1, sum[0] / (NR / 2), sum[1] / (NR / 2), sum[1] / sum[0]
        }'
    kill "${pids[@]}"
    wait "${pids[@]}" 2>/dev/null || true
    port=$((port + 2))
done
