#!/usr/bin/env bash
# Runs functions without Lodger under `cargo lodger dev` and `cargo lodger invoke`: an app under lambda_http, and a handler in Python under
# AWS's own runtime interface client.
# usage: foreign.sh [lambda_http|python]...    by default both
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/venv.sh" foreign awslambdaric==4.2.2 simplejson==4.3.0 snapshot-restore-py==1.0.0)
exec "$python" -B "$here/foreign.py" "$@"
