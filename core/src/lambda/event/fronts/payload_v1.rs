//! REST APIs, and HTTP APIs with payload format version 1.0, which is almost the same format.
//!
//! Sources: [proxy integrations of REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html),
//! [HTTP API integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).

use memchr::memmem;

use crate::{
    ResponseMode,
    json::read::{DecodedText, Text},
    lambda::{
        event::{
            client::ClientSource,
            error::DecodeError,
            fields::{BodyMember, EventFields},
            front::{EventFormat, FrontSpec, Recognition, StreamSupport},
            own_keys::OwnKeys,
            parts::{HeaderPairs, PathEncoding, RequestParts, StagePlace},
            query::{Query, merged_parameters},
            text::decode_or_empty,
        },
        reply::{Envelope, HeaderFormat, MAX_API_HEADERS, ReplyFormat},
    },
    log::{self, warn_once::WarnOnce},
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of API Gateway (a REST API, or an HTTP API with payload format version 1.0)",
    keys: OwnKeys::NONE,
    recognize: |fields| {
        if fields.is_payload_v1() {
            let is_http_api = fields.version.and_then(Text::verbatim) == Some(b"1.0");
            return Recognition::Yes(if is_http_api { &HTTP_API } else { &REST_API });
        }
        let context = &fields.context;
        let has_maps = !fields.headers.is_empty() || fields.multi_headers.is_some() || !fields.query.is_empty();
        if fields.http_method.is_some() && (has_maps || fields.has_resource)
            || context.has_api_id
            || context.domain.is_some()
            || context.stage.is_some() && context.source_ip.is_some()
        {
            Recognition::Broken("it has no httpMethod, or neither path nor requestContext")
        } else {
            Recognition::No
        }
    },
};

const HTTP_API: EventFormat = EventFormat {
    log_name: "http-api",
    parts: |_, fields, _| {
        Ok(RequestParts {
            // Sources disagree on the encoding of the path, so escapes stay, and other bytes are escaped.
            path_encoding: PathEncoding::Unknown,
            stage: StagePlace::for_http_api(fields),
            ..parts(fields)?
        })
    },
    streaming: None,
    ..REST_API
};

const REST_API: EventFormat = EventFormat {
    log_name: "rest-api",
    is_http: true,
    wrapper: None,
    parts: |_, fields, _| {
        warn_about_lost_bytes(fields);
        let parts = parts(fields)?;
        Ok(RequestParts { stage: stage_of_rest_api(fields, &parts.path), ..parts })
    },
    reply: &REPLY,
    reply_to_api_gateway: Some(&ReplyFormat { suppresses_type: true, ..REPLY }),
    streaming: Some(StreamSupport { prelude: &ReplyFormat::REST_PRELUDE, is_enabled: ResponseMode::streams_rest_apis }),
};

/// Without the member `headers`: API Gateway would merge both members and repeat headers.
const REPLY: ReplyFormat = ReplyFormat {
    max_headers: Some(MAX_API_HEADERS),
    ..ReplyFormat::envelope(Envelope::ApiGateway, HeaderFormat::List, HeaderFormat::List)
};

fn parts<'a>(fields: &'a EventFields<'a>) -> Result<RequestParts<'a>, DecodeError> {
    Ok(RequestParts {
        method: fields.http_method.and_then(Text::decode),
        // Not `pathParameters.proxy`, which is only the end of the path.
        path: decode_or_empty(fields.path).ok_or("the path is not text")?,
        query: Query::Decoded(merged_parameters(fields)),
        headers: HeaderPairs::from_both_maps(fields),
        client: ClientSource::Member(fields.context.source_ip),
        protocol: fields.context.protocol,
        ..RequestParts::new(fields)
    })
}

/// Finds the stage of a REST API by `requestContext.path`, which is the path as the client sent it.
fn stage_of_rest_api<'a>(fields: &EventFields<'a>, path: &[u8]) -> StagePlace<'a> {
    let sent = decode_or_empty(fields.context.path).unwrap_or_default();
    match fields.context.stage {
        None => StagePlace::None,
        // A custom domain: the path contains the stage if the domain is mapped to the API without a stage.
        Some(stage) if sent == path => StagePlace::BeforePathOrAfterBase(stage),
        // A domain of API Gateway: the client sent the stage, and API Gateway has removed it.
        Some(stage) if is_path_after_stage(&sent, stage, path) => StagePlace::Removed(stage),
        Some(_) => StagePlace::None,
    }
}

/// Returns whether `sent` is the stage followed by `path`. The root of the stage may have a trailing slash.
fn is_path_after_stage(sent: &[u8], stage: Text<'_>, path: &[u8]) -> bool {
    let stage = stage.decode().unwrap_or_default();
    let rest = sent.strip_prefix(b"/").and_then(|rest| rest.strip_prefix(&*stage));
    rest.is_some_and(|rest| rest == path || rest.is_empty() && path == b"/")
}

/// Warns once when a body contains U+FFFD: the REST API has replaced bytes that are not UTF-8.
fn warn_about_lost_bytes(fields: &EventFields<'_>) {
    static WARNED: WarnOnce = WarnOnce::new();
    let BodyMember::Text(body) = &fields.body else { return };
    if !fields.is_base64 && WARNED.is_first_if(|| is_lossy(body)) {
        log::warn!(
            "a request body contains U+FFFD, with which a REST API replaces bytes that are not UTF-8; to receive those bytes, \
             add the type of the body, or */*, to binaryMediaTypes of the API"
        );
    }
}

/// Returns whether a text contains U+FFFD.
fn is_lossy(text: &DecodedText<'_>) -> bool {
    text.as_bytes().is_some_and(|text| memmem::find(text, "\u{fffd}".as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use crate::json::read::Reader;

    #[test]
    fn finds_replacement_characters_and_their_escapes() {
        let is_lossy = |text: &str| {
            let json = format!("\"{text}\"");
            let text = Reader::new(json.as_bytes()).decoded_string().unwrap();
            super::is_lossy(&text.unwrap())
        };
        for lossy in ["\u{fffd}PNG\\r\\n", "\\r\\n\\ufffd", "x\\uFFFD", "\u{fffd}"] {
            assert!(is_lossy(lossy), "{lossy}");
        }
        for text in ["", "\u{feff}é", "\\ufffe", "\\n\\uff", "ufffd", "\\\\ufffd"] {
            assert!(!is_lossy(text), "{text}");
        }
    }
}
