//! The paths of the emulator and its programs.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The path of the probe.
pub const PROBE: &str = env!("CARGO_BIN_EXE_probe");

/// The path of `example-axum`, which `tests/Cargo.toml` builds from the sources of the example.
///
/// Cargo builds no program of another package for a test. A `cargo build` in the test would build most dependencies again,
/// because the example needs fewer of their features.
pub const EXAMPLE: &str = env!("CARGO_BIN_EXE_example_axum");

/// The path of an extension that prints its events.
pub const EXTENSION: &str = env!("CARGO_BIN_EXE_extension");

/// The path of `example-extension`, which `tests/Cargo.toml` builds like [`EXAMPLE`].
pub const EXAMPLE_EXTENSION: &str = env!("CARGO_BIN_EXE_example_extension");

/// The path of the emulator. `None` if there is none.
///
/// # Panics
/// There is no emulator, and `LODGER_TEST_RIE` is `required`.
pub fn emulator() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { env::consts::ARCH };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let path = workspace.join(format!(".oracles/rie/aws-lambda-rie-{arch}"));
    if path.exists() {
        return Some(path);
    }
    let message = "AWS's Runtime Interface Emulator is not installed; run tests/oracles/rie.sh";
    assert!(env::var("LODGER_TEST_RIE").as_deref() != Ok("required"), "{message}");
    skip(message);
    None
}

/// Prints the reason why a test is skipped: a user other than root may have no permission for the emulator.
pub fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
