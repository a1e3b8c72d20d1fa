//! From the parts of an event to the request, for every front alike.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, Method, Version};

use crate::{
    Body, ClientAddr, PathPrefix, Request, Stage,
    json::{base64, read::Text},
    lambda::event::{
        BadRequest, DecodeContext,
        escape::Escape,
        fields::{Fields, MAX_ITEMS, Value},
        front::{Client, Query, RequestParts, StagePlace},
        headers::Headers,
        owned, quoted,
        uri::Target,
    },
};

/// The request that an event stands for, and the prefix that was removed from its path.
pub(crate) fn of(
    event: &Bytes,
    fields: &Fields<'_>,
    parts: RequestParts<'_>,
    is_http: bool,
    asked: &mut DecodeContext<'_>,
) -> Result<(Request, Option<PathPrefix>), BadRequest> {
    let body = match parts.body {
        Some(body) => body,
        None => body(event, fields)?,
    };
    let [headers, missing] = parts.headers;
    let mut map = Headers::new(event, asked.names, headers.len());
    for (pairs, only_if_missing) in [(headers, false), (missing, true)] {
        for (name, value) in pairs {
            map.add(*name, *value, only_if_missing)?;
        }
    }
    map.set_cookies(parts.cookies)?;
    map.ensure_host(fields.context.domain);
    map.set_trace_id(asked.context.trace_id_bytes());
    if let Some(content_type) = parts.content_type {
        map.ensure_type(content_type);
    }
    let headers = map.finish(body.len());

    let mut target = Target::new(&parts.path, parts.path_is.into(), room(&parts.query));
    let mut taken = Vec::new();
    if is_http {
        take_off(&mut target, &parts.stage, asked, &mut taken);
    }
    push_query(&mut target, &parts.query)?;

    let method = parts.method.ok_or("the event has no method")?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(&method).map_err(|_| format!("{} is no method", quoted(&method)))?;
    *request.uri_mut() = target.finish().ok_or("the path and the query are too long for a URI")?;
    *request.version_mut() = version(parts.protocol);
    *request.body_mut() = body.into();
    let client = client(&parts.client, &headers);
    *request.headers_mut() = headers;
    request.extensions_mut().insert(client);
    let prefix = (!taken.is_empty()).then(|| PathPrefix::new(taken.into()));
    if let Some(prefix) = &prefix {
        request.extensions_mut().insert(prefix.clone());
    }
    Ok((request, prefix))
}

/// Takes the stage and the base path off the path.
fn take_off(target: &mut Target, stage: &StagePlace<'_>, asked: &DecodeContext<'_>, taken: &mut Vec<u8>) {
    let name = match stage {
        StagePlace::None => None,
        StagePlace::BeforePath(name) | StagePlace::BeforePathOrAfterBase(name) | StagePlace::TakenOff(name) => {
            name.decode()
        }
    };
    // As it stands in the path by now.
    let segment = name.filter(|name| !name.is_empty() && **name != *b"$default").map(|name| {
        let mut segment = Vec::with_capacity(1 + name.len());
        segment.push(b'/');
        Escape::Decoded.push(&mut segment, &name);
        segment
    });
    let strip_stage = |target: &mut Target, taken: &mut Vec<u8>| {
        asked.stage == Stage::Strip && segment.as_ref().is_some_and(|segment| target.strip(segment, taken))
    };
    let is_off = match stage {
        StagePlace::None => true,
        StagePlace::TakenOff(_) => {
            taken.extend_from_slice(segment.as_deref().unwrap_or_default());
            true
        }
        StagePlace::BeforePath(_) | StagePlace::BeforePathOrAfterBase(_) => strip_stage(target, taken),
    };
    let has_base = asked.base_path.is_some_and(|base_path| target.strip(base_path.as_bytes(), taken));
    if has_base && !is_off && matches!(stage, StagePlace::BeforePathOrAfterBase(_)) {
        strip_stage(target, taken);
    }
}

/// How long a query will be, about.
fn room(query: &Query<'_>) -> usize {
    match query {
        Query::Raw(raw) => raw.len(),
        Query::Sent(pairs) | Query::Decoded(pairs) => pairs.len() * 16,
    }
}

fn push_query(target: &mut Target, query: &Query<'_>) -> Result<(), BadRequest> {
    let (pairs, of_key, of_value) = match query {
        Query::Raw(raw) => {
            target.push_query(raw);
            return Ok(());
        }
        Query::Sent(pairs) => (pairs, Escape::SentKey, Escape::SentValue),
        Query::Decoded(pairs) => (pairs, Escape::DecodedKey, Escape::DecodedValue),
    };
    if pairs.len() > MAX_ITEMS {
        return Err(format!("there are more than {MAX_ITEMS} query parameters").into());
    }
    for (key, value) in pairs.iter() {
        let key = key.decode().ok_or("the name of a query parameter is not text")?;
        let value = value.decode().ok_or_else(|| format!("the query parameter {} is not text", quoted(&key)))?;
        target.push_parameter((&key, of_key), (&value, of_value));
    }
    Ok(())
}

fn body(event: &Bytes, fields: &Fields<'_>) -> Result<Bytes, BadRequest> {
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

fn version(protocol: Option<Text<'_>>) -> Version {
    match protocol.and_then(Text::verbatim) {
        Some(b"HTTP/1.0") => Version::HTTP_10,
        Some(b"HTTP/2.0" | b"HTTP/2") => Version::HTTP_2,
        Some(b"HTTP/3.0" | b"HTTP/3") => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

fn client(client: &Client<'_>, headers: &HeaderMap) -> ClientAddr {
    let addr = match client {
        Client::Unknown => None,
        Client::Said(ip) => ip.and_then(Text::verbatim).and_then(address),
        Client::LastForwarded => {
            let last = headers.get_all("x-forwarded-for").iter().next_back();
            last.and_then(|value| address(value.as_bytes().rsplit(|&byte| byte == b',').next()?))
        }
    };
    addr.map_or(ClientAddr::UNKNOWN, ClientAddr)
}

/// An IP address, with or without a port, and one of version 6 with or without its brackets.
fn address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let ip = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse::<IpAddr>();
    text.parse().ok().or_else(|| ip().ok().map(|ip| SocketAddr::new(ip, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_port_and_brackets() {
        let addr = |text: &str| address(text.as_bytes()).map(|addr| addr.to_string());
        assert_eq!(addr("203.0.113.9").unwrap(), "203.0.113.9:0");
        assert_eq!(addr(" 203.0.113.9:4711 ").unwrap(), "203.0.113.9:4711");
        assert_eq!(addr("2001:db8::1").unwrap(), "[2001:db8::1]:0");
        assert_eq!(addr("[2001:db8::1]").unwrap(), "[2001:db8::1]:0");
        assert_eq!(addr("[2001:db8::1]:4711").unwrap(), "[2001:db8::1]:4711");
        for garbage in ["", "unknown", "1.2.3", "203.0.113.9:x", "[::1", "_hidden"] {
            assert_eq!(addr(garbage), None, "{garbage}");
        }
    }
}
