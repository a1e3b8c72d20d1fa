//! HTTP APIs (payload format version 2.0) and Function URLs: one shape, two manners of writing paths.
//!
//! Sources: [HTTP API integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html),
//! [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use bytes::Bytes;

use super::{
    Asked,
    domain::{is_function_url, is_local},
    fields::Fields,
    front::{Client, Front, Parts, PathIs, Query, Streams, Why, decoded, domain, stage_of_http_api},
    json::Text,
};
use crate::{
    ResponseMode,
    lambda::reply::{API_HEADERS, Form, Style},
};

pub(super) const FUNCTION_URL: Front = Front {
    short_name: "function-url",
    is_this: |fields| is_either(fields) && is_function_url(&domain(fields)),
    reply: &Style { max_headers: None, ..REPLY },
    stream: Some(URL_STREAMS),
    ..HTTP_API
};

const URL_STREAMS: Streams = Streams { prelude: &Style::URL_PRELUDE, is_on: ResponseMode::streams_urls };

/// What emulators send for a Function URL, or for an HTTP API: there is no telling. What streams is the first.
pub(super) const EMULATED: Front = Front {
    is_this: |fields| is_either(fields) && path_is(&domain(fields)) == PathIs::MaybeDecoded,
    stream: Some(URL_STREAMS),
    ..HTTP_API
};

pub(super) const HTTP_API: Front = Front {
    name: "an event of an HTTP API or a Function URL",
    short_name: "http-api",
    is_this: is_either,
    is_like_this: |fields| is_either(fields) || fields.raw_path.is_some() || fields.raw_query.is_some(),
    is_http: true,
    parts,
    reply: &Style { max_headers: Some(API_HEADERS), ..REPLY },
    stream: None,
};

/// Source: [Lambda response for format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response).
const REPLY: Style = Style { headers: Form::Joined, cookies: Form::Apart, ..Style::DEFAULT };

/// `version` does not tell: others have it as well.
fn is_either(fields: &Fields<'_>) -> bool {
    fields.context.http.is_some()
}

fn parts<'a>(_: &'a Bytes, fields: &'a Fields<'a>, _: &Asked<'_>) -> Result<Parts<'a>, Why> {
    let http = fields.context.http.as_ref();
    Ok(Parts {
        method: http.and_then(|http| http.method).and_then(Text::decode),
        // Never `http.path`, which both have decoded.
        path: decoded(fields.raw_path).ok_or("the path is no text")?,
        path_is: path_is(&domain(fields)),
        stage: stage_of_http_api(fields),
        // Never `queryStringParameters`, which are decoded, and joined where they are repeated.
        query: Query::Raw(decoded(fields.raw_query).ok_or("the query is no text")?),
        headers: [&fields.headers, &[]],
        cookies: &fields.cookies,
        client: Client::Said(http.and_then(|http| http.source_ip)),
        protocol: http.and_then(|http| http.protocol),
        ..Parts::default()
    })
}

/// How much of the path's encoding is left, which only the domain tells: a Function URL keeps it, an HTTP API, whatever
/// its domain, takes it away, and emulators, which are on this machine, differ.
fn path_is(domain: &[u8]) -> PathIs {
    if is_function_url(domain) {
        return PathIs::AsSent;
    }
    if is_local(domain) { PathIs::MaybeDecoded } else { PathIs::Decoded }
}
