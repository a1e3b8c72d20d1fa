#!/usr/bin/env bash
# Sends the same requests to an app as a server and behind the local API Gateway of AWS's SAM CLI: a REST API, an HTTP API, and
# an HTTP API with payload format 1.0. The function runs under AWS's Runtime Interface Emulator instead of a container.
# usage: sam.sh [FRONT...]
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Tests send no data to the network.
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
rie=$("$here/rie.sh")
python=$("$here/venv.sh" sam aws-sam-cli==1.170.0)
"$(dirname "$python")/sam" validate --lint -t "$here/../../examples/axum/template.yaml" >&2
exec "$python" -B "$here/sam.py" "$rie" "$@"
