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
        route::MatchedRoute,
    },
    front::spec::{FrontSpec, Limits},
    front_settings::Authorizer,
    fronts::http_api::{AUTHORIZER, CORS, ROUTES, STAGES},
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
    cors: Some(CORS),
    authorizer: Some(AUTHORIZER),
    routes: Some(ROUTES),
};

fn http_api_event(input: EventInput<'_>) -> Option<Value> {
    let decoded = decode_path(input.path())?;
    let variant = Variant {
        version: Some("1.0"),
        // Only this path stays encoded (rule 13).
        path: input.settings.add_stage(input.path()),
        context_path: input.settings.add_stage(&decoded),
        route: MatchedRoute::new(input.settings.route.as_deref(), input.path(), decode_path),
    };
    let user_agent = input.user_agent().unwrap_or_default();
    let authorizer = input.settings.authorizer.as_deref().map(Authorizer::payload_v1);
    let mut event = event(input, &variant);
    if let Some(context) = event.get_mut("requestContext") {
        insert(context, "authorizer", authorizer.unwrap_or_else(|| json!({"claims": null, "scopes": null})));
        // Captured events have the route key here.
        insert(context, "resourceId", variant.route.key);
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
    fn merges_both_maps_of_headers_in_the_order_of_the_front() {
        let reply = json!({"statusCode": 200, "headers": {"x": "1"}, "multiValueHeaders": {"x": ["2", "3"],
            "set-cookie": ["a=1", "b=2"]}});
        let rest = response(&Front::rest_api(), reply.clone());
        assert_eq!((values(&rest, "x"), values(&rest, "set-cookie")), (vec!["2", "3", "1"], vec!["a=1", "b=2"]));
        assert_eq!(values(&response(&Front::http_api_v1(), reply), "x"), ["1", "2", "3"]);
    }

    #[test]
    fn sends_a_pair_of_both_maps_once_except_behind_an_http_api() {
        let reply = json!({"statusCode": 200,
            "headers": {"x": "2", "set-cookie": "a=1", "Content-Type": "text/css"},
            "multiValueHeaders": {"X": ["2", "3"], "Set-Cookie": ["a=1", "b=2"], "content-type": ["text/css"]}});
        let rest = response(&Front::rest_api(), reply.clone());
        assert_eq!(values(&rest, "x"), ["2", "3"]);
        assert_eq!(values(&rest, "set-cookie"), ["a=1", "b=2"]);
        assert_eq!(values(&rest, "content-type"), ["text/css"]);
        let http = response(&Front::http_api_v1(), reply);
        assert_eq!(values(&http, "x"), ["2", "2", "3"]);
        assert_eq!(values(&http, "set-cookie"), ["a=1", "a=1", "b=2"]);
        assert_eq!(values(&http, "content-type"), ["text/css"]);
        // A duplicate within one map stays, and the content type of `headers` wins.
        let reply = json!({"statusCode": 200, "headers": {"content-type": "text/css"},
            "multiValueHeaders": {"x": ["1", "1"], "content-type": ["text/html"]}});
        assert_eq!(values(&response(&Front::rest_api(), reply.clone()), "x"), ["1", "1"]);
        assert_eq!(values(&response(&Front::http_api_v1(), reply), "content-type"), ["text/css"]);
    }

    #[test]
    fn adds_a_content_type_to_a_response_without_one() {
        for (front, default) in
            [(Front::rest_api(), "application/json"), (Front::http_api_v1(), "text/plain; charset=utf-8")]
        {
            assert_eq!(values(&response(&front, json!({"statusCode": 200})), "content-type"), [default]);
            let typed = json!({"statusCode": 200, "headers": {"Content-Type": "text/css"}});
            assert_eq!(values(&response(&front, typed), "content-type"), ["text/css"]);
        }
    }

    #[test]
    fn a_null_suppresses_a_header_and_its_default() {
        for front in [Front::rest_api(), Front::http_api_v1()] {
            for map in ["headers", "multiValueHeaders"] {
                let reply = json!({"statusCode": 204, map: {"Content-Type": null, "x": null}});
                let response = response(&front, reply);
                assert_eq!((response.status().as_u16(), response.headers().len()), (204, 0), "{front}: {map}");
            }
            let reply = json!({"statusCode": 200, "headers": {"content-type": null, "x": "1"},
                "multiValueHeaders": {"content-type": ["text/css"], "x": null}});
            let response = response(&front, reply);
            assert_eq!(values(&response, "content-type"), ["text/css"], "{front}");
            assert_eq!(values(&response, "x"), ["1"], "{front}");
            // AWS does not document it; here it is invalid.
            let reply = json!({"statusCode": 200, "multiValueHeaders": {"x": [null]}});
            assert!(super::tests::response(&front, reply).status().is_server_error(), "{front}");
        }
    }
}
