//! Requests on their way into warp, by the one door of it through which the client's address goes in.

use ::warp::test::RequestBuilder;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header::COOKIE, request::Parts};

use crate::{
    ClientAddr,
    told::{Told, tell},
};

/// The request as warp has it. What `warp::addr::remote()` looks for is a type of warp's own, which its server makes, and
/// its builder of requests.
pub(super) fn of(parts: Parts, body: Bytes) -> RequestBuilder {
    // Both are parsed once more, and panic on what could not have become a `Method` and a `Uri` either.
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let request = ::warp::test::request().method(parts.method.as_str()).path(target);
    let request = tell(&parts.extensions, with_headers(request, parts.headers));
    let request = match parts.extensions.get() {
        Some(&ClientAddr(client)) => request.remote_addr(client),
        None => request,
    };
    // Even an empty one would set a length.
    if body.is_empty() { request } else { request.body(body) }
}

/// Adds headers, of each name one: the builder would keep but the last of several.
fn with_headers(mut request: RequestBuilder, headers: HeaderMap) -> RequestBuilder {
    let mut last: Option<(HeaderName, HeaderValue)> = None;
    // Those of one name come one after the other, and only the first says what it is.
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

/// Makes one value of two (RFC 9110, section 5.3; of cookies RFC 9113, section 8.2.3).
fn append(values: &mut HeaderValue, name: &HeaderName, value: &HeaderValue) {
    let separator: &[u8] = if *name == COOKIE { b"; " } else { b", " };
    let joined = [values.as_bytes(), separator, value.as_bytes()].concat();
    if let Ok(joined) = HeaderValue::from_maybe_shared(Bytes::from(joined)) {
        *values = joined;
    }
}

impl Told for RequestBuilder {
    fn with<T: Clone + Send + Sync + 'static>(self, value: T) -> Self {
        self.extension(value)
    }
}

#[cfg(test)]
mod tests {
    use ::warp::Filter;
    use http::{Method, Request};

    use super::*;

    #[tokio::test]
    async fn headers_of_one_name_become_one() {
        let mut sent = Request::new(());
        for (name, value) in [("a", "1"), ("cookie", "x=1"), ("b", "1"), ("a", "2, 3"), ("cookie", "y=2"), ("a", "")] {
            sent.headers_mut().append(name, HeaderValue::from_static(value));
        }
        let request = of(sent.into_parts().0, Bytes::new());
        let headers = request.filter(&::warp::header::headers_cloned()).await.unwrap();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(headers, [("a", "1, 2, 3, "), ("cookie", "x=1; y=2"), ("b", "1")]);
    }

    #[tokio::test]
    async fn what_a_method_and_a_path_can_be_warp_can_read_again() {
        for (method, target) in
            [("GET", "//evil.example//x"), ("X-!#$%&'*+.^_`|~", "/[x]|^\"{}\\?q={[1]}&"), ("OPTIONS", "*")]
        {
            let mut sent = Request::new(());
            *sent.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
            *sent.uri_mut() = target.parse::<http::uri::PathAndQuery>().unwrap().into();
            let request = of(sent.into_parts().0, Bytes::new());
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
