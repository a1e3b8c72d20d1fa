use http::uri::PathAndQuery;

use crate::{
    PathPrefix, Settings,
    path::{prefix, reserved::Reserved},
};

/// The rules of a server for the paths of requests: which prefixes to remove, and which paths to keep clients away from.
#[derive(Debug, Clone)]
pub(crate) struct PublicPaths {
    /// In the order in which they stand in a path.
    prefixes: Vec<String>,
    reserved: Reserved,
    /// There is neither a prefix nor a reserved path.
    is_empty: bool,
}

/// The view that an app gets of a path and a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathView {
    Unchanged,
    /// The path without a prefix, and the prefix.
    Shortened(PathAndQuery, PathPrefix),
    /// The path is reserved for events. The response is 404.
    Reserved,
}

impl PublicPaths {
    /// `outermost` is the prefix that the host has added before the base path.
    pub(crate) fn new(settings: &Settings, outermost: Option<&str>) -> Self {
        let Settings { base_path, events_path, websocket_path, .. } = settings;
        let prefixes: Vec<String> = outermost.into_iter().chain(base_path.as_deref()).map(str::to_owned).collect();
        Self {
            is_empty: prefixes.is_empty() && [events_path, websocket_path].iter().all(|path| path.is_none()),
            prefixes,
            reserved: Reserved::new(events_path.as_deref(), websocket_path.as_deref()),
        }
    }

    /// Returns whether every path is [unchanged](PathView::Unchanged).
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The prefixes to remove. Each begins with a slash and does not end with one.
    pub(crate) fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    /// Applies the rules to `target`, a path with or without a query.
    pub(crate) fn view(&self, target: &str) -> PathView {
        if self.is_empty {
            return PathView::Unchanged;
        }
        let mut shortened: Option<(PathAndQuery, String)> = None;
        for prefix in &self.prefixes {
            let target = shortened.as_ref().map_or(target, |(rest, _)| rest.as_str());
            if let Some((rest, removed)) = strip_prefix(prefix, target) {
                let before = shortened.map(|(_, before)| before).unwrap_or_default();
                shortened = Some((rest, before + &removed));
            }
        }
        match shortened {
            Some((rest, _)) if !self.reserved.admits(rest.path()) => PathView::Reserved,
            Some((rest, removed)) => PathView::Shortened(rest, PathPrefix::new(removed.into())),
            None if !self.reserved.admits(path_of(target)) => PathView::Reserved,
            None => PathView::Unchanged,
        }
    }
}

pub(crate) fn path_of(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// Splits `target` into the rest after `prefix`, and the prefix. Returns `None` if `target` does not begin with `prefix`.
fn strip_prefix(prefix: &str, target: &str) -> Option<(PathAndQuery, String)> {
    let length = prefix::matched(path_of(target).as_bytes(), prefix.as_bytes())?;
    // The prefix as the client wrote it: the case of escapes may differ.
    let (removed, rest) = target.split_at_checked(length)?;
    let rest = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    Some((rest.ok()?, removed.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(base_path: &str, target: &str) -> Option<String> {
        strip_prefix(base_path, target).map(|(rest, _)| rest.to_string())
    }

    #[test]
    fn removes_the_base_path_once_and_leaves_the_rest_unchanged() {
        assert_eq!(rest("/api", "/api/x%2Fy//z?q=%20&q").unwrap(), "/x%2Fy//z?q=%20&q");
        assert_eq!(rest("/api", "/api").unwrap(), "/");
        assert_eq!(rest("/api", "/api?q").unwrap(), "/?q");
        assert_eq!(rest("/api", "/api/api/x").unwrap(), "/api/x");
        assert_eq!(rest("/api", "/apix"), None);
        assert_eq!(rest("/api", "/x/api"), None);
        assert_eq!(rest("/api", "/api%?/"), None);
        assert_eq!(rest("/%C3%A9", "/%c3%a9/x").unwrap(), "/x");
    }

    fn paths(events_path: Option<&str>) -> PublicPaths {
        let settings = Settings {
            base_path: Some("/api".into()),
            events_path: events_path.map(Into::into),
            ..Settings::default()
        };
        PublicPaths::new(&settings, Some("/svc"))
    }

    #[test]
    fn removes_the_prefix_of_the_host_before_the_base_path() {
        let view = |target: &str| match paths(None).view(target) {
            PathView::Shortened(rest, removed) => (rest.to_string(), removed.as_str().to_owned()),
            other => (format!("{other:?}"), String::new()),
        };
        assert_eq!(view("/svc/api/x?y"), ("/x?y".into(), "/svc/api".into()));
        assert_eq!(view("/svc/x"), ("/x".into(), "/svc".into()));
        assert_eq!(view("/svc"), ("/".into(), "/svc".into()));
        assert_eq!(view("/api/svc/x"), ("/svc/x".into(), "/api".into()));
        assert_eq!(view("/svcs"), ("Unchanged".into(), String::new()));
    }

    #[test]
    fn finds_a_reserved_path_with_and_without_prefixes() {
        let paths = paths(Some("/events"));
        for target in [
            "/events",
            "/api/events",
            "/api//events/x?y",
            "/api/%65vents",
            "/EVENTS",
            "/events?x=/",
            "/svc/events",
            "/svc/api/events",
        ] {
            assert_eq!(paths.view(target), PathView::Reserved, "{target}");
        }
        for target in ["/api/x", "/api/api/events", "/", "/x/events", "/?/events", ""] {
            assert_ne!(paths.view(target), PathView::Reserved, "{target}");
        }
    }
}
