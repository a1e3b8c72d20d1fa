//! The host names below `localhost`.

use http::{Request, header::HOST};

/// Returns the label before `.localhost` in the host of a request, in lower case. `None` for any other host.
pub fn label<B>(request: &Request<B>) -> Option<String> {
    let header = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(|authority| authority.as_str()).or_else(header)?;
    let host =
        authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_end_matches('.').to_ascii_lowercase();
    let label = host.strip_suffix(".localhost")?;
    Some(label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_label_of_a_front() {
        for (host, expected) in [
            ("rest-api.localhost:4000", Some("rest-api")),
            ("REST-API.LOCALHOST.:4000", Some("rest-api")),
            ("a.b.localhost", Some("a.b")),
            ("localhost:4000", None),
            ("127.0.0.1:4000", None),
            ("[::1]:4000", None),
            ("evil.example", None),
            ("", None),
        ] {
            let request = Request::get("/").header("host", host).body(()).unwrap();
            assert_eq!(label(&request).as_deref(), expected, "{host}");
        }
        let absolute = Request::get("http://alb.localhost:1/x").header("host", "localhost").body(()).unwrap();
        assert_eq!(label(&absolute).as_deref(), Some("alb"));
    }
}
