//! Vercel functions with the runtime `provided.al2023`: `{"Action":"Invoke","body":".."}`, whose body is the JSON of a request.
//!
//! Sources: [the bridge for Go](https://github.com/vercel/vercel/blob/main/packages/go/bridge/bridge.go), and
//! [the server of `vercel dev`](https://github.com/vercel/vercel/blob/main/packages/cli/src/util/dev/server.ts).

use bytes::Bytes;

use crate::{
    json::read::Text,
    lambda::{
        event::{
            error::BadRequest,
            fields::{BodyMember, EventFields},
            front::{EventFormat, FrontSpec, Recognition, Wrapper},
            own_keys::{KeyTable, OwnKeys},
            parts::RequestParts,
            query::{Query, split_query},
            text::{decode_or_empty, decoded_bytes},
        },
        reply::{Envelope, HeaderFormat, ReplyFormat},
    },
    request::vercel_headers::VercelHeaders,
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of Vercel",
    // The last two are members of the request in the body.
    keys: OwnKeys { event: &["Action", "host", "encoding"], context: &[] },
    recognize: |fields| match &fields.body {
        _ if fields.own.text("Action").and_then(Text::verbatim) != Some(b"Invoke") => Recognition::No,
        BodyMember::Text(_) => Recognition::Yes(&FORMAT),
        BodyMember::Absent | BodyMember::Other => Recognition::Broken("its body is not text"),
    },
};

const FORMAT: EventFormat = EventFormat {
    log_name: "vercel",
    is_http: true,
    wrapper: Some(Wrapper {
        unwrap: |event, fields| match &fields.body {
            BodyMember::Text(text) => decoded_bytes(event, text).ok_or("the body is not text".into()),
            BodyMember::Absent | BodyMember::Other => Err("the body is not text".into()),
        },
        read,
        finish: |request| VercelHeaders::read(request).apply(request, None),
    }),
    parts: |_, fields, _| {
        let (path, query) = split_query(decode_or_empty(fields.path).ok_or("the path is not text")?);
        Ok(RequestParts {
            method: fields.method.and_then(Text::decode),
            path,
            query: Query::Raw(query.unwrap_or_default()),
            ..RequestParts::new(fields)
        })
    },
    // Lists for single values as well, like the bridge for Go.
    reply: &ReplyFormat {
        list_member: "headers",
        ..ReplyFormat::envelope(Envelope::Vercel, HeaderFormat::List, HeaderFormat::List)
    },
    reply_to_api_gateway: None,
    streaming: None,
};

/// Reads the request in the body of an event.
fn read<'a>(request: &'a Bytes, keys: &KeyTable) -> Result<EventFields<'a>, BadRequest> {
    let mut fields = EventFields::read(request, keys)
        .map_err(|malformed| format!("cannot read the request in the event: invalid JSON at byte {}", malformed.at))?;
    fields.is_base64 = match fields.own.text("encoding").map(Text::verbatim) {
        None | Some(Some(b"" | b"utf8" | b"utf-8")) => false,
        Some(Some(b"base64")) => true,
        Some(_) => return Err("the body of the request has an unknown encoding; known ones are base64 and utf8".into()),
    };
    // Becomes the header `host` if there is none.
    fields.context.domain = fields.own.text("host");
    Ok(fields)
}
