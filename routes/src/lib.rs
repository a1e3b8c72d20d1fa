//! Makes one axum router from a folder of handler files, in a build script.
//!
//! The path of a file is the path of its routes, and its public functions are the handlers of the methods:
//!
//! ```no_run
//! // build.rs, in `fn main`
//! lodger_routes::Routes::new("routes").write();
//! ```
//!
//! ```ignore
//! // src/main.rs
//! mod routes {
//!     include!(concat!(env!("OUT_DIR"), "/routes.rs"));
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(routes::router()).await
//! }
//! ```
//!
//! ```
//! // routes/users/[id].rs
//! use axum::extract::Path;
//!
//! pub async fn get(Path(id): Path<u32>) -> String {
//!     format!("user {id}")
//! }
//!
//! pub async fn delete(Path(id): Path<u32>) -> axum::http::StatusCode {
//!     # let _ = id;
//!     axum::http::StatusCode::NO_CONTENT
//! }
//! ```
//!
//! # Names
//!
//! | file | path | parameters |
//! |---|---|---|
//! | `index.rs` | the path of its folder | |
//! | `about.rs` | `/about` | |
//! | `users/[id].rs` | `/users/7` | `id`, one segment |
//! | `docs/[...page].rs` | `/docs/a`, `/docs/a/b`; not `/docs` | `page`, the rest of the path |
//! | `docs/[[...page]].rs` | the same, and `/docs` | `page`, if there is a rest: `Option<Path<String>>` |
//! | `_parts.rs`, `_parts/`, `.hidden.rs` | none | |
//!
//! Below a parameter, extract an optional rest with a struct: `Path<Params>` with `id: u32` and `page: Option<String>`.
//!
//! At each segment, static names take precedence over parameters, and parameters over the rest of a path. The rest with more
//! segments before it comes first. A path without a file gets 404, and a method without a handler gets 405. For your own 404
//! response, write `[[...path]].rs` with the handler `any`.
//!
//! **The routes of `[...name].rs` and `[[...name]].rs` are in the router's fallback**, because axum's router does not accept them
//! together with a parameter. A [`layer`] covers them. A [`route_layer`] does not, so do not use one for authentication. A
//! [`fallback`] replaces them, and [`merge`] rejects a second one: nest the router, or merge routers without a fallback into it.
//!
//! [`fallback`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.fallback
//! [`layer`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.layer
//! [`merge`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.merge
//! [`route_layer`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.route_layer
//!
//! # Handlers
//!
//! The public functions `get`, `post`, `put`, `patch`, `delete`, `head`, `options` and `any` are axum handlers, with all
//! extractors of axum. `any` handles the methods without a function of their own.
//!
//! A handler must be written in the file: an imported function, or one that a macro creates, is not found. A handler with a `cfg`
//! attribute is an error. A file can have any other items, including `mod`. Files and folders whose names begin with `_` are
//! not routes, and can be modules.
//!
//! # Errors
//!
//! Each of these is a compile error that names the file: a name that is not valid, two files with the same path, and a file
//! without a handler. The errors point to the line that includes the routes. The compiler reports files that are not valid Rust.

mod folder;
mod handlers;
mod plan;
mod segment;
mod source;

use std::{env, fs, path::PathBuf};

use self::{
    folder::read_folder,
    plan::plan,
    source::{error_source, router_source},
};

/// A folder of handler files, for a build script.
#[derive(Debug, Clone)]
pub struct Routes {
    folder: PathBuf,
    mount: String,
    state: Option<String>,
}

impl Routes {
    /// Selects a folder, relative to the `Cargo.toml` of the package.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), mount: String::new(), state: None }
    }

    /// Sets a prefix for all paths, such as `/api`. The default prefix is empty.
    #[must_use]
    pub fn mount(mut self, path: impl Into<String>) -> Self {
        self.mount = path.into();
        self
    }

    /// Sets the type of the state that handlers extract, such as `crate::Shop`.
    ///
    /// The function for the router then has it as its argument: `routes::router(shop)`.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Writes `routes.rs` into `OUT_DIR`: a module for each file, and `pub fn router()`, which returns an `axum::Router`.
    ///
    /// Cargo runs the build script again when a file is added, changed or removed. A build script can write one folder.
    ///
    /// # Panics
    /// `OUT_DIR` is not set, as outside of a build script, or cannot be written to. Problems with the files are compile errors
    /// in the generated source instead.
    #[expect(clippy::panic, reason = "a build script reports errors by a panic")]
    pub fn write(self) {
        let [root, out] = ["CARGO_MANIFEST_DIR", "OUT_DIR"].map(|name| {
            env::var_os(name).map(PathBuf::from).unwrap_or_else(|| {
                panic!("cannot write the routes: {name} is not set; call `Routes::write` in a build script")
            })
        });
        let folder = root.join(&self.folder);
        print_instruction(&format!("cargo::rerun-if-changed={}", folder.display()));
        let out = out.join("routes.rs");
        if let Err(error) = fs::write(&out, self.source(&folder)) {
            panic!("cannot write {}: {error}", out.display());
        }
    }

    /// Returns the source code of the router, or of compile errors.
    fn source(&self, folder: &std::path::Path) -> String {
        let routes = read_folder(folder, &self.folder).and_then(|files| plan(files, &self.mount));
        match routes {
            Ok(routes) => router_source(&routes, self.state.as_deref()),
            Err(errors) => error_source(&errors, self.state.as_deref()),
        }
    }
}

/// Prints an instruction for Cargo.
#[expect(clippy::print_stdout, reason = "Cargo reads the output of a build script")]
fn print_instruction(instruction: &str) {
    println!("{instruction}");
}

#[cfg(test)]
mod tests;
