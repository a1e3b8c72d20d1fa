//! Makes one axum router of a folder of handler files, when an app is built.
//!
//! A file is a route, its name the path, and its functions are the methods. A build script collects them:
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
//! | `index.rs` | that of its folder | |
//! | `about.rs` | `/about` | |
//! | `users/[id].rs` | `/users/7` | `id`, one segment |
//! | `docs/[...page].rs` | `/docs/a`, `/docs/a/b`; not `/docs` | `page`, the rest of the path |
//! | `docs/[[...page]].rs` | these, and `/docs` | `page`, where there is a rest: `Option<Path<String>>` |
//! | `_parts.rs`, `_parts/`, `.hidden.rs` | none | |
//!
//! Below a parameter the rest of `[[...page]]` is a field of a struct: `Path<Params>` with `id: u32` and `page: Option<String>`.
//!
//! What is static goes before what is dynamic, segment by segment, and both before what takes the rest, of which the one
//! with more segments before it comes first. A path that no file is for is a 404, a method that a file has no function for a
//! 405. For a 404 of your own write `[[...path]].rs` with the handler `any`.
//!
//! **What takes the rest is behind the router's fallback**, because axum's router cannot tell it from a parameter at the same
//! place. A [`layer`] covers it; a [`route_layer`] does not, so do not put authentication there. A [`fallback`] of your own
//! would take its place, and [`merge`] refuses a second one: nest the router, or merge into it what has none.
//!
//! [`fallback`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.fallback
//! [`layer`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.layer
//! [`merge`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.merge
//! [`route_layer`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.route_layer
//!
//! # Handlers
//!
//! Public functions named `get`, `post`, `put`, `patch`, `delete`, `head`, `options` and `any` are handlers of axum's, with all
//! the extractors that these may have. They are written out in the file: one that is imported or that a macro makes is not
//! seen, and one behind a `cfg` is an error. `any` answers the methods that have no function of their own. Whatever else a file
//! holds is its own affair, and so is `mod`: a file in a folder that begins with `_` is no route and can be a module.
//!
//! # What is wrong is a compile error
//!
//! A name that cannot be a route, two files for one path, and a file without a handler are errors of the compiler that name
//! the file. They stand where the routes are included. What a file holds that is no Rust is the compiler's own to say.

mod collect;
mod handlers;
mod name;
mod plan;
mod write;

use std::{env, fs, path::PathBuf};

/// A folder of handler files, and what is to become of it. Made in a build script.
#[derive(Debug, Clone)]
pub struct Routes {
    folder: PathBuf,
    mount: String,
    state: Option<String>,
}

impl Routes {
    /// The files of `folder`, a path from where the package's `Cargo.toml` is.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), mount: String::new(), state: None }
    }

    /// Puts a path before that of each route, such as `/api`. By default there is none.
    #[must_use]
    pub fn mount(mut self, path: impl Into<String>) -> Self {
        self.mount = path.into();
        self
    }

    /// The type of the state that handlers extract, such as `crate::Shop`. It is what the router is made with then:
    /// `routes::router(shop)`.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Writes `routes.rs` into `OUT_DIR`: a module for each file, and `pub fn router()`, which returns an `axum::Router`.
    /// Cargo comes back to it when a file is added, changed or taken away. One folder is all that a build script can
    /// write.
    ///
    /// # Panics
    /// Where there is no `OUT_DIR`, which is to say outside a build script, or it cannot be written to. All that is wrong with
    /// the files is an error in what is written instead, so that the compiler says it.
    #[expect(clippy::panic, reason = "it is how a build script says that it cannot be run")]
    pub fn write(self) {
        let [root, out] = ["CARGO_MANIFEST_DIR", "OUT_DIR"].map(|name| {
            env::var_os(name).map(PathBuf::from).unwrap_or_else(|| {
                panic!("{name} is not set: `Routes::write` is for build scripts, which Cargo sets it for")
            })
        });
        let folder = root.join(&self.folder);
        say(&format!("cargo::rerun-if-changed={}", folder.display()));
        let out = out.join("routes.rs");
        if let Err(error) = fs::write(&out, self.source(&folder)) {
            panic!("cannot write {}: {error}", out.display());
        }
    }

    /// The source of the routes in `folder`, or of an error for each thing that is wrong.
    fn source(&self, folder: &std::path::Path) -> String {
        let routes = collect::files(folder, &self.folder).and_then(|files| plan::routes(files, &self.mount));
        match routes {
            Ok(routes) => write::routes(&routes, self.state.as_deref()),
            Err(errors) => write::errors(&errors, self.state.as_deref()),
        }
    }
}

/// One instruction for Cargo.
#[expect(clippy::print_stdout, reason = "it is how a build script speaks to Cargo")]
fn say(instruction: &str) {
    println!("{instruction}");
}

#[cfg(test)]
mod tests;
