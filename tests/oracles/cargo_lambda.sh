#!/usr/bin/env bash
# Sends the same requests to an app as a server and under `cargo lambda watch`, which starts the app, acts as a
# Function URL, and passes streams on while they arrive.
# usage: cargo_lambda.sh [MODE...]    values of LODGER_RESPONSE_MODE: stream, buffered
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Without its dependency zig, which has 400 MB and is only needed for builds for other machines.
python=$("$here/venv.sh" cargo-lambda --no-deps cargo-lambda==1.9.2)
exec "$python" -B "$here/cargo_lambda.py" "$@"
