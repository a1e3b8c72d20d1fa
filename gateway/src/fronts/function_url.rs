//! Function URLs.
//!
//! Source: [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).

use bytes::Bytes;
use http::StatusCode;

use crate::{
    Front,
    event::{
        body::BodyRule,
        headers::{ContentLengthRule, HeaderRules, add_proxy_headers},
        path::decode_path,
        payload_v2::{Variant, event},
    },
    front::spec::{CorsSpec, FrontSpec, Limits, StreamSpec},
    response::{decode::DecodedReply, error::ErrorBody, payload_v2},
};

impl Front {
    /// A Function URL: payload format version 2.0, with the path as sent and cookies both in `cookies` and in the headers.
    ///
    /// AWS does not document the response to a request that is too large. This front sends the 413 of an HTTP API.
    ///
    /// Source: [Function URL payloads](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
    pub fn function_url() -> Self {
        Self::new(&FUNCTION_URL)
    }
}

pub(super) const FUNCTION_URL: FrontSpec = FrontSpec {
    name: "function-url",
    domain: "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws",
    stages: None,
    rejects_upgrades: false,
    limits: Limits::NONE,
    body: BodyRule::TextTypes,
    headers: HeaderRules { content_length: ContentLengthRule::WithBody, add: add_proxy_headers },
    event: |input| {
        let path = input.path();
        // The path of the context is decoded (rule 12).
        let context_path = decode_path(path).unwrap_or_else(|| path.to_owned());
        Some(event(&input, Variant { raw_path: path.to_owned(), context_path, account_id: "anonymous" }))
    },
    response: |input| {
        payload_v2::decode(input.reply, "application/json", Bytes::copy_from_slice).map(DecodedReply::from)
    },
    failure_status: StatusCode::BAD_GATEWAY,
    error_body: |status, reason| {
        if status == StatusCode::BAD_GATEWAY {
            ErrorBody { content_type: "application/json", text: "Internal Server Error".to_owned() }
        } else {
            ErrorBody::json_message(reason)
        }
    },
    stream: Some(StreamSpec {
        requires_prelude: false,
        accepts_multi_value_headers: false,
        // Observed with a runtime that writes the prelude together with the first byte of the body.
        accepts_empty_reply: true,
        keeps_head_when_buffered: false,
        default_content_type: "application/octet-stream",
        // Rule 84.
        renamed_headers: &["content-length"],
    }),
    cors: Some(CorsSpec {
        preflight_status: StatusCode::OK,
        preflight_content_type: Some("application/json"),
        has_scheme_wildcards: false,
        replaces_headers: false,
        covers_own_responses: true,
        sends_vary: true,
    }),
    authorizer: None,
    routes: None,
};
