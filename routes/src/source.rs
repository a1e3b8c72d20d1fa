//! The source code that the app includes.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::plan::{Route, RoutePath};

/// Writes a module for each file, and the function that returns the router.
pub(crate) fn router_source(routes: &[Route], state: Option<&str>) -> String {
    let mut source = String::new();
    let (parameters, with_state) = match state {
        Some(state) => (format!("state: {state}"), ".with_state(state.clone())"),
        None => (String::new(), ""),
    };
    // Writing to a string never fails.
    for (number, route) in routes.iter().enumerate() {
        let path = route.file.path.display().to_string();
        let _ = writeln!(source, "#[path = {path:?}]\n#[allow(unreachable_pub)]\nmod route_{number};");
    }
    let _ = writeln!(
        source,
        "/// Returns the router of all files.\n///\n\
         /// The routes of `[...name].rs` and `[[...name]].rs` are in its fallback. `.layer` covers them, `.route_layer` does\n\
         /// not, and `.fallback` replaces them.\npub fn router({parameters}) -> ::axum::Router {{"
    );
    // The first router is the last fallback.
    let rest_depths: BTreeSet<usize> =
        routes.iter().flat_map(|route| &route.paths).filter_map(|path| path.rest_depth).collect();
    let mut fallback = "";
    for depth in rest_depths.into_iter().map(Some) {
        let _ = writeln!(source, "    let router = {}{fallback}{with_state};", router(routes, depth));
        fallback = ".fallback_service(router)";
    }
    let _ = writeln!(source, "    {}{fallback}{with_state}\n}}", router(routes, None));
    source
}

/// Writes the router of the paths with this depth of the rest.
fn router(routes: &[Route], rest_depth: Option<usize>) -> String {
    let mut router = "::axum::Router::new()".to_owned();
    for (number, route) in routes.iter().enumerate() {
        // The compiler reports a file that is not valid Rust.
        let Some(handlers) = route.file.handlers.as_deref().ok().filter(|handlers| !handlers.is_empty()) else {
            continue;
        };
        for RoutePath { path, .. } in route.paths.iter().filter(|path| path.rest_depth == rest_depth) {
            let _ = write!(router, "\n        .route({path:?}, {})", method_router(number, handlers));
        }
    }
    router
}

fn method_router(number: usize, handlers: &[&str]) -> String {
    // `any` comes first: axum's `any` starts a method router.
    let mut methods = match handlers.contains(&"any") {
        true => format!("::axum::routing::any(route_{number}::any)"),
        false => "::axum::routing::MethodRouter::new()".to_owned(),
    };
    for name in handlers.iter().filter(|name| **name != "any") {
        let _ = write!(methods, ".{name}(route_{number}::{name})");
    }
    methods
}

/// Writes a compile error for each message, and an empty router, which prevents further errors.
pub(crate) fn error_source(errors: &[String], state: Option<&str>) -> String {
    let mut source = String::new();
    for error in errors {
        let _ = writeln!(source, "::core::compile_error!({error:?});");
    }
    source + &router_source(&[], state)
}
