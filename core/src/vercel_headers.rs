//! What Vercel puts into a request, in either of the ways in which it brings one.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderName, HeaderValue};

use crate::{ClientAddr, Head};

/// Before the names of headers that are between the platform and its runtimes.
const INTERNAL: &str = "x-vercel-internal-";
/// Says that these are as well; the names are those of the [runtime for Python][cache].
///
/// [cache]: https://github.com/vercel/vercel/blob/main/python/vercel-runtime/src/vercel_runtime/cache.py
const NO_LEAK: &str = "x-vercel-sc-no-header-leak";
const LEAKING: [&str; 5] =
    [NO_LEAK, "x-vercel-sc-headers", "x-vercel-sc-host", "x-vercel-sc-basepath", "x-vercel-sc-protocol"];
const RUNTIME_CACHE: &str = "x-vercel-sc-runtime-cache";
const OIDC_TOKEN: &str = "x-vercel-oidc-token";

/// Takes out of a request what is between the platform and its runtimes, and makes known who the client is. `oidc_token` is for
/// requests that come without one.
pub(crate) fn take_out<H: Head>(head: &mut H, oidc_token: Option<&HeaderValue>) {
    let token = head.header("x-vercel-internal-oidc-token").and_then(secret).or_else(|| oidc_token.cloned());
    let is_leaking = head.header(NO_LEAK).is_some_and(|value| !value.is_empty());
    head.remove_headers(|name| {
        name.starts_with(INTERNAL) || name == RUNTIME_CACHE || is_leaking && LEAKING.contains(&name)
    });
    if let Some(token) = token.filter(|_| head.header(OIDC_TOKEN).is_none_or(<[u8]>::is_empty)) {
        head.set_header(HeaderName::from_static(OIDC_TOKEN), token);
    }
    head.set_client(client(head).map_or(ClientAddr::UNKNOWN.0, |client| SocketAddr::new(client, 0)));
}

/// Who the client is: one address, which the platform sets whatever the client sends.
fn client<H: Head>(head: &H) -> Option<IpAddr> {
    let said = head.header("x-vercel-forwarded-for").or_else(|| head.header("x-real-ip"))?;
    std::str::from_utf8(said).ok()?.trim().parse().ok()
}

/// A value that no log is to show.
pub(crate) fn secret(value: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(value).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    fn request(headers: &[(&'static str, &[u8])]) -> Request {
        let mut request = Request::default();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        request
    }

    #[test]
    fn the_client_is_whom_the_platform_says() {
        let said = |headers: &[(&'static str, &[u8])]| client(&request(headers)).map(|client| client.to_string());
        let (vercel, real) = ("x-vercel-forwarded-for", "x-real-ip");
        assert_eq!(said(&[(vercel, b"198.51.100.4"), (real, b"192.0.2.1")]).unwrap(), "198.51.100.4");
        assert_eq!(said(&[(real, b"2001:db8::1")]).unwrap(), "2001:db8::1");
        for garbage in [&b""[..], b"unknown", b"198.51.100.4, 6.6.6.6", b"\xff", b"198.51.100.4:80"] {
            assert_eq!(said(&[(vercel, garbage)]), None, "{garbage:?}");
        }
        assert_eq!(said(&[("x-forwarded-for", b"6.6.6.6")]), None);
    }
}
