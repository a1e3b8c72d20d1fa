//! The programs of `benches/apps`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

/// The other side of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The Lambda Runtime API.
    Lambda,
    /// A client of HTTP, and the socket of Vercel.
    Vercel,
    /// A client of HTTP.
    Server,
}

/// A program to measure.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// The name of the program and of the feature that it needs.
    pub name: &'static str,
    /// The name in tables.
    pub label: &'static str,
}

/// The programs.
pub mod apps {
    use super::App;

    macro_rules! apps {
        ($($constant:ident = $name:literal, $label:literal;)*) => {
            $(pub const $constant: App = App { name: $name, label: $label };)*
        };
    }

    apps! {
        LAMBDA_HTTP_AXUM = "lambda-http-axum", "lambda_http 1.3.2";
        LODGER_AXUM = "lodger-axum", "Lodger, all hosts";
        LODGER_AXUM_LAMBDA = "lodger-axum-lambda", "Lodger, Lambda only";
        LODGER_TOWER = "lodger-tower", "Lodger, tower without axum";
        FLOOR = "floor", "floor";
        LAMBDA_WEB_ACTIX_WEB = "lambda-web-actix-web", "lambda-web 0.2.1";
        LODGER_ACTIX_WEB = "lodger-actix-web", "Lodger";
        LAMBDA_HTTP_WARP = "lambda-http-warp", "lambda_http 1.3.2";
        LODGER_WARP = "lodger-warp", "Lodger";
        LAMBDA_RUNTIME_EVENTS = "lambda-runtime-events", "lambda_runtime 1.5.0";
        LODGER_EVENTS = "lodger-events", "Lodger";
        VERCEL_RUNTIME_AXUM = "vercel-runtime-axum", "vercel_runtime 2.4.1";
        FLOOR_VERCEL = "floor-vercel", "floor";
        AXUM_SERVE = "axum-serve", "axum::serve";
        LODGER_COUNTED = "lodger-counted", "Lodger";
    }
}

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

impl App {
    /// Builds the program, and returns its path.
    ///
    /// Each program is built alone: cargo would unite the features of the dependencies of several.
    pub fn build(&self) -> Result<PathBuf> {
        eprintln!("building {}", self.name);
        let mut command = Command::new("cargo");
        command.args(["build", "--quiet", "--release", "--features", self.name, "--bin", self.name]);
        command.arg("--manifest-path").arg(root().join("benches/apps/Cargo.toml")).arg("--target-dir").arg(target());
        match command.status()?.success() {
            true => Ok(self.path()),
            false => Err(format!("cannot build {}", self.name).into()),
        }
    }

    /// The path of the program.
    pub fn path(&self) -> PathBuf {
        target().join("release").join(self.name)
    }
}

/// Returns the version of the compiler, such as `1.95.0`.
pub fn rustc_version() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output()?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split(' ').nth(1).unwrap_or_default().to_owned())
}
