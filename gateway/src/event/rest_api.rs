//! Payload format version 1.0: REST APIs, and HTTP APIs that ask for it.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{body, fields::Fields, first_label, http_api::staged, insert, path, protocol, query, user_agent};
use crate::{front::Front, kind::Kind};

/// The event; `None` if the path cannot be decoded where it has to be.
pub(super) fn event(front: &Front, request: &Request<Bytes>) -> Option<Value> {
    let is_rest = front.kind == Kind::RestApi;
    let sent = request.uri().path();
    // Rule 13: on a REST API all of these stay encoded, on an HTTP API the first only.
    let (path, context_path, proxied) = if !is_rest {
        let decoded = path::decoded(sent)?;
        (staged(front, sent), staged(front, &decoded), decoded)
    } else if front.has_custom_domain {
        // Rule 26: both are what the client sent.
        (sent.to_owned(), sent.to_owned(), sent.to_owned())
    } else {
        (sent.to_owned(), format!("/{}{sent}", front.stage), sent.to_owned())
    };
    let proxy = proxied.strip_prefix('/').unwrap_or(&proxied);
    let resource = if proxy.is_empty() { "/" } else { "/{proxy+}" };

    let mut headers = Fields::of_headers(front, request);
    headers.rename(header_name);
    let parameters = query::decoded(request.uri().query().unwrap_or_default());
    let or_null = |value: Value, is_there: bool| if is_there { value } else { Value::Null };
    let (body, is_base64) = body::of(front, request);

    // What tells the two apart (rule 5).
    let mut event = if is_rest { json!({}) } else { json!({"version": "1.0"}) };
    for (name, value) in [
        ("resource", resource.into()),
        ("path", path.into()),
        ("httpMethod", request.method().as_str().into()),
        ("headers", headers.last()),
        ("multiValueHeaders", headers.arrays()),
        ("queryStringParameters", or_null(parameters.last(), !parameters.is_empty())),
        ("multiValueQueryStringParameters", or_null(parameters.arrays(), !parameters.is_empty())),
        ("requestContext", context(front, request, resource, context_path)),
        ("pathParameters", or_null(json!({"proxy": proxy}), !proxy.is_empty())),
        ("stageVariables", Value::Null),
        ("body", or_null(body.as_str().into(), !body.is_empty())),
        ("isBase64Encoded", is_base64.into()),
    ] {
        insert(&mut event, name, value);
    }
    Some(event)
}

fn context(front: &Front, request: &Request<Bytes>, resource: &str, path: String) -> Value {
    let mut context = json!({
        "accountId": "123456789012",
        "apiId": first_label(front.kind.domain()),
        "domainName": front.domain,
        "domainPrefix": first_label(&front.domain),
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": request.method().as_str(),
        "identity": {
            "accessKey": null,
            "accountId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": front.client.to_string(),
            "user": null,
            "userAgent": user_agent(request),
            "userArn": null,
        },
        "path": path,
        "protocol": protocol(request.version()),
        "requestId": "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9",
        "requestTime": "12/Mar/2025:19:03:58 +0000",
        "requestTimeEpoch": 1_741_806_238_390_u64,
        "resourceId": "ab12cd",
        "resourcePath": resource,
        "stage": front.stage,
    });
    if front.kind == Kind::HttpApiV1 {
        insert(&mut context, "authorizer", json!({"claims": null, "scopes": null}));
        // The key of the route, as captured events have it.
        insert(&mut context, "resourceId", format!("ANY {resource}"));
        insert(&mut context, "requestId", "JKJaXmPLvHcESHA=");
        if let Some(identity) = context.get_mut("identity") {
            insert(identity, "userAgent", user_agent(request).unwrap_or_default());
        }
    }
    context
}

/// Rule 47: names that API Gateway writes itself have their capitals; those of an HTTP/2 client have none.
pub(super) fn header_name(name: &str) -> String {
    let own = [
        "Content-Length",
        "Host",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Version",
        "User-Agent",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
    ];
    own.into_iter().find(|own| own.eq_ignore_ascii_case(name)).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    #[test]
    fn the_stage_is_in_the_context_of_a_rest_api_and_in_the_path_of_an_http_api() {
        let paths = |front: &Front| {
            let event = event(front, Request::get("/a%20b"), b"");
            [&event["path"], &event["requestContext"]["path"], &event["pathParameters"]["proxy"]]
                .map(|path| path.as_str().unwrap().to_owned())
        };
        assert_eq!(paths(&Front::rest_api()), ["/a%20b", "/prod/a%20b", "a%20b"]);
        assert_eq!(paths(&Front::rest_api().custom_domain("api.example.com")), ["/a%20b", "/a%20b", "a%20b"]);
        assert_eq!(paths(&Front::http_api_v1()), ["/a%20b", "/a b", "a b"]);
        assert_eq!(paths(&Front::http_api_v1().stage("dev")), ["/dev/a%20b", "/dev/a b", "a b"]);
    }

    #[test]
    fn the_root_is_a_resource_of_its_own() {
        let event = event(&Front::rest_api(), Request::get("/"), b"");
        assert_eq!((&event["resource"], &event["pathParameters"]), (&"/".into(), &Value::Null));
        assert_eq!(event["requestContext"]["path"], "/prod/");
        for absent in ["queryStringParameters", "multiValueQueryStringParameters", "stageVariables", "body"] {
            assert_eq!(event.get(absent), Some(&Value::Null), "{absent}");
        }
    }

    #[test]
    fn only_an_http_api_says_the_version() {
        assert_eq!(event(&Front::rest_api(), Request::get("/"), b"").get("version"), None);
        assert_eq!(event(&Front::http_api_v1(), Request::get("/"), b"")["version"], "1.0");
    }

    #[test]
    fn the_context_of_an_http_api_has_its_route_and_no_null_agent() {
        for (path, resource) in [("/", "/"), ("/a/b", "/{proxy+}")] {
            let rest = &event(&Front::rest_api(), Request::get(path), b"")["requestContext"];
            let http = &event(&Front::http_api_v1(), Request::get(path), b"")["requestContext"];
            assert_eq!((&rest["identity"]["userAgent"], &rest["resourceId"]), (&Value::Null, &"ab12cd".into()));
            assert_eq!(http["identity"]["userAgent"], "");
            assert_eq!(http["resourceId"], format!("ANY {resource}"));
            assert_eq!(http["requestId"], http["extendedRequestId"]);
            assert_ne!(rest["requestId"], rest["extendedRequestId"]);
        }
        let http = event(&Front::http_api_v1(), Request::get("/").header("user-agent", "curl"), b"");
        assert_eq!(http["requestContext"]["identity"]["userAgent"], "curl");
    }

    #[test]
    fn headers_are_there_twice_and_the_gateways_own_have_capitals() {
        let request = || {
            let request = Request::post("/").header("x-a", "1").header("X-A", "2").header("content-length", "9");
            request.header("cookie", "a=1; b=2").header("user-agent", "curl").header("x-forwarded-for", "6.6.6.6")
        };
        let rest = event(&Front::rest_api(), request(), b"x");
        assert_eq!((&rest["headers"]["x-a"], &rest["multiValueHeaders"]["x-a"]), (&"2".into(), &json!(["1", "2"])));
        assert_eq!(rest["headers"]["cookie"], "a=1; b=2");
        assert_eq!(rest["multiValueHeaders"]["X-Forwarded-For"], json!(["6.6.6.6, 127.0.0.1"]));
        assert_eq!((&rest["headers"]["User-Agent"], rest["headers"].get("user-agent")), (&"curl".into(), None));
        let names = |event: &Value| event["headers"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(!names(&rest).iter().any(|name| name.eq_ignore_ascii_case("content-length")));
        assert_eq!(event(&Front::http_api_v1(), request(), b"x")["headers"]["Content-Length"], "1");
    }

    #[test]
    fn the_query_is_decoded() {
        let event = event(&Front::rest_api(), Request::get("/?r=1&r=2&plus=a+b&p%20=a%2Bb&flag"), b"");
        assert_eq!(event["queryStringParameters"], json!({"r": "2", "plus": "a b", "p ": "a+b", "flag": ""}));
        assert_eq!(event["multiValueQueryStringParameters"]["r"], json!(["1", "2"]));
    }
}
