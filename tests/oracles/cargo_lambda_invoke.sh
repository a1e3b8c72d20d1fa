#!/usr/bin/env bash
# Sends events to functions under `cargo lambda watch` with `cargo lambda invoke`. The example events, which it would download, are
# those of lodger-gateway.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/venv.sh" cargo-lambda --no-deps cargo-lambda==1.9.2)
exec "$python" -B "$here/cargo_lambda_invoke.py" "$@"
