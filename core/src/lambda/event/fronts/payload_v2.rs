//! HTTP APIs (payload format version 2.0) and Function URLs, which encode the path differently.
//!
//! Sources: [HTTP API integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html),
//! [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use crate::{
    ResponseMode,
    json::read::Text,
    lambda::{
        event::{
            client::ClientSource,
            domain::{is_function_url, is_local},
            error::DecodeError,
            fields::EventFields,
            front::{EventFormat, FrontSpec, Recognition, StreamSupport},
            own_keys::OwnKeys,
            parts::{PathEncoding, RequestParts, StagePlace},
            query::Query,
            text::decode_or_empty,
        },
        reply::{Envelope, HeaderFormat, MAX_API_HEADERS, ReplyFormat},
    },
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of an HTTP API or a Function URL",
    keys: OwnKeys::NONE,
    recognize: |fields| {
        // `version` does not identify the format: Lattice sends 2.0 as well.
        if fields.context.http.is_some() {
            return Recognition::Yes(format_of(&fields.domain()));
        }
        let has_member = fields.raw_path.is_some() || fields.raw_query.is_some() || fields.context.route_key.is_some();
        if has_member && !fields.is_payload_v1() {
            Recognition::Broken("it has no requestContext.http")
        } else {
            Recognition::No
        }
    },
};

fn format_of(domain: &[u8]) -> &'static EventFormat {
    if is_function_url(domain) {
        &FUNCTION_URL
    } else if is_local(domain) {
        &EMULATED
    } else {
        &HTTP_API
    }
}

const FUNCTION_URL: EventFormat = EventFormat {
    log_name: "function-url",
    parts: |_, fields, _| parts(fields, PathEncoding::AsSent),
    reply: &REPLY,
    reply_to_api_gateway: None,
    streaming: Some(URL_STREAMS),
    ..HTTP_API
};

const URL_STREAMS: StreamSupport =
    StreamSupport { prelude: &ReplyFormat::URL_PRELUDE, is_enabled: ResponseMode::streams_urls };

/// Events of an emulator, which do not show whether it emulates a Function URL or an HTTP API. Only Function URLs stream.
const EMULATED: EventFormat = EventFormat {
    parts: |_, fields, _| parts(fields, PathEncoding::Unknown),
    streaming: Some(URL_STREAMS),
    ..HTTP_API
};

const HTTP_API: EventFormat = EventFormat {
    log_name: "http-api",
    is_http: true,
    wrapper: None,
    parts: |_, fields, _| parts(fields, PathEncoding::Decoded),
    reply: &ReplyFormat { max_headers: Some(MAX_API_HEADERS), ..REPLY },
    reply_to_api_gateway: Some(&ReplyFormat { max_headers: Some(MAX_API_HEADERS), suppresses_type: true, ..REPLY }),
    streaming: None,
};

/// Source: [Lambda response for format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response).
const REPLY: ReplyFormat =
    ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::Joined, HeaderFormat::CookiesArray);

/// Extracts the parts. A Function URL keeps the encoding of the path, an HTTP API decodes the path, and emulators differ.
fn parts<'a>(fields: &'a EventFields<'a>, path_encoding: PathEncoding) -> Result<RequestParts<'a>, DecodeError> {
    let http = fields.context.http.as_ref();
    Ok(RequestParts {
        method: http.and_then(|http| http.method).and_then(Text::decode),
        // Not `http.path`, which both decode.
        path: decode_or_empty(fields.raw_path).ok_or("the path is not text")?,
        path_encoding,
        stage: StagePlace::for_http_api(fields),
        // Not `queryStringParameters`, which are decoded, with repeated values joined.
        query: Query::Raw(decode_or_empty(fields.raw_query).ok_or("the query is not text")?),
        cookies: &fields.cookies,
        client: ClientSource::Member(http.and_then(|http| http.source_ip)),
        protocol: http.and_then(|http| http.protocol),
        ..RequestParts::new(fields)
    })
}
