//! HTTP APIs (payload format version 2.0) and Function URLs: one shape, two manners of writing paths.
//!
//! Sources: [HTTP API integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html),
//! [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
};

use bytes::Bytes;
use http::{Method, Version};

use super::{
    Asked, Bad,
    fields::{Fields, Http, Value},
    headers::Headers,
    json::Text,
    owned, quoted,
    uri::{self, Escape, Target},
};
use crate::{Body, ClientAddr, Request, Stage, lambda::base64};

/// Whether these are the parts of such an event. `version` does not tell: others have it as well.
pub(super) fn is_this(fields: &Fields<'_>) -> bool {
    fields.context.http.is_some() && !fields.context.is_of_another_service && !fields.is_authorizer
}

/// The request that an event of this shape stands for.
pub(super) fn request(event: &Bytes, fields: &Fields<'_>, asked: &mut Asked<'_>) -> Result<Request, Bad> {
    let http = fields.context.http.as_ref();
    let body = body(event, fields)?;
    let mut headers = Headers::new(event, asked.names, fields.headers.len())?;
    for (name, value) in &fields.headers {
        headers.add(*name, *value)?;
    }
    headers.set_cookies(&fields.cookies)?;
    headers.ensure_host(fields.context.domain);
    headers.set_trace_id(asked.context.trace_id_bytes());

    let domain = fields.context.domain.and_then(Text::decode).unwrap_or_default();
    let path = decoded(fields.raw_path).ok_or("the path is no text")?;
    let query = decoded(fields.raw_query).ok_or("the query is no text")?;
    let mut target = Target::new(&path, escape(&domain), query.len());
    let stage = match fields.context.stage.and_then(Text::decode) {
        Some(stage) if asked.stage == Stage::Strip && !stage.is_empty() && *stage != *b"$default" => {
            target.strip(&[b"/", &*stage].concat())
        }
        _ => None,
    };
    let base_path = asked.base_path.and_then(|base_path| target.strip(base_path.as_bytes()));

    let method = http.and_then(|http| http.method).and_then(Text::decode).ok_or("the event has no method")?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(&method).map_err(|_| format!("{} is no method", quoted(&method)))?;
    *request.uri_mut() = target.finish(&query).ok_or("the path and the query are too long for a URI")?;
    *request.version_mut() = version(http);
    *request.headers_mut() = headers.finish(body.len());
    *request.body_mut() = body.into();
    request.extensions_mut().insert(client(http));
    if let Some(prefix) = uri::taken(stage, base_path) {
        request.extensions_mut().insert(prefix);
    }
    Ok(request)
}

/// How much of the path's encoding is left, which only the domain tells: a Function URL keeps it, an HTTP API, whatever
/// its domain, takes it away, and emulators, which are on this machine, differ.
fn escape(domain: &[u8]) -> Escape {
    let domain = std::str::from_utf8(domain).unwrap_or_default();
    let is_address = domain.parse::<SocketAddr>().is_ok();
    let host = if is_address { domain } else { domain.rsplit_once(':').map_or(domain, |(host, _)| host) };
    let is_ip = || domain.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if domain.contains(".lambda-url.") {
        Escape::Verbatim
    } else if domain.is_empty() || host.eq_ignore_ascii_case("localhost") || is_address || is_ip() {
        Escape::Tolerant
    } else {
        Escape::Decoded
    }
}

fn body(event: &Bytes, fields: &Fields<'_>) -> Result<Bytes, Bad> {
    let text = match fields.body {
        Value::Absent => return Ok(Bytes::new()),
        Value::Other => return Err("the body is neither text nor null".into()),
        Value::Text(text) if fields.is_base64 => {
            let encoded = text.decode().ok_or("the body is no text")?;
            return base64::decode(&encoded)
                .map(Bytes::from)
                .ok_or("the body is not base64, which it is said to be".into());
        }
        Value::Text(text) => text,
    };
    owned(event, text).ok_or("the body is no text".into())
}

/// What a string stands for; one that is not there is an empty one.
fn decoded(text: Option<Text<'_>>) -> Option<Cow<'_, [u8]>> {
    text.map_or(Some(Cow::default()), Text::decode)
}

fn version(http: Option<&Http<'_>>) -> Version {
    match http.and_then(|http| http.protocol).and_then(Text::verbatim) {
        Some(b"HTTP/1.0") => Version::HTTP_10,
        Some(b"HTTP/2.0" | b"HTTP/2") => Version::HTTP_2,
        Some(b"HTTP/3.0" | b"HTTP/3") => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

fn client(http: Option<&Http<'_>>) -> ClientAddr {
    http.and_then(|http| http.source_ip)
        .and_then(Text::verbatim)
        .and_then(|ip| std::str::from_utf8(ip).ok()?.parse().ok())
        .map_or(ClientAddr::UNKNOWN, |ip| ClientAddr(SocketAddr::new(ip, 0)))
}
