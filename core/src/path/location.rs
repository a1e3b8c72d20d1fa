//! Puts the prefix that was removed from a request's path back into the `Location` of its response.
//!
//! An app does not see the prefix, and most middleware writes `Location: /items` without the prefix. A client that follows such a redirect
//! would leave the stage or the base path.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::LOCATION};

use crate::{PathPrefix, path::prefix::matched};

/// Adds `prefix` to each `Location` that is an absolute path without the prefix.
pub(crate) fn restore(prefix: &PathPrefix, headers: &mut HeaderMap) {
    for (name, location) in headers {
        if *name == LOCATION
            && let Some(restored) = restored(prefix, location.as_bytes())
            && let Ok(mut restored) = HeaderValue::from_maybe_shared(Bytes::from(restored))
        {
            restored.set_sensitive(location.is_sensitive());
            *location = restored;
        }
    }
}

/// Returns the `Location` with `prefix` before it, or `None` if the location stays unchanged: the location is not an absolute path (RFC 3986,
/// section 4.2), or begins with the prefix.
pub(crate) fn restored(prefix: &PathPrefix, location: &[u8]) -> Option<Vec<u8>> {
    let rest = location.strip_prefix(b"/")?;
    // Browsers parse `//` and `/\\` as the beginning of a host.
    if matches!(rest.first(), Some(b'/' | b'\\')) {
        return None;
    }
    let prefix = prefix.as_str().as_bytes();
    let path = location.split(|byte| matches!(byte, b'?' | b'#')).next()?;
    matched(path, prefix).is_none().then(|| [prefix, location].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(prefix: &str, location: &[u8]) -> Vec<u8> {
        let mut headers = HeaderMap::new();
        headers.insert("x-other", HeaderValue::from_static("/x"));
        headers.insert(LOCATION, HeaderValue::from_bytes(location).unwrap());
        restore(&PathPrefix::new(Bytes::copy_from_slice(prefix.as_bytes())), &mut headers);
        assert_eq!(headers["x-other"], "/x");
        headers[LOCATION].as_bytes().to_vec()
    }

    #[test]
    fn adds_the_prefix_to_an_absolute_path() {
        for (path, expected) in [
            (&b"/"[..], &b"/prod/"[..]),
            (b"/items", b"/prod/items"),
            (b"/items/?a=/b#/c", b"/prod/items/?a=/b#/c"),
            (b"/?next=//x", b"/prod/?next=//x"),
            (b"/production", b"/prod/production"),
            (b"/PROD/x", b"/prod/PROD/x"),
            (b"/x/prod", b"/prod/x/prod"),
            (b"/x//y", b"/prod/x//y"),
            (b"/a b/%zz/\xc3\xa9\xff", b"/prod/a b/%zz/\xc3\xa9\xff"),
        ] {
            assert_eq!(location("/prod", path), expected, "{}", String::from_utf8_lossy(path));
        }
        assert_eq!(location("/prod/v1", b"/prod/x"), b"/prod/v1/prod/x");
    }

    #[test]
    fn keeps_other_locations_unchanged() {
        for unchanged in [
            "/prod",
            "/prod/",
            "/prod/items",
            "/prod?a=b",
            "/prod#c",
            "//host/items",
            "//",
            "/\\host/items",
            "https://host/items",
            "items",
            "./items",
            "../items",
            "?a=/b",
            "#c",
            "",
        ] {
            assert_eq!(location("/prod", unchanged.as_bytes()), unchanged.as_bytes(), "{unchanged}");
        }
        assert_eq!(location("/caf%C3%A9", b"/caf%c3%a9/x"), b"/caf%c3%a9/x");
    }

    #[test]
    fn restores_every_location_and_keeps_it_sensitive() {
        let mut headers = HeaderMap::new();
        for path in ["/a", "/b"] {
            let mut value = HeaderValue::from_static(path);
            value.set_sensitive(true);
            headers.append(LOCATION, value);
        }
        restore(&PathPrefix::new(Bytes::from_static(b"/prod")), &mut headers);
        assert_eq!(headers.get_all(LOCATION).iter().collect::<Vec<_>>(), ["/prod/a", "/prod/b"]);
        assert!(headers.values().all(HeaderValue::is_sensitive));
    }
}
