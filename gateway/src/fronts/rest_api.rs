//! REST APIs of API Gateway.
//!
//! Source: [Lambda proxy integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).

use http::{StatusCode, header};

use crate::{
    Front, Warning,
    event::{
        body::BodyRule,
        headers::{ContentLengthRule, HeaderRules, add_proxy_headers},
        json::insert,
        payload_v1::{Variant, event},
        route::MatchedRoute,
    },
    front::spec::{AuthorizerSpec, FrontSpec, Limits, RouteSpec, StageSpec, StreamSpec},
    front_settings::{Authorizer, FrontSettings},
    media_type,
    response::{
        assemble::{assemble, merge_headers, rename_header, set_default_content_type},
        decode::{DecodedReply, ReplyInput},
        error::{ErrorBody, FixedResponse},
        reply::{Headers, Reply},
    },
};

impl Front {
    /// A REST API of API Gateway with the stage `prod` and a Lambda proxy integration on `/` and `/{proxy+}`. Damages binary
    /// bodies unless [`binary_media_types`](Self::binary_media_types) are set.
    ///
    /// AWS splits a query at `;`, and rejects a raw `|`, `{` or `}` in it. This front sends the query as it is.
    ///
    /// Source: [Lambda proxy integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
    pub fn rest_api() -> Self {
        Self::new(&REST_API)
    }
}

pub(super) const REST_API: FrontSpec = FrontSpec {
    name: "rest-api",
    domain: "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
    stages: Some(StageSpec {
        default: "prod",
        hides_default: false,
        // Source of the header: [403 errors](https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden).
        unknown_status: StatusCode::FORBIDDEN,
        unknown_error_type: Some("ForbiddenException"),
    }),
    rejects_upgrades: false,
    limits: Limits::API_GATEWAY,
    body: BodyRule::BinaryMediaTypes,
    headers: HeaderRules { content_length: ContentLengthRule::Never, add: add_proxy_headers },
    event: |input| {
        // All paths stay encoded (rule 13).
        let path = input.path().to_owned();
        let variant = Variant {
            version: None,
            context_path: context_path(input.settings, &path),
            route: MatchedRoute::new(input.settings.route.as_deref(), &path, |value| Some(value.to_owned())),
            path,
        };
        let authorizer = input.settings.authorizer.as_deref().map(Authorizer::rest_api);
        let mut event = event(input, &variant);
        if let (Some(authorizer), Some(context)) = (authorizer, event.get_mut("requestContext")) {
            insert(context, "authorizer", authorizer);
        }
        Some(event)
    },
    response,
    failure_status: StatusCode::BAD_GATEWAY,
    error_body: |status, reason| {
        if status == StatusCode::BAD_GATEWAY || status == StatusCode::INTERNAL_SERVER_ERROR {
            let text = r#"{"message": "Internal server error"}"#.to_owned();
            ErrorBody { content_type: "application/json", text }
        } else if status == StatusCode::PAYLOAD_TOO_LARGE {
            ErrorBody::json_message("Request Too Long")
        } else {
            ErrorBody::json_message(reason)
        }
    },
    stream: Some(StreamSpec {
        requires_prelude: true,
        accepts_multi_value_headers: true,
        accepts_empty_reply: false,
        keeps_head_when_buffered: true,
        default_content_type: "application/json",
        renamed_headers: &RENAMED,
    }),
    cors: None,
    authorizer: Some(AuthorizerSpec {
        unauthorized: FixedResponse {
            status: StatusCode::UNAUTHORIZED,
            header: Some(("x-amzn-errortype", "UnauthorizedException")),
            body: r#"{"message":"Unauthorized"}"#,
        },
        forbidden: FixedResponse {
            status: StatusCode::FORBIDDEN,
            header: Some(("x-amzn-errortype", "AccessDeniedException")),
            body: r#"{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}"#,
        },
    }),
    routes: Some(RouteSpec {
        has_default: false,
        not_found: FixedResponse {
            status: StatusCode::FORBIDDEN,
            header: Some(("x-amzn-errortype", "MissingAuthenticationTokenException")),
            body: r#"{"message":"Missing Authentication Token"}"#,
        },
    }),
};

/// The headers of a function that a REST API renames (rule 85).
///
/// Source: [Important notes](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
const RENAMED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

/// Returns the path that the client sent: with the stage, except on a custom domain (rule 26).
fn context_path(settings: &FrontSettings, path: &str) -> String {
    match settings.custom_domain {
        Some(_) => path.to_owned(),
        None => format!("/{}{path}", settings.stage),
    }
}

fn response(input: &ReplyInput<'_>) -> Option<DecodedReply> {
    // Rule 71: unknown members are invalid.
    let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
    let reply = Reply::lenient(input.reply)?.with_only(&known)?;
    let mut headers = merge_headers(reply.multi("multiValueHeaders")?, reply.single("headers")?);
    for (name, _) in &mut headers {
        rename_header(name, &RENAMED)?;
    }
    // Rule 97: `Accept` decides, not the type of the response.
    let accept = input.accept.or(content_type(&headers)).unwrap_or("application/json").to_owned();
    let is_binary = media_type::matches_any(&accept, &input.settings.binary_media_types);
    let is_encoded = reply.is_base64()? && !is_binary && !reply.text()?.is_empty();
    let body = if is_binary { reply.body()? } else { reply.text()?.to_owned().into() };
    let mut response = assemble(reply.status()?, headers, body);
    if !reply.suppresses(&header::CONTENT_TYPE, &["headers", "multiValueHeaders"]) {
        set_default_content_type(&mut response, "application/json");
    }
    Some(DecodedReply { response, warning: is_encoded.then_some(Warning::EncodedResponseBody { accept }) })
}

fn content_type(headers: &Headers) -> Option<&str> {
    headers.iter().find(|(name, _)| *name == header::CONTENT_TYPE)?.1.to_str().ok()
}

#[cfg(test)]
mod tests {
    use crate::{Front, testing::response_to};
    use bytes::Bytes;
    use http::Response;
    use serde_json::{Value, json};

    fn response(front: &Front, reply: Value) -> Response<Bytes> {
        response_to(front, reply.to_string().as_bytes())
    }

    fn values<'a>(response: &'a Response<Bytes>, name: &str) -> Vec<&'a str> {
        response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn rejects_unknown_members_behind_a_rest_api() {
        for reply in [
            json!({"statusCode": 200, "cookies": []}),
            json!({"statusCode": 200, "statusDescription": "200 OK"}),
            json!({"statusCode": 200, "multiValueHeaders": {"x": "1"}}),
            json!({"statusCode": 200, "headers": {"x": ["1"]}}),
            json!({"body": "no status"}),
        ] {
            let response = response(&Front::rest_api(), reply);
            assert_eq!(response.status(), 502);
            assert_eq!(&response.body()[..], br#"{"message": "Internal server error"}"#);
        }
        assert_eq!(response(&Front::http_api_v1(), json!({"statusCode": 200, "cookies": []})).status(), 200);
        assert_eq!(response(&Front::http_api_v1(), json!({"body": "no status"})).status(), 500);
    }

    #[test]
    fn renames_some_headers_behind_a_rest_api() {
        let reply = json!({"statusCode": 401, "body": "x", "headers": {"Content-Length": "7",
            "Date": "now", "Server": "me", "x": "y"}, "multiValueHeaders": {"WWW-Authenticate": ["Basic"]}});
        let rest = response(&Front::rest_api(), reply.clone());
        for (name, value) in [("www-authenticate", "Basic"), ("content-length", "7"), ("date", "now"), ("server", "me")]
        {
            assert_eq!(values(&rest, &format!("x-amzn-remapped-{name}")), [value]);
            assert_eq!(values(&rest, name), [""; 0]);
        }
        assert_eq!(values(&rest, "x"), ["y"]);
        assert_eq!(values(&response(&Front::http_api_v1(), reply), "www-authenticate"), ["Basic"]);
    }

    #[test]
    fn decodes_base64_for_a_binary_media_type() {
        let reply = || json!({"statusCode": 200, "headers": {"content-type": "image/png"}, "body": "iVBO", "isBase64Encoded": true});
        let body = |front: Front| response(&front, reply()).into_body();
        assert_eq!(&body(Front::rest_api().binary_media_types(["*/*"]))[..], b"\x89PN");
        assert_eq!(&body(Front::rest_api().binary_media_types(["image/png"]))[..], b"\x89PN");
        assert_eq!(&body(Front::rest_api().binary_media_types(["text/plain"]))[..], b"iVBO");
        assert_eq!(&body(Front::rest_api())[..], b"iVBO");
        assert_eq!(&body(Front::http_api_v1().binary_media_types([""; 0]))[..], b"\x89PN");
    }

    #[test]
    fn decodes_base64_for_a_client_whose_first_accept_entry_is_binary() {
        let reply = r#"{"statusCode":200,"headers":{"content-type":"image/png"},"body":"iVBO","isBase64Encoded":true}"#;
        for (types, accept, is_decoded) in [
            (&["image/png"][..], Some("image/png"), true),
            (&["image/*"], Some("image/webp;q=0.8, text/html"), true),
            (&["image/png"], Some("text/html, image/png"), false),
            (&["image/png"], Some("*/*"), false),
            (&["image/png"], Some("image/*"), false),
            (&["image/png"], None, false),
            (&["*/*"], Some("text/html"), true),
            (&["*/*"], None, true),
            (&["text/html"], Some("text/html"), true),
            (&[], Some("image/png"), false),
        ] {
            let front = Front::rest_api().binary_media_types(types.iter().copied());
            let mut request = http::Request::get("/").body(Bytes::new()).unwrap();
            if let Some(accept) = accept {
                request.headers_mut().insert("accept", accept.parse().unwrap());
            }
            let response = front.response_to(&request, &Ok(reply.into()));
            let expected = if is_decoded { &b"\x89PN"[..] } else { b"iVBO" };
            assert_eq!(&response.body()[..], expected, "{types:?} {accept:?}");
            assert_eq!(values(&response, "content-type"), ["image/png"]);
        }
    }
}
