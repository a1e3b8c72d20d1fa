#!/bin/sh
# rustdoc with its nightly features on a stable toolchain, for `RUSTDOC`. Only rustdoc gets the variable: with it, build scripts
# would turn on nightly features of their crates.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
