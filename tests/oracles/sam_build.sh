#!/usr/bin/env bash
# Builds the four functions of examples/several-binaries with AWS's SAM CLI, and invokes each of them under AWS's Runtime Interface
# Emulator. SAM CLI has 340 MB.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Tests send no data to the network.
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
rie=$("$here/rie.sh")
python=$("$here/venv.sh" sam aws-sam-cli==1.170.0)
"$(dirname "$python")/sam" validate --lint -t "$here/../../examples/several-binaries/template.yaml" >&2
exec "$python" -B "$here/sam_build.py" "$rie"
