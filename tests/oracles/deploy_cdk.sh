#!/usr/bin/env bash
# Checks the types of examples/deploy/cdk with tsc, runs `cdk synth`, checks the template with cfn-lint, and sends events to the function
# in its asset under AWS's Runtime Interface Emulator. The packages have 250 MB.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rie=$("$here/rie.sh")
# The versions in package.json of the example.
packages=$(sed -n 's/^ *"\([a-z@/-]*\)": "\([0-9.]*\)",\{0,1\}$/\1@\2/p' "$here/../../examples/deploy/cdk/package.json")
# shellcheck disable=SC2086 # One argument for each package.
modules=$("$here/npm.sh" cdk $packages)
python=$("$here/venv.sh" cfn-lint cfn-lint==1.58.0)
exec "$python" -B "$here/deploy_cdk.py" "$rie" "$modules"
