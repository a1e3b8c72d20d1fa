#!/usr/bin/env bash
# Checks the templates of examples/deploy with `sam validate --lint` and cfn-lint, builds the function with both builders of `sam build`,
# and sends events to both results under AWS's Runtime Interface Emulator. SAM CLI has 340 MB.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Tests send no data to the network.
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
rie=$("$here/rie.sh")
# The builder `rust-cargolambda` runs it.
cargo_lambda=$("$here/venv.sh" cargo-lambda --no-deps cargo-lambda==1.9.2)
python=$("$here/venv.sh" sam aws-sam-cli==1.170.0)
exec "$python" -B "$here/deploy_sam.py" "$rie" "$(dirname "$cargo_lambda")"
