//! Vercel, as it calls functions of the runtime `provided.al2023`: `{"Action":"Invoke","body":".."}`, where the body is the JSON
//! of a request.
//!
//! Sources: [the bridge for Go](https://github.com/vercel/vercel/blob/main/packages/go/bridge/bridge.go), and
//! [the server of `vercel dev`](https://github.com/vercel/vercel/blob/main/packages/cli/src/util/dev/server.ts).

use bytes::Bytes;

use crate::{
    json::read::Text,
    lambda::{
        event::{
            BadRequest,
            fields::{Fields, Value},
            front::{Front, Query, RequestParts, decoded, split_query},
            owned,
        },
        reply::{HeaderFormat, ReplyFormat},
    },
};

/// Of the request in the event, which nothing else is: that is known by the event.
pub(crate) const FRONT: Front = Front {
    name: "an event of Vercel",
    short_name: "vercel",
    is_this: |_| false,
    is_like_this: is_invocation,
    is_http: true,
    parts: |_, fields, _| {
        let (path, query) = split_query(decoded(fields.path).ok_or("the path is no text")?);
        Ok(RequestParts {
            method: fields.method.and_then(Text::decode),
            path,
            query: Query::Raw(query.unwrap_or_default()),
            headers: [&fields.headers, &[]],
            ..RequestParts::default()
        })
    },
    // As the bridge for Go does: a list for one value as well.
    reply: &ReplyFormat {
        headers: HeaderFormat::List,
        cookies: HeaderFormat::List,
        lists_are_in: "headers",
        base64_is: r#""encoding":"base64""#,
        ..ReplyFormat::DEFAULT
    },
    reply_to_api_gateway: None,
    stream: None,
};

/// The JSON of the request in an event of Vercel's; `None` if the event is another's.
pub(crate) fn request_in(event: &Bytes, fields: &Fields<'_>) -> Option<Result<Bytes, BadRequest>> {
    match fields.body {
        Value::Text(text) if is_invocation(fields) => Some(owned(event, text).ok_or("the body is no text".into())),
        _ => None,
    }
}

/// Reads the request in an event.
pub(crate) fn read(request: &Bytes) -> Result<Fields<'_>, BadRequest> {
    let mut fields = Fields::read(request).map_err(|malformed| {
        format!("the request in the event is no JSON: it ceases to be at byte {}", malformed.at)
    })?;
    fields.is_base64 = match fields.encoding.map(Text::verbatim) {
        None | Some(Some(b"" | b"utf8" | b"utf-8")) => false,
        Some(Some(b"base64")) => true,
        Some(_) => return Err("the body of the request has an unknown encoding; it is base64, if any".into()),
    };
    // Where there is no header for it.
    fields.context.domain = fields.host;
    Ok(fields)
}

fn is_invocation(fields: &Fields<'_>) -> bool {
    fields.action.and_then(Text::verbatim) == Some(b"Invoke")
}
