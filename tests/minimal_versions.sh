#!/usr/bin/env bash
# The published crates with the oldest versions that their Cargo.toml files allow: a version that is too old there fails here. So does a
# file that a package needs and does not contain.
set -eu
cd "$(dirname "$0")/.."

members=(runtime-api core adapters extension gateway routes)
# The target folder of the workspace, because most dependencies of dependencies are the same. The copy has a fixed path, so that a
# second run builds nothing.
target=${CARGO_TARGET_DIR:-$PWD/target}
tree=$target/minimal-versions
rm -rf "$tree"
mkdir -p "$tree"
cp Cargo.toml "$tree"
for member in "${members[@]}"; do
    mkdir "$tree/$member"
    (cd "$member" && cargo package --list --allow-dirty --offline | grep -vxE '\.cargo_vcs_info\.json|Cargo\.(lock|toml\.orig)' |
        tar -chf - -T -) | tar -xf - -C "$tree/$member"
done
sed -i.bak "s/^members = .*/members = [$(printf '"%s", ' "${members[@]}")]/" "$tree/Cargo.toml"

# On stable the flag needs this variable. `cargo check` runs without it: build scripts would turn on nightly features.
cd "$tree"
RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
cargo check --locked --all-features --target-dir "$target" -p lodger -p lodger-runtime-api -p lodger-extension -p lodger-gateway -p lodger-routes
