//! The headers that Vercel adds to a request. They are the same for its HTTP protocol and for its events, which need no feature.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderName, HeaderValue};

use crate::{ClientAddr, RequestHead};

/// The beginning of all names.
const X: &str = "x-";
/// The beginning, after [`X`], of headers that are for the runtime and not for the app.
const INTERNAL: &str = "vercel-internal-";
/// Marks the headers in [`LEAKING`] as internal. The [runtime for Python][cache] has the same names.
///
/// [cache]: https://github.com/vercel/vercel/blob/main/python/vercel-runtime/src/vercel_runtime/cache.py
const NO_LEAK: &str = "vercel-sc-no-header-leak";
const LEAKING: [&str; 5] = [NO_LEAK, "vercel-sc-headers", "vercel-sc-host", "vercel-sc-basepath", "vercel-sc-protocol"];
const RUNTIME_CACHE: &str = "vercel-sc-runtime-cache";
const OIDC_TOKEN: HeaderName = HeaderName::from_static("x-vercel-oidc-token");

/// The values of Vercel's headers in a request. If a header has several values, the first one counts.
///
/// They are read in one pass. Looking up each header by its name takes longer than everything else that Lodger does for a request.
#[derive(Debug, Default)]
pub(crate) struct VercelHeaders {
    pub(crate) invocation_id: Option<String>,
    /// A value that is not a number counts as 0, like in Vercel's runtime for Python.
    pub(crate) request_id: Option<u64>,
    pub(crate) span_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    /// The host that the client requested.
    pub(crate) host: Option<HeaderValue>,
    internal_token: FirstValue<HeaderValue>,
    has_token: Option<bool>,
    /// The client's address in Vercel's own header.
    vercel_client: FirstValue<IpAddr>,
    /// The client's address in the header that other proxies set too.
    proxy_client: FirstValue<IpAddr>,
    is_leaking: Option<bool>,
    /// There is a header to remove.
    has_internal: bool,
}

/// The first value of a header. Later values do not count, even if the first one is invalid.
#[derive(Debug, Default)]
enum FirstValue<T> {
    #[default]
    Absent,
    Invalid,
    Valid(T),
}

impl<T> FirstValue<T> {
    fn set(&mut self, parse: impl FnOnce() -> Option<T>) {
        if matches!(self, Self::Absent) {
            *self = parse().map_or(Self::Invalid, Self::Valid);
        }
    }

    /// Returns this header, or `other` if this one is absent.
    fn or(self, other: Self) -> Self {
        if matches!(self, Self::Absent) { other } else { self }
    }

    fn valid(self) -> Option<T> {
        if let Self::Valid(value) = self { Some(value) } else { None }
    }
}

impl VercelHeaders {
    pub(crate) fn read<H: RequestHead + ?Sized>(head: &H) -> Self {
        let mut headers = Self::default();
        head.for_each_header(&mut |name, value| {
            if let Some(name) = name.strip_prefix(X) {
                headers.read_header(name, value);
            }
        });
        headers
    }

    fn read_header(&mut self, name: &str, value: &[u8]) {
        let text = || String::from_utf8_lossy(value).into_owned();
        let number = || std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()).unwrap_or_default();
        if let Some(internal) = name.strip_prefix(INTERNAL) {
            self.has_internal = true;
            match internal {
                "invocation-id" => drop(self.invocation_id.get_or_insert_with(text)),
                "request-id" => drop(self.request_id.get_or_insert_with(number)),
                "span-id" => drop(self.span_id.get_or_insert_with(text)),
                "trace-id" => drop(self.trace_id.get_or_insert_with(text)),
                "oidc-token" => self.internal_token.set(|| secret(value)),
                _ => {}
            }
            return;
        }
        let address = || std::str::from_utf8(value).ok()?.trim().parse().ok();
        match name {
            "vercel-forwarded-for" => self.vercel_client.set(address),
            "real-ip" => self.proxy_client.set(address),
            "forwarded-host" if !value.is_empty() && self.host.is_none() => {
                self.host = HeaderValue::from_bytes(value).ok();
            }
            "vercel-oidc-token" => drop(self.has_token.get_or_insert(!value.is_empty())),
            NO_LEAK => drop(self.is_leaking.get_or_insert(!value.is_empty())),
            RUNTIME_CACHE => self.has_internal = true,
            _ => {}
        }
    }

    /// Removes the internal headers from the request, and sets the client's address and the OIDC token.
    ///
    /// `oidc_token` is for requests that contain none.
    pub(crate) fn apply<H: RequestHead + ?Sized>(self, head: &mut H, oidc_token: Option<&HeaderValue>) {
        let is_leaking = self.is_leaking == Some(true);
        if self.has_internal || is_leaking {
            head.remove_headers(&|name| {
                name.strip_prefix(X).is_some_and(|name| {
                    name.starts_with(INTERNAL) || name == RUNTIME_CACHE || is_leaking && LEAKING.contains(&name)
                })
            });
        }
        let token = self.internal_token.valid().or_else(|| oidc_token.cloned());
        if let Some(token) = token.filter(|_| self.has_token != Some(true)) {
            head.set_header(OIDC_TOKEN, token);
        }
        // The platform replaces both headers if the client sends them, and sets a single address.
        let client = self.vercel_client.or(self.proxy_client).valid();
        head.set_client(client.map_or(ClientAddr::UNKNOWN.0, |client| SocketAddr::new(client, 0)));
    }
}

/// Creates a value that `Debug` does not print. Returns `None` if `value` is empty or invalid.
pub(crate) fn secret(value: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(value).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Request;

    /// Creates a request with `headers`.
    pub(crate) fn request(headers: &[(&'static str, &[u8])]) -> Request {
        let mut request = Request::default();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        request
    }

    #[test]
    fn removes_the_runtime_cache_and_hides_the_token() {
        let mut cached = request(&[("x-vercel-sc-runtime-cache", b"secret"), ("x-vercel-sc-host", b"stays")]);
        VercelHeaders::read(&cached).apply(&mut cached, None);
        assert_eq!(cached.headers().keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-vercel-sc-host"]);
        let mut with_token = request(&[("x-vercel-internal-oidc-token", b"token")]);
        VercelHeaders::read(&with_token).apply(&mut with_token, None);
        assert_eq!(format!("{:?}", with_token.headers()), "{\"x-vercel-oidc-token\": Sensitive}");
    }

    #[test]
    fn takes_the_client_from_the_headers_of_the_platform_only() {
        let client = |headers: &[(&'static str, &[u8])]| {
            let mut request = request(headers);
            VercelHeaders::read(&request).apply(&mut request, None);
            let client = request.extensions().get::<ClientAddr>().unwrap().0;
            (client != ClientAddr::UNKNOWN.0).then(|| client.ip().to_string())
        };
        let (vercel, real) = ("x-vercel-forwarded-for", "x-real-ip");
        assert_eq!(client(&[(vercel, b"198.51.100.4"), (real, b"192.0.2.1")]).unwrap(), "198.51.100.4");
        assert_eq!(client(&[(real, b"2001:db8::1")]).unwrap(), "2001:db8::1");
        for garbage in [&b""[..], b"unknown", b"198.51.100.4, 6.6.6.6", b"\xff", b"198.51.100.4:80"] {
            assert_eq!(client(&[(vercel, garbage)]), None, "{garbage:?}");
        }
        assert_eq!(client(&[("x-forwarded-for", b"6.6.6.6")]), None);
    }
}
