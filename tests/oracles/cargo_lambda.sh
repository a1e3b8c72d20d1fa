#!/usr/bin/env bash
# Asks the same app the same as a server and under `cargo lambda watch`, which builds it, starts it, stands before it as a
# Function URL does, and passes streams on as they come.
# usage: cargo_lambda.sh [MODE...]    stream, buffered: of LODGER_RESPONSE_MODE
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Without zig, which it builds for other machines with, and which takes 400 MB.
python=$("$here/venv.sh" cargo-lambda --no-deps cargo-lambda==1.9.2)
exec "$python" -B "$here/cargo_lambda.py" "$@"
