//! Checks that keep web pages away from a port on the developer's machine.
//!
//! A page of any origin can send requests to a loopback address. If the owner of the page points its host name at that
//! address (DNS rebinding), the page can read the responses as well.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{PoisonError, RwLock},
};

use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, uri::Authority};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The host names that requests to a port may have.
///
/// IP addresses, `localhost` and the names below it are always allowed, because no page can have them as its own. A
/// request without a host is allowed too, because no browser sends one.
#[derive(Debug)]
pub(crate) struct Hosts {
    allows_any: bool,
    names: RwLock<Vec<String>>,
}

impl Hosts {
    /// The hosts of a front. A front is public unless it listens on a loopback address.
    pub(crate) fn for_front(listens_on: IpAddr) -> Self {
        Self { allows_any: !listens_on.to_canonical().is_loopback(), names: RwLock::default() }
    }

    /// The hosts of an API that is never public.
    pub(crate) fn for_private_api() -> Self {
        Self { allows_any: false, names: RwLock::default() }
    }

    pub(crate) fn allow(&self, name: &str) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.names.write().unwrap_or_else(PoisonError::into_inner).push(name);
    }

    /// Checks the host of a request.
    ///
    /// # Errors
    /// A text for the client if the host is not allowed.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), String> {
        if self.allows_any {
            return Ok(());
        }
        let uri_host = request.uri().authority().map(Authority::as_str).map(str::as_bytes);
        let header_hosts = request.headers().get_all(header::HOST).iter().map(HeaderValue::as_bytes);
        match uri_host.into_iter().chain(header_hosts).find(|host| !self.allows(host)) {
            None => Ok(()),
            Some(host) => Err(format!(
                "cannot serve a request for the host {:?}: only `localhost` and IP addresses are allowed, against DNS \
                 rebinding; call 127.0.0.1, or allow the name by `--allow-host NAME` of lodger-gateway, or by `allow_host`\n",
                String::from_utf8_lossy(host)
            )),
        }
    }

    fn allows(&self, host: &[u8]) -> bool {
        let Ok(authority) = Authority::try_from(host) else { return host.is_empty() };
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host().to_ascii_lowercase();
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()) || host.parse::<Ipv4Addr>().is_ok() {
            return true;
        }
        let name = host.strip_suffix('.').unwrap_or(&host);
        name == "localhost"
            || name.ends_with(".localhost")
            || self.names.read().unwrap_or_else(PoisonError::into_inner).iter().any(|allowed| allowed == name)
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
        let hosts = Hosts::for_front(Ipv4Addr::LOCALHOST.into());
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
    fn a_public_front_allows_every_host() {
        for (listens_on, is_public) in [
            ("0.0.0.0", true),
            ("192.168.1.4", true),
            ("::", true),
            ("127.0.0.2", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
        ] {
            let hosts = Hosts::for_front(listens_on.parse().unwrap());
            assert_eq!(hosts.check(&request("/", &[b"evil.example"])).is_ok(), is_public, "{listens_on}");
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
