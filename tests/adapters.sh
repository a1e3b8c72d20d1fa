#!/usr/bin/env bash
# Adapters that were written from the documentation of `lodger::adapter`, for frameworks outside the workspace.
set -eu
cd "$(dirname "$0")/adapters"

cargo fmt --all --check
cargo test --quiet --workspace
