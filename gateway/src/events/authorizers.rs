//! Events of Lambda authorizers of API Gateway.

use bytes::Bytes;
use http::{Request, Response, header::AUTHORIZATION};
use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{REGION, arn},
};
use crate::{
    Front,
    event::json::{header_text, insert},
};

/// Makes the event of a `TOKEN` authorizer of a REST API, with the token of a request to `GET /`.
///
/// Source: [Input to an API Gateway Lambda authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::authorizer_token("Bearer secret");
/// assert_eq!(event["authorizationToken"], "Bearer secret");
/// ```
pub fn authorizer_token(token: &str) -> TestEvent {
    let method_arn = arn("execute-api", "a1b2c3d4e5/prod/GET/");
    json!({"type": "TOKEN", "authorizationToken": token, "methodArn": method_arn}).into()
}

/// Makes the event of a `REQUEST` authorizer of a REST API for `request`.
///
/// The event has the members that [`Front::rest_api`] makes for the request, except the body.
///
/// # Errors
/// The response of the API if AWS would not invoke the function: see [`Front::event`].
///
/// Source: [Input to an API Gateway Lambda authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html).
///
/// ```
/// use bytes::Bytes;
/// use lodger_gateway::events;
///
/// let request = http::Request::get("/pets?limit=1").header("authorization", "secret").body(Bytes::new()).unwrap();
/// let event = events::authorizer_request(&request).unwrap();
/// assert_eq!(event["headers"]["authorization"], "secret");
/// assert_eq!(event["methodArn"], "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/pets");
/// ```
pub fn authorizer_request(request: &Request<Bytes>) -> Result<TestEvent, Box<Response<Bytes>>> {
    let event = event_without_body(&Front::rest_api(), request)?;
    let method_arn = execute_api_arn(&event, "/httpMethod", "/path");
    Ok(with_first_members(json!({"type": "REQUEST", "methodArn": method_arn}), event))
}

/// Makes the event of an authorizer of an HTTP API for `request`, in format version 2.0.
///
/// The event has the members that [`Front::http_api`] makes for the request, except the body. The identity source is the header `Authorization`. AWS does not
/// invoke the function if the header is missing: the event then has an empty list.
///
/// # Errors
/// The response of the API if AWS would not invoke the function: see [`Front::event`].
///
/// Source: [Lambda authorizers for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html).
///
/// ```
/// use bytes::Bytes;
/// use lodger_gateway::events;
///
/// let request = http::Request::get("/pets").header("authorization", "secret").body(Bytes::new()).unwrap();
/// let event = events::authorizer_http_api(&request).unwrap();
/// assert_eq!(event["identitySource"][0], "secret");
/// ```
pub fn authorizer_http_api(request: &Request<Bytes>) -> Result<TestEvent, Box<Response<Bytes>>> {
    let event = event_without_body(&Front::http_api(), request)?;
    let route_arn = execute_api_arn(&event, "/requestContext/http/method", "/rawPath");
    let identity: Vec<_> = request.headers().get(AUTHORIZATION).map(header_text).into_iter().collect();
    let first = json!({"version": "2.0", "type": "REQUEST", "routeArn": route_arn, "identitySource": identity});
    Ok(with_first_members(first, event))
}

/// Makes the event of an authorizer of an HTTP API for `request`, in format version 1.0.
///
/// Unlike in [format version 2.0](authorizer_http_api), the identity source is a string, which is `null` without the header.
///
/// # Errors
/// The response of the API if AWS would not invoke the function: see [`Front::event`].
///
/// Source: [Lambda authorizers for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html).
pub fn authorizer_http_api_v1(request: &Request<Bytes>) -> Result<TestEvent, Box<Response<Bytes>>> {
    let event = event_without_body(&Front::http_api_v1(), request)?;
    let method_arn = execute_api_arn(&event, "/httpMethod", "/path");
    let identity = request.headers().get(AUTHORIZATION).map(header_text);
    let first = json!({
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": method_arn,
        "identitySource": identity,
        "authorizationToken": identity,
    });
    Ok(with_first_members(first, event))
}

fn event_without_body(front: &Front, request: &Request<Bytes>) -> Result<Value, Box<Response<Bytes>>> {
    let event = front.event(request)?;
    let mut event: Value = serde_json::from_slice(&event).unwrap_or_default();
    remove(&mut event, &["body", "isBase64Encoded"]);
    if let Some(context) = event.get_mut("requestContext") {
        // The result of an authorizer.
        remove(context, &["authorizer"]);
    }
    Ok(event)
}

fn remove(object: &mut Value, names: &[&str]) {
    if let Some(members) = object.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// Returns the ARN of a method or a route, with the JSON pointers to the method and the path.
fn execute_api_arn(event: &Value, method: &str, path: &str) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let [account, api] = ["/requestContext/accountId", "/requestContext/apiId"].map(text);
    let [stage, method, path] = ["/requestContext/stage", method, path].map(text);
    format!("arn:aws:execute-api:{REGION}:{account}:{api}/{stage}/{method}{path}")
}

fn with_first_members(mut first: Value, event: Value) -> TestEvent {
    if let Value::Object(members) = event {
        members
            .into_iter()
            .filter(|(name, _)| name != "version")
            .for_each(|(name, value)| insert(&mut first, &name, value));
    }
    first.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::apigw::{
        ApiGatewayCustomAuthorizerRequest, ApiGatewayCustomAuthorizerRequestTypeRequest,
        ApiGatewayV2CustomAuthorizerV1Request, ApiGatewayV2CustomAuthorizerV2Request,
    };

    fn request() -> Request<Bytes> {
        let request = Request::post("/pets/1?limit=10").header("authorization", "secret").header("cookie", "a=1");
        request.body("body".into()).unwrap()
    }

    #[test]
    fn has_the_token() {
        let event: ApiGatewayCustomAuthorizerRequest = read(authorizer_token("secret"));
        assert_eq!((event.type_.as_deref(), event.authorization_token.as_deref()), (Some("TOKEN"), Some("secret")));
        let arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/";
        assert_eq!(event.method_arn.as_deref(), Some(arn));
    }

    #[test]
    fn has_the_request_to_a_rest_api() {
        let event = authorizer_request(&request()).unwrap();
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&Value::Null, &Value::Null));
        let event: ApiGatewayCustomAuthorizerRequestTypeRequest = read(event);
        assert_eq!((event.type_.as_deref(), event.path.as_deref()), (Some("REQUEST"), Some("/pets/1")));
        assert_eq!(event.headers["authorization"], "secret");
        assert_eq!(event.query_string_parameters.first("limit"), Some("10"));
        let arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/POST/pets/1";
        assert_eq!(event.method_arn.as_deref(), Some(arn));
        assert_eq!(event.request_context.stage.as_deref(), Some("prod"));
    }

    #[test]
    fn has_the_request_to_an_http_api_in_version_2() {
        let event = authorizer_http_api(&request()).unwrap();
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&Value::Null, &Value::Null));
        let event: ApiGatewayV2CustomAuthorizerV2Request = read(event);
        assert_eq!((event.version.as_deref(), event.type_.as_deref()), (Some("2.0"), Some("REQUEST")));
        assert_eq!(event.identity_source, Some(vec!["secret".to_owned()]));
        assert_eq!((event.raw_path.as_deref(), &event.cookies[..]), (Some("/pets/1"), &["a=1".to_owned()][..]));
        let arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/POST/pets/1";
        assert_eq!(event.route_arn.as_deref(), Some(arn));
    }

    #[test]
    fn has_the_request_to_an_http_api_in_version_1() {
        let event = authorizer_http_api_v1(&request()).unwrap();
        assert_eq!(event["requestContext"]["authorizer"], Value::Null);
        let event: ApiGatewayV2CustomAuthorizerV1Request = read(event);
        assert_eq!((event.version.as_deref(), event.identity_source.as_deref()), (Some("1.0"), Some("secret")));
        assert_eq!((event.authorization_token.as_deref(), event.path.as_deref()), (Some("secret"), Some("/pets/1")));
        assert_eq!(event.query_string_parameters["limit"], "10");
        assert!(event.method_arn.unwrap().ends_with("/$default/POST/pets/1"));
    }

    #[test]
    fn rejects_a_request_that_the_api_rejects() {
        let request = Request::get("/%").body(Bytes::new()).unwrap();
        assert_eq!(authorizer_http_api(&request).unwrap_err().status(), 400);
    }
}
