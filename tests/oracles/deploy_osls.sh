#!/usr/bin/env bash
# Packages examples/deploy with the Serverless Framework (osls), checks its template with cfn-lint, and sends events to the function in
# its package under AWS's Runtime Interface Emulator.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rie=$("$here/rie.sh")
modules=$("$here/npm.sh" osls osls@4.3.1)
python=$("$here/venv.sh" cfn-lint cfn-lint==1.58.0)
exec "$python" -B "$here/deploy_osls.py" "$rie" "$modules"
