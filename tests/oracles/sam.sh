#!/usr/bin/env bash
# Asks the same app the same as a server and behind the local API Gateway of AWS's SAM CLI, which here invokes a function
# under AWS's Runtime Interface Emulator and not in a container: a REST API, an HTTP API, an HTTP API with payload 1.0.
# usage: sam.sh [FRONT...]
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Nothing goes out from a test.
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
rie=$("$here/rie.sh")
python=$("$here/venv.sh" sam aws-sam-cli==1.170.0)
"$(dirname "$python")/sam" validate --lint -t "$here/../../examples/axum/template.yaml" >&2
exec "$python" -B "$here/sam.py" "$rie" "$@"
