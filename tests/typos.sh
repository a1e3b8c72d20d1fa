#!/usr/bin/env bash
# Spelling, by `typos`, which this installs into .oracles/.
set -eu
cd "$(dirname "$0")/.."

python=$(tests/oracles/venv.sh typos typos==1.52.0)
"$(dirname "$python")/typos" "$@"
