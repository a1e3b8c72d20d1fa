//! HTTP APIs of API Gateway with payload format version 1.0.
//!
//! Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    Front,
    event::{
        body::BodyRule,
        headers::{ContentLengthRule, HeaderRules, add_proxy_headers},
        input::EventInput,
        json::insert,
        path::decode_path,
        payload_v1::{Variant, event},
    },
    front::spec::{FrontSpec, Limits},
    fronts::http_api::STAGES,
    response::{
        assemble::{assemble, set_default_content_type},
        decode::DecodedReply,
        error::ErrorBody,
        reply::Reply,
    },
};

impl Front {
    /// An HTTP API of API Gateway with payload format version 1.0: `path` as sent, and all other paths decoded.
    ///
    /// Reports differ on whether AWS decodes `path` too. In captured events it is encoded.
    ///
    /// Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    pub fn http_api_v1() -> Self {
        Self::new(&HTTP_API_V1)
    }
}

pub(super) const HTTP_API_V1: FrontSpec = FrontSpec {
    name: "http-api-v1",
    domain: "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
    stages: Some(STAGES),
    rejects_upgrades: false,
    limits: Limits::API_GATEWAY,
    body: BodyRule::TextTypes,
    headers: HeaderRules { content_length: ContentLengthRule::Always, add: add_proxy_headers },
    event: http_api_event,
    response: |input| response(input.reply).map(DecodedReply::from),
    failure_status: StatusCode::INTERNAL_SERVER_ERROR,
    error_body: |_, reason| ErrorBody::json_message(reason),
    stream: None,
};

fn http_api_event(input: EventInput<'_>) -> Option<Value> {
    let decoded = decode_path(input.path())?;
    let variant = Variant {
        version: Some("1.0"),
        // Only this path stays encoded (rule 13).
        path: input.settings.add_stage(input.path()),
        context_path: input.settings.add_stage(&decoded),
        route_path: decoded,
    };
    let user_agent = input.user_agent().unwrap_or_default();
    let mut event = event(input, &variant);
    if let Some(context) = event.get_mut("requestContext") {
        insert(context, "authorizer", json!({"claims": null, "scopes": null}));
        // Captured events have the route key here.
        insert(context, "resourceId", format!("ANY {}", variant.resource()));
        insert(context, "requestId", "JKJaXmPLvHcESHA=");
        if let Some(identity) = context.get_mut("identity") {
            insert(identity, "userAgent", user_agent);
        }
    }
    Some(event)
}

fn response(reply: &[u8]) -> Option<Response<Bytes>> {
    let reply = Reply::lenient(reply)?;
    let mut headers = reply.single("headers")?;
    let has_type = headers.iter().any(|(name, _)| *name == header::CONTENT_TYPE);
    // Unlike a REST API, an HTTP API puts the values of `headers` first and keeps duplicates, except for the content type
    // (rule 74).
    let multi = reply.multi("multiValueHeaders")?.into_iter();
    headers.extend(multi.filter(|(name, _)| !has_type || *name != header::CONTENT_TYPE));
    let mut response = assemble(reply.status()?, headers, reply.body()?);
    if !reply.suppresses(&header::CONTENT_TYPE, &["headers", "multiValueHeaders"]) {
        set_default_content_type(&mut response, "text/plain; charset=utf-8");
    }
    Some(response)
}
