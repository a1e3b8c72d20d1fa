#!/usr/bin/env bash
# Sends the same requests to an app as a server and behind ministack's fronts: Function URL, HTTP API, REST API, ALB.
# usage: ministack.sh [FRONT...]
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/venv.sh" ministack ministack==1.5.33 botocore==1.43.106 hypercorn==0.18.0 h11==0.16.0)
exec "$python" -B "$here/ministack.py" "$@"
