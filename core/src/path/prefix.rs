//! Prefixes of paths: whole segments, removed once.

use std::{fmt, str::FromStr};

use bytes::Bytes;

use crate::Error;

/// The prefix that Lodger removed from a request's path.
///
/// The prefix is the stage of an API, the prefix of a service on Vercel, the base path that was set, or several of them. The prefix
/// begins with a slash, does not end with one, and is percent-encoded in the same way as the path.
///
/// It is an extension of every request whose path was shortened, except under warp's own server. An app that writes URLs puts the
/// prefix before its own paths. In `Location` the host adds the prefix, unless `Lodger::rewrite_location` turns that off.
///
/// In axum and actix-web the type is an extractor: `async fn handler(prefix: Option<PathPrefix>)`. In warp, use the filter
/// `lodger::warp::path_prefix()`.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{PathPrefix, Request};
///
/// fn login_url(request: &Request) -> String {
///     let prefix = request.extensions().get::<PathPrefix>();
///     format!("{}/login", prefix.map_or("", |prefix| prefix.as_str()))
/// }
///
/// let mut request = Request::default();
/// assert_eq!(login_url(&request), "/login");
///
/// request.extensions_mut().insert("/prod".parse::<PathPrefix>()?);
/// assert_eq!(login_url(&request), "/prod/login");
/// # Ok::<(), lodger::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPrefix(Bytes);

impl PathPrefix {
    /// `prefix` is the beginning of a path that `http` has accepted.
    pub(crate) fn new(prefix: Bytes) -> Self {
        Self(prefix)
    }

    /// The prefix, such as `/prod`.
    pub fn as_str(&self) -> &str {
        // `http` accepts UTF-8 only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for PathPrefix {
    type Err = Error;

    /// Parses a percent-encoded prefix, such as `/prod`, for tests of an app. Slashes at the beginning and the end are optional.
    ///
    /// # Errors
    /// The prefix is empty, or is not the beginning of any path.
    fn from_str(prefix: &str) -> Result<Self, Error> {
        match normal(prefix, "the path prefix", "a path prefix")? {
            Some(prefix) => Ok(Self::new(prefix.into())),
            None => Err(Error::invalid_setting("cannot use an empty path prefix; leave the extension out instead")),
        }
    }
}

impl AsRef<str> for PathPrefix {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Normalizes a path prefix: with a leading slash, without a trailing one. Returns `None` for an empty prefix.
///
/// `api`, `/api` and `/api/` are the same prefix. `""` and `/` are empty.
///
/// # Errors
/// The prefix cannot be the beginning of a path (RFC 3986, section 3.3), or has an empty segment. The error contains `purpose`,
/// such as `the base path`, and the `variable` that sets the prefix.
pub(crate) fn normal(prefix: &str, purpose: &str, variable: &str) -> Result<Option<String>, Error> {
    let segments = prefix.trim_matches('/');
    let is_of_a_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&byte);
    let is_escape =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let are_escapes = segments.split('%').skip(1).all(is_escape);
    if !segments.bytes().all(is_of_a_path) || segments.contains("//") || !are_escapes {
        return Err(Error::invalid_setting(format!(
            "cannot use {prefix:?} as {purpose}: no path begins like this; set {variable} to a percent-encoded path such as /api"
        )));
    }
    Ok((!segments.is_empty()).then(|| format!("/{segments}")))
}

/// Returns the length of `prefix` if it matches whole segments at the beginning of `path`.
///
/// `/api` matches `/api` and `/api/x`, but not `/apix`. The case of the digits of escapes does not matter (RFC 3986, section
/// 6.2.2.1).
pub(crate) fn matched(path: &[u8], prefix: &[u8]) -> Option<usize> {
    let (begin, rest) = path.split_at_checked(prefix.len())?;
    let is_escape =
        |at: usize| (1..=2).any(|before| at.checked_sub(before).and_then(|at| prefix.get(at)) == Some(&b'%'));
    let pairs = begin.iter().zip(prefix).enumerate();
    let is_same =
        |(at, (one, other)): (usize, (&u8, &u8))| one == other || is_escape(at) && one.eq_ignore_ascii_case(other);
    (pairs.into_iter().all(is_same) && matches!(rest.first(), None | Some(b'/'))).then_some(prefix.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_leading_and_trailing_slashes() {
        let normal = |prefix| normal(prefix, "the path", "VARIABLE").unwrap();
        for prefix in ["api", "/api", "api/", "/api/", "//api//"] {
            assert_eq!(normal(prefix).as_deref(), Some("/api"), "{prefix}");
        }
        assert_eq!(normal("/a%20b/c/").as_deref(), Some("/a%20b/c"));
        assert_eq!(normal(""), None);
        assert_eq!(normal("/"), None);
    }

    #[test]
    fn rejects_prefixes_that_no_path_begins_with() {
        for prefix in ["https://x/api", " /api", "/a b", "/a?b", "/a#b", "/é", "/a//b", "/a%zz", "/100%"] {
            let error = normal(prefix, "the path", "VARIABLE").unwrap_err();
            assert!(error.to_string().contains(&format!("{prefix:?}")), "{error}");
            assert!(error.is_invalid_setting());
        }
    }

    #[test]
    fn parses_a_path_prefix() {
        assert_eq!("prod/".parse::<PathPrefix>().unwrap().as_str(), "/prod");
        assert_eq!("/a/b%20c".parse::<PathPrefix>().unwrap().to_string(), "/a/b%20c");
        for prefix in ["", "/", "/a b"] {
            assert!(prefix.parse::<PathPrefix>().unwrap_err().is_invalid_setting(), "{prefix}");
        }
    }

    #[test]
    fn matches_whole_segments_only() {
        assert_eq!(matched(b"/api", b"/api"), Some(4));
        assert_eq!(matched(b"/api/x", b"/api"), Some(4));
        assert_eq!(matched(b"/api//x", b"/api"), Some(4));
        assert_eq!(matched(b"/apix", b"/api"), None);
        assert_eq!(matched(b"/x/api", b"/api"), None);
        assert_eq!(matched(b"/ap", b"/api"), None);
        assert_eq!(matched(b"/caf%C3%A9/x", b"/caf%c3%a9"), Some(10));
        assert_eq!(matched(b"/caf%c3%a9", b"/caf%C3%A9"), Some(10));
        assert_eq!(matched(b"/CAF%C3%A9", b"/caf%C3%A9"), None);
        assert_eq!(matched(b"/%6a", b"/%6A"), Some(4));
        assert_eq!(matched(b"/%41pi", b"/%41Pi"), None);
    }
}
