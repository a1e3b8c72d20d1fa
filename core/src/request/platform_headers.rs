//! What Vercel puts into a request, in either of the ways in which it brings one.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderName, HeaderValue};

use crate::{ClientAddr, RequestHead};

/// What begins the names of all of them, and what those have after it that are between the platform and its runtimes.
const X: &str = "x-";
const INTERNAL: &str = "vercel-internal-";
/// Says that the next ones are as well; the names are those of the [runtime for Python][cache].
///
/// [cache]: https://github.com/vercel/vercel/blob/main/python/vercel-runtime/src/vercel_runtime/cache.py
const NO_LEAK: &str = "vercel-sc-no-header-leak";
const LEAKING: [&str; 5] = [NO_LEAK, "vercel-sc-headers", "vercel-sc-host", "vercel-sc-basepath", "vercel-sc-protocol"];
const RUNTIME_CACHE: &str = "vercel-sc-runtime-cache";
const OIDC_TOKEN: HeaderName = HeaderName::from_static("x-vercel-oidc-token");

/// What the platform says of a request, of each header the first value. Read in one pass: to look up each of them by its name
/// takes longer than the rest of what is done for a request.
#[derive(Debug, Default)]
pub(crate) struct PlatformHeaders {
    pub(crate) invocation_id: Option<String>,
    /// 0 if there is one that is no number, as the runtime for Python has it.
    pub(crate) request_id: Option<u64>,
    pub(crate) span_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    /// The host that the client has asked.
    pub(crate) host: Option<HeaderValue>,
    internal_token: Option<Option<HeaderValue>>,
    has_token: Option<bool>,
    /// The client: by the platform's own header, and by the one that others have as well.
    client: [Option<Option<IpAddr>>; 2],
    is_leaking: Option<bool>,
    /// There is something to be taken out.
    has_internal: bool,
}

impl PlatformHeaders {
    pub(crate) fn of<H: RequestHead>(head: &H) -> Self {
        let mut said = Self::default();
        head.each_header(|name, value| {
            if let Some(name) = name.strip_prefix(X) {
                said.read(name, value);
            }
        });
        said
    }

    fn read(&mut self, name: &str, value: &[u8]) {
        let text = || String::from_utf8_lossy(value).into_owned();
        let number = || std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()).unwrap_or_default();
        if let Some(internal) = name.strip_prefix(INTERNAL) {
            self.has_internal = true;
            match internal {
                "invocation-id" => drop(self.invocation_id.get_or_insert_with(text)),
                "request-id" => drop(self.request_id.get_or_insert_with(number)),
                "span-id" => drop(self.span_id.get_or_insert_with(text)),
                "trace-id" => drop(self.trace_id.get_or_insert_with(text)),
                "oidc-token" => drop(self.internal_token.get_or_insert_with(|| secret(value))),
                _ => {}
            }
            return;
        }
        let address = || std::str::from_utf8(value).ok()?.trim().parse().ok();
        let [by_vercel, by_all] = &mut self.client;
        match name {
            "vercel-forwarded-for" => drop(by_vercel.get_or_insert_with(address)),
            "real-ip" => drop(by_all.get_or_insert_with(address)),
            "forwarded-host" if !value.is_empty() && self.host.is_none() => {
                self.host = HeaderValue::from_bytes(value).ok();
            }
            "vercel-oidc-token" => drop(self.has_token.get_or_insert(!value.is_empty())),
            NO_LEAK => drop(self.is_leaking.get_or_insert(!value.is_empty())),
            RUNTIME_CACHE => self.has_internal = true,
            _ => {}
        }
    }

    /// Takes out of a request what is between the platform and its runtimes, and makes known who the client is. `oidc_token` is
    /// for requests that come without one.
    pub(crate) fn take_out<H: RequestHead>(self, head: &mut H, oidc_token: Option<&HeaderValue>) {
        let is_leaking = self.is_leaking == Some(true);
        if self.has_internal || is_leaking {
            head.remove_headers(|name| {
                name.strip_prefix(X).is_some_and(|name| {
                    name.starts_with(INTERNAL) || name == RUNTIME_CACHE || is_leaking && LEAKING.contains(&name)
                })
            });
        }
        let token = self.internal_token.flatten().or_else(|| oidc_token.cloned());
        if let Some(token) = token.filter(|_| self.has_token != Some(true)) {
            head.set_header(OIDC_TOKEN, token);
        }
        // One address, which the platform sets whatever the client sends.
        let [by_vercel, by_all] = self.client;
        let client = by_vercel.or(by_all).flatten();
        head.set_client(client.map_or(ClientAddr::UNKNOWN.0, |client| SocketAddr::new(client, 0)));
    }
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
    fn what_is_secret_comes_off_by_itself_and_shows_in_no_log() {
        let mut cached = request(&[("x-vercel-sc-runtime-cache", b"secret"), ("x-vercel-sc-host", b"stays")]);
        PlatformHeaders::of(&cached).take_out(&mut cached, None);
        assert_eq!(cached.headers().keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-vercel-sc-host"]);
        let mut of_token = request(&[("x-vercel-internal-oidc-token", b"token")]);
        PlatformHeaders::of(&of_token).take_out(&mut of_token, None);
        assert_eq!(format!("{:?}", of_token.headers()), "{\"x-vercel-oidc-token\": Sensitive}");
    }

    #[test]
    fn the_client_is_whom_the_platform_says() {
        let said = |headers: &[(&'static str, &[u8])]| {
            let mut request = request(headers);
            PlatformHeaders::of(&request).take_out(&mut request, None);
            let client = request.extensions().get::<ClientAddr>().unwrap().0;
            (client != ClientAddr::UNKNOWN.0).then(|| client.ip().to_string())
        };
        let (vercel, real) = ("x-vercel-forwarded-for", "x-real-ip");
        assert_eq!(said(&[(vercel, b"198.51.100.4"), (real, b"192.0.2.1")]).unwrap(), "198.51.100.4");
        assert_eq!(said(&[(real, b"2001:db8::1")]).unwrap(), "2001:db8::1");
        for garbage in [&b""[..], b"unknown", b"198.51.100.4, 6.6.6.6", b"\xff", b"198.51.100.4:80"] {
            assert_eq!(said(&[(vercel, garbage)]), None, "{garbage:?}");
        }
        assert_eq!(said(&[("x-forwarded-for", b"6.6.6.6")]), None);
    }
}
