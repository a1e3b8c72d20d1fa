//! WebSocket APIs: each event of a connection becomes a POST to a route that is its route key.
//!
//! Sources: [routes](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html),
//! [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-integrations.html).

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;

use crate::{
    json::read::Text,
    lambda::{
        event::{
            DecodeContext, Rejection,
            escape::Escape,
            fields::{Fields, Value},
            front::{Client, DecodeError, Front, Query, RequestParts, headers, parameters},
        },
        reply::{HeaderFormat, ReplyFormat},
    },
};

/// Who asks to connect is let in, or not, by the status of the answer.
pub(crate) const CONNECT: Front = Front {
    name: "an event of a WebSocket API",
    short_name: "websocket-api",
    is_like_this: |fields| fields.context.is_of_connection || fields.context.route_key.is_some(),
    is_this: |fields| event_type(fields) == Some(b"CONNECT"),
    is_http: false,
    parts,
    reply: &ReplyFormat { only: Some("sec-websocket-protocol"), headers: HeaderFormat::Joined, ..ReplyFormat::DEFAULT },
    reply_to_api_gateway: None,
    stream: None,
};

/// Nobody sees the status of the answer to a message, nor to the end of a connection: a bad one is an error.
pub(crate) const MESSAGE: Front = Front {
    is_this: |fields| matches!(event_type(fields), Some(b"MESSAGE" | b"DISCONNECT")),
    // What is larger may not matter: it is sent where the route has a response, and else to nobody.
    reply: &ReplyFormat { fails_by_status: true, max_message: Some(128 * 1024), ..*CONNECT.reply },
    ..CONNECT
};

fn event_type<'a>(fields: &Fields<'a>) -> Option<&'a [u8]> {
    fields.context.event_type.and_then(Text::verbatim).filter(|_| fields.context.is_of_connection)
}

fn parts<'a>(_: &'a Bytes, fields: &'a Fields<'a>, asked: &DecodeContext<'_>) -> Result<RequestParts<'a>, DecodeError> {
    let Some(base) = asked.websocket_path else {
        return Err(DecodeError::Refused(Rejection::no_route(CONNECT.name, "LODGER_WEBSOCKET_PATH", "/ws")));
    };
    let route_key = fields.context.route_key.and_then(Text::decode).unwrap_or_else(|| default_route(fields).into());
    let mut path = format!("{base}/").into_bytes();
    // `$connect` and its like stay readable; a slash in a key is none of the path's.
    match route_key.strip_prefix(b"$") {
        Some(rest) => {
            path.push(b'$');
            Escape::Component.push(&mut path, rest);
        }
        None => Escape::Component.push(&mut path, &route_key),
    }
    Ok(RequestParts {
        method: Some(Cow::Borrowed(b"POST")),
        path: path.into(),
        query: Query::Decoded(parameters(fields)),
        headers: headers(fields),
        // Messages come without headers, and an API tells them apart by what they are as JSON.
        content_type: match fields.body {
            Value::Text(_) if fields.is_base64 => Some(HeaderValue::from_static("application/octet-stream")),
            Value::Text(_) => Some(HeaderValue::from_static("application/json")),
            Value::Absent | Value::Other => None,
        },
        client: Client::Said(fields.context.source_ip),
        ..RequestParts::default()
    })
}

fn default_route(fields: &Fields<'_>) -> &'static [u8] {
    match event_type(fields) {
        Some(b"CONNECT") => b"$connect",
        Some(b"DISCONNECT") => b"$disconnect",
        _ => b"$default",
    }
}
