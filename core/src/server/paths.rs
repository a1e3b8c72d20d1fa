use bytes::Bytes;
use http::uri::PathAndQuery;

use crate::{PathPrefix, Request, Settings, prefix, reserved::Reserved};

/// What a server does about the paths of requests: takes the base path off, and keeps clients away from what is for events.
///
/// For adapters of frameworks that bring a server of their own.
#[derive(Debug, Clone)]
pub struct Paths {
    base_path: Option<String>,
    reserved: Reserved,
    /// Nothing is set, and nothing is to be done.
    are_none: bool,
}

/// What an app is to see of a path and a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// They stay as they are.
    AsItIs,
    /// What is left of them, and what was taken off.
    Shortened(PathAndQuery, PathPrefix),
    /// Nothing: the request is answered with 404.
    NotFound,
}

impl Paths {
    pub(super) fn new(settings: &Settings) -> Self {
        let Settings { base_path, events_path, websocket_path, .. } = settings;
        Self {
            base_path: base_path.clone(),
            reserved: Reserved::new(settings),
            are_none: [base_path, events_path, websocket_path].iter().all(|path| path.is_none()),
        }
    }

    /// Whether there is nothing to be done.
    pub fn are_none(&self) -> bool {
        self.are_none
    }

    /// What comes off, if anything does: a path that begins with a slash and does not end with one.
    pub fn base_path(&self) -> Option<&str> {
        self.base_path.as_deref()
    }

    /// What an app is to see of `target`, a path with or without a query.
    pub fn admit(&self, target: &str) -> Admission {
        if self.are_none {
            return Admission::AsItIs;
        }
        let path = |target: &str| target.find('?').unwrap_or(target.len());
        match self.base_path.as_deref().and_then(|base_path| without(base_path, target, path(target))) {
            Some((rest, _)) if !self.reserved.admits(rest.path()) => Admission::NotFound,
            Some((rest, taken)) => Admission::Shortened(rest, taken),
            None if !self.reserved.admits(target.get(..path(target)).unwrap_or(target)) => Admission::NotFound,
            None => Admission::AsItIs,
        }
    }

    /// The same of a request; whether the app may see it.
    pub(super) fn admit_request(&self, request: &mut Request) -> bool {
        if self.are_none {
            return true;
        }
        match self.admit(request.uri().path_and_query().map_or("", PathAndQuery::as_str)) {
            Admission::AsItIs => true,
            Admission::NotFound => false,
            Admission::Shortened(rest, taken) => {
                // From a path alone, so that two slashes do not make a host of what follows them.
                *request.uri_mut() = rest.into();
                request.extensions_mut().insert(taken);
                true
            }
        }
    }
}

/// `target`, of which `path` bytes are the path, without `base_path` before it, and what was taken off; `None` if it is
/// not there.
fn without(base_path: &str, target: &str, path: usize) -> Option<(PathAndQuery, PathPrefix)> {
    let taken = prefix::matched(target.as_bytes().get(..path)?, base_path.as_bytes())?;
    // As the client wrote it: escapes may be of either case.
    let (taken, rest) = target.split_at_checked(taken)?;
    let rest = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    Some((rest.ok()?, PathPrefix::new(Bytes::copy_from_slice(taken.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;

    fn taken(base_path: &str, target: &str) -> Option<String> {
        let path = target.find('?').unwrap_or(target.len());
        without(base_path, target, path).map(|(rest, _)| rest.to_string())
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
        Paths::new(&Settings {
            base_path: Some("/api".into()),
            events_path: events_path.map(Into::into),
            ..Settings::default()
        })
    }

    #[test]
    fn two_slashes_after_it_do_not_make_a_host() {
        let mut request = Request::default();
        *request.uri_mut() = Uri::from_static("/api//evil.example/x");
        assert!(paths(None).admit_request(&mut request));
        assert_eq!((request.uri().to_string().as_str(), request.uri().host()), ("//evil.example/x", None));
        assert_eq!(request.extensions().get::<PathPrefix>().unwrap().as_str(), "/api");
    }

    #[test]
    fn what_is_for_events_is_found_behind_the_base_path_as_well() {
        let paths = paths(Some("/events"));
        for target in ["/events", "/api/events", "/api//events/x?y", "/api/%65vents", "/EVENTS", "/events?x=/"] {
            assert_eq!(paths.admit(target), Admission::NotFound, "{target}");
        }
        for target in ["/api/x", "/api/api/events", "/", "/x/events", "/?/events", ""] {
            assert_ne!(paths.admit(target), Admission::NotFound, "{target}");
        }
    }
}
