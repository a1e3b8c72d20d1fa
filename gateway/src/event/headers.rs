//! The headers of an event.

use bytes::Bytes;
use http::{HeaderName, Request, header};

use crate::{
    event::{json::header_text, multi_map::MultiMap},
    front_settings::FrontSettings,
};

/// The rules for the headers that a front adds.
pub(crate) struct HeaderRules {
    pub(crate) content_length: ContentLengthRule,
    /// Adds the headers that identify the client and the front.
    pub(crate) add: fn(&mut MultiMap, &FrontSettings),
}

/// When an event has `Content-Length` (rule 57).
#[derive(Debug, Clone, Copy)]
pub(crate) enum ContentLengthRule {
    Never,
    Always,
    WithBody,
}

/// Returns the headers that a front forwards, and those that it adds. Names are in lower case.
pub(crate) fn event_headers(request: &Request<Bytes>, settings: &FrontSettings, rules: &HeaderRules) -> MultiMap {
    let mut headers = MultiMap::default();
    for (name, value) in request.headers() {
        if !is_hop_by_hop(name) {
            headers.append(name.as_str(), header_text(value));
        }
    }
    let length = request.body().len();
    match rules.content_length {
        ContentLengthRule::Never => headers.remove("content-length"),
        ContentLengthRule::WithBody if length == 0 => {}
        ContentLengthRule::Always | ContentLengthRule::WithBody => headers.insert("content-length", length.to_string()),
    }
    if headers.get("host").is_none() {
        headers.insert("host", settings.domain().to_owned());
    }
    (rules.add)(&mut headers, settings);
    headers
}

/// Returns whether a header belongs to one connection. Fronts do not forward those (rule 62).
fn is_hop_by_hop(name: &HeaderName) -> bool {
    let names = [
        header::CONNECTION,
        header::EXPECT,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
    ];
    names.contains(name) || name.as_str().starts_with("proxy-")
}

/// Adds the headers of API Gateway, Function URLs and load balancers.
pub(crate) fn add_proxy_headers(headers: &mut MultiMap, settings: &FrontSettings) {
    headers.insert("x-amzn-trace-id", "Root=1-67d1d1be-0123456789abcdef01234567".to_owned());
    append_client(headers, settings);
    headers.insert("x-forwarded-port", "443".to_owned());
    headers.insert("x-forwarded-proto", "https".to_owned());
}

/// Appends the address of the client to `X-Forwarded-For` (rule 55).
pub(crate) fn append_client(headers: &mut MultiMap, settings: &FrontSettings) {
    let client = settings.client.to_string();
    let addresses = match headers.get("x-forwarded-for") {
        Some(sent) => format!("{}, {client}", sent.join(", ")),
        None => client,
    };
    headers.insert("x-forwarded-for", addresses);
}

/// Writes a name like API Gateway, which capitalizes the names of its own headers. Names of an HTTP/2 client are lower case
/// (rule 47).
pub(crate) fn api_gateway_name(name: &str) -> String {
    let capitalized = [
        "Content-Length",
        "Host",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Version",
        "User-Agent",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
    ];
    capitalized.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name).to_owned()
}
