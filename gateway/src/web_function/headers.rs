//! The headers that Lambda removes and adds.
//!
//! Source: [HTTP requests and responses](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html).

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONNECTION, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-web-request-id");
pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-web-error-type");
const ENDPOINT_NAME: HeaderName = HeaderName::from_static("lambda-web-endpoint-name");
const LOG_STREAM: HeaderName = HeaderName::from_static("lambda-web-logstream");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The domain of an endpoint, in the form of the documentation.
const DOMAIN: &str = "bcdfghjklmnpqrst.b7t.lambda-web.us-east-1.on.aws";
const OWN: &str = "lambda-web-";

/// Headers of a connection, in requests and in responses.
const OF_CONNECTION: [HeaderName; 4] =
    [CONNECTION, HeaderName::from_static("keep-alive"), HeaderName::from_static("proxy-connection"), UPGRADE];

/// Further headers that do not reach the process.
const ONLY_FROM_CLIENTS: [HeaderName; 9] = [
    EXPECT,
    TE,
    TRAILER,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];

/// Changes the headers of a request for the process.
pub(super) fn to_process(headers: &mut HeaderMap, client: IpAddr, request_id: &str, endpoint_name: &str) {
    remove_named_in_connection(headers);
    for name in OF_CONNECTION.iter().chain(&ONLY_FROM_CLIENTS) {
        headers.remove(name);
    }
    let own: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with(OWN)).cloned().collect();
    for name in own {
        headers.remove(name);
    }
    headers.insert(HOST, HeaderValue::from_static(DOMAIN));
    append_client(headers, client);
    for (name, value) in [(REQUEST_ID, request_id), (ENDPOINT_NAME, endpoint_name)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}

/// Changes the headers of a response for the client.
pub(super) fn to_client(headers: &mut HeaderMap, request_id: Option<HeaderValue>) {
    remove_named_in_connection(headers);
    for name in OF_CONNECTION.iter().chain([&TRAILER]) {
        headers.remove(name);
    }
    if let Some(id) = request_id {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(LOG_STREAM, HeaderValue::from_static("2026/11/29/0123456789abcdef0123456789abcdef"));
}

/// Appends the address to the last line of `X-Forwarded-For`.
fn append_client(headers: &mut HeaderMap, client: IpAddr) {
    let earlier: Vec<_> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let mut list = earlier.join(&b", "[..]);
    if !list.is_empty() {
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(client.to_string().as_bytes());
    if let Ok(list) = HeaderValue::from_bytes(&list) {
        headers.insert(FORWARDED_FOR, list);
    }
}

/// Removes the headers that `Connection` names (RFC 9110, section 7.6.1). The framing of the body stays: hyper needs it.
fn remove_named_in_connection(headers: &mut HeaderMap) {
    let lines: Vec<_> = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok()).collect();
    let names = lines.iter().flat_map(|line| line.split(','));
    let names: Vec<HeaderName> = names.filter_map(|name| name.trim().parse().ok()).collect();
    for name in names.iter().filter(|name| **name != TRANSFER_ENCODING) {
        headers.remove(name);
    }
}
