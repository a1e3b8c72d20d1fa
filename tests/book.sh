#!/usr/bin/env bash
# Builds the book into target/book by mdBook, which this installs into .oracles/, and checks its links without a network. The links
# into docs.rs need the documentation of the crates: `cargo doc` runs first, with the flags of `.ci/run`.
# usage: book.sh
set -eu
cd "$(dirname "$0")/.."

version=0.5.4
root=$PWD/.oracles/mdbook-$version
# Without default features: no server, no search, no watcher. A debug build takes a minute.
[ -x "$root/bin/mdbook" ] ||
    cargo install --quiet --locked --debug --no-default-features --root "$root" "mdbook@$version"

target=${CARGO_TARGET_DIR:-$PWD/target}
rm -rf "$target/book"
# mdBook reports a missing file of an include as an error, and succeeds.
log=$("$root/bin/mdbook" build --dest-dir "$target/book" docs 2>&1) || { echo "$log" >&2; exit 1; }
case $log in *ERROR* | *WARN*) echo "$log" >&2; exit 1 ;; esac

RUSTDOC=$PWD/tests/rustdoc.sh RUSTDOCFLAGS="--cfg docsrs -D warnings" cargo doc --workspace --all-features --no-deps --quiet
tests/book_links.py "$target/book" "$target/doc"
