//! Requests for a filter that Lodger calls in process.

use ::warp::test::RequestBuilder;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header::COOKIE, request::Parts};

use crate::{
    ClientAddr,
    adapter::{ExtensionStore, copy_extensions},
};

/// Makes warp's form of a request.
///
/// Only warp's server and this builder can set the address that `warp::addr::remote()` extracts, because its type is
/// private.
pub(super) fn builder(parts: Parts, body: Bytes) -> RequestBuilder {
    // The builder parses both again. It panics on invalid input, which a `Method` and a `Uri` cannot contain.
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let request = ::warp::test::request().method(parts.method.as_str()).path(target);
    let request = copy_extensions(&parts.extensions, with_headers(request, parts.headers));
    let request = match parts.extensions.get() {
        Some(&ClientAddr(client)) => request.remote_addr(client),
        None => request,
    };
    // An empty body would add `content-length: 0`.
    if body.is_empty() { request } else { request.body(body) }
}

/// Adds one header for each name, because the builder would keep only the last one of a name.
fn with_headers(mut request: RequestBuilder, headers: HeaderMap) -> RequestBuilder {
    let mut last: Option<(HeaderName, HeaderValue)> = None;
    // The iterator yields all values of a name in a row, and the name only with the first.
    for (name, value) in headers {
        match (name, &mut last) {
            (Some(name), last) => {
                if let Some((name, value)) = last.replace((name, value)) {
                    request = request.header(name, value);
                }
            }
            (None, Some((name, values))) => append(values, name, &value),
            (None, None) => {}
        }
    }
    match last {
        Some((name, value)) => request.header(name, value),
        None => request,
    }
}

/// Joins two values of a header (RFC 9110, section 5.3; cookies by RFC 9113, section 8.2.3).
fn append(values: &mut HeaderValue, name: &HeaderName, value: &HeaderValue) {
    let separator: &[u8] = if *name == COOKIE { b"; " } else { b", " };
    let joined = [values.as_bytes(), separator, value.as_bytes()].concat();
    if let Ok(joined) = HeaderValue::from_maybe_shared(Bytes::from(joined)) {
        *values = joined;
    }
}

impl ExtensionStore for RequestBuilder {
    fn with_extension<T: Clone + Send + Sync + 'static>(self, value: T) -> Self {
        self.extension(value)
    }
}

#[cfg(test)]
mod tests {
    use ::warp::Filter;
    use http::{Method, Request};

    use super::*;

    #[tokio::test]
    async fn joins_headers_of_one_name() {
        let mut sent = Request::new(());
        for (name, value) in [("a", "1"), ("cookie", "x=1"), ("b", "1"), ("a", "2, 3"), ("cookie", "y=2"), ("a", "")] {
            sent.headers_mut().append(name, HeaderValue::from_static(value));
        }
        let request = builder(sent.into_parts().0, Bytes::new());
        let headers = request.filter(&::warp::header::headers_cloned()).await.unwrap();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(headers, [("a", "1, 2, 3, "), ("cookie", "x=1; y=2"), ("b", "1")]);
    }

    #[tokio::test]
    async fn accepts_every_valid_method_and_path() {
        for (method, target) in
            [("GET", "//evil.example//x"), ("X-!#$%&'*+.^_`|~", "/[x]|^\"{}\\?q={[1]}&"), ("OPTIONS", "*")]
        {
            let mut sent = Request::new(());
            *sent.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
            *sent.uri_mut() = target.parse::<http::uri::PathAndQuery>().unwrap().into();
            let request = builder(sent.into_parts().0, Bytes::new());
            let all = ::warp::method()
                .and(::warp::path::full())
                .and(::warp::query::raw().or(::warp::any().map(String::new)).unify())
                .map(|method: Method, path: ::warp::path::FullPath, query: String| {
                    format!("{method} {} {query}", path.as_str())
                });
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            assert_eq!(request.filter(&all).await.unwrap(), format!("{method} {path} {query}"));
        }
    }
}
