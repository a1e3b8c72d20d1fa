#!/usr/bin/env bash
# Builds examples/deploy with `cargo lambda build`, deploys the function to ministack with `cargo lambda deploy`, and sends requests to its
# Function URL and messages to its queue.
# usage: deploy_cargo_lambda.sh [zig]    with zig, which has 400 MB, for every architecture whose standard library is installed
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rie=$("$here/rie.sh")
case ${1-} in
    zig) cargo_lambda=$("$here/venv.sh" cargo-lambda-zig cargo-lambda==1.9.2 ziglang==0.17.0) ;;
    *) cargo_lambda=$("$here/venv.sh" cargo-lambda --no-deps cargo-lambda==1.9.2) ;;
esac
python=$("$here/venv.sh" ministack ministack==1.5.33 botocore==1.43.106 hypercorn==0.18.0 h11==0.16.0)
exec "$python" -B "$here/deploy_cargo_lambda.py" "$rie" "$(dirname "$cargo_lambda")" "$@"
