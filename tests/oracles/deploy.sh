#!/usr/bin/env bash
# Runs the checks of examples/deploy, one for each tool, and prints the seconds of each.
# usage: deploy.sh [TOOL...]    tools: container, terraform, osls, workflow, cdk, cargo_lambda, sam; by default all of them
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -ge 1 ] || set -- container terraform osls workflow cdk cargo_lambda sam
for tool; do
    [ -x "$here/deploy_$tool.sh" ] || { echo "deploy.sh: unknown tool $tool: see the usage in the file" >&2; exit 1; }
done
for tool; do
    start=$SECONDS
    "$here/deploy_$tool.sh"
    echo "deploy.sh: $tool took $((SECONDS - start)) s"
done
