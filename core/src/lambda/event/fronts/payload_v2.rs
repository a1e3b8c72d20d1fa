//! HTTP APIs (payload format version 2.0) and Function URLs: one shape, two manners of writing paths.
//!
//! Sources: [HTTP API integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html),
//! [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use crate::{
    ResponseMode,
    json::read::Text,
    lambda::{
        event::{
            domain::{is_function_url, is_local},
            fields::Fields,
            front::{
                Client, DecodeError, Front, PathIs, Query, RequestParts, Streams, decoded, domain, stage_of_http_api,
            },
        },
        reply::{API_HEADERS, HeaderFormat, ReplyFormat},
    },
};

pub(crate) const FUNCTION_URL: Front = Front {
    short_name: "function-url",
    is_this: |fields| is_either(fields) && is_function_url(&domain(fields)),
    parts: |_, fields, _| parts(fields, PathIs::AsSent),
    reply: &ReplyFormat { max_headers: None, ..REPLY },
    reply_to_api_gateway: None,
    stream: Some(URL_STREAMS),
    ..HTTP_API
};

const URL_STREAMS: Streams = Streams { prelude: &ReplyFormat::URL_PRELUDE, is_on: ResponseMode::streams_urls };

/// What emulators send for a Function URL, or for an HTTP API: there is no telling. What streams is the first.
pub(crate) const EMULATED: Front = Front {
    is_this: |fields| is_either(fields) && is_local(&domain(fields)),
    parts: |_, fields, _| parts(fields, PathIs::MaybeDecoded),
    reply_to_api_gateway: None,
    stream: Some(URL_STREAMS),
    ..HTTP_API
};

pub(crate) const HTTP_API: Front = Front {
    name: "an event of an HTTP API or a Function URL",
    short_name: "http-api",
    is_this: is_either,
    is_like_this: |fields| is_either(fields) || fields.raw_path.is_some() || fields.raw_query.is_some(),
    is_http: true,
    parts: |_, fields, _| parts(fields, PathIs::Decoded),
    reply: &ReplyFormat { max_headers: Some(API_HEADERS), ..REPLY },
    reply_to_api_gateway: Some(&ReplyFormat { max_headers: Some(API_HEADERS), suppresses_type: true, ..REPLY }),
    stream: None,
};

/// Source: [Lambda response for format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response).
const REPLY: ReplyFormat =
    ReplyFormat { headers: HeaderFormat::Joined, cookies: HeaderFormat::CookiesArray, ..ReplyFormat::DEFAULT };

/// `version` does not tell: others have it as well.
fn is_either(fields: &Fields<'_>) -> bool {
    fields.context.http.is_some()
}

/// How much of the path's encoding is left only the front tells: a Function URL keeps it, an HTTP API takes it away,
/// whatever its domain, and emulators differ.
fn parts<'a>(fields: &'a Fields<'a>, path_is: PathIs) -> Result<RequestParts<'a>, DecodeError> {
    let http = fields.context.http.as_ref();
    Ok(RequestParts {
        method: http.and_then(|http| http.method).and_then(Text::decode),
        // Never `http.path`, which both have decoded.
        path: decoded(fields.raw_path).ok_or("the path is no text")?,
        path_is,
        stage: stage_of_http_api(fields),
        // Never `queryStringParameters`, which are decoded, and joined where they are repeated.
        query: Query::Raw(decoded(fields.raw_query).ok_or("the query is no text")?),
        headers: [&fields.headers, &[]],
        cookies: &fields.cookies,
        client: Client::Said(http.and_then(|http| http.source_ip)),
        protocol: http.and_then(|http| http.protocol),
        ..RequestParts::default()
    })
}
