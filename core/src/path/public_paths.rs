use http::uri::PathAndQuery;

use crate::{
    PathPrefix, Settings,
    path::{prefix, reserved::Reserved},
};

/// What a server does about the paths of requests: takes prefixes off, and keeps clients away from what is for events.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// In the order in which they stand in a path.
    prefixes: Vec<String>,
    reserved: Reserved,
    /// Nothing is set, and nothing is to be done.
    are_none: bool,
}

/// What an app is to see of a path and a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// They stay as they are.
    AsItIs,
    /// What is left of them, and what was taken off.
    Shortened(PathAndQuery, PathPrefix),
    /// Nothing: the request is answered with 404.
    Never,
}

impl Paths {
    /// `outermost` is what the host has put before all else.
    pub(crate) fn new(settings: &Settings, outermost: Option<&str>) -> Self {
        let Settings { base_path, events_path, websocket_path, .. } = settings;
        let prefixes: Vec<String> = outermost.into_iter().chain(base_path.as_deref()).map(str::to_owned).collect();
        Self {
            are_none: prefixes.is_empty() && [events_path, websocket_path].iter().all(|path| path.is_none()),
            prefixes,
            reserved: Reserved::new(settings),
        }
    }

    /// Whether there is nothing to be done.
    pub(crate) fn are_none(&self) -> bool {
        self.are_none
    }

    /// What comes off, if anything does: paths that begin with a slash and do not end with one.
    pub(crate) fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    /// What an app is to see of `target`, a path with or without a query.
    pub(crate) fn seen(&self, target: &str) -> Seen {
        if self.are_none {
            return Seen::AsItIs;
        }
        let mut shortened: Option<(PathAndQuery, String)> = None;
        for prefix in &self.prefixes {
            let target = shortened.as_ref().map_or(target, |(rest, _)| rest.as_str());
            if let Some((rest, taken)) = without(prefix, target) {
                let before = shortened.map(|(_, before)| before).unwrap_or_default();
                shortened = Some((rest, before + &taken));
            }
        }
        match shortened {
            Some((rest, _)) if !self.reserved.admits(rest.path()) => Seen::Never,
            Some((rest, taken)) => Seen::Shortened(rest, PathPrefix::new(taken.into())),
            None if !self.reserved.admits(path_of(target)) => Seen::Never,
            None => Seen::AsItIs,
        }
    }
}

pub(crate) fn path_of(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// `target` without `prefix` before it, and what was taken off; `None` if it is not there.
fn without(prefix: &str, target: &str) -> Option<(PathAndQuery, String)> {
    let taken = prefix::matched(path_of(target).as_bytes(), prefix.as_bytes())?;
    // As the client wrote it: escapes may be of either case.
    let (taken, rest) = target.split_at_checked(taken)?;
    let rest = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    Some((rest.ok()?, taken.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(base_path: &str, target: &str) -> Option<String> {
        without(base_path, target).map(|(rest, _)| rest.to_string())
    }

    #[test]
    fn a_base_path_comes_off_once_and_the_rest_stays_as_it_was() {
        assert_eq!(taken("/api", "/api/x%2Fy//z?q=%20&q").unwrap(), "/x%2Fy//z?q=%20&q");
        assert_eq!(taken("/api", "/api").unwrap(), "/");
        assert_eq!(taken("/api", "/api?q").unwrap(), "/?q");
        assert_eq!(taken("/api", "/api/api/x").unwrap(), "/api/x");
        assert_eq!(taken("/api", "/apix"), None);
        assert_eq!(taken("/api", "/x/api"), None);
        assert_eq!(taken("/api", "/api%?/"), None);
        assert_eq!(taken("/%C3%A9", "/%c3%a9/x").unwrap(), "/x");
    }

    fn paths(events_path: Option<&str>) -> Paths {
        let settings = Settings {
            base_path: Some("/api".into()),
            events_path: events_path.map(Into::into),
            ..Settings::default()
        };
        Paths::new(&settings, Some("/svc"))
    }

    #[test]
    fn what_the_host_put_there_comes_off_first() {
        let seen = |target: &str| match paths(None).seen(target) {
            Seen::Shortened(rest, taken) => (rest.to_string(), taken.as_str().to_owned()),
            other => (format!("{other:?}"), String::new()),
        };
        assert_eq!(seen("/svc/api/x?y"), ("/x?y".into(), "/svc/api".into()));
        assert_eq!(seen("/svc/x"), ("/x".into(), "/svc".into()));
        assert_eq!(seen("/svc"), ("/".into(), "/svc".into()));
        assert_eq!(seen("/api/svc/x"), ("/svc/x".into(), "/api".into()));
        assert_eq!(seen("/svcs"), ("AsItIs".into(), String::new()));
    }

    #[test]
    fn what_is_for_events_is_found_behind_the_base_path_as_well() {
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
            assert_eq!(paths.seen(target), Seen::Never, "{target}");
        }
        for target in ["/api/x", "/api/api/events", "/", "/x/events", "/?/events", ""] {
            assert_ne!(paths.seen(target), Seen::Never, "{target}");
        }
    }
}
