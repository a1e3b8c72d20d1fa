//! WebSocket APIs: each event of a connection becomes a POST to a path that ends with its route key.
//!
//! Sources: [routes](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html),
//! [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-integrations.html).

use std::borrow::Cow;

use http::HeaderValue;

use crate::{
    json::read::Text,
    lambda::{
        event::{
            client::ClientSource,
            decode_context::DecodeContext,
            error::DecodeError,
            escape::Escape,
            fields::{BodyMember, EventFields},
            front::{EventFormat, FrontSpec, Recognition},
            own_keys::OwnKeys,
            parts::{HeaderPairs, RequestParts},
            query::{Query, merged_parameters},
            rejection::Rejection,
        },
        reply::{Envelope, HeaderFormat, ReplyFormat},
    },
};

const NAME: &str = "an event of a WebSocket API";

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: NAME,
    keys: OwnKeys { event: &[], context: &["connectionId", "eventType"] },
    recognize: |fields| match event_type(fields) {
        _ if !fields.context.own.has("connectionId") => Recognition::No,
        Some(b"CONNECT") => Recognition::Yes(&CONNECT),
        Some(b"MESSAGE" | b"DISCONNECT") => Recognition::Yes(&MESSAGE),
        _ => Recognition::Broken("its eventType is not CONNECT, MESSAGE or DISCONNECT"),
    },
};

/// The handshake. The status of the response accepts or rejects the connection.
const CONNECT: EventFormat = EventFormat {
    log_name: "websocket-api",
    is_http: false,
    wrapper: None,
    parts: |_, fields, context| parts(fields, context),
    reply: &REPLY,
    reply_to_api_gateway: None,
    streaming: None,
};

/// A message, or the end of the connection. API Gateway ignores the status of the response, so an error status fails the
/// invocation.
const MESSAGE: EventFormat = EventFormat {
    // Larger responses only cause a warning: API Gateway sends them only if the route has a route response.
    reply: &ReplyFormat { client_sees_status: false, max_message: Some(128 * 1024), ..REPLY },
    ..CONNECT
};

/// Only the handshake has response headers, and it accepts one.
const REPLY: ReplyFormat = ReplyFormat {
    only_header: Some("sec-websocket-protocol"),
    ..ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::Joined, HeaderFormat::FirstValue)
};

fn event_type<'a>(fields: &EventFields<'a>) -> Option<&'a [u8]> {
    fields.context.own.text("eventType").and_then(Text::verbatim)
}

fn parts<'a>(fields: &'a EventFields<'a>, context: &DecodeContext<'_>) -> Result<RequestParts<'a>, DecodeError> {
    let Some(base) = context.websocket_path else {
        return Err(DecodeError::Rejected(Rejection::no_route(NAME, "LODGER_WEBSOCKET_PATH", "/ws")));
    };
    Ok(RequestParts {
        method: Some(Cow::Borrowed(b"POST")),
        path: path(base, fields).into(),
        query: Query::Decoded(merged_parameters(fields)),
        headers: HeaderPairs::from_both_maps(fields),
        // Messages have no headers. The default route selection evaluates messages as JSON.
        content_type: match &fields.body {
            BodyMember::Text(_) if fields.is_base64 => Some(HeaderValue::from_static("application/octet-stream")),
            BodyMember::Text(_) => Some(HeaderValue::from_static("application/json")),
            BodyMember::Absent | BodyMember::Other => None,
        },
        client: ClientSource::Member(fields.context.source_ip),
        ..RequestParts::new(fields)
    })
}

/// Returns the path of the route: the route key becomes one segment. The `$` of `$connect` is not escaped.
fn path(base: &str, fields: &EventFields<'_>) -> Vec<u8> {
    let route_key = fields.context.route_key.and_then(Text::decode).unwrap_or_else(|| default_route(fields).into());
    let mut path = format!("{base}/").into_bytes();
    match route_key.strip_prefix(b"$") {
        Some(rest) => {
            path.push(b'$');
            Escape::Component.push(&mut path, rest);
        }
        None => Escape::Component.push(&mut path, &route_key),
    }
    path
}

fn default_route(fields: &EventFields<'_>) -> &'static [u8] {
    match event_type(fields) {
        Some(b"CONNECT") => b"$connect",
        Some(b"DISCONNECT") => b"$disconnect",
        _ => b"$default",
    }
}
