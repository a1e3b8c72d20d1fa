//! The source that is included in the app.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::plan::{Placed, Route};

/// A module for each file, and the router of them all.
pub(crate) fn routes(routes: &[Route], state: Option<&str>) -> String {
    let mut source = String::new();
    let (takes, with_state) = match state {
        Some(state) => (format!("state: {state}"), ".with_state(state.clone())"),
        None => (String::new(), ""),
    };
    // To a string it can be written without fail.
    for (number, route) in routes.iter().enumerate() {
        let at = route.file.at.display().to_string();
        let _ = writeln!(source, "#[path = {at:?}]\n#[allow(unreachable_pub)]\nmod route_{number};");
    }
    let _ = writeln!(
        source,
        "/// The routes of the files, each where its name says.\n///\n\
         /// What takes the rest of a path is behind the router's fallback: `.layer` covers it, `.route_layer` does not, and\n\
         /// `.fallback` would take its place.\npub fn router({takes}) -> ::axum::Router {{"
    );
    // What is looked at last is made first: the others fall back to it.
    let afters: BTreeSet<usize> = routes.iter().flat_map(|route| &route.paths).filter_map(|path| path.after).collect();
    let mut falls_back = "";
    for after in afters.into_iter().map(Some) {
        let _ = writeln!(source, "    let router = {}{falls_back}{with_state};", router(routes, after));
        falls_back = ".fallback_service(router)";
    }
    let _ = writeln!(source, "    {}{falls_back}{with_state}\n}}", router(routes, None));
    source
}

/// The router of what is looked at after so many segments.
fn router(routes: &[Route], after: Option<usize>) -> String {
    let mut router = "::axum::Router::new()".to_owned();
    for (number, route) in routes.iter().enumerate() {
        // Of none it is the compiler's to say why.
        let Some(handlers) = route.file.handlers.as_deref().ok().filter(|handlers| !handlers.is_empty()) else {
            continue;
        };
        for Placed { path, .. } in route.paths.iter().filter(|path| path.after == after) {
            let _ = write!(router, "\n        .route({path:?}, {})", methods(number, handlers));
        }
    }
    router
}

fn methods(number: usize, handlers: &[&str]) -> String {
    // First, because it says of itself that it answers every method.
    let mut methods = match handlers.contains(&"any") {
        true => format!("::axum::routing::any(route_{number}::any)"),
        false => "::axum::routing::MethodRouter::new()".to_owned(),
    };
    for name in handlers.iter().filter(|name| **name != "any") {
        let _ = write!(methods, ".{name}(route_{number}::{name})");
    }
    methods
}

/// What is wrong, as errors of the compiler. There is a router all the same, so that there are no others.
pub(crate) fn errors(errors: &[String], state: Option<&str>) -> String {
    let mut source = String::new();
    for error in errors {
        let _ = writeln!(source, "::core::compile_error!({error:?});");
    }
    source + &routes(&[], state)
}
