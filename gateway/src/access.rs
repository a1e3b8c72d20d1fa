//! Checks that keep web pages away from a port on the developer's machine.
//!
//! A page of any origin can send requests to a loopback address. If the owner of the page points its host name at that
//! address (DNS rebinding), the page can read the responses as well. A page can always read the messages of a WebSocket that it
//! opens, because browsers apply the same-origin policy to requests only.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str,
    sync::{PoisonError, RwLock},
};

use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, uri::Authority};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The host names that requests to a port may have.
///
/// IP addresses, `localhost` and the names below it are always allowed, because no page can have them as its own. A
/// request without a host is allowed too, because no browser sends one.
///
/// A server on a loopback address needs this check, because a page whose name its owner points at that address could send requests and read
/// the responses ([DNS rebinding](https://en.wikipedia.org/wiki/DNS_rebinding)).
#[derive(Debug)]
pub struct Hosts {
    allows_any: bool,
    names: RwLock<Vec<String>>,
}

impl Hosts {
    /// Creates the hosts of a server on an address. All hosts are allowed unless it is a loopback address.
    pub fn for_address(listens_on: IpAddr) -> Self {
        Self { allows_any: !listens_on.to_canonical().is_loopback(), names: RwLock::default() }
    }

    /// The hosts of an API that is never public.
    pub(crate) fn for_private_api() -> Self {
        Self { allows_any: false, names: RwLock::default() }
    }

    /// Allows a name, without a port.
    pub fn allow(&self, name: &str) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.names.write().unwrap_or_else(PoisonError::into_inner).push(name);
    }

    /// Checks the host of a request, and the origin of a WebSocket handshake.
    ///
    /// # Errors
    /// A text for the client if the host or the origin is not allowed.
    pub fn check<B>(&self, request: &Request<B>) -> Result<(), String> {
        if self.allows_any {
            return Ok(());
        }
        let uri_host = request.uri().authority().map(Authority::as_str).map(str::as_bytes);
        let header_hosts = request.headers().get_all(header::HOST).iter().map(HeaderValue::as_bytes);
        match uri_host.into_iter().chain(header_hosts).find(|host| !self.allows(host)) {
            None => self.check_handshake(request),
            Some(host) => Err(format!(
                "cannot serve a request for the host {:?}: only `localhost` and IP addresses are allowed, against DNS \
                 rebinding; call 127.0.0.1, or allow the name by `--allow-host NAME` of `cargo lodger dev`, or by `allow_host`\n",
                String::from_utf8_lossy(host)
            )),
        }
    }

    /// Checks the origin of a WebSocket handshake. Programs send no `Origin`.
    fn check_handshake<B>(&self, request: &Request<B>) -> Result<(), String> {
        let headers = request.headers();
        if !headers.contains_key(header::UPGRADE) {
            return Ok(());
        }
        let own = headers.get(header::HOST).map(HeaderValue::as_bytes);
        let mut origins = headers.get_all(header::ORIGIN).iter().map(HeaderValue::as_bytes);
        match origins.find(|origin| !self.allows_origin(origin, own)) {
            None => Ok(()),
            Some(origin) => Err(format!(
                "cannot open a WebSocket for a page of the origin {:?}: only pages of this server and of `localhost` are \
                 allowed; allow the host name of the page by `--allow-host NAME` of `cargo lodger dev`, or by `allow_host`\n",
                String::from_utf8_lossy(origin)
            )),
        }
    }

    fn allows(&self, authority: &[u8]) -> bool {
        authority.is_empty()
            || host_of(authority).is_some_and(|host| address(&host).is_some() || self.allows_name(&host))
    }

    /// Whether a page of this origin may open a WebSocket to a server with the host `own`.
    ///
    /// Unlike a host, an IP address has to be a loopback address: a page can have any other one as its origin.
    fn allows_origin(&self, origin: &[u8], own: Option<&[u8]>) -> bool {
        let authority = str::from_utf8(origin).ok().and_then(|origin| Some(origin.split_once("://")?.1));
        let Some(authority) = authority else { return false };
        own.is_some_and(|own| own.eq_ignore_ascii_case(authority.as_bytes()))
            || host_of(authority.as_bytes()).is_some_and(|host| match address(&host) {
                Some(address) => address.to_canonical().is_loopback(),
                None => self.allows_name(&host),
            })
    }

    fn allows_name(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        name == "localhost"
            || name.ends_with(".localhost")
            || self.names.read().unwrap_or_else(PoisonError::into_inner).iter().any(|allowed| allowed == name)
    }
}

/// Returns the host of `host` or `host:port` in lower case.
fn host_of(authority: &[u8]) -> Option<String> {
    let authority = Authority::try_from(authority).ok().filter(|authority| !authority.as_str().contains('@'))?;
    Some(authority.host().to_ascii_lowercase())
}

/// Returns the IP address if the host is one. An IPv6 address has brackets.
fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => host.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// Checks that a request does not come from a web page.
///
/// A page cannot leave out these headers, and no runtime sends them. `Sec-Fetch-Site: none` is the user's own navigation.
///
/// # Errors
/// A text for the client.
pub(crate) fn check_origin<B>(request: &Request<B>) -> Result<(), String> {
    let headers = request.headers();
    let site = headers.get_all(SEC_FETCH_SITE).iter().find(|site| *site != "none");
    let sender = headers.get(header::ORIGIN).map(|origin| (header::ORIGIN, origin));
    match sender.or(site.map(|site| (SEC_FETCH_SITE, site))) {
        None => Ok(()),
        Some((name, value)) => Err(format!(
            "cannot serve a request from a web page: it has the header `{name}` with the value {:?}; call this API from a \
             program\n",
            String::from_utf8_lossy(value.as_bytes())
        )),
    }
}

/// Makes the response to a request that failed a check.
pub(crate) fn forbidden<B: From<String>>(error: String) -> Response<B> {
    let mut response = Response::new(error.into());
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, hosts: &[&[u8]]) -> Request<()> {
        let request = hosts.iter().fold(Request::get(uri), |request, host| request.header("host", *host));
        request.body(()).unwrap()
    }

    #[test]
    fn allows_only_hosts_that_no_page_can_have() {
        let hosts = Hosts::for_address(Ipv4Addr::LOCALHOST.into());
        hosts.allow("App.test.");
        for host in [
            "127.0.0.1:3000",
            "192.168.1.4",
            "[::1]:3000",
            "[::ffff:127.0.0.1]",
            "localhost",
            "LOCALHOST:1",
            "localhost.:80",
            "a.b.localhost:3000",
            "app.test",
            "APP.test.:3000",
            "",
        ] {
            assert_eq!(hosts.check(&request("/", &[host.as_bytes()])), Ok(()), "{host}");
        }
        assert_eq!(hosts.check(&request("/", &[])), Ok(()));
        assert_eq!(hosts.check(&request("http://127.0.0.1:3000/", &[b"localhost"])), Ok(()));
        for host in [
            "evil.example",
            "evil.example:3000",
            "localhost.evil.example",
            "evillocalhost",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "[evil.example]",
            "::1",
            "app.test.evil.example",
            "x.app.test",
            "127.0.0.1 evil.example",
            "0x7f.1",
            ".",
            "\u{e9}.localhost",
        ] {
            let error = hosts.check(&request("/", &[host.as_bytes()])).unwrap_err();
            assert!(error.contains("--allow-host"), "{host}: {error}");
        }
        for (uri, headers) in [
            ("http://evil.example/", &[&b"localhost"[..]][..]),
            ("/", &[b"localhost", b"evil.example"]),
            ("/", &[b"\xff"]),
        ] {
            assert!(hosts.check(&request(uri, headers)).is_err(), "{uri} {headers:?}");
        }
    }

    #[test]
    fn only_local_pages_and_allowed_ones_open_websockets() {
        let hosts = Hosts::for_address(Ipv4Addr::LOCALHOST.into());
        hosts.allow("app.test");
        let open = |host: &str, origin: &str| {
            let request = Request::get("/").header("upgrade", "websocket").header("host", host);
            hosts.check(&request.header("origin", origin).body(()).unwrap())
        };
        for (host, origin) in [
            ("127.0.0.1:3000", "http://localhost:5173"),
            ("localhost", "http://127.1.2.3"),
            ("localhost", "https://[::1]:5173"),
            ("localhost", "http://[::ffff:127.0.0.1]"),
            ("localhost", "http://ui.LOCALHOST."),
            ("localhost", "https://app.test"),
            ("192.168.1.4:3000", "http://192.168.1.4:3000"),
        ] {
            assert_eq!(open(host, origin), Ok(()), "{host} {origin}");
        }
        for (host, origin) in [
            ("localhost", "https://evil.example"),
            ("localhost", "http://192.0.2.1"),
            ("192.168.1.4:3000", "http://192.168.1.4:3001"),
            ("localhost", "https://localhost.evil.example"),
            ("localhost", "https://localhost@evil.example"),
            ("localhost", "null"),
            ("localhost", "file://"),
            ("localhost", ""),
        ] {
            let error = open(host, origin).unwrap_err();
            assert!(error.contains(origin) && error.contains("--allow-host"), "{host} {origin}: {error}");
        }
        let twice = Request::get("/").header("upgrade", "websocket").header("origin", "http://localhost");
        assert!(hosts.check(&twice.header("origin", "https://evil.example").body(()).unwrap()).is_err());
        // Without an upgrade, the same-origin policy of the browser applies.
        assert_eq!(hosts.check(&Request::get("/").header("origin", "https://evil.example").body(()).unwrap()), Ok(()));
    }

    #[test]
    fn a_public_front_allows_every_host() {
        for (listens_on, is_public) in [
            ("0.0.0.0", true),
            ("192.168.1.4", true),
            ("::", true),
            ("127.0.0.2", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
        ] {
            let hosts = Hosts::for_address(listens_on.parse().unwrap());
            assert_eq!(hosts.check(&request("/", &[b"evil.example"])).is_ok(), is_public, "{listens_on}");
            let handshake = Request::get("/").header("upgrade", "websocket").header("origin", "https://app.example");
            assert_eq!(hosts.check(&handshake.body(()).unwrap()).is_ok(), is_public, "{listens_on}");
        }
        assert!(Hosts::for_private_api().check(&request("/", &[b"evil.example"])).is_err());
    }

    #[test]
    fn rejects_requests_with_headers_of_a_web_page() {
        let check = |name: &str, value: &str| check_origin(&Request::get("/").header(name, value).body(()).unwrap());
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:9001"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "same-origin"),
        ] {
            let error = check(name, value).unwrap_err();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
        assert_eq!(check("sec-fetch-site", "none"), Ok(()));
        // The `fetch` of Node.js sends this header.
        assert_eq!(check("sec-fetch-mode", "cors"), Ok(()));
    }
}
