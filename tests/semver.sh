#!/usr/bin/env bash
# Compares the public API of the published crates with the last release, by cargo-semver-checks, which this compiles into .oracles/ in
# some minutes. A break of the API fails, unless the version in Cargo.toml is already the next one for breaks.
# usage: semver.sh [OPTION...]    options of `cargo semver-checks`, such as `-p lodger-routes`
set -eu
cd "$(dirname "$0")/.."

if ! last=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null); then
    echo "semver.sh: there is no tag of a release yet, so there is nothing to compare with"
    exit
fi
version=0.51.0
root=$PWD/.oracles/cargo-semver-checks-$version
[ -x "$root/bin/cargo-semver-checks" ] || cargo install --quiet --locked --debug --root "$root" "cargo-semver-checks@$version"
echo "compared with $last:"
"$root/bin/cargo-semver-checks" semver-checks --baseline-rev "$last" --all-features "$@"
