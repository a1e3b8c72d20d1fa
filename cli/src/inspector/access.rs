//! The protection of the inspector from web pages and from other machines.

use std::net::IpAddr;

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};

use super::error::ApiError;

/// The header of each request that changes something. A page of another origin cannot send it without a preflight, which fails.
const MARK: &str = "x-lodger-inspector";

/// Checks that a request comes from this machine, and not from a page of another origin.
///
/// # Errors
/// The status and a text.
pub fn check<B>(client: IpAddr, request: &Request<B>) -> Result<(), ApiError> {
    if !client.to_canonical().is_loopback() {
        return Err((StatusCode::FORBIDDEN, "the inspector is for this machine only".to_owned()));
    }
    let headers = request.headers();
    let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let host = text("host").unwrap_or_default();
    if let Some(origin) = text("origin").filter(|origin| *origin != format!("http://{host}")) {
        return Err((StatusCode::FORBIDDEN, format!("cannot serve a page of the origin {origin:?}")));
    }
    let site = text("sec-fetch-site").filter(|site| site != "same-origin" && site != "none");
    if let Some(site) = site.filter(|_| request.uri().path().starts_with("/api/")) {
        return Err((StatusCode::FORBIDDEN, format!("cannot serve a request of another page ({site})")));
    }
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_reading && !headers.contains_key(MARK) {
        return Err((StatusCode::FORBIDDEN, format!("missing header {MARK}: 1")));
    }
    Ok(())
}

/// Adds the headers that limit the page.
pub fn with_headers<B>(mut response: Response<B>) -> Response<B> {
    let policy =
        "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn checked(client: IpAddr, method: Method, path: &str, headers: &[(&str, &str)]) -> bool {
        let request = Request::builder().method(method).uri(path).header("host", "inspect.localhost:4000");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        check(client, &request.body(()).unwrap()).is_ok()
    }

    #[test]
    fn rejects_other_machines_and_other_pages() {
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let own = ("origin", "http://inspect.localhost:4000");
        assert!(checked(local, Method::GET, "/api/state", &[]));
        assert!(checked(local, Method::POST, "/api/replay", &[own, (MARK, "1")]));
        assert!(checked("::ffff:127.0.0.1".parse().unwrap(), Method::GET, "/", &[]));
        // A link from another page opens the page, and no more.
        assert!(checked(local, Method::GET, "/", &[("sec-fetch-site", "cross-site")]));
        for (client, method, path, headers) in [
            ("192.0.2.1".parse().unwrap(), Method::GET, "/", &[][..]),
            (local, Method::POST, "/api/replay", &[own]),
            (local, Method::DELETE, "/api/invocations", &[]),
            (local, Method::GET, "/api/state", &[("origin", "http://localhost:4000")]),
            (local, Method::GET, "/api/state", &[("origin", "null")]),
            (local, Method::GET, "/api/state", &[("sec-fetch-site", "same-site")]),
            (local, Method::POST, "/api/replay", &[("origin", "https://evil.example"), (MARK, "1")]),
        ] {
            assert!(!checked(client, method.clone(), path, headers), "{method} {path} {headers:?}");
        }
    }
}
