#!/usr/bin/env bash
# Reads the events that lodger-gateway makes with the models of Powertools for AWS Lambda, and with Mangum, which makes
# requests from events.
# usage: models.sh [FILE]    lines of {"front": ..., "event": ..., "request": ...}; by default those of lodger-gateway
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/venv.sh" models mangum==0.22.0 'aws-lambda-powertools[parser]==3.37.0' pydantic==2.14.3)

if [ $# -gt 0 ]; then
    exec "$python" -B "$here/models.py" <"$1"
fi
cd "$here/../.."
# Not through a pipe, so that a failed build ends the script.
events=$(mktemp)
trap 'rm -f "$events"' EXIT
cargo run -q -p lodger-gateway --example events >"$events"
"$python" -B "$here/models.py" <"$events"
