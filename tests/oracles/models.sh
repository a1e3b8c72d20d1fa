#!/usr/bin/env bash
# Shows the events that lodger-gateway makes to two judges of their own: the models of Powertools for AWS Lambda, and
# Mangum, which makes requests of them.
# usage: models.sh [FILE]    lines of {"front": ..., "event": ..., "request": ...}; without it, those of lodger-gateway
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/venv.sh" models mangum==0.22.0 'aws-lambda-powertools[parser]==3.37.0' pydantic==2.14.3)

if [ $# -gt 0 ]; then
    exec "$python" -B "$here/models.py" <"$1"
fi
cd "$here/../.."
# Not into a pipe: a build that fails is to be the end.
events=$(mktemp)
trap 'rm -f "$events"' EXIT
cargo run -q -p lodger-gateway --example events >"$events"
"$python" -B "$here/models.py" <"$events"
