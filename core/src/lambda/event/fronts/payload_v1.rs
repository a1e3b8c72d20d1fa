//! REST APIs, and HTTP APIs with payload format version 1.0: nearly one shape.
//!
//! Sources: [proxy integrations of REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html),
//! [HTTP API integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).

use bytes::Bytes;

use crate::{
    ResponseMode,
    json::read::Text,
    lambda::{
        event::{
            DecodeContext,
            fields::{Fields, Value},
            front::{
                Client, DecodeError, Front, PathIs, Query, RequestParts, StagePlace, Streams, decoded, headers,
                parameters, stage_of_http_api,
            },
        },
        reply::{API_HEADERS, HeaderFormat, ReplyFormat},
    },
    log::{self, warn_once::WarnOnce},
};

/// Before [`REST_API`], of whose shape it is but for its `version`.
pub(crate) const HTTP_API: Front = Front {
    short_name: "http-api",
    is_this: |fields| is_either(fields) && fields.version.and_then(Text::verbatim) == Some(b"1.0"),
    parts: |_, fields, _| {
        Ok(RequestParts {
            // What is known of it does not agree, so that escapes are left and all else is escaped.
            path_is: PathIs::MaybeDecoded,
            stage: stage_of_http_api(fields),
            ..common(fields)?
        })
    },
    stream: None,
    ..REST_API
};

pub(crate) const REST_API: Front = Front {
    name: "an event of an API of API Gateway",
    short_name: "rest-api",
    is_this: is_either,
    is_like_this: |fields| {
        let context = &fields.context;
        let has_maps = !fields.headers.is_empty() || fields.multi_headers.is_some() || !fields.query.is_empty();
        fields.http_method.is_some() && (has_maps || fields.has_resource)
            || context.is_of_api
            || context.domain.is_some()
            || context.stage.is_some() && context.source_ip.is_some()
    },
    is_http: true,
    parts: rest_api,
    reply: REPLY,
    reply_to_api_gateway: Some(&ReplyFormat { suppresses_type: true, ..*REPLY }),
    stream: Some(Streams { prelude: &ReplyFormat::REST_PRELUDE, is_on: ResponseMode::streams_rest_apis }),
};

/// Never `headers` as well: the front would merge them with the others, into repeated ones.
const REPLY: &ReplyFormat = &ReplyFormat {
    headers: HeaderFormat::List,
    cookies: HeaderFormat::List,
    max_headers: Some(API_HEADERS),
    ..ReplyFormat::DEFAULT
};

/// A method alone is not enough: agents of Bedrock send one too.
fn is_either(fields: &Fields<'_>) -> bool {
    fields.http_method.is_some() && (fields.path.is_some() || !fields.context.raw.is_empty())
}

fn rest_api<'a>(_: &'a Bytes, fields: &'a Fields<'a>, _: &DecodeContext<'_>) -> Result<RequestParts<'a>, DecodeError> {
    tell_of_lost_bytes(fields);
    let parts = common(fields)?;
    let outside = decoded(fields.context.path).unwrap_or_default();
    let stage = match fields.context.stage {
        None => StagePlace::None,
        // As the client sent it, on a domain of one's own: the stage is there if the domain was not mapped to one.
        Some(stage) if outside == parts.path => StagePlace::BeforePathOrAfterBase(stage),
        // The client sent more, on the domain that the front gives an API, which is the stage.
        Some(stage) if is_behind(&outside, stage, &parts.path) => StagePlace::TakenOff(stage),
        Some(_) => StagePlace::None,
    };
    Ok(RequestParts { stage, ..parts })
}

/// Whether `outside` is `path` behind the stage.
fn is_behind(outside: &[u8], stage: Text<'_>, path: &[u8]) -> bool {
    let stage = stage.decode().unwrap_or_default();
    let rest = outside.strip_prefix(b"/").and_then(|rest| rest.strip_prefix(&*stage));
    // The root of the stage may come with its slash or without.
    rest.is_some_and(|rest| rest == path || rest.is_empty() && path == b"/")
}

fn common<'a>(fields: &'a Fields<'a>) -> Result<RequestParts<'a>, DecodeError> {
    Ok(RequestParts {
        method: fields.http_method.and_then(Text::decode),
        // Never `pathParameters.proxy`, which is but the end of it.
        path: decoded(fields.path).ok_or("the path is no text")?,
        query: Query::Decoded(parameters(fields)),
        headers: headers(fields),
        client: Client::Said(fields.context.source_ip),
        protocol: fields.context.protocol,
        ..RequestParts::default()
    })
}

/// Says, once, that a body has come that is no longer what the client sent.
fn tell_of_lost_bytes(fields: &Fields<'_>) {
    static TOLD: WarnOnce = WarnOnce::new();
    let Value::Text(body) = fields.body else { return };
    if !fields.is_base64 && TOLD.is_first_if(|| is_lossy(body.raw())) {
        log::warn!(
            "a body has come with U+FFFD in it, which a REST API puts in the place of bytes that are no text; to get those, \
             its binaryMediaTypes have to name the type of the body, or be */*"
        );
    }
}

/// Whether U+FFFD stands in a string of JSON, as itself or escaped.
fn is_lossy(json: &[u8]) -> bool {
    let is_at = |at: usize, is_it: fn(&[u8]) -> bool| json.get(at..).is_some_and(is_it);
    memchr::memchr2_iter(0xef, b'\\', json).any(|at| {
        is_at(at, |rest| rest.starts_with("\u{fffd}".as_bytes()))
            || is_at(at, |rest| rest.get(..6).is_some_and(|escape| escape.eq_ignore_ascii_case(b"\\ufffd")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_were_lost_are_seen_however_they_are_written() {
        for lossy in ["\u{fffd}PNG\\r\\n", "\\r\\n\\ufffd", "x\\uFFFD", "\u{fffd}"] {
            assert!(is_lossy(lossy.as_bytes()), "{lossy}");
        }
        for text in ["", "\u{feff}é", "\\ufffe", "\\n\\uff", "ufffd"] {
            assert!(!is_lossy(text.as_bytes()), "{text}");
        }
    }
}
