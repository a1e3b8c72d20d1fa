//! Responses from their parts.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::response::reply::Headers;

/// Makes a response without hop-by-hop headers. Corrects the `Content-Length` if there is a body. A response to HEAD
/// keeps its length.
pub(crate) fn assemble(status: StatusCode, headers: Headers, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        if !is_hop_by_hop(&name) {
            response.headers_mut().append(name, value);
        }
    }
    if !response.body().is_empty() && response.headers().contains_key(header::CONTENT_LENGTH) {
        let length = response.body().len().into();
        response.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    response
}

/// Returns whether a header belongs to one connection. Fronts do not forward those (rule 83).
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    let names = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
    names.contains(&name.as_str())
}

/// Adds a content type if there is none (rule 88).
pub(crate) fn set_default_content_type<T>(response: &mut Response<T>, default: &'static str) {
    response.headers_mut().entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(default));
}

/// Merges the two maps of headers like a REST API: the values of `multi` come first, and a pair of both maps occurs once
/// (rule 74).
pub(crate) fn merge_headers(multi: Headers, single: Headers) -> Headers {
    let mut headers = multi;
    for pair in single {
        if !headers.contains(&pair) {
            headers.push(pair);
        }
    }
    headers
}

/// Renames a header to `x-amzn-remapped-..` if it is one of `renamed` (rules 84 and 85). Returns `None` if the new name is too
/// long.
pub(crate) fn rename_header(name: &mut HeaderName, renamed: &[&str]) -> Option<()> {
    if renamed.contains(&name.as_str()) {
        *name = HeaderName::try_from(format!("x-amzn-remapped-{name}")).ok()?;
    }
    Some(())
}

/// Returns the size in bytes of all names and values.
pub(crate) fn header_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}
