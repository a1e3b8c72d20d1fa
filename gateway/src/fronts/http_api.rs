//! HTTP APIs of API Gateway with payload format version 2.0.
//!
//! Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use crate::{
    Front,
    event::{
        body::BodyRule,
        headers::{ContentLengthRule, HeaderRules, add_proxy_headers},
        input::EventInput,
        json::insert,
        path::decode_path,
        payload_v2::{Variant, event},
        route::path_parameters,
    },
    front::spec::{AuthorizerSpec, CorsSpec, FrontSpec, Limits, RouteSpec, StageSpec},
    response::{
        decode::DecodedReply,
        error::{ErrorBody, FixedResponse},
        payload_v2,
    },
};

impl Front {
    /// An HTTP API of API Gateway with payload format version 2.0: the path decoded, and cookies only in `cookies`.
    ///
    /// Source: [Lambda integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    pub fn http_api() -> Self {
        Self::new(&HTTP_API)
    }
}

pub(super) const HTTP_API: FrontSpec = FrontSpec {
    name: "http-api",
    domain: "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
    stages: Some(STAGES),
    rejects_upgrades: false,
    limits: Limits::API_GATEWAY,
    body: BodyRule::TextTypes,
    headers: HeaderRules { content_length: ContentLengthRule::Always, add: add_proxy_headers },
    event: |mut input| {
        // Only a Function URL keeps the cookies there (rule 49).
        input.headers.remove("cookie");
        let path = input.settings.add_stage(&decode_path(input.path())?);
        let mut event =
            event(&input, Variant { raw_path: path.clone(), context_path: path, account_id: "123456789012" });
        add_route(&mut event, &input);
        if let (Some(authorizer), Some(context)) = (&input.settings.authorizer, event.get_mut("requestContext")) {
            insert(context, "authorizer", authorizer.payload_v2());
        }
        Some(event)
    },
    response: |input| payload_v2::decode(input.reply, "text/plain; charset=utf-8", bare_body).map(DecodedReply::from),
    failure_status: StatusCode::INTERNAL_SERVER_ERROR,
    error_body: |_, reason| ErrorBody::json_message(reason),
    stream: None,
    cors: Some(CORS),
    authorizer: Some(AUTHORIZER),
    routes: Some(ROUTES),
};

/// Replaces `$default` by the route of the front, and adds the path parameters of the route.
fn add_route(event: &mut Value, input: &EventInput<'_>) {
    let Some(route) = &input.settings.route else { return };
    let key = route.to_string();
    insert(event, "routeKey", key.as_str());
    if let Some(context) = event.get_mut("requestContext") {
        insert(context, "routeKey", key);
    }
    let parameters = path_parameters(route, input.path(), decode_path);
    if !parameters.is_empty() {
        insert(event, "pathParameters", parameters);
    }
}

/// The stages of an HTTP API with either payload format version.
pub(super) const STAGES: StageSpec = StageSpec {
    default: "$default",
    hides_default: true,
    unknown_status: StatusCode::NOT_FOUND,
    unknown_error_type: None,
};

/// The rules for CORS of an HTTP API with either payload format version.
pub(super) const CORS: CorsSpec = CorsSpec {
    preflight_status: StatusCode::NO_CONTENT,
    preflight_content_type: None,
    has_scheme_wildcards: true,
    replaces_headers: true,
    covers_own_responses: false,
    sends_vary: false,
};

/// The responses of a JWT authorizer of an HTTP API. The first one is captured.
pub(super) const AUTHORIZER: AuthorizerSpec = AuthorizerSpec {
    unauthorized: FixedResponse {
        status: StatusCode::UNAUTHORIZED,
        header: Some(("www-authenticate", "Bearer")),
        body: r#"{"message":"Unauthorized"}"#,
    },
    forbidden: FixedResponse { status: StatusCode::FORBIDDEN, header: None, body: r#"{"message":"Forbidden"}"# },
};

/// The rules for routes of an HTTP API.
pub(super) const ROUTES: RouteSpec = RouteSpec {
    has_default: true,
    not_found: FixedResponse { status: StatusCode::NOT_FOUND, header: None, body: r#"{"message":"Not Found"}"# },
};

/// Decodes a JSON string. Other JSON stays as it is (rule 89).
fn bare_body(reply: &[u8]) -> Bytes {
    match serde_json::from_slice::<String>(reply) {
        Ok(text) => text.into(),
        Err(_) => Bytes::copy_from_slice(reply),
    }
}
