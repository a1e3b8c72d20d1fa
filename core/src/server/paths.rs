//! What a server does about paths: takes the base path off, and keeps clients away from what is for events.

use bytes::Bytes;
use http::{Uri, uri::PathAndQuery};

use crate::{PathPrefix, Request, Settings, prefix, reserved::Reserved};

/// The paths that settings name.
#[derive(Debug)]
pub(super) struct Paths {
    base_path: Option<String>,
    reserved: Reserved,
}

impl Paths {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { base_path: settings.base_path.clone(), reserved: Reserved::new(settings) }
    }

    /// Takes the base path off a request; whether the app may see what is left.
    pub(super) fn admit(&self, request: &mut Request) -> bool {
        if let Some(base_path) = &self.base_path
            && let Some((uri, taken)) = without(base_path, request.uri())
        {
            *request.uri_mut() = uri;
            request.extensions_mut().insert(taken);
        }
        self.reserved.admits(request.uri().path())
    }
}

/// `uri` without `base_path` before its path, and what was taken off; `None` where it is not there.
fn without(base_path: &str, uri: &Uri) -> Option<(Uri, PathPrefix)> {
    let whole = uri.path_and_query()?;
    let taken = prefix::matched(uri.path().as_bytes(), base_path.as_bytes())?;
    // As the client wrote it: escapes may be of either case.
    let (prefix, rest) = whole.as_str().split_at_checked(taken)?;
    let prefix = Bytes::copy_from_slice(prefix.as_bytes());
    let rest: Result<PathAndQuery, _> = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    // From a path alone, so that two slashes do not make a host of what follows them.
    let uri = Uri::from(rest.ok()?);
    Some((uri, PathPrefix::new(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(base_path: &str, uri: &'static str) -> Option<String> {
        without(base_path, &Uri::from_static(uri)).map(|(uri, _)| uri.to_string())
    }

    #[test]
    fn a_base_path_comes_off_once_and_the_rest_stays_as_it_was() {
        assert_eq!(taken("/api", "/api/x%2Fy//z?q=%20&q").unwrap(), "/x%2Fy//z?q=%20&q");
        assert_eq!(taken("/api", "/api").unwrap(), "/");
        assert_eq!(taken("/api", "/api?q").unwrap(), "/?q");
        assert_eq!(taken("/api", "/api/api/x").unwrap(), "/api/x");
        assert_eq!(taken("/api", "/apix"), None);
        assert_eq!(taken("/api", "/x/api"), None);
    }

    #[test]
    fn two_slashes_after_it_do_not_make_a_host() {
        assert_eq!(taken("/api", "/api//evil.example/x").unwrap(), "//evil.example/x");
        let (uri, _) = without("/api", &Uri::from_static("/api//evil.example/x")).unwrap();
        assert_eq!(uri.host(), None);
    }

    #[test]
    fn what_is_for_events_is_found_behind_the_base_path_as_well() {
        let settings =
            Settings { base_path: Some("/api".into()), events_path: Some("/events".into()), ..Settings::default() };
        let is_admitted = |uri: &'static str| {
            let mut request = Request::default();
            *request.uri_mut() = Uri::from_static(uri);
            Paths::new(&settings).admit(&mut request)
        };
        for uri in ["/events", "/api/events", "/api//events/x?y", "/api/%65vents", "/EVENTS"] {
            assert!(!is_admitted(uri), "{uri}");
        }
        for uri in ["/api/x", "/api/api/events", "/", "/x/events"] {
            assert!(is_admitted(uri), "{uri}");
        }
    }
}
