#!/usr/bin/env bash
# Checks the inspector of `cargo lodger dev` in Chromium, with real functions behind real fronts.
# usage: page.sh [--install] [--screenshots FOLDER] [NAME...]    parts of the names of checks; by default all of them
# Without the program chromium nothing is checked. With LODGER_TEST_CHROMIUM=required the script fails instead. `--install` installs
# Debian's package first, if it can.
set -eu

fail() {
    echo "page.sh: $*" >&2
    exit 1
}

if [ "${1:-}" = --install ]; then
    shift
    if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 || true
    fi
fi

if ! chromium=$(command -v chromium); then
    [ "${LODGER_TEST_CHROMIUM:-}" != required ] || fail "cannot find chromium; install Debian's package chromium"
    echo "page.sh: skipped: cannot find chromium; install Debian's package chromium" >&2
    exit 0
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# It drives the installed Chromium: unlike the package playwright, it downloads no browser.
modules=$("$root/tests/oracles/npm.sh" page playwright-core@1.65.1)
cargo build --quiet --manifest-path "$root/Cargo.toml" -p cargo-lodger --bins --examples
exec node "$root/cli/tests/page/main.mjs" "$chromium" "$modules" "${CARGO_TARGET_DIR:-$root/target}/debug" "$@"
